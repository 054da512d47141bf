import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccountId, EpochMs, Region } from '@gantry/domain';
import { isPassing, SERVICES, ServiceError } from '@gantry/protocol';
import fc from 'fast-check';
import type { Caller } from '../platform.ts';
import { BUCKETS, WITHOUT_BUCKET } from './buckets.ts';
import { fullBucket, take, type BucketState, type Rate } from './decide.ts';
import { TokenBuckets } from './throttle.ts';

const caller = (account = '111111111111', region = 'us-east-1'): Caller => ({
  account: account as AccountId,
  region: region as Region,
  principalArn: `arn:aws:iam::${account}:root`,
  accessKeyId: 'AKIA',
  principal: { kind: 'administrator' },
});

class HandClock {
  ms = 1_000_000;
  now(): EpochMs {
    return this.ms as EpochMs;
  }
  elapsedMs(): number {
    return this.ms;
  }
  sleep(): Promise<void> {
    return Promise.resolve();
  }
}

function admits(throttle: TokenBuckets, operation: string, by = caller()): boolean {
  try {
    throttle.admit(by, 'ecs', operation);
    return true;
  } catch (error) {
    assert.ok(error instanceof ServiceError);
    assert.deepEqual([error.code, error.message, error.status], ['ThrottlingException', 'Rate exceeded', 400]);
    assert.ok(isPassing(error), 'our own clients try again');
    return false;
  }
}

const howMany = (throttle: TokenBuckets, operation: string, by = caller()): number => {
  for (let count = 0; ; count += 1) if (!admits(throttle, operation, by)) return count;
};

describe('the table of buckets', () => {
  it('has each modelled operation once, and nothing else', () => {
    const listed = [...Object.values(BUCKETS).flatMap((b) => b.operations as readonly string[]), ...WITHOUT_BUCKET];
    const order = (a: string, b: string): number => (a < b ? -1 : 1);
    assert.deepEqual(listed.toSorted(order), SERVICES.ecs.operationNames().toSorted(order));
  });

  const rows: readonly (readonly [string, number, number])[] = [
    ['CreateCluster', 20, 1],
    ['DescribeClusters', 50, 20],
    ['RegisterTaskDefinition', 20, 1],
    ['DeleteTaskDefinitions', 5, 1],
    ['RunTask', 100, 40],
    ['DescribeTasks', 100, 20],
    ['SubmitTaskStateChange', 200, 120],
    ['CreateService', 50, 5],
    ['UpdateTaskProtection', 200, 80],
    ['ListServicesByNamespace', 10, 1],
  ];
  for (const [operation, burst, perSecond] of rows) {
    it(`lets ${burst} ${operation} through at once and ${perSecond} a second after that`, () => {
      const clock = new HandClock();
      const throttle = new TokenBuckets(clock);
      assert.equal(howMany(throttle, operation), burst);
      clock.ms += 1_000;
      assert.equal(howMany(throttle, operation), perSecond);
      clock.ms += 1_000 / perSecond;
      assert.equal(howMany(throttle, operation), 1);
      clock.ms += 3_600_000;
      assert.equal(howMany(throttle, operation), burst);
    });
  }
});

describe('TokenBuckets', () => {
  it('shares a bucket among its operations, not among accounts, regions or buckets', () => {
    const throttle = new TokenBuckets(new HandClock());
    assert.equal(howMany(throttle, 'CreateCluster'), 20);
    assert.equal(admits(throttle, 'DeleteCluster'), false);
    assert.ok(admits(throttle, 'ListClusters'));
    assert.ok(admits(throttle, 'DeleteCluster', caller('222222222222')));
    assert.ok(admits(throttle, 'DeleteCluster', caller('111111111111', 'eu-west-1')));
    assert.doesNotThrow(() => throttle.admit(caller(), 'logs', 'CreateCluster'));
    for (const name of ['constructor', '__proto__', 'Nothing']) assert.equal(admits(throttle, name), true);
  });

  it('counts tasks launched on FARGATE beside the calls', () => {
    const clock = new HandClock();
    const throttle = new TokenBuckets(clock);
    const launch = (input: object): boolean => {
      try {
        throttle.admitInput(caller(), 'ecs', 'RunTask', input);
        return true;
      } catch {
        return false;
      }
    };
    for (let call = 0; call < 10; call += 1) assert.ok(launch({ launchType: 'FARGATE', count: 10 }));
    assert.equal(launch({ launchType: 'FARGATE' }), false, 'a hundred tasks at once');
    assert.ok(launch({ capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT' }], count: 9 }));
    assert.ok(launch({ launchType: 'EC2', count: 10 }) && launch({}));
    clock.ms += 500;
    assert.ok(launch({ launchType: 'FARGATE', count: 10 }));
    assert.equal(launch({ launchType: 'FARGATE', count: 1 }), false);
    clock.ms += 60_000;
    let calls = 0;
    while (launch({ launchType: 'FARGATE', count: 1 })) calls += 1;
    assert.equal(calls, 20, 'twenty calls at once, whatever they start');
  });

  it('forgets buckets that are full again, and nobody can tell', () => {
    const clock = new HandClock();
    const throttle = new TokenBuckets(clock);
    for (let account = 0; account < 5_000; account += 1) {
      clock.ms += 10;
      admits(throttle, 'CreateCluster', caller(String(account).padStart(12, '0')));
    }
    // A cluster bucket that gave one token is full after a second: a hundred requests.
    assert.ok(throttle.size <= 101, `${throttle.size} buckets`);
    clock.ms += 60_000;
    for (let call = 0; call < 60; call += 1) admits(throttle, 'ListClusters');
    assert.equal(throttle.size, 1);
  });

  it('decides as buckets that are never forgotten do', () => {
    const step = fc.record({
      waitMs: fc.integer({ min: 0, max: 3_000 }),
      account: fc.constantFrom('111111111111', '222222222222', '333333333333'),
      operation: fc.constantFrom('CreateCluster', 'DeleteCluster', 'DeleteTaskDefinitions', 'CreateCapacityProvider'),
      times: fc.integer({ min: 1, max: 12 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new HandClock();
        const throttle = new TokenBuckets(clock);
        const reference = new Map<string, BucketState>();
        for (const { waitMs, account, operation, times } of steps) {
          clock.ms += waitMs;
          for (let call = 0; call < times; call += 1) {
            const [name, rate] = Object.entries(BUCKETS).find(([, b]) =>
              (b.operations as readonly string[]).includes(operation),
            ) as [string, Rate];
            const key = `${account}/${name}`;
            const expected = take(rate, reference.get(key) ?? fullBucket(rate, clock.ms), clock.ms);
            reference.set(key, expected.state);
            assert.equal(admits(throttle, operation, caller(account)), expected.allowed);
          }
        }
      }),
    );
  });
});

describe('a bucket', () => {
  const aRate = fc.record({ burst: fc.integer({ min: 1, max: 200 }), perSecond: fc.integer({ min: 1, max: 120 }) });
  const moments = fc
    .array(fc.integer({ min: 0, max: 2_000 }), { minLength: 1, maxLength: 200 })
    .map((waits) => waits.reduce<number[]>((at, wait) => [...at, (at.at(-1) ?? 0) + wait], []));

  it('never lets more than burst + rate × time through, in any window', () => {
    fc.assert(
      fc.property(aRate, moments, (rate, at) => {
        const passed: number[] = [];
        let state = fullBucket(rate, 0);
        for (const nowMs of at) {
          const taken = take(rate, state, nowMs);
          state = taken.state;
          if (taken.allowed) passed.push(nowMs);
        }
        passed.forEach((from, first) => {
          passed.slice(first).forEach((to, more) => {
            const most = rate.burst + (rate.perSecond * (to - from)) / 1000;
            assert.ok(more + 1 <= most + 1e-6, `${more + 1} in ${to - from} ms`);
          });
        });
      }),
    );
  });

  it('refuses nobody who keeps within the rate', () => {
    fc.assert(
      fc.property(aRate, fc.integer({ min: 1, max: 500 }), (rate, count) => {
        let state = fullBucket(rate, 0);
        for (let call = 0; call < count; call += 1) {
          const taken = take(rate, state, call * Math.ceil(1000 / rate.perSecond));
          assert.ok(taken.allowed);
          state = taken.state;
        }
      }),
    );
  });

  it('goes on when the clock is set back', () => {
    const rate = { burst: 2, perSecond: 1 };
    let state = fullBucket(rate, 10_000);
    for (let call = 0; call < 2; call += 1) ({ state } = take(rate, state, 10_000));
    assert.equal(take(rate, state, 5_000).allowed, false);
    ({ state } = take(rate, state, 5_000));
    assert.equal(take(rate, state, 6_000).allowed, true);
  });
});
