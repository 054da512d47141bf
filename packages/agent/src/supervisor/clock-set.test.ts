import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SettableClock } from '@gantry/testkit/settable-clock.ts';
import { ClockSet, setBy } from './clock-set.ts';
import type { ContainerModel, TaskModel } from './model.ts';

const HOUR_MS = 3_600_000;

describe('a clock that is set', () => {
  it('is noticed once, in both directions; passing time and noise are not', async () => {
    const time = new FakeClock();
    const clock = new SettableClock(time);
    const watch = new ClockSet(clock);
    await time.turn(60_000);
    clock.set(200);
    assert.equal(watch.since(), 0);
    clock.set(-3 * HOUR_MS);
    await time.turn(5_000);
    assert.deepEqual([watch.since(), watch.since()], [-3 * HOUR_MS, 0]);
    clock.set(HOUR_MS);
    assert.deepEqual([watch.since(), watch.since()], [HOUR_MS, 0]);
  });

  it('moves what is waited for, and leaves alone what the engine and the control plane know', () => {
    const container = { name: 'web', startedAtMs: 5, retryAtMs: 7, endedRunStartedAtMs: 9, finishedAtMs: 11 };
    const model = { cleanUpAtMs: 3, stoppedAtMs: 1, containers: [container as ContainerModel] } as unknown as TaskModel;
    const after = setBy(model, HOUR_MS);
    assert.deepEqual([after.cleanUpAtMs, after.stoppedAtMs], [HOUR_MS + 3, 1]);
    const [moved] = after.containers;
    assert.deepEqual(
      [moved?.startedAtMs, moved?.retryAtMs, moved?.restartedAtMs],
      [HOUR_MS + 5, HOUR_MS + 7, undefined],
    );
    assert.deepEqual([moved?.endedRunStartedAtMs, moved?.finishedAtMs], [9, 11]);
  });
});
