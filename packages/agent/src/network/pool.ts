import type { Clock } from '@gantry/domain';

export interface PoolOptions<T> {
  readonly clock: Clock;
  /** How many to keep ready. */
  readonly size: number;
  /** How many to make at a time while somebody waits for one. */
  readonly concurrency: number;
  /** How long to leave the engine to the task that has just taken one, before the next is made in the background. */
  readonly refillDelayMs: number;
  readonly make: () => Promise<T>;
  readonly destroy: (item: T) => Promise<void>;
  readonly isAlive: (item: T) => Promise<boolean>;
  /** A background refill failed; it is tried again at the next `take`. */
  readonly onProblem: (error: unknown) => void;
}

interface Waiter<T> {
  readonly resolve: (item: T) => void;
  readonly reject: (error: unknown) => void;
}

/** Things that are slow to make, made ahead. Who waits comes before the stock, and the stock is made one at a time. */
export class Pool<T> {
  readonly #options: PoolOptions<T>;
  readonly #ready: T[] = [];
  readonly #waiters: Waiter<T>[] = [];
  readonly #making = new Set<Promise<boolean>>();
  readonly #closing = new AbortController();
  #refill: Promise<void> | undefined;

  constructor(options: PoolOptions<T>) {
    this.#options = options;
  }

  get ready(): number {
    return this.#ready.length;
  }

  /** A ready one, else one made for the caller. Rejects with what `make` rejected with, or when the pool closes. */
  async take(): Promise<T> {
    for (let item = this.#ready.shift(); item !== undefined; item = this.#ready.shift()) {
      if (await this.#options.isAlive(item)) {
        this.#refillSoon();
        return item;
      }
      await this.#options.destroy(item).catch(this.#options.onProblem);
    }
    if (this.#closing.signal.aborted) throw new Error('The pool is closed.');
    return new Promise<T>((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#makeForWaiters();
    });
  }

  /** Makes the stock now; resolves when it is full or could not be filled. */
  async fill(): Promise<void> {
    while (!this.#closing.signal.aborted && this.#missing() > 0) {
      // One that went to somebody who waits is no failure.
      if (!(await this.#makeOne())) break;
    }
    await Promise.all(this.#making);
  }

  /** Refuses waiters, and destroys the stock and what is still being made. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new Error('The pool is closed.'));
    await Promise.all([...this.#making, this.#refill]);
    await Promise.all(this.#ready.splice(0).map((item) => this.#options.destroy(item).catch(this.#options.onProblem)));
  }

  #missing(): number {
    return this.#options.size - this.#ready.length - this.#making.size + this.#waiters.length;
  }

  #makeForWaiters(): void {
    const wanted = Math.min(this.#waiters.length, this.#options.concurrency) - this.#making.size;
    for (let i = 0; i < wanted; i++) void this.#makeOne();
  }

  #refillSoon(): void {
    if (this.#refill !== undefined || this.#closing.signal.aborted) return;
    this.#refill = this.#options.clock
      .sleep(this.#options.refillDelayMs, this.#closing.signal)
      .then(() => this.fill())
      .finally(() => (this.#refill = undefined));
  }

  /** Whether it could be made. */
  #makeOne(): Promise<boolean> {
    const made = this.#options.make().then(
      (item) => this.#give(item).then(() => true),
      (error: unknown) => {
        const waiter = this.#waiters.shift();
        if (waiter === undefined) this.#options.onProblem(error);
        else waiter.reject(error);
        return false;
      },
    );
    const done: Promise<boolean> = made.finally(() => {
      this.#making.delete(done);
      if (this.#waiters.length > 0) this.#makeForWaiters();
      else if (this.#missing() > 0) this.#refillSoon();
    });
    this.#making.add(done);
    return done;
  }

  async #give(item: T): Promise<void> {
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) waiter.resolve(item);
    else if (this.#closing.signal.aborted) await this.#options.destroy(item).catch(this.#options.onProblem);
    else this.#ready.push(item);
  }
}
