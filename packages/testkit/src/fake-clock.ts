import { epochMs, type Clock, type EpochMs } from '@gantry/domain';

interface Sleeper {
  readonly at: number;
  readonly order: number;
  wake(): void;
}

/** Time that moves only when a test turns it, in whole milliseconds as a real one. Sleepers wake in order of their moment, then of their coming. */
export class FakeClock implements Clock {
  #now: number;
  #order = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): EpochMs {
    return epochMs(this.#now);
  }

  elapsedMs(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const sleeper: Sleeper = { at: this.#now + Math.max(0, Math.ceil(ms)), order: (this.#order += 1), wake: done };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  /** The moment of the next sleeper, if anyone sleeps (Infinity sleepers wait for their signal alone). */
  nextWakeAt(): EpochMs | undefined {
    const next = this.#next();
    return next === undefined ? undefined : epochMs(next.at);
  }

  /** Moves to `at`, waking everyone on the way in order, and lets promises run between two wake-ups. */
  async turnTo(at: number): Promise<void> {
    await turnOfPromises();
    for (let next = this.#next(); next !== undefined && next.at <= at; next = this.#next()) {
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      await turnOfPromises();
    }
    this.#now = Math.max(this.#now, at);
    await turnOfPromises();
  }

  turn(ms: number): Promise<void> {
    return this.turnTo(this.#now + ms);
  }

  /** Turns until the promise has settled: for work that itself waits for this clock. */
  async turnWhile<T>(work: Promise<T>, stepMs = 100): Promise<T> {
    let over = false;
    const ended = work.finally(() => (over = true));
    ended.catch(() => undefined); // the caller hears of it below
    await turnOfPromises();
    for (let turns = 0; !over; turns += 1) {
      if (turns > 100_000) throw new Error(`the work has not ended after ${turns * stepMs} ms of fake time`);
      await this.turn(stepMs);
    }
    return ended;
  }

  #next(): Sleeper | undefined {
    let best: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (!Number.isFinite(sleeper.at)) continue;
      if (best === undefined || sleeper.at < best.at || (sleeper.at === best.at && sleeper.order < best.order))
        best = sleeper;
    }
    return best;
  }
}

/** Resolves when every promise that could run has run: a macrotask behind all microtasks, twice for chains through one. */
export async function turnOfPromises(): Promise<void> {
  for (let i = 0; i < 2; i += 1) await new Promise((resolve) => setImmediate(resolve));
}
