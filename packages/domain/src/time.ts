import type { Brand } from './brand.ts';

/** A moment, in milliseconds since 1970. Durations are plain numbers whose names end in `Ms`. */
export type EpochMs = Brand<number, 'EpochMs'>;

export function epochMs(value: number): EpochMs {
  return value as EpochMs;
}

const CLOCK_NOISE_MS = 1_000;

/**
 * Whether a wait until a moment is over. One that would last longer than it ever may was begun before somebody set the
 * clock back: it is over, too.
 */
export function isOver(until: number, now: number, longestMs: number): boolean {
  return now >= until || until - now > longestMs + CLOCK_NOISE_MS;
}

/** The only source of time. Production wires the real one; tests and replay turn a fake one. */
export interface Clock {
  now(): EpochMs;
  /** Milliseconds since some moment of this process. Runs evenly when the clock is set: durations in memory are differences of these. */
  elapsedMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The only source of chance. Tests give a seeded one. */
export interface Ids {
  /** 32 lowercase hex characters: tasks, container instances. */
  hex32(): string;
  /** RFC 4122 shape: containers, attachments, messages, events. */
  uuid(): string;
  /** 19 digits: deployments (`ecs-svc/<digits>`), service revisions. */
  digits19(): string;
  /** A number in [0, 1): jitter, random placement. */
  random(): number;
}
