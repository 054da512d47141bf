import type { FrameSocket } from '@gantry/protocol';

type End = { readonly code: number; readonly reason: string };

/** One end of a websocket in memory: frames arrive in order, later than the call that sent them. */
class PairEnd implements FrameSocket {
  peer: PairEnd | undefined;
  readonly #kept: string[] = [];
  #frame: ((text: string) => void) | undefined;
  #close: ((code: number, reason: string) => void) | undefined;
  #end: End | undefined;

  get closed(): End | undefined {
    return this.#end;
  }

  send(text: string): void {
    if (this.#end !== undefined) return;
    const peer = this.peer;
    queueMicrotask(() => peer?.arrive(text));
  }

  close(code: number, reason: string): void {
    const peer = this.peer;
    this.finish({ code, reason });
    queueMicrotask(() => peer?.finish({ code, reason }));
  }

  onFrame(listener: (text: string) => void): void {
    this.#frame = listener;
    for (const text of this.#kept.splice(0)) listener(text);
  }

  onClose(listener: (code: number, reason: string) => void): void {
    this.#close = listener;
    if (this.#end !== undefined) listener(this.#end.code, this.#end.reason);
  }

  arrive(text: string): void {
    if (this.#end !== undefined) return;
    if (this.#frame === undefined) this.#kept.push(text);
    else this.#frame(text);
  }

  finish(end: End): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#close?.(end.code, end.reason);
  }
}

export interface SocketPair {
  readonly server: FrameSocket;
  readonly agent: FrameSocket;
  /** How the agent's end was closed, once it was. */
  closed(): End | undefined;
  /** The connection breaks: both ends see 1006. */
  cut(): void;
}

export function socketPair(): SocketPair {
  const server = new PairEnd();
  const agent = new PairEnd();
  server.peer = agent;
  agent.peer = server;
  return {
    server,
    agent,
    closed: () => agent.closed,
    cut: () => {
      server.finish({ code: 1006, reason: '' });
      agent.finish({ code: 1006, reason: '' });
    },
  };
}
