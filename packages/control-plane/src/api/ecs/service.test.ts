import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreateServiceRequest, UpdateServiceRequest } from '@aws-sdk/client-ecs';
import { aTask } from '../../controllers/testing/builders.ts';
import { numbered, putTask } from '../../controllers/testing/world.ts';
import { ADMINISTRATOR, anApi, refused, type ApiWorld } from './testing/world.ts';

const ARN = 'arn:aws:ecs:us-east-1:123456789012:';
const KEY = '123456789012/us-east-1/default/shop';
const VPC = { awsvpcConfiguration: { subnets: ['subnet-a'] } };
const INVALID = 'InvalidParameterException';
const UNSUPPORTED = 'UnsupportedFeatureException';

const shop = (more: Partial<CreateServiceRequest> = {}): CreateServiceRequest => ({
  serviceName: 'shop',
  taskDefinition: 'web',
  desiredCount: 2,
  ...more,
});

const daemon = (more: Partial<CreateServiceRequest>): CreateServiceRequest =>
  shop({ schedulingStrategy: 'DAEMON', desiredCount: undefined, ...more });

async function withFargate(): Promise<ApiWorld> {
  const world = await anApi();
  for (const family of ['far', 'far']) {
    await world.ecs.RegisterTaskDefinition({
      family,
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      containerDefinitions: [{ name: 'app', image: 'x' }],
    });
  }
  return world;
}
const far = (more: Partial<CreateServiceRequest> = {}): CreateServiceRequest =>
  shop({ taskDefinition: 'far:1', launchType: 'FARGATE', networkConfiguration: VPC, ...more });

test('a new service has one deployment, ECS’s defaults and no events', async () => {
  const { ecs } = await withFargate();
  const { service } = await ecs.CreateService(far({ tags: [{ key: 'a', value: 'b' }] }));
  const [deployment] = service?.deployments ?? [];
  assert.deepEqual(
    { ...service, deployments: undefined, createdAt: undefined, networkConfiguration: undefined },
    {
      serviceArn: `${ARN}service/default/shop`,
      serviceName: 'shop',
      clusterArn: `${ARN}cluster/default`,
      loadBalancers: [],
      serviceRegistries: [],
      status: 'ACTIVE',
      desiredCount: 2,
      runningCount: 0,
      pendingCount: 0,
      launchType: 'FARGATE',
      platformVersion: 'LATEST',
      platformFamily: 'Linux',
      taskDefinition: `${ARN}task-definition/far:1`,
      deploymentConfiguration: {
        deploymentCircuitBreaker: { enable: false, rollback: false },
        maximumPercent: 200,
        minimumHealthyPercent: 100,
        strategy: 'ROLLING',
        bakeTimeInMinutes: 0,
      },
      deployments: undefined,
      currentServiceDeployment: service?.currentServiceDeployment,
      currentServiceRevisions: service?.currentServiceRevisions,
      roleArn: 'arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS',
      events: [],
      createdAt: undefined,
      placementConstraints: [],
      placementStrategy: [],
      networkConfiguration: undefined,
      healthCheckGracePeriodSeconds: undefined,
      schedulingStrategy: 'REPLICA',
      deploymentController: undefined,
      tags: [{ key: 'a', value: 'b' }],
      createdBy: ADMINISTRATOR,
      enableECSManagedTags: false,
      propagateTags: 'NONE',
      enableExecuteCommand: false,
      availabilityZoneRebalancing: 'ENABLED',
    },
  );
  const revision = service?.currentServiceRevisions?.[0]?.arn ?? '';
  assert.match(service?.currentServiceDeployment ?? '', /:service-deployment\/default\/shop\/[\w-]{21}$/);
  assert.match(revision, /:service-revision\/default\/shop\/\d{19}$/);
  assert.deepEqual(service?.currentServiceRevisions, [
    { arn: revision, requestedTaskCount: 2, runningTaskCount: 0, pendingTaskCount: 0 },
  ]);
  assert.match(deployment?.id ?? '', /^ecs-svc\/\d{19}$/);
  assert.deepEqual(
    [deployment?.status, deployment?.rolloutState, deployment?.rolloutStateReason, deployment?.platformVersion],
    ['PRIMARY', 'IN_PROGRESS', `ECS deployment ${deployment?.id} in progress.`, '1.4.0'],
  );
});

test('with a strategy there is no launch type', async () => {
  const { ecs } = await withFargate();
  const capacityProviderStrategy = [{ capacityProvider: 'FARGATE_SPOT', base: 0, weight: 1 }];
  const { service } = await ecs.CreateService(far({ launchType: undefined, capacityProviderStrategy }));
  assert.deepEqual([service?.launchType, service?.capacityProviderStrategy], [undefined, capacityProviderStrategy]);
  assert.deepEqual(service?.deployments?.[0]?.capacityProviderStrategy, capacityProviderStrategy);
});

test('the same token and parameters give the same service; anything else is not idempotent', async () => {
  const { ecs } = await anApi();
  const first = await ecs.CreateService(shop({ clientToken: 't' }));
  assert.deepEqual(await ecs.CreateService(shop({ clientToken: 't' })), first);
  const text = 'Creation of service was not idempotent.';
  await refused(ecs.CreateService(shop({ clientToken: 't', desiredCount: 3 })), INVALID, text);
  await refused(ecs.CreateService(shop()), INVALID, text);
});

const CREATE_REFUSED: readonly [string, string, CreateServiceRequest][] = [
  [INVALID, 'Service name can not be blank.', shop({ serviceName: '' })],
  [INVALID, 'up to 255 letters', shop({ serviceName: 'a b' })],
  [INVALID, 'clientToken longer than 36', shop({ clientToken: 'x'.repeat(37) })],
  [INVALID, 'TaskDefinition can not be blank.', shop({ taskDefinition: undefined })],
  [INVALID, 'The desired count can not be null', shop({ desiredCount: undefined })],
  [INVALID, 'desiredCount must be between 0 and 5000', shop({ desiredCount: -1 })],
  ['ClientException', 'TaskDefinition not found.', shop({ taskDefinition: 'nope' })],
  ['ClusterNotFoundException', 'Cluster not found.', shop({ cluster: 'nope' })],
  [
    INVALID,
    'Specify either Launch Type or Capacity Provider Strategy',
    shop({ launchType: 'EC2', capacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }] }),
  ],
  [
    INVALID,
    'places no task beyond its base',
    far({ launchType: undefined, capacityProviderStrategy: [{ capacityProvider: 'FARGATE', base: 2 }] }),
  ],
  [
    INVALID,
    'Both maximumPercent and minimumHealthyPercent cannot be 100',
    shop({ deploymentConfiguration: { maximumPercent: 100 } }),
  ],
  [INVALID, 'must not be less than minimumHealthyPercent', shop({ deploymentConfiguration: { maximumPercent: 50 } })],
  [
    INVALID,
    'minimumHealthyPercent must not be negative',
    shop({ deploymentConfiguration: { minimumHealthyPercent: -1 } }),
  ],
  [
    INVALID,
    "needs both 'enable' and 'rollback'",
    shop({ deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: undefined } } }),
  ],
  [INVALID, 'Health check grace period is only valid', shop({ healthCheckGracePeriodSeconds: 5 })],
  [INVALID, 'Role is only valid', shop({ role: 'ecsServiceRole' })],
  [INVALID, 'target group x does not exist', shop({ loadBalancers: [{ targetGroupArn: 'x' }] })],
  [UNSUPPORTED, 'Service registries', shop({ serviceRegistries: [{ registryArn: 'x' }] })],
  [UNSUPPORTED, 'EBS volumes', shop({ volumeConfigurations: [{ name: 'v' }] })],
  [
    UNSUPPORTED,
    'VPC Lattice',
    shop({ vpcLatticeConfigurations: [{ roleArn: 'r', targetGroupArn: 't', portName: 'p' }] }),
  ],
  [UNSUPPORTED, 'Service Connect', shop({ serviceConnectConfiguration: { enabled: true } })],
  [UNSUPPORTED, 'CODE_DEPLOY', shop({ deploymentController: { type: 'CODE_DEPLOY' } })],
  [UNSUPPORTED, 'EXTERNAL', shop({ deploymentController: { type: 'EXTERNAL' } })],
  [INVALID, 'The daemon scheduling strategy does not support a desired count', shop({ schedulingStrategy: 'DAEMON' })],
  [
    INVALID,
    'The daemon scheduling strategy does not support placement strategies.',
    daemon({ placementStrategy: [{ type: 'random' }] }),
  ],
  [INVALID, 'of type memberOf only', daemon({ placementConstraints: [{ type: 'distinctInstance' }] })],
  [INVALID, 'maximumPercent must be 100', daemon({ deploymentConfiguration: { maximumPercent: 200 } })],
  [INVALID, 'does not support the launch type FARGATE', daemon({ launchType: 'FARGATE' })],
  [
    INVALID,
    'Specifying a capacity provider strategy is not supported when you create a service using the DAEMON',
    daemon({ capacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }] }),
  ],
  [INVALID, 'the scheduling strategy must be REPLICA', daemon({ availabilityZoneRebalancing: 'ENABLED' })],
  [INVALID, 'bakeTimeInMinutes must be given', shop({ deploymentConfiguration: { strategy: 'BLUE_GREEN' } })],
  [UNSUPPORTED, 'A bake time', shop({ deploymentConfiguration: { bakeTimeInMinutes: 1 } })],
  [UNSUPPORTED, 'Lifecycle hooks', shop({ deploymentConfiguration: { lifecycleHooks: [{}] } })],
  [
    UNSUPPORTED,
    'Deployment alarms',
    shop({ deploymentConfiguration: { alarms: { enable: true, rollback: false, alarmNames: ['a'] } } }),
  ],
  [INVALID, 'canaryConfiguration', shop({ deploymentConfiguration: { canaryConfiguration: {} } })],
  [
    INVALID,
    'thresholdConfiguration.value must be between 1 and 100',
    shop({
      deploymentConfiguration: {
        deploymentCircuitBreaker: {
          enable: true,
          rollback: true,
          thresholdConfiguration: { type: 'BOUNDED_PERCENT', value: 101 },
        },
      },
    }),
  ],
  [
    INVALID,
    'availabilityZoneRebalancing can not be ENABLED: maximumPercent must be above 100',
    shop({
      availabilityZoneRebalancing: 'ENABLED',
      deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 100 },
    }),
  ],
  [
    INVALID,
    'the first placement strategy must be spread',
    shop({ availabilityZoneRebalancing: 'ENABLED', placementStrategy: [{ type: 'binpack', field: 'cpu' }] }),
  ],
];

test('what CreateService refuses', async (t) => {
  const { ecs, state } = await withFargate();
  for (const [code, text, input] of CREATE_REFUSED) {
    await t.test(text, async () => {
      await refused(ecs.CreateService(input), code, text);
    });
  }
  assert.equal(state.tables.services.size, 0);
});

/** What a change does: `deploys` or not. */
const UPDATES: readonly [string, boolean, Partial<UpdateServiceRequest>][] = [
  ['nothing', false, {}],
  ['the same revision', false, { taskDefinition: 'far:1' }],
  ['another revision', true, { taskDefinition: 'far' }],
  ['force', true, { forceNewDeployment: true }],
  ['another network', true, { networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-b'] } } }],
  ['the same network', false, { networkConfiguration: VPC }],
  ['another platform version', true, { platformVersion: '1.4.0' }],
  ['desired count', false, { desiredCount: 5 }],
  ['deployment configuration', false, { deploymentConfiguration: { minimumHealthyPercent: 50 } }],
  ['tags', false, { propagateTags: 'SERVICE', enableECSManagedTags: true }],
  ['rebalancing', false, { availabilityZoneRebalancing: 'DISABLED' }],
];

test('which updates start a new deployment', async (t) => {
  for (const [what, deploys, input] of UPDATES) {
    await t.test(what, async () => {
      const { ecs } = await withFargate();
      const before = (await ecs.CreateService(far())).service;
      const after = (await ecs.UpdateService({ service: 'shop', ...input })).service;
      const statuses = after?.deployments?.map(({ status }) => status);
      assert.deepEqual(statuses, deploys ? ['PRIMARY', 'ACTIVE'] : ['PRIMARY']);
      assert.equal(after?.deployments?.at(-1)?.id, before?.deployments?.[0]?.id);
      assert.equal(after?.deployments?.[0]?.desiredCount, input.desiredCount ?? 2);
    });
  }
});

test('an update keeps what it does not name', async () => {
  const { ecs } = await withFargate();
  await ecs.CreateService(far({ deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 150 } }));
  const { service } = await ecs.UpdateService({ service: 'shop', deploymentConfiguration: { maximumPercent: 300 } });
  assert.equal(service?.deploymentConfiguration?.minimumHealthyPercent, 50);
  assert.equal(service?.deploymentConfiguration?.maximumPercent, 300);
  assert.deepEqual(service?.networkConfiguration?.awsvpcConfiguration?.subnets, ['subnet-a']);
});

test('from launch type to strategy and back', async () => {
  const { ecs } = await withFargate();
  await ecs.CreateService(far());
  const strategy = [{ capacityProvider: 'FARGATE_SPOT', base: 0, weight: 1 }];
  const update = (more: Partial<UpdateServiceRequest>) => ecs.UpdateService({ service: 'shop', ...more });
  await refused(update({ capacityProviderStrategy: strategy }), INVALID, 'you must force a new deployment');
  const forced = await update({ capacityProviderStrategy: strategy, forceNewDeployment: true });
  assert.deepEqual([forced.service?.launchType, forced.service?.capacityProviderStrategy], [undefined, strategy]);
  const both = [{ capacityProvider: 'FARGATE', base: 0, weight: 1 }, ...strategy];
  const changed = await update({ capacityProviderStrategy: both });
  assert.equal(changed.service?.deployments?.length, 2);
  assert.deepEqual(changed.service?.deployments?.[0]?.capacityProviderStrategy, both);
  const back = await update({ capacityProviderStrategy: [], forceNewDeployment: true });
  assert.deepEqual([back.service?.launchType, back.service?.capacityProviderStrategy], ['FARGATE', undefined]);
  await ecs.CreateService(far({ serviceName: 'spot', launchType: undefined, capacityProviderStrategy: strategy }));
  await refused(
    ecs.UpdateService({ service: 'spot', capacityProviderStrategy: [], forceNewDeployment: true }),
    INVALID,
    'No launch type to fall back to for empty capacity provider strategy.',
  );
});

test('what UpdateService refuses', async () => {
  const { ecs } = await anApi();
  await ecs.CreateService(shop({ desiredCount: 0 }));
  const update = (more: Partial<UpdateServiceRequest>) => ecs.UpdateService({ service: 'shop', ...more });
  await refused(update({ service: 'nope' }), 'ServiceNotFoundException', 'Service not found.');
  await refused(update({ taskDefinition: 'nope' }), 'ClientException', 'TaskDefinition not found.');
  await refused(update({ desiredCount: 5001 }), INVALID, 'desiredCount');
  await refused(update({ networkConfiguration: VPC }), INVALID, 'Network Configuration is not valid');
  await refused(update({ loadBalancers: [{ targetGroupArn: 'x' }] }), INVALID, 'target group x does not exist');
  await ecs.UpdateService({ service: 'shop', loadBalancers: [], serviceRegistries: [] });
  await ecs.DeleteService({ service: 'shop' });
  await refused(update({ desiredCount: 1 }), 'ServiceNotActiveException', 'Service was not ACTIVE.');
});

test('an INACTIVE revision may go on being scaled, not be asked for', async () => {
  const { ecs } = await anApi();
  await ecs.CreateService(shop());
  await ecs.DeregisterTaskDefinition({ taskDefinition: 'web:1' });
  assert.equal((await ecs.UpdateService({ service: 'shop', desiredCount: 4 })).service?.desiredCount, 4);
  await refused(
    ecs.UpdateService({ service: 'shop', taskDefinition: 'web:1' }),
    'ClientException',
    'TaskDefinition is inactive',
  );
});

test('DeleteService: DRAINING, gone from the list, its name free when INACTIVE', async () => {
  const { ecs, run, state } = await anApi();
  await ecs.CreateService(shop());
  const text = 'The service cannot be stopped while it is scaled above 0.';
  await refused(ecs.DeleteService({ service: 'shop' }), INVALID, text);
  const { service } = await ecs.DeleteService({ service: `${ARN}service/default/shop`, force: true });
  assert.deepEqual([service?.status, service?.desiredCount], ['DRAINING', 0]);
  assert.deepEqual((await ecs.ListServices({})).serviceArns, []);
  await refused(ecs.CreateService(shop()), INVALID, 'Unable to Start a service that is still Draining.');
  const draining = state.tables.services.get(KEY);
  assert.ok(draining !== undefined);
  await run((tx) => tx.put(tx.tables.services, KEY, { ...draining, status: 'INACTIVE', deployments: [] }));
  assert.equal((await ecs.DescribeServices({ services: ['shop'] })).services?.[0]?.status, 'INACTIVE');
  await refused(ecs.DeleteService({ service: 'shop' }), 'ServiceNotFoundException', 'Service not found.');
  assert.equal((await ecs.CreateService(shop())).service?.status, 'ACTIVE');
});

test('DescribeServices counts wanted tasks by deployment, as the waiter for stable services needs', async () => {
  const { ecs, run } = await anApi();
  const { service } = await ecs.CreateService(shop());
  const deploymentId = service?.deployments?.[0]?.id;
  const put = (n: number, more: Parameters<typeof aTask>[0]) =>
    run((tx) => putTask(tx, aTask({ id: numbered(n), serviceKey: KEY, deploymentId, ...more })));
  await put(1, { lastStatus: 'RUNNING' });
  await put(2, { lastStatus: 'PENDING' });
  await put(3, { lastStatus: 'RUNNING', desiredStatus: 'STOPPED' });
  const counts = async () => {
    const found = (await ecs.DescribeServices({ services: ['shop'] })).services?.[0];
    return [
      found?.runningCount,
      found?.pendingCount,
      found?.deployments?.[0]?.runningCount,
      found?.deployments?.length,
    ];
  };
  assert.deepEqual(await counts(), [1, 1, 1, 1]);
  await put(2, { lastStatus: 'RUNNING' });
  assert.deepEqual(await counts(), [2, 0, 2, 1]);
});

test('DescribeServices: at most ten, MISSING with full ARNs, tags when asked for', async () => {
  const { ecs } = await anApi();
  await ecs.CreateService(shop({ tags: [{ key: 'a', value: 'b' }] }));
  const { services, failures } = await ecs.DescribeServices({ services: ['shop', 'nope'] });
  assert.equal(services?.[0]?.tags, undefined);
  assert.deepEqual(failures, [{ arn: `${ARN}service/default/nope`, reason: 'MISSING' }]);
  const eleven = Array.from({ length: 11 }, (_, n) => `s${n}`);
  await refused(ecs.DescribeServices({ services: eleven }), INVALID, 'At most 10');
  await refused(ecs.DescribeServices({ services: [] }), INVALID, 'Services cannot be empty.');
});

test('ListServices: ten a page, filtered', async () => {
  const { ecs } = await withFargate();
  for (let n = 0; n < 12; n += 1) await ecs.CreateService(shop({ serviceName: `s${n}` }));
  await ecs.CreateService(far({ serviceName: 'far' }));
  const first = await ecs.ListServices({});
  assert.equal(first.serviceArns?.length, 10);
  assert.equal((await ecs.ListServices({ nextToken: first.nextToken })).serviceArns?.length, 3);
  assert.deepEqual((await ecs.ListServices({ launchType: 'FARGATE' })).serviceArns, [`${ARN}service/default/far`]);
  assert.deepEqual((await ecs.ListServices({ schedulingStrategy: 'DAEMON' })).serviceArns, []);
});
