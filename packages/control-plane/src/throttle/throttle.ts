import type { Clock } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Caller } from '../platform.ts';
import { BUCKETS, FARGATE_LAUNCH, FARGATE_RUN_TASK } from './buckets.ts';
import { fullBucket, refilled, take, type BucketState, type Rate } from './decide.ts';
import { fargateLaunches } from './fargate.ts';
import type { Throttle } from './port.ts';

interface Kept {
  readonly rate: Rate;
  state: BucketState;
}

const OF_OPERATION: ReadonlyMap<string, readonly [name: string, rate: Rate]> = new Map(
  Object.entries(BUCKETS).flatMap(([name, bucket]) =>
    bucket.operations.map((operation) => [operation, [name, bucket]] as const),
  ),
);

/** Looked at with each request: more than one, so that they go faster than they come. */
const SWEPT_AT_ONCE = 2;

/**
 * ECS's token buckets, per account and region. Constant work per request: buckets are kept in order of their last use,
 * and the longest unused are dropped when they are full again, which is what a bucket nobody knows is. A bucket fills
 * within half a minute, so memory holds those of the last half minute.
 */
export class TokenBuckets implements Throttle {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Buckets in memory. */
  get size(): number {
    return this.#kept.size;
  }

  admit(caller: Caller, service: string, operation: string): void {
    if (service !== 'ecs') return;
    const found = OF_OPERATION.get(operation);
    if (found !== undefined) this.#take(caller, found[0], found[1], 1);
  }

  admitInput(caller: Caller, service: string, operation: string, input: unknown): void {
    if (service !== 'ecs' || operation !== 'RunTask') return;
    const launches = fargateLaunches(input);
    if (launches === undefined) return;
    this.#take(caller, 'fargate-run-task', FARGATE_RUN_TASK, 1);
    this.#take(caller, `launch-${launches.kind}`, FARGATE_LAUNCH, launches.tasks);
  }

  #take({ account, region }: Caller, name: string, rate: Rate, tokens: number): void {
    const nowMs = this.#clock.elapsedMs();
    this.#sweep(nowMs);
    const key = `${account}/${region}/${name}`;
    const kept = this.#kept.get(key) ?? { rate, state: fullBucket(rate, nowMs) };
    const { allowed, state } = take(rate, kept.state, nowMs, tokens);
    kept.state = state;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    if (!allowed) throw new ServiceError('ThrottlingException', 'Rate exceeded');
  }

  #sweep(nowMs: number): void {
    let looked = 0;
    for (const [key, { rate, state }] of this.#kept) {
      if (looked === SWEPT_AT_ONCE) return;
      looked += 1;
      if (refilled(rate, state, nowMs).tokens < rate.burst) continue;
      this.#kept.delete(key);
    }
  }
}
