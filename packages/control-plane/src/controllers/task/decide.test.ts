import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import { epochMs, type Instance, type Task, type TaskNetworkInterface } from '@gantry/domain';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startControllers } from '../index.ts';
import { placeNow } from '../scheduler/apply.ts';
import { aTask, anInstance, CLUSTER_KEY } from '../testing/builders.ts';
import { aWorld, numbered, putInstance, putTask } from '../testing/world.ts';
import { taskKey } from './create.ts';
import { decideTask } from './decide.ts';
import { applyReport } from './report.ts';
import { finishStop, requestStop } from './stop.ts';

const networkInterface: TaskNetworkInterface = {
  attachmentId: 'a',
  networkInterfaceId: 'eni-1',
  subnetId: 'subnet-a',
  privateIPv4Address: '10.0.0.2',
  macAddress: '0a:00:00:00:00:01',
  privateDnsName: 'ip-10-0-0-2.ec2.internal',
  status: 'ATTACHED',
};
const placed = (more: Partial<Task> = {}) => aTask({ instanceKey: `${CLUSTER_KEY}/i`, lastStatus: 'RUNNING', ...more });
const order = { stopCode: 'UserInitiated', stoppedReason: 'bye', because: 'user-stopped' } as const;

describe('steps no agent reports', () => {
  const cases: [string, Task, Instance | undefined, string[]][] = [
    ['a running task is left alone', placed(), anInstance(), []],
    ['a stopped one too', placed({ lastStatus: 'STOPPED' }), undefined, []],
    ['an unplaced one too', aTask({ lastStatus: 'PROVISIONING' }), undefined, []],
    [
      'its address is released',
      placed({ lastStatus: 'DEPROVISIONING', networkInterface }),
      anInstance(),
      ['finish network-released'],
    ],
    ['its instance was deregistered', placed(), anInstance({ status: 'INACTIVE' }), ['finish instance-gone']],
    ['its instance is gone', placed(), undefined, ['finish instance-gone']],
    ['awsvpc shows STOPPING', placed({ desiredStatus: 'STOPPED', networkInterface }), anInstance(), ['stopping']],
    ['once', placed({ desiredStatus: 'STOPPED', lastStatus: 'STOPPING', networkInterface }), anInstance(), []],
    ['bridge does not', placed({ desiredStatus: 'STOPPED' }), anInstance(), []],
  ];
  for (const [name, task, instance, expected] of cases) {
    it(name, () => {
      const actions = decideTask({ task, instance });
      assert.deepEqual(
        actions.map((action) => (action.kind === 'finish' ? `finish ${action.order.because}` : action.kind)),
        expected,
      );
    });
  }
});

describe('an order to stop', () => {
  it('ends a task that never was placed at once', async () => {
    const { platform, run } = await aWorld(new FakeClock(), new SeededIds());
    const task = await run((tx) =>
      requestStop(tx, platform, putTask(tx, aTask({ lastStatus: 'PROVISIONING' })), order),
    );
    assert.deepEqual([task.lastStatus, task.stopCode, task.stoppedReason], ['STOPPED', 'UserInitiated', 'bye']);
    assert.equal(task.executionStoppedAt, undefined);
  });
  it('tells the agent once, and the first reason stays', async () => {
    const { platform, run, state } = await aWorld(new FakeClock(), new SeededIds());
    await run((tx) => {
      putInstance(tx, 0);
      const result = placeNow(tx, platform, aTask({ id: numbered(1) }));
      assert.ok('placed' in result);
      requestStop(tx, platform, result.placed, order);
      const again = requestStop(tx, platform, result.placed, { ...order, stoppedReason: 'other' });
      assert.deepEqual([again.stoppedReason, again.desiredStatus, again.lastStatus], ['bye', 'STOPPED', 'PENDING']);
    });
    const messages = state.tables.outbox.by('task', `${CLUSTER_KEY}/${numbered(1)}`);
    assert.deepEqual(
      messages.map((message) => message.desiredStatus),
      ['STOPPED'],
    );
  });
  it('is not overwritten when the instance goes', async () => {
    const { platform, run } = await aWorld(new FakeClock(), new SeededIds());
    await run((tx) => {
      putInstance(tx, 0);
      const result = placeNow(tx, platform, aTask({ id: numbered(1) }));
      assert.ok('placed' in result);
      const stopping = requestStop(tx, platform, result.placed, order);
      const gone = finishStop(tx, stopping, { ...order, stoppedReason: 'gone', because: 'instance-gone' });
      assert.deepEqual([gone.lastStatus, gone.stoppedReason, gone.because], ['STOPPED', 'bye', 'user-stopped']);
    });
  });
});

it('an awsvpc task goes through STOPPING and DEPROVISIONING to STOPPED and gives its address back', async () => {
  const clock = new FakeClock();
  const { platform, run, state } = await aWorld(clock, new SeededIds());
  const stop = new AbortController();
  const controllers = startControllers(platform, stop.signal);
  const seen: string[] = [];
  state.onCommit((changes) => {
    for (const { kind, after } of changes) if (kind === 'task') seen.push((after as Task).lastStatus);
  });
  const key = await run((tx) => {
    putInstance(tx, 0);
    const awsvpcConfiguration = { subnets: ['subnet-a'], securityGroups: [], assignPublicIp: 'DISABLED' } as const;
    const result = placeNow(tx, platform, aTask({ networkMode: 'awsvpc', awsvpcConfiguration }));
    assert.ok('placed' in result);
    return taskKey(result.placed);
  });
  const report = (status: string) =>
    run((tx) => {
      const task = tx.tables.tasks.get(key);
      assert.ok(task);
      putTask(tx, applyReport(task, { status }, tx.now).task);
    });
  await report('PENDING');
  await report('RUNNING');
  await run((tx) => requestStop(tx, platform, tx.tables.tasks.get(key) as Task, order));
  await controllers.settled();
  await clock.turnTo(epochMs(clock.now() + 10));
  await report('STOPPED');
  await controllers.settled();
  assert.deepEqual([...new Set(seen)], ['PENDING', 'ACTIVATING', 'RUNNING', 'STOPPING', 'DEPROVISIONING', 'STOPPED']);
  assert.equal(state.tables.tasks.countBy('address', 'subnet-a/10.0.0.2'), 0);
  assert.equal(state.tables.tasks.get(key)?.networkInterface?.status, 'DELETED');
  stop.abort();
  await controllers.stopped;
});
