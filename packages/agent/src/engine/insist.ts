import type { Clock } from '@gantry/domain';
import { EngineError } from './port.ts';

export interface Insistence {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Failed answers before it gives up. Default 12: more than a minute. An engine that is away does not count. */
  readonly tries?: number;
  /** After every attempt that failed and will be made again. */
  readonly onFailure?: (error: unknown) => void;
}

const TRIES = 12;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

/**
 * Makes a call that may be repeated until it is done, further and further apart.
 * Rejects with the last error when it gives up, or when the signal aborts.
 */
export async function insist<T>(insistence: Insistence, call: () => Promise<T>): Promise<T> {
  const { clock, signal, tries = TRIES, onFailure } = insistence;
  let waitMs = FIRST_WAIT_MS;
  for (let failed = 0; ;) {
    try {
      return await call();
    } catch (error) {
      if (!isUnreachable(error)) failed += 1;
      if (signal.aborted || failed >= tries || isNotFound(error)) throw error;
      onFailure?.(error);
    }
    await clock.sleep(waitMs, signal);
    signal.throwIfAborted();
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  }
}

export function isUnreachable(error: unknown): boolean {
  return error instanceof EngineError && error.kind === 'unreachable';
}

/** Asking again brings nothing. */
export function isNotFound(error: unknown): boolean {
  return error instanceof EngineError && error.kind === 'not-found';
}
