import type { Clock } from '@gantry/domain';
import type { FrameSocket } from '@gantry/protocol';

/** Frames in flight keep their order; `latencyMs` is asked anew for each. */
export interface PairOptions {
  readonly clock: Clock;
  latencyMs(): number;
}

/** Two ends of one connection. `cut` breaks it as a dropped TCP connection does: what is in flight is lost, both ends see 1006. */
export interface SocketPair {
  readonly client: FrameSocket;
  readonly server: FrameSocket;
  readonly closed: boolean;
  cut(): void;
}

class End implements FrameSocket {
  readonly #pair: Pair;
  #frame: ((text: string) => void) | undefined;
  #close: ((code: number, reason: string) => void) | undefined;
  readonly #early: string[] = [];
  #ended: { code: number; reason: string } | undefined;
  other!: End;

  constructor(pair: Pair) {
    this.#pair = pair;
  }

  send(text: string): void {
    this.#pair.carry(this.other, text);
  }

  close(code: number, reason: string): void {
    this.#pair.end(code, reason);
  }

  onFrame(listener: (text: string) => void): void {
    this.#frame = listener;
    for (const text of this.#early.splice(0)) listener(text);
  }

  onClose(listener: (code: number, reason: string) => void): void {
    this.#close = listener;
    if (this.#ended !== undefined) listener(this.#ended.code, this.#ended.reason);
  }

  receive(text: string): void {
    if (this.#frame === undefined) this.#early.push(text);
    else this.#frame(text);
  }

  ended(code: number, reason: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = { code, reason };
    this.#close?.(code, reason);
  }
}

class Pair implements SocketPair {
  readonly client: End;
  readonly server: End;
  readonly #options: PairOptions;
  readonly #lines = new Map<End, Promise<void>>();
  #over = false;

  constructor(options: PairOptions) {
    this.#options = options;
    this.client = new End(this);
    this.server = new End(this);
    this.client.other = this.server;
    this.server.other = this.client;
  }

  get closed(): boolean {
    return this.#over;
  }

  carry(to: End, text: string): void {
    if (this.#over) return;
    const arrived = this.#options.clock.sleep(this.#options.latencyMs());
    const before = this.#lines.get(to) ?? Promise.resolve();
    const line = before.then(async () => {
      await arrived;
      if (!this.#over) to.receive(text);
    });
    this.#lines.set(to, line);
  }

  end(code: number, reason: string): void {
    if (this.#over) return;
    this.#over = true;
    // Each end hears of it in its own turn, as from an event loop of its own.
    for (const end of [this.client, this.server]) queueMicrotask(() => end.ended(code, reason));
  }

  cut(): void {
    this.end(1006, '');
  }
}

export function socketPair(options: PairOptions): SocketPair {
  return new Pair(options);
}
