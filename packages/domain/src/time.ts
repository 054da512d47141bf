import type { Brand } from './brand.ts';

/** A moment, in milliseconds since 1970. Durations are plain numbers whose names end in `Ms`. */
export type EpochMs = Brand<number, 'EpochMs'>;

export function epochMs(value: number): EpochMs {
  return value as EpochMs;
}

/** The only source of time. Production wires the real one; tests and replay turn a fake one. */
export interface Clock {
  now(): EpochMs;
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
