import type { Clock } from '@gantry/domain';

/** The stock agent's: so many requests a second from one address, and so many at once. */
const PER_SECOND = 40;
const BURST = 60;
const MOST_KNOWN = 10_000;

/** A bucket for each address that asks. */
export class RequestRate {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { readonly left: number; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether one more request of this address is served. */
  take(address: string): boolean {
    const atMs = this.#clock.elapsedMs();
    const known = this.#buckets.get(address) ?? { left: BURST, atMs };
    const left = Math.min(BURST, known.left + ((atMs - known.atMs) / 1000) * PER_SECOND);
    this.#buckets.delete(address);
    this.#buckets.set(address, { left: left >= 1 ? left - 1 : left, atMs });
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= MOST_KNOWN) break;
      this.#buckets.delete(oldest);
    }
    return left >= 1;
  }
}
