import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aTask } from '../../controllers/testing/builders.ts';
import { numbered, putTask } from '../../controllers/testing/world.ts';
import { aRollout, RUNNING, SHOP, type RolloutWorld } from './testing/rollout.ts';
import { refused } from './testing/world.ts';

const INVALID = 'InvalidParameterException';
const STOPPED = { status: 'STOPPED', containers: [] } as const;
const HOUR_MS = 3_600_000;

/** A service of two RUNNING tasks. */
async function shop(): Promise<RolloutWorld> {
  const world = await aRollout();
  await world.ecs.CreateService({ serviceName: 'shop', taskDefinition: 'web:1', desiredCount: 2 });
  await world.settle();
  await world.report(RUNNING);
  return world;
}

const arns = (world: RolloutWorld): string[] => world.tasks().map(({ taskArn }) => taskArn);

test('two hours unless told otherwise; every call begins anew; over when its time is over', async () => {
  const world = await shop();
  const [first = '', second = ''] = arns(world);
  const protect = (more: object = {}) =>
    world.ecs.UpdateTaskProtection({ cluster: 'default', tasks: [first], protectionEnabled: true, ...more });
  const show = async () => (await world.ecs.GetTaskProtection({ cluster: 'default' })).protectedTasks;
  const start = world.platform.clock.now();
  assert.deepEqual(await protect(), {
    protectedTasks: [{ taskArn: first, protectionEnabled: true, expirationDate: new Date(start + 2 * HOUR_MS) }],
    failures: [],
  });
  world.turn(HOUR_MS);
  await protect({ expiresInMinutes: 90 });
  const others = { taskArn: second, protectionEnabled: false };
  const expirationDate = new Date(start + 2.5 * HOUR_MS);
  assert.deepEqual(await show(), [{ taskArn: first, protectionEnabled: true, expirationDate }, others]);
  world.turn(1.5 * HOUR_MS);
  assert.deepEqual(await show(), [{ taskArn: first, protectionEnabled: false }, others]);
  await protect();
  const off = await protect({ protectionEnabled: false });
  assert.deepEqual(off.protectedTasks, [{ taskArn: first, protectionEnabled: false }]);
  assert.equal(world.tasks()[0]?.protectedUntil, undefined);
});

test('what can not be protected is a failure of its own', async () => {
  const world = await shop();
  const [first = '', second = ''] = arns(world);
  const standalone = await world.run((tx) => putTask(tx, aTask({ id: numbered(7), lastStatus: 'RUNNING' })));
  await world.ecs.StopTask({ task: second });
  const tasks = [first, second, standalone.id, numbered(8)];
  const missing = { arn: 'arn:aws:ecs:us-east-1:123456789012:task/default/00000000000000000000000000000008' };
  for (const call of [
    () => world.ecs.UpdateTaskProtection({ cluster: 'default', tasks, protectionEnabled: true }),
    () => world.ecs.GetTaskProtection({ cluster: 'default', tasks }),
  ]) {
    const { protectedTasks, failures } = await call();
    assert.deepEqual(
      protectedTasks?.map(({ taskArn }) => taskArn),
      [first],
    );
    assert.deepEqual(
      failures?.map(({ arn, reason }) => ({ arn, reason })),
      [
        { arn: second, reason: 'TASK_NOT_VALID' },
        { arn: standalone.taskArn, reason: 'TASK_NOT_VALID' },
        { ...missing, reason: 'MISSING' },
      ],
    );
  }
});

test('what is refused', async () => {
  const { ecs } = await shop();
  const update = (more: object) =>
    ecs.UpdateTaskProtection({ cluster: 'default', tasks: ['t'], protectionEnabled: true, ...more });
  await refused(update({ tasks: [] }), INVALID, 'Tasks cannot be empty.');
  await refused(update({ tasks: Array.from({ length: 11 }, () => 't') }), INVALID, 'At most 10');
  await refused(update({ expiresInMinutes: 0 }), INVALID, 'between 1 and 2880');
  await refused(update({ expiresInMinutes: 2881 }), INVALID, 'between 1 and 2880');
  await refused(update({ cluster: 'nope' }), 'ClusterNotFoundException', 'Cluster not found.');
  const many = Array.from({ length: 101 }, () => 't');
  await refused(ecs.GetTaskProtection({ cluster: 'default', tasks: many }), INVALID, 'At most 100');
});

test('scale-in waits for it and goes on when it is over', async () => {
  const world = await shop();
  const [first = '', second = ''] = arns(world);
  const cluster = 'default';
  await world.ecs.UpdateTaskProtection({ cluster, tasks: [first, second], protectionEnabled: true });
  await world.ecs.UpdateService({ service: 'shop', desiredCount: 1 });
  await world.settle();
  assert.deepEqual(arns(world), [first, second]);
  const { services } = await world.ecs.DescribeServices({ services: ['shop'] });
  assert.match(
    services?.[0]?.events?.[0]?.message ?? '',
    /The number of protected tasks are more than the desired count/,
  );
  assert.equal((await world.gantry.Why({ subject: 'shop' })).because, 'protected');
  await world.ecs.UpdateTaskProtection({ cluster, tasks: [second], protectionEnabled: false });
  await world.settle();
  assert.deepEqual(arns(world), [first]);
  await world.ecs.UpdateService({ service: 'shop', desiredCount: 0 });
  await world.settle();
  assert.deepEqual(arns(world), [first]);
  world.turn(2 * HOUR_MS);
  await world.settle();
  assert.deepEqual(arns(world), []);
});

test('a deployment waits for it, and refuses more of it when there is nothing else to wait for', async () => {
  const world = await shop();
  const [first = '', second = ''] = arns(world);
  const protect = (tasks: string[], protectionEnabled = true) =>
    world.ecs.UpdateTaskProtection({ cluster: 'default', tasks, protectionEnabled });
  await protect([first]);
  await world.ecs.UpdateService({ service: 'shop', forceNewDeployment: true });
  await world.settle();
  assert.deepEqual((await protect([second])).failures, [], 'it is still under way');
  await protect([second], false);
  await world.report(RUNNING, (task) => task.desiredStatus === 'RUNNING');
  world.turn(60_000);
  await world.settle();
  await world.report(STOPPED, (task) => task.desiredStatus === 'STOPPED');
  assert.equal(arns(world).length, 3);
  assert.ok(arns(world).includes(first));
  const blocked = await protect([first]);
  assert.deepEqual([blocked.protectedTasks, blocked.failures?.[0]?.reason], [[], 'DEPLOYMENT_BLOCKED']);
  world.turn(2 * HOUR_MS);
  await world.settle();
  assert.ok(!arns(world).includes(first));
  await world.report(STOPPED, (task) => task.desiredStatus === 'STOPPED');
  const deployment = world.state.tables.services.get(SHOP)?.deployments[0];
  assert.equal(deployment?.rolloutState, 'COMPLETED');
});
