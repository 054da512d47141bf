import type { Clock, Ids } from '@gantry/domain';

export interface BackoffOptions {
  readonly firstMs: number;
  readonly factor: number;
  readonly mostMs: number;
  /** 0.2: up to a fifth longer or shorter. */
  readonly jitter: number;
}

/** Waits longer after each failure, and can be told to stop waiting. */
export class Backoff {
  readonly #clock: Clock;
  readonly #ids: Pick<Ids, 'random'>;
  readonly #options: BackoffOptions;
  #failures = 0;
  #nudge = new AbortController();

  constructor(clock: Clock, ids: Pick<Ids, 'random'>, options: BackoffOptions) {
    this.#clock = clock;
    this.#ids = ids;
    this.#options = options;
  }

  reset(): void {
    this.#failures = 0;
  }

  /** The next wait, in milliseconds; each call counts as a failure. */
  nextMs(): number {
    const { firstMs, factor, mostMs, jitter } = this.#options;
    const baseMs = Math.min(firstMs * factor ** this.#failures, mostMs);
    this.#failures += 1;
    return baseMs * (1 + jitter * (2 * this.#ids.random() - 1));
  }

  /** Ends early when the signal aborts or somebody calls `nudge`. */
  async wait(signal: AbortSignal): Promise<void> {
    this.#nudge = new AbortController();
    await this.#clock.sleep(this.nextMs(), AbortSignal.any([signal, this.#nudge.signal]));
  }

  nudge(): void {
    this.#nudge.abort();
  }
}
