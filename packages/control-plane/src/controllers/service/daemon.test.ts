import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreateServiceRequest } from '@aws-sdk/client-ecs';
import { isLive, type Task } from '@gantry/domain';
import { refused } from '../../api/ecs/testing/world.ts';
import { aRollout, RUNNING, SHOP, type RolloutWorld } from '../../api/ecs/testing/rollout.ts';
import { FakeClock, turnOfPromises } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import { startControllers } from '../index.ts';
import { aDeployment, aService, aTask, CLUSTER_KEY } from '../testing/builders.ts';
import { aWorld, numbered, putInstance, putTask } from '../testing/world.ts';

const keyOf = (n: number): string => `${CLUSTER_KEY}/${numbered(n)}`;

async function aDaemon(more: Partial<CreateServiceRequest> = {}): Promise<RolloutWorld> {
  const world = await aRollout();
  await world.ecs.CreateService({
    serviceName: 'shop',
    taskDefinition: 'web',
    schedulingStrategy: 'DAEMON',
    ...more,
  });
  await world.settle();
  return world;
}

const hostsOf = (tasks: readonly Task[]): string[] =>
  tasks.map(({ instanceKey = '' }) => String(Number(instanceKey.slice(-32)))).toSorted();

async function described(world: RolloutWorld) {
  const { services } = await world.ecs.DescribeServices({ services: ['shop'] });
  assert.ok(services?.[0]);
  return services[0];
}

/** Changes instance `n`, and lets the service look. */
async function change(world: RolloutWorld, n: number, status: 'ACTIVE' | 'DRAINING'): Promise<void> {
  await world.run((tx) => {
    const instance = tx.tables.instances.get(keyOf(n));
    assert.ok(instance);
    tx.put(tx.tables.instances, keyOf(n), { ...instance, status });
  });
  await world.settle();
}

const STOPPED = { status: 'STOPPED', containers: [{ containerName: 'app', status: 'STOPPED', exitCode: 0 }] } as const;
const stopping = (task: Task): boolean => task.desiredStatus === 'STOPPED';

/** Agents report what was asked of them until nothing is in transition. */
async function play(world: RolloutWorld): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    await world.report(RUNNING, (task) => isLive(task) && task.lastStatus === 'PENDING');
    await world.report(STOPPED, stopping);
  }
}

test('one task on every instance; the count follows them', async () => {
  const world = await aDaemon();
  assert.deepEqual(hostsOf(world.tasks()), ['1', '2']);
  await play(world);
  const service = await described(world);
  assert.equal(service.desiredCount, 2);
  assert.equal(service.runningCount, 2);
  assert.deepEqual(service.deployments?.[0]?.rolloutState, 'COMPLETED');
  assert.equal(service.deploymentConfiguration?.maximumPercent, 100);
  assert.equal(service.deploymentConfiguration?.minimumHealthyPercent, 0);
  await world.addInstance(3);
  await world.settle();
  assert.deepEqual(hostsOf(world.tasks()), ['1', '2', '3']);
  await refused(
    world.ecs.UpdateService({ service: 'shop', desiredCount: 5 }),
    'InvalidParameterException',
    'The daemon scheduling strategy does not support a desired count for services.',
  );
  const { service: deleted } = await world.ecs.DeleteService({ service: 'shop' });
  assert.equal(deleted?.status, 'DRAINING');
});

test('a full instance gets none and says why; the others are served', async () => {
  const world = await aRollout();
  await world.run((tx) => {
    const instance = tx.tables.instances.get(keyOf(1));
    assert.ok(instance);
    const registered = { ...instance.registered, memoryMiB: 0 };
    tx.put(tx.tables.instances, keyOf(1), { ...instance, registered });
  });
  await world.ecs.CreateService({ serviceName: 'shop', taskDefinition: 'web', schedulingStrategy: 'DAEMON' });
  await world.settle();
  assert.deepEqual(hostsOf(world.tasks()), ['2']);
  const { events, desiredCount } = await described(world);
  assert.equal(desiredCount, 2);
  assert.match(events?.[0]?.message ?? '', /insufficient memory available/);
});

test('constraints choose the instances, and tasks where they no longer hold go', async () => {
  const world = await aRollout();
  const put = (n: number, value: string) =>
    world.ecs.PutAttributes({
      attributes: [{ name: 'role', value, targetId: numbered(n), targetType: 'container-instance' }],
    });
  await put(1, 'edge');
  await world.ecs.CreateService({
    serviceName: 'shop',
    taskDefinition: 'web',
    schedulingStrategy: 'DAEMON',
    placementConstraints: [{ type: 'memberOf', expression: 'attribute:role == edge' }],
  });
  await world.settle();
  await play(world);
  assert.deepEqual(hostsOf(world.tasks()), ['1']);
  await put(1, 'core');
  await put(2, 'edge');
  await world.settle();
  await play(world);
  assert.deepEqual(hostsOf(world.tasks()), ['2']);
  const stopped = world.state.tables.tasks.by('service', SHOP).find((task) => !isLive(task));
  assert.equal(stopped?.because, 'daemon-misplaced');
});

test('a deployment stops each task before it starts its successor', async () => {
  const world = await aDaemon({ deploymentConfiguration: { minimumHealthyPercent: 50 } });
  await play(world);
  world.turn(60_000);
  await world.ecs.UpdateService({ service: 'shop', forceNewDeployment: true });
  await world.settle();
  const [left] = world.tasks();
  assert.equal(world.tasks().length, 1, 'one of two may go');
  assert.equal(left?.lastStatus, 'RUNNING');
  await world.report(STOPPED, stopping);
  assert.deepEqual(hostsOf(world.tasks()), ['1', '2'], 'its successor starts when it is gone');
  await play(world);
  world.turn(60_000);
  await world.settle();
  await play(world);
  const { deployments } = await described(world);
  assert.deepEqual(
    deployments?.map(({ status, rolloutState, runningCount }) => `${status} ${rolloutState} ${runningCount}`),
    ['PRIMARY COMPLETED 2'],
  );
});

test('on an instance that drains the daemon goes last', async () => {
  const world = await aDaemon();
  await play(world);
  const other = aTask({ id: numbered(900), instanceKey: keyOf(1), lastStatus: 'RUNNING' });
  await world.run((tx) => putTask(tx, other));
  await change(world, 1, 'DRAINING');
  assert.deepEqual(hostsOf(world.tasks()), ['1', '2']);
  assert.equal((await described(world)).desiredCount, 2);
  await world.run((tx) => putTask(tx, { ...other, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }));
  await world.settle();
  assert.deepEqual(hostsOf(world.tasks()), ['2']);
  assert.equal((await described(world)).desiredCount, 1);
  await play(world);
  await change(world, 1, 'ACTIVE');
  assert.deepEqual(hostsOf(world.tasks()), ['1', '2']);
});

test('an unhealthy task is replaced where it is', async () => {
  const world = await aDaemon();
  await play(world);
  await world.run((tx) => {
    const task = world.tasks()[0];
    assert.ok(task);
    const containers = task.containers.map((container) => ({ ...container, hasHealthCheck: true }));
    putTask(tx, { ...task, containers, healthStatus: 'UNHEALTHY' });
  });
  await world.settle();
  assert.equal(world.tasks().length, 1);
  await play(world);
  assert.deepEqual(hostsOf(world.tasks()), ['1', '2']);
});

test('on a new instance it is the first, though others have waited longer for room', async () => {
  const stop = new AbortController();
  const { state, platform, run } = await aWorld(new FakeClock(), new SeededIds(1));
  const controllers = startControllers(platform, stop.signal);
  const settle = async (): Promise<void> => {
    await controllers.settled();
    await turnOfPromises();
  };
  const named = (serviceName: string, more: Partial<Parameters<typeof aService>[0]>) =>
    run((tx) => tx.put(tx.tables.services, `${CLUSTER_KEY}/${serviceName}`, aService({ serviceName, ...more })));
  await named('waiting', { desiredCount: 50, deployments: [aDeployment({ desiredCount: 50 })] });
  await settle();
  await named('daemon', {
    schedulingStrategy: 'DAEMON',
    desiredCount: 0,
    deployments: [aDeployment({ id: 'ecs-svc/2', desiredCount: 0 })],
  });
  await settle();
  await run((tx) => putInstance(tx, 1));
  await settle();
  const deployments = [...state.tables.tasks.keys].map((key) => state.tables.tasks.get(key)?.deploymentId);
  assert.equal(deployments.length, 32, 'the instance is full');
  assert.ok(deployments.includes('ecs-svc/2'), 'and the daemon has its task there');
  stop.abort();
  await controllers.stopped;
});
