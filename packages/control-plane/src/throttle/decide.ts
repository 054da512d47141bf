/** How many at once, and how many a second after that. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A token bucket as it was at a moment. */
export interface BucketState {
  readonly tokens: number;
  /** By the clock's `elapsedMs`. */
  readonly atMs: number;
}

export const fullBucket = (rate: Rate, nowMs: number): BucketState => ({ tokens: rate.burst, atMs: nowMs });

/** What time has put in since. */
export function refilled(rate: Rate, state: BucketState, nowMs: number): BucketState {
  const seconds = Math.max(0, nowMs - state.atMs) / 1000;
  return { tokens: Math.min(rate.burst, state.tokens + seconds * rate.perSecond), atMs: nowMs };
}

/**
 * Takes tokens, all or none. A request for more than the bucket ever holds is taken from a full one, which then owes:
 * else it would never be served.
 */
export function take(
  rate: Rate,
  state: BucketState,
  nowMs: number,
  tokens = 1,
): { readonly allowed: boolean; readonly state: BucketState } {
  const now = refilled(rate, state, nowMs);
  // Sums of thousandths: a token that lacks a billionth is there.
  const allowed = now.tokens + 1e-9 >= Math.min(tokens, rate.burst);
  return { allowed, state: allowed ? { tokens: now.tokens - tokens, atMs: nowMs } : now };
}
