import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import { SettableClock } from '@gantry/testkit/settable-clock.ts';
import type { Instance } from '@gantry/domain';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startControllers } from '../index.ts';
import { aTask, anInstance } from '../testing/builders.ts';
import { aWorld, putInstance, putTask } from '../testing/world.ts';
import { decideLiveness } from './decide.ts';

describe('an instance that is silent', () => {
  const lost = anInstance({ agentConnected: false });
  const cases: [string, Instance, number, string[]][] = [
    ['connected', anInstance(), 9999, []],
    ['lost, within the limit', lost, 300, ['wait 700']],
    ['lost for too long', lost, 1000, ['give-up']],
    ['deregistered', { ...lost, status: 'INACTIVE' }, 9999, []],
  ];
  for (const [name, instance, silentForMs, expected] of cases) {
    it(name, () => {
      const actions = decideLiveness({ instance, tasks: [aTask()], instanceGoneAfterMs: 1000, silentForMs });
      assert.deepEqual(
        actions.map((action) => (action.kind === 'wait' ? `wait ${action.forMs}` : action.kind)),
        expected,
      );
    });
  }
});

it('its tasks are kept until the limit wherever the clock is set, and then given up', async () => {
  const clock = new FakeClock();
  const wall = new SettableClock(clock);
  const { platform, run, state } = await aWorld(wall, new SeededIds());
  const stop = new AbortController();
  const controllers = startControllers(platform, stop.signal);
  const key = await run((tx) => {
    const instanceKey = putInstance(tx, 0, { agentConnected: false, disconnectedAt: tx.now, ec2InstanceId: 'i-1' });
    putTask(tx, aTask({ instanceKey, lastStatus: 'RUNNING', startedAt: tx.now }));
    return instanceKey;
  });
  await controllers.settled();
  await clock.turn(599_000);
  wall.set(3 * 3_600_000);
  await controllers.settled();
  wall.set(-3_600_000);
  await controllers.settled();
  assert.equal(state.tables.tasks.countBy('instance', key), 1);
  await clock.turn(1000);
  await controllers.settled();
  const [task] = [...state.tables.tasks.values()];
  assert.deepEqual(
    [task?.lastStatus, task?.because, task?.stoppedReason],
    ['STOPPED', 'instance-gone', 'Host EC2 (instance i-1) terminated.'],
  );
  stop.abort();
  await controllers.stopped;
});
