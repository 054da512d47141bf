/**
 * A queue between a pushing side and one `for await`. `end` lets the reader finish what is queued; `fail` does so
 * and then throws; an aborted signal ends it at once and silently, because the reader asked for it.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  readonly #signal: AbortSignal | undefined;
  #closed: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  push(item: T): void {
    if (this.#closed !== undefined) return;
    this.#items.push(item);
    this.#wake?.();
  }

  end(): void {
    this.#closed ??= {};
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#closed ??= { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const onAbort = (): void => this.#wake?.();
    this.#signal?.addEventListener('abort', onAbort);
    try {
      for (;;) {
        if (this.#signal?.aborted === true) return;
        if (this.#items.length > 0) {
          yield this.#items.shift() as T;
        } else if (this.#closed !== undefined) {
          if (this.#closed.error !== undefined) throw this.#closed.error;
          return;
        } else {
          await new Promise<void>((resolve) => (this.#wake = resolve));
        }
      }
    } finally {
      this.#signal?.removeEventListener('abort', onAbort);
      this.#closed ??= {};
    }
  }
}
