import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elbKey, type Task } from '@gantry/domain';
import { anElb } from '../../api/elbv2/testing/world.ts';
import { manifestTasks } from '../../dispatch/acs/manifest.ts';
import { requestStop } from '../task/stop.ts';
import { aTask } from '../testing/builders.ts';
import { numbered, putInstance, putTask } from '../testing/world.ts';
import { TargetController } from './controller.ts';

const KEY = `123456789012/us-east-1/default/${numbered(1)}`;

test('a task is registered, drains before its agent hears of the stop, and then stops', async () => {
  const elb = await anElb();
  const { world } = elb;
  const { tables } = world.state;
  const targetGroupArn = await elb.group('blue', { TargetType: 'instance' });
  await elb.listener(await elb.balancer(), targetGroupArn);
  const controller = new TargetController(world.platform);
  const instanceKey = await world.run((tx) => putInstance(tx, 9));
  const task = aTask({
    id: numbered(1),
    lastStatus: 'RUNNING',
    networkMode: 'host',
    instanceKey,
    instanceId: tables.instances.get(instanceKey)?.id,
    loadBalancers: [{ targetGroupArn, containerName: 'web', containerPort: 80 }],
    targetHealth: 'initial',
  });
  await world.run((tx) => putTask(tx, task));
  await controller.reconcile(KEY);
  const [target] = tables.targets.by('task', KEY);
  assert.deepEqual([target?.id, target?.port, target?.state], [numbered(9), 80, 'initial']);

  const order = { stopCode: 'UserInitiated', stoppedReason: 'enough', because: 'user-stopped' } as const;
  const now = (): Task => tables.tasks.get(KEY) as Task;
  await world.run((tx) => requestStop(tx, world.platform, now(), order));
  assert.deepEqual([now().desiredStatus, now().lastStatus], ['STOPPED', 'DEACTIVATING']);
  assert.equal(tables.targets.by('task', KEY)[0]?.state, 'draining');
  assert.equal(tables.outbox.countBy('task', KEY), 0, 'its agent is told nothing');
  assert.deepEqual(
    manifestTasks(tables.tasks.by('instance', instanceKey)).map(({ desiredStatus }) => desiredStatus),
    ['RUNNING'],
    'not when it comes back, either',
  );
  assert.equal((await controller.reconcile(KEY)).kind, 'again');

  await world.run((tx) => tx.delete(tx.tables.targets, `${elbKey(targetGroupArn)}\n${numbered(9)}\n80`));
  await controller.reconcile(KEY);
  assert.deepEqual(
    tables.outbox.by('task', KEY).map(({ desiredStatus }) => desiredStatus),
    ['STOPPED'],
  );
  assert.equal(now().deregisteringAt, undefined);
});
