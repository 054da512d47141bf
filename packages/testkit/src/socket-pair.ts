import type { FrameSocket } from '@gantry/protocol';

/** Two ends of one websocket in memory. Frames come in order, later than the call that sent them; so does a close. */
export interface SocketPair {
  readonly server: FrameSocket;
  readonly agent: FrameSocket;
  /** How the agent's end was closed, once it was. */
  closed(): SocketEnd | undefined;
  /** The connection breaks: what is under way is lost, both ends see 1006. */
  cut(): void;
}

export interface SocketEnd {
  readonly code: number;
  readonly reason: string;
}

export interface PairOptions {
  /** How long a frame is under way; asked anew for each. Default: until the next turn of the promises. */
  readonly delay?: () => Promise<void>;
}

export function socketPair({ delay = () => Promise.resolve() }: PairOptions = {}): SocketPair {
  const server = new PairEnd(delay);
  const agent = new PairEnd(delay);
  server.peer = agent;
  agent.peer = server;
  return {
    server,
    agent,
    closed: () => agent.end,
    cut: () => {
      for (const end of [server, agent]) end.finish({ code: 1006, reason: '' });
    },
  };
}

class PairEnd implements FrameSocket {
  peer!: PairEnd;
  end: SocketEnd | undefined;
  readonly #delay: () => Promise<void>;
  /** What is under way to this end. */
  #line: Promise<void> = Promise.resolve();
  readonly #early: string[] = [];
  #frame: ((text: string) => void) | undefined;
  /** A listener hears of the end in a turn of its own, as from an event loop. */
  readonly #over = Promise.withResolvers<SocketEnd>();

  constructor(delay: () => Promise<void>) {
    this.#delay = delay;
  }

  send(text: string): void {
    if (this.end === undefined) this.peer.#bring(() => this.peer.#arrive(text));
  }

  close(code: number, reason: string): void {
    if (this.end !== undefined) return;
    this.peer.#bring(() => this.peer.finish({ code, reason }));
    this.finish({ code, reason });
  }

  onFrame(listener: (text: string) => void): void {
    this.#frame = listener;
    for (const text of this.#early.splice(0)) listener(text);
  }

  onClose(listener: (code: number, reason: string) => void): void {
    void this.#over.promise.then(({ code, reason }) => listener(code, reason));
  }

  finish(end: SocketEnd): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.#over.resolve(end);
  }

  #bring(what: () => void): void {
    const arrived = this.#delay();
    this.#line = this.#line.then(() => arrived).then(() => what());
  }

  #arrive(text: string): void {
    if (this.end !== undefined) return;
    if (this.#frame === undefined) this.#early.push(text);
    else this.#frame(text);
  }
}

/** Telemetry frames begin with a header block and a blank line on the wire; here nothing secret is in it. */
export function withHeaderBlock(socket: FrameSocket): FrameSocket {
  return {
    send: (text) => socket.send(`Host: memory\r\n\r\n${text}`),
    close: (code, reason) => socket.close(code, reason),
    onFrame: (listener) => socket.onFrame(listener),
    onClose: (listener) => socket.onClose(listener),
  };
}
