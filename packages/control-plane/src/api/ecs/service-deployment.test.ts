import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreateServiceRequest, ServiceDeployment } from '@aws-sdk/client-ecs';
import { ServiceController } from '../../controllers/service/controller.ts';
import { aService } from '../../controllers/testing/builders.ts';
import { State } from '../../state/state.ts';
import type { Journal } from '../../store/port.ts';
import { aRollout, IMAGE_DIGEST, RUNNING, SHOP, type RolloutWorld } from './testing/rollout.ts';
import { anApi, refused } from './testing/world.ts';

const ARN = 'arn:aws:ecs:us-east-1:123456789012:';
const INVALID = 'InvalidParameterException';
const NOT_FOUND = 'ServiceDeploymentNotFoundException';
const BREAKER = { deploymentCircuitBreaker: { enable: true, rollback: true } };
const STOPPED = { status: 'STOPPED', containers: [] } as const;
const unpulled = {
  status: 'STOPPED',
  containers: [{ containerName: 'app', status: 'STOPPED', reason: 'CannotPullContainerError: no' }],
} as const;

const shop = (more: Partial<CreateServiceRequest> = {}): CreateServiceRequest => ({
  serviceName: 'shop',
  taskDefinition: 'web:1',
  desiredCount: 2,
  ...more,
});

async function current({ ecs }: RolloutWorld): Promise<ServiceDeployment> {
  const { services } = await ecs.DescribeServices({ services: ['shop'] });
  return described({ ecs }, services?.[0]?.currentServiceDeployment ?? '');
}

async function described({ ecs }: Pick<RolloutWorld, 'ecs'>, arn: string): Promise<ServiceDeployment> {
  const { serviceDeployments } = await ecs.DescribeServiceDeployments({ serviceDeploymentArns: [arn] });
  assert.ok(serviceDeployments?.[0]);
  return serviceDeployments[0];
}

const counts = (one: ServiceDeployment['targetServiceRevision']): unknown => [
  one?.requestedTaskCount,
  one?.runningTaskCount,
  one?.pendingTaskCount,
];

/** A service whose first deployment is done. */
async function deployed(more: Partial<CreateServiceRequest> = {}): Promise<RolloutWorld> {
  const world = await aRollout();
  await world.ecs.CreateService(shop(more));
  await world.settle();
  await world.report(RUNNING);
  return world;
}

/** Goes on until old tasks have made way for new ones. */
async function finish(world: RolloutWorld): Promise<void> {
  await world.report(RUNNING, (task) => task.desiredStatus === 'RUNNING');
  world.turn(60_000);
  await world.settle();
  await world.report(STOPPED, (task) => task.desiredStatus === 'STOPPED');
}

test('the first deployment: PENDING, IN_PROGRESS, SUCCESSFUL', async () => {
  const world = await aRollout();
  await world.ecs.CreateService(shop({ deploymentConfiguration: BREAKER }));
  const first = await current(world);
  assert.deepEqual([first.status, first.startedAt, first.sourceServiceRevisions], ['PENDING', undefined, []]);
  world.turn(1000);
  await world.settle();
  const going = await current(world);
  assert.equal(going.status, 'IN_PROGRESS');
  assert.equal(Number(going.startedAt) - Number(going.createdAt), 1000);
  assert.deepEqual(counts(going.targetServiceRevision), [2, 0, 2]);
  assert.deepEqual(going.deploymentCircuitBreaker, { status: 'MONITORING', failureCount: 0, threshold: 3 });
  world.turn(1000);
  await world.report(RUNNING);
  const done = await current(world);
  assert.deepEqual(
    { ...done, createdAt: 0, startedAt: 0, updatedAt: 0, finishedAt: Number(done.finishedAt) - Number(done.createdAt) },
    {
      serviceDeploymentArn: first.serviceDeploymentArn,
      serviceArn: `${ARN}service/default/shop`,
      clusterArn: `${ARN}cluster/default`,
      createdAt: 0,
      startedAt: 0,
      finishedAt: 2000,
      stoppedAt: undefined,
      updatedAt: 0,
      sourceServiceRevisions: [],
      targetServiceRevision: {
        arn: first.targetServiceRevision?.arn,
        requestedTaskCount: 2,
        runningTaskCount: 2,
        pendingTaskCount: 0,
      },
      status: 'SUCCESSFUL',
      statusReason: undefined,
      deploymentConfiguration: {
        ...BREAKER,
        maximumPercent: 200,
        minimumHealthyPercent: 100,
        strategy: 'ROLLING',
        bakeTimeInMinutes: 0,
      },
      rollback: undefined,
      deploymentCircuitBreaker: { status: 'MONITORING_COMPLETE', failureCount: 0, threshold: 3 },
      alarms: { status: 'DISABLED' },
    },
  );
});

test('a revision is what the deployment runs, with the digests its tasks told', async () => {
  const world = await deployed();
  const arn = (await current(world)).targetServiceRevision?.arn ?? '';
  const { serviceRevisions, failures } = await world.ecs.DescribeServiceRevisions({
    serviceRevisionArns: [arn, `${ARN}service-revision/default/shop/1`],
  });
  assert.deepEqual(failures, [{ arn: `${ARN}service-revision/default/shop/1`, reason: 'MISSING' }]);
  assert.deepEqual(
    { ...serviceRevisions?.[0], createdAt: undefined },
    {
      serviceRevisionArn: arn,
      serviceArn: `${ARN}service/default/shop`,
      clusterArn: `${ARN}cluster/default`,
      taskDefinition: `${ARN}task-definition/web:1`,
      launchType: 'EC2',
      loadBalancers: [],
      serviceRegistries: [],
      networkConfiguration: undefined,
      containerImages: [{ containerName: 'app', image: 'app', imageDigest: IMAGE_DIGEST }],
      guardDutyEnabled: false,
      volumeConfigurations: [],
      vpcLatticeConfigurations: [],
      createdAt: undefined,
    },
  );
});

test('an update that deploys: the source is what ran; what only scales makes nothing new', async () => {
  const world = await deployed();
  const first = await current(world);
  await world.ecs.UpdateService({ service: 'shop', desiredCount: 3 });
  assert.equal((await current(world)).serviceDeploymentArn, first.serviceDeploymentArn);
  await world.settle();
  await world.report(RUNNING);
  await world.ecs.UpdateService({ service: 'shop', forceNewDeployment: true });
  await world.settle();
  const second = await current(world);
  assert.notEqual(second.serviceDeploymentArn, first.serviceDeploymentArn);
  assert.deepEqual(second.sourceServiceRevisions?.map(counts), [[3, 3, 0]]);
  assert.deepEqual(counts(second.targetServiceRevision), [3, 0, 3]);
  assert.equal(second.sourceServiceRevisions?.[0]?.arn, first.targetServiceRevision?.arn);
  await finish(world);
  const done = await current(world);
  assert.deepEqual(done.sourceServiceRevisions?.map(counts), [[0, 0, 0]]);
  assert.deepEqual([done.status, counts(done.targetServiceRevision)], ['SUCCESSFUL', [3, 3, 0]]);
  const before = await described(world, first.serviceDeploymentArn ?? '');
  assert.deepEqual([before.status, counts(before.targetServiceRevision)], ['SUCCESSFUL', [2, 2, 0]]);
});

test('a newer deployment stops the one under way', async () => {
  const world = await deployed();
  await world.ecs.UpdateService({ service: 'shop', forceNewDeployment: true });
  await world.settle();
  const second = await current(world);
  await world.ecs.UpdateService({ service: 'shop', forceNewDeployment: true });
  const arn = second.serviceDeploymentArn ?? '';
  assert.equal((await described(world, arn)).status, 'STOP_REQUESTED');
  await world.settle();
  const stopped = await described(world, arn);
  assert.deepEqual([stopped.status, stopped.stoppedAt], ['STOPPED', stopped.finishedAt]);
  assert.match(stopped.statusReason ?? '', /a newer one/);
  assert.equal((await current(world)).sourceServiceRevisions?.length, 2);
});

test('the circuit breaker rolls back', async () => {
  const world = await deployed({ deploymentConfiguration: BREAKER });
  const first = await current(world);
  await world.ecs.UpdateService({ service: 'shop', forceNewDeployment: true });
  for (let n = 0; n < 2; n += 1) {
    await world.settle();
    await world.report(unpulled, (task) => task.lastStatus === 'PENDING');
  }
  const failed = await current(world);
  assert.equal(failed.status, 'ROLLBACK_SUCCESSFUL');
  assert.deepEqual(failed.deploymentCircuitBreaker, { status: 'TRIGGERED', failureCount: 4, threshold: 3 });
  assert.equal(failed.rollback?.serviceRevisionArn, first.targetServiceRevision?.arn);
  assert.equal(
    failed.rollback?.reason,
    'Service deployment rolled back because the circuit breaker threshold was exceeded.',
  );
});

test('without rollback a failed deployment is STOPPED', async () => {
  const deploymentConfiguration = { deploymentCircuitBreaker: { enable: true, rollback: false } };
  const world = await deployed({ deploymentConfiguration });
  await world.ecs.UpdateService({ service: 'shop', forceNewDeployment: true });
  for (let n = 0; n < 2; n += 1) {
    await world.settle();
    await world.report(unpulled, (task) => task.lastStatus === 'PENDING');
  }
  const failed = await current(world);
  assert.deepEqual([failed.status, failed.rollback], ['STOPPED', undefined]);
  assert.equal(failed.deploymentCircuitBreaker?.status, 'TRIGGERED');
});

test('StopServiceDeployment rolls back, whatever the breaker says', async () => {
  const world = await deployed();
  const first = await current(world);
  await world.ecs.UpdateService({ service: 'shop', forceNewDeployment: true });
  await world.settle();
  const serviceDeploymentArn = (await current(world)).serviceDeploymentArn ?? '';
  assert.deepEqual(await world.ecs.StopServiceDeployment({ serviceDeploymentArn }), { serviceDeploymentArn });
  assert.equal((await current(world)).status, 'ROLLBACK_REQUESTED');
  await world.ecs.StopServiceDeployment({ serviceDeploymentArn });
  await world.settle();
  const going = await current(world);
  assert.equal(going.status, 'ROLLBACK_IN_PROGRESS');
  assert.equal(going.rollback?.serviceRevisionArn, first.targetServiceRevision?.arn);
  await finish(world);
  assert.equal((await current(world)).status, 'ROLLBACK_SUCCESSFUL');
  const { services } = await world.ecs.DescribeServices({ services: ['shop'] });
  assert.deepEqual(services?.[0]?.currentServiceRevisions, [
    { arn: first.targetServiceRevision?.arn, requestedTaskCount: 2, runningTaskCount: 2, pendingTaskCount: 0 },
  ]);
  assert.ok(services?.[0]?.events?.some(({ message }) => message?.includes('rolling back to deployment ecs-svc/')));
  await refused(world.ecs.StopServiceDeployment({ serviceDeploymentArn }), 'ConflictException', 'ROLLBACK_SUCCESSFUL');
});

test('ABORT ends it where it is: nothing more is started, nothing that runs is stopped', async () => {
  const world = await deployed();
  await world.ecs.UpdateService({ service: 'shop', forceNewDeployment: true });
  const serviceDeploymentArn = (await current(world)).serviceDeploymentArn ?? '';
  await world.ecs.StopServiceDeployment({ serviceDeploymentArn, stopType: 'ABORT' });
  await world.settle();
  const aborted = await current(world);
  assert.deepEqual([aborted.status, counts(aborted.targetServiceRevision)], ['STOPPED', [2, 0, 0]]);
  assert.equal(aborted.deploymentCircuitBreaker?.status, 'DISABLED');
  assert.equal(world.tasks().length, 2);
});

test('the first deployment has nothing to go back to', async () => {
  const world = await aRollout();
  await world.ecs.CreateService(shop());
  await world.settle();
  const serviceDeploymentArn = (await current(world)).serviceDeploymentArn ?? '';
  await world.ecs.StopServiceDeployment({ serviceDeploymentArn });
  await world.settle();
  const over = await current(world);
  assert.equal(over.status, 'STOPPED');
  assert.match(over.statusReason ?? '', /no completed deployment/);
});

test('a deleted service ends its deployments; another of its name begins anew', async () => {
  const world = await aRollout();
  await world.ecs.CreateService(shop());
  await world.settle();
  const first = await current(world);
  await world.ecs.DeleteService({ service: 'shop', force: true });
  assert.equal((await current(world)).status, 'STOP_REQUESTED');
  await world.settle();
  await world.report(STOPPED);
  const over = await current(world);
  assert.deepEqual(
    [over.status, over.statusReason],
    ['STOPPED', 'Service deployment stopped because the service was deleted.'],
  );
  await world.ecs.CreateService(shop());
  const { serviceDeployments } = await world.ecs.ListServiceDeployments({ service: 'shop' });
  assert.equal(serviceDeployments?.length, 1);
  assert.notEqual(serviceDeployments?.[0]?.serviceDeploymentArn, first.serviceDeploymentArn);
  assert.equal(world.state.tables.serviceRevisions.size, 1);
});

test('ListServiceDeployments: newest first, twenty a page, by status and time', async () => {
  const world = await aRollout();
  await world.ecs.CreateService(shop({ desiredCount: 0 }));
  const started = world.platform.clock.now();
  for (let n = 1; n <= 24; n += 1) {
    world.turn(1000);
    await world.ecs.UpdateService({ service: 'shop', forceNewDeployment: true });
    await world.settle();
  }
  const list = (more: object) => world.ecs.ListServiceDeployments({ service: 'shop', ...more });
  const first = await list({});
  const second = await list({ nextToken: first.nextToken });
  const all = [...(first.serviceDeployments ?? []), ...(second.serviceDeployments ?? [])];
  assert.deepEqual([first.serviceDeployments?.length, all.length, second.nextToken], [20, 25, undefined]);
  const times = all.map(({ createdAt }) => (Number(createdAt) - started) / 1000);
  assert.deepEqual(
    times,
    Array.from({ length: 25 }, (_, n) => 24 - n),
  );
  const count = async (more: object): Promise<number | undefined> => (await list(more)).serviceDeployments?.length;
  assert.equal(await count({ status: ['STOPPED'], maxResults: 100 }), 1);
  assert.equal(await count({ status: ['SUCCESSFUL'], maxResults: 100 }), 24);
  assert.equal(await count({ status: ['PENDING'] }), 0);
  const createdAt = { after: new Date(started + 1000), before: new Date(started + 4000) };
  assert.equal(await count({ createdAt }), 2);
  await refused(list({ maxResults: 101 }), INVALID, 'maxResults');
  await refused(list({ createdAt: { after: createdAt.before, before: createdAt.after } }), INVALID, 'createdAt.after');
  await refused(list({ service: 'nope' }), 'ServiceNotFoundException', 'Service not found.');
  await refused(list({ cluster: 'nope' }), 'ClusterNotFoundException', 'Cluster not found.');
});

test('what is refused', async () => {
  const { ecs, stranger } = await anApi();
  await ecs.CreateService(shop());
  const arn = (await ecs.DescribeServices({ services: ['shop'] })).services?.[0]?.currentServiceDeployment ?? '';
  const many = Array.from({ length: 21 }, () => arn);
  await refused(ecs.DescribeServiceDeployments({ serviceDeploymentArns: [] }), INVALID, 'cannot be empty');
  await refused(ecs.DescribeServiceDeployments({ serviceDeploymentArns: many }), INVALID, 'At most 20');
  await refused(ecs.DescribeServiceDeployments({ serviceDeploymentArns: ['x'] }), INVALID, 'full ARN');
  await refused(
    ecs.DescribeServiceRevisions({ serviceRevisionArns: [arn] }),
    INVALID,
    'full ARN of a service revision',
  );
  const seen = await stranger.DescribeServiceDeployments({ serviceDeploymentArns: [arn] });
  assert.deepEqual(seen, { serviceDeployments: [], failures: [{ arn, reason: 'MISSING' }] });
  await refused(stranger.StopServiceDeployment({ serviceDeploymentArn: arn }), NOT_FOUND, 'not found');
  await refused(
    ecs.ContinueServiceDeployment({ serviceDeploymentArn: `${arn}x`, hookId: 'h' }),
    NOT_FOUND,
    'not found',
  );
  await refused(ecs.ContinueServiceDeployment({ serviceDeploymentArn: arn, hookId: 'h' }), INVALID, 'is not paused');
});

test('a service of an older data directory goes on, and has history from its next deployment on', async () => {
  const world = await aRollout();
  const old = aService({ serviceName: 'shop', serviceArn: `${ARN}service/default/shop` });
  await world.run((tx) => tx.put(tx.tables.services, SHOP, old));
  await world.settle();
  await world.report(RUNNING);
  const { services } = await world.ecs.DescribeServices({ services: ['shop'] });
  assert.deepEqual(
    [services?.[0]?.deployments?.[0]?.rolloutState, services?.[0]?.currentServiceDeployment],
    ['COMPLETED', undefined],
  );
  assert.deepEqual((await world.ecs.ListServiceDeployments({ service: 'shop' })).serviceDeployments, []);
  await world.ecs.UpdateService({ service: 'shop', forceNewDeployment: true });
  await world.settle();
  const serviceDeploymentArn = (await current(world)).serviceDeploymentArn ?? '';
  await world.ecs.StopServiceDeployment({ serviceDeploymentArn });
  await world.settle();
  await finish(world);
  const over = await current(world);
  assert.deepEqual([over.status, over.rollback?.serviceRevisionArn], ['ROLLBACK_SUCCESSFUL', undefined]);
});

test('a rollback that was asked for outlives a restart', async () => {
  const world = await deployed();
  await world.ecs.UpdateService({ service: 'shop', forceNewDeployment: true });
  await world.settle();
  const serviceDeploymentArn = (await current(world)).serviceDeploymentArn ?? '';
  await world.ecs.StopServiceDeployment({ serviceDeploymentArn });
  const { journal, clock } = world.platform;
  const state = await State.open({ journal: journal as Journal, clock, schedule: queueMicrotask });
  await new ServiceController({ ...world.platform, state }).reconcile(SHOP);
  const id = serviceDeploymentArn.slice(serviceDeploymentArn.lastIndexOf('/') + 1);
  assert.equal(state.tables.serviceDeployments.get(`${SHOP}/${id}`)?.status, 'ROLLBACK_IN_PROGRESS');
});

test('the first digest told is what later tasks of the deployment run; the next deployment resolves anew', async () => {
  const world = await deployed();
  const pins = () => world.tasks().map((task) => task.containers.map(({ pinnedDigest }) => pinnedDigest));
  assert.ok(
    pins().every(([digest]) => digest === undefined),
    'the first ones run what the tag names',
  );
  await world.ecs.UpdateService({ service: 'shop', desiredCount: 4 });
  await world.settle();
  assert.equal(pins().filter(([digest]) => digest === IMAGE_DIGEST).length, 2);
  await world.report(RUNNING);
  await world.ecs.UpdateService({ service: 'shop', forceNewDeployment: true });
  await world.settle();
  const fresh = world.tasks().filter(({ lastStatus }) => lastStatus === 'PENDING');
  assert.ok(fresh.length > 0 && fresh.every(({ containers: [app] }) => app?.pinnedDigest === undefined));
});

for (const [what, told, more] of [
  [
    'versionConsistency disabled: every task runs what the tag names',
    IMAGE_DIGEST,
    { versionConsistency: 'disabled' as const },
  ],
  ['what is no digest is not made part of a reference', 'sha256:x/../evil', {}],
] as const) {
  test(what, async () => {
    const world = await aRollout();
    const containerDefinitions = [{ name: 'app', image: 'app:1', memory: 8, ...more }];
    await world.ecs.RegisterTaskDefinition({ family: 'loose', containerDefinitions });
    await world.ecs.CreateService({ serviceName: 'shop', taskDefinition: 'loose', desiredCount: 1 });
    await world.settle();
    await world.report({ ...RUNNING, containers: [{ containerName: 'app', status: 'RUNNING', imageDigest: told }] });
    await world.ecs.UpdateService({ service: 'shop', desiredCount: 2 });
    await world.settle();
    assert.deepEqual(
      world.tasks().map(({ containers: [app] }) => app?.pinnedDigest),
      [undefined, undefined],
    );
    const serviceRevisionArns = [(await current(world)).targetServiceRevision?.arn ?? ''];
    const { serviceRevisions } = await world.ecs.DescribeServiceRevisions({ serviceRevisionArns });
    assert.deepEqual(serviceRevisions?.[0]?.containerImages, [
      { containerName: 'app', image: 'app:1', imageDigest: undefined },
    ]);
  });
}
