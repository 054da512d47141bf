import type { ByteSocket } from '@gantry/protocol';

export interface BytePair {
  readonly near: ByteSocket;
  readonly far: ByteSocket;
  /** How it ended, seen from the far end; `undefined` while it is open. */
  closed(): { readonly code: number; readonly reason: string } | undefined;
  /** The connection breaks: both ends see 1006. */
  cut(): void;
}

/** Both ends of a websocket with text and bytes, in memory. Each message takes a turn of the promises. */
export function bytePair(): BytePair {
  const [near, far] = [new End(), new End()];
  near.peer = far;
  far.peer = near;
  return {
    near,
    far,
    closed: () => far.ended,
    cut: () => {
      near.finish({ code: 1006, reason: '' });
      far.finish({ code: 1006, reason: '' });
    },
  };
}

class End implements ByteSocket {
  peer!: End;
  ended: { readonly code: number; readonly reason: string } | undefined;
  unsentBytes = 0;
  #paused = false;
  readonly #arrived: (readonly [string | Uint8Array, (() => void) | undefined])[] = [];
  #goodbye: { readonly code: number; readonly reason: string } | undefined;
  #listener: ((message: string | Uint8Array) => void) | undefined;
  readonly #over = Promise.withResolvers<{ readonly code: number; readonly reason: string }>();

  send(message: string | Uint8Array, sent?: () => void): void {
    if (this.ended !== undefined) return sent?.();
    const size = Buffer.byteLength(message);
    this.unsentBytes += size;
    const left = (): void => {
      this.unsentBytes -= size;
      sent?.();
    };
    const copy = typeof message === 'string' ? message : Uint8Array.from(message);
    void Promise.resolve().then(() => this.peer.#arrive(copy, left));
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#drain();
  }

  close(code: number, reason: string): void {
    if (this.ended !== undefined) return;
    const end = { code, reason };
    void Promise.resolve().then(() => {
      this.peer.#goodbye = end;
      this.peer.#drain();
    });
    this.finish(end);
  }

  onMessage(listener: (message: string | Uint8Array) => void): void {
    this.#listener = listener;
    this.#drain();
  }

  onClose(listener: (code: number, reason: string) => void): void {
    void this.#over.promise.then(({ code, reason }) => listener(code, reason));
  }

  finish(end: { readonly code: number; readonly reason: string }): void {
    if (this.ended !== undefined) return;
    this.ended = end;
    this.#over.resolve(end);
  }

  #arrive(message: string | Uint8Array, left: () => void): void {
    this.#arrived.push([message, left]);
    this.#drain();
  }

  #drain(): void {
    while (!this.#paused && this.#listener !== undefined && this.ended === undefined) {
      const next = this.#arrived.shift();
      if (next === undefined) break;
      next[1]?.();
      this.#listener(next[0]);
    }
    if (this.#goodbye !== undefined && this.#arrived.length === 0) this.finish(this.#goodbye);
  }
}
