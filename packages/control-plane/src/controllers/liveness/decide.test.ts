import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import { epochMs, type Instance } from '@gantry/domain';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startControllers } from '../index.ts';
import { aTask, anInstance } from '../testing/builders.ts';
import { aWorld, putInstance, putTask } from '../testing/world.ts';
import { decideLiveness } from './decide.ts';

describe('an instance that is silent', () => {
  const lost = (at: number) => anInstance({ agentConnected: false, disconnectedAt: epochMs(at) });
  const cases: [string, Instance, number, string[]][] = [
    ['connected', anInstance(), 9999, []],
    ['lost, within the limit', lost(1000), 1500, ['wake-at 2000']],
    ['lost for too long', lost(1000), 2000, ['give-up']],
    ['lost before we listened', lost(100), 1600, ['wake-at 1900']],
    ['deregistered', { ...lost(1000), status: 'INACTIVE' }, 9999, []],
  ];
  for (const [name, instance, now, expected] of cases) {
    it(name, () => {
      const actions = decideLiveness({
        now: epochMs(now),
        instance,
        tasks: [aTask()],
        instanceGoneAfterMs: 1000,
        listeningSince: epochMs(900),
      });
      assert.deepEqual(
        actions.map((action) => (action.kind === 'wake-at' ? `wake-at ${action.at}` : action.kind)),
        expected,
      );
    });
  }
});

it('its tasks are kept until the limit, and then given up', async () => {
  const clock = new FakeClock();
  const { platform, run, state } = await aWorld(clock, new SeededIds());
  const stop = new AbortController();
  const controllers = startControllers(platform, stop.signal);
  const key = await run((tx) => {
    const instanceKey = putInstance(tx, 0, { agentConnected: false, disconnectedAt: tx.now, ec2InstanceId: 'i-1' });
    putTask(tx, aTask({ instanceKey, lastStatus: 'RUNNING', startedAt: tx.now }));
    return instanceKey;
  });
  await controllers.settled();
  await clock.turn(599_000);
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
