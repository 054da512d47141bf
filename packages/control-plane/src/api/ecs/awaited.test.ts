import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SERVICES, type EcsOperations } from '@gantry/protocol';
import { anApi, refused, type ApiWorld } from './testing/world.ts';

const ARN = 'arn:aws:ecs:us-east-1:123456789012:';
const INVALID = 'InvalidParameterException';
const CLIENT = 'ClientException';
const UNSUPPORTED = 'UnsupportedFeatureException';
const NO_CLUSTER = ['ClusterNotFoundException', 'Cluster not found.'] as const;
const NO_SERVICE = ['ServiceNotFoundException', 'Service not found.'] as const;

/** The operation, its input, and its refusal or its answer. */
type Case<N extends keyof EcsOperations = keyof EcsOperations> = {
  readonly [O in N]: readonly [
    O,
    EcsOperations[O]['input'],
    readonly [string, string | RegExp] | EcsOperations[O]['output'],
  ];
}[N];

const GROUP = {
  autoScalingGroupArn: `arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:u:autoScalingGroupName/a`,
};
const MANAGED = {
  infrastructureRoleArn: 'arn:aws:iam::123456789012:role/infra',
  instanceLaunchTemplate: { ec2InstanceProfileArn: 'p', networkConfiguration: { subnets: ['subnet-a'] } },
};
const NOT_THERE = 'The specified capacity provider does not exist. Specify a valid name or ARN and try again.';

const CAPACITY: readonly Case[] = [
  [
    'CreateCapacityProvider',
    { name: 'Fargate-mine', autoScalingGroupProvider: GROUP },
    [CLIENT, 'The name cannot be prefixed'],
  ],
  ['CreateCapacityProvider', { name: 'mine' }, [INVALID, 'exactly one of']],
  [
    'CreateCapacityProvider',
    { name: 'mine', autoScalingGroupProvider: GROUP, managedInstancesProvider: MANAGED },
    [INVALID, 'exactly one of'],
  ],
  [
    'CreateCapacityProvider',
    { name: 'mine', autoScalingGroupProvider: { autoScalingGroupArn: 'x' } },
    [CLIENT, 'The specified Auto Scaling group ARN is invalid.'],
  ],
  [
    'CreateCapacityProvider',
    { name: 'mine', autoScalingGroupProvider: { ...GROUP, managedTerminationProtection: 'ENABLED' } },
    [INVALID, 'The managed termination protection setting for the capacity provider is invalid.'],
  ],
  [
    'CreateCapacityProvider',
    {
      name: 'mine',
      autoScalingGroupProvider: { ...GROUP, managedScaling: { minimumScalingStepSize: 3, maximumScalingStepSize: 2 } },
    },
    [INVALID, 'must not be above maximumScalingStepSize'],
  ],
  ['CreateCapacityProvider', { name: 'mine', managedInstancesProvider: MANAGED }, [INVALID, "needs 'cluster'"]],
  ['CreateCapacityProvider', { name: 'mine', cluster: 'nope', managedInstancesProvider: MANAGED }, NO_CLUSTER],
  [
    'CreateCapacityProvider',
    {
      name: 'mine',
      cluster: 'default',
      managedInstancesProvider: { ...MANAGED, infrastructureOptimization: { scaleInAfter: 3601 } },
    },
    [INVALID, 'scaleInAfter must be between -1 and 3600'],
  ],
  [
    'CreateCapacityProvider',
    { name: 'mine', cluster: 'default', managedInstancesProvider: MANAGED },
    [UNSUPPORTED, /Managed Instances.*docs\/operations\.md/],
  ],
  [
    'CreateCapacityProvider',
    { name: 'mine', autoScalingGroupProvider: GROUP },
    [UNSUPPORTED, /Auto Scaling groups.*docs\/operations\.md/],
  ],
  [
    'UpdateCapacityProvider',
    { name: 'FARGATE', autoScalingGroupProvider: {} },
    [INVALID, "reserved and can't be updated"],
  ],
  ['UpdateCapacityProvider', { name: 'mine' }, [INVALID, 'exactly one of']],
  ['UpdateCapacityProvider', { name: 'mine', autoScalingGroupProvider: {} }, [CLIENT, NOT_THERE]],
  ['DeleteCapacityProvider', { capacityProvider: 'mine' }, [CLIENT, NOT_THERE]],
  ['DeleteCapacityProvider', { capacityProvider: `${ARN}capacity-provider/mine` }, [CLIENT, NOT_THERE]],
  ['DeleteCapacityProvider', { capacityProvider: 'mine', cluster: 'nope' }, NO_CLUSTER],
  ['DeleteCapacityProvider', { capacityProvider: 'FARGATE_SPOT' }, [INVALID, "reserved and can't be deleted"]],
  [
    'DeleteCapacityProvider',
    { capacityProvider: `${ARN}capacity-provider/FARGATE` },
    [INVALID, "reserved and can't be deleted"],
  ],
];

const OF_ECS = [INVALID, 'only supports task set management on services configured to use external'] as const;
const SHOP = { cluster: 'default', service: 'shop' };
const TASK_SETS: readonly Case[] = [
  ['CreateTaskSet', { cluster: 'nope', service: 'shop', taskDefinition: 'web' }, NO_CLUSTER],
  ['CreateTaskSet', { cluster: 'default', service: 'nope', taskDefinition: 'web' }, NO_SERVICE],
  [
    'CreateTaskSet',
    { cluster: 'default', service: 'gone', taskDefinition: 'web' },
    ['ServiceNotActiveException', 'Service was not ACTIVE.'],
  ],
  ['CreateTaskSet', { ...SHOP, taskDefinition: 'web', scale: { value: 101 } }, [INVALID, 'between 0 and 100']],
  [
    'CreateTaskSet',
    { ...SHOP, taskDefinition: 'web', clientToken: 'x'.repeat(37) },
    [INVALID, 'clientToken longer than 36'],
  ],
  ['CreateTaskSet', { ...SHOP, taskDefinition: 'web' }, OF_ECS],
  ['UpdateTaskSet', { ...SHOP, taskSet: 'ecs-svc/1', scale: { value: 50 } }, OF_ECS],
  ['DeleteTaskSet', { ...SHOP, taskSet: 'ecs-svc/1' }, OF_ECS],
  ['DescribeTaskSets', { ...SHOP, service: 'nope' }, NO_SERVICE],
  ['DescribeTaskSets', SHOP, OF_ECS],
  ['UpdateServicePrimaryTaskSet', { ...SHOP, primaryTaskSet: 'ecs-svc/1' }, OF_ECS],
];

const DAEMON = `${ARN}daemon/default/logs`;
const DEFINITION = `${ARN}daemon-task-definition/logs:1`;
const PROVIDERS = [`${ARN}capacity-provider/mine`];
const CONTAINER = { name: 'a', image: 'b' };
const aDaemon = { daemonName: 'logs', daemonTaskDefinitionArn: DEFINITION, capacityProviderArns: PROVIDERS };
const DEPLOYMENT = `${ARN}daemon-deployment/default/logs/1`;
const REVISION = `${ARN}daemon-revision/default/logs/1`;
const NO_DAEMON = ['DaemonNotFoundException', 'The specified daemon was not found.'] as const;
const DAEMONS: readonly Case[] = [
  [
    'RegisterDaemonTaskDefinition',
    { family: 'a b', containerDefinitions: [CONTAINER] },
    [INVALID, 'up to 255 letters'],
  ],
  [
    'RegisterDaemonTaskDefinition',
    { family: 'logs', containerDefinitions: [] },
    [CLIENT, 'Container list cannot be empty.'],
  ],
  [
    'RegisterDaemonTaskDefinition',
    { family: 'logs', containerDefinitions: [CONTAINER, CONTAINER] },
    [CLIENT, 'must be unique'],
  ],
  [
    'RegisterDaemonTaskDefinition',
    { family: 'logs', containerDefinitions: [{ ...CONTAINER, image: '' }] },
    [CLIENT, 'Container.image should not be null or empty.'],
  ],
  [
    'RegisterDaemonTaskDefinition',
    { family: 'logs', containerDefinitions: [CONTAINER] },
    [CLIENT, /Managed Instances.*docs\/operations\.md/],
  ],
  [
    'DescribeDaemonTaskDefinition',
    { daemonTaskDefinition: 'logs:1' },
    [CLIENT, 'Unable to describe daemon task definition.'],
  ],
  ['DescribeDaemonTaskDefinition', { daemonTaskDefinition: 'a b' }, [CLIENT, 'Invalid daemon task definition']],
  [
    'DeleteDaemonTaskDefinition',
    { daemonTaskDefinition: DEFINITION },
    [CLIENT, 'Unable to describe daemon task definition.'],
  ],
  ['ListDaemonTaskDefinitions', {}, { daemonTaskDefinitions: [], nextToken: undefined }],
  ['ListDaemonTaskDefinitions', { nextToken: '!' }, [INVALID, 'Invalid token']],
  ['CreateDaemon', { ...aDaemon, daemonName: 'a b' }, [INVALID, 'up to 255 letters']],
  ['CreateDaemon', { ...aDaemon, clusterArn: 'nope' }, NO_CLUSTER],
  ['CreateDaemon', { ...aDaemon, capacityProviderArns: [] }, [INVALID, 'capacityProviderArns can not be empty.']],
  ['CreateDaemon', aDaemon, [UNSUPPORTED, /Managed Instances.*docs\/operations\.md/]],
  ['UpdateDaemon', { ...aDaemon, daemonArn: DAEMON }, NO_DAEMON],
  ['DeleteDaemon', { daemonArn: DAEMON }, NO_DAEMON],
  ['DescribeDaemon', { daemonArn: DAEMON }, NO_DAEMON],
  ['DescribeDaemon', { daemonArn: 'logs' }, [INVALID, 'full ARN of a daemon']],
  ['ListDaemons', {}, { daemonSummariesList: [], nextToken: undefined }],
  ['ListDaemons', { maxResults: 101 }, [INVALID, 'maxResults']],
  ['ListDaemons', { clusterArn: 'nope' }, NO_CLUSTER],
  [
    'DescribeDaemonDeployments',
    { daemonDeploymentArns: [DEPLOYMENT] },
    { daemonDeployments: [], failures: [{ arn: DEPLOYMENT, reason: 'MISSING' }] },
  ],
  [
    'DescribeDaemonDeployments',
    { daemonDeploymentArns: Array.from({ length: 21 }, () => DEPLOYMENT) },
    [INVALID, 'At most 20'],
  ],
  [
    'DescribeDaemonRevisions',
    { daemonRevisionArns: [REVISION] },
    { daemonRevisions: [], failures: [{ arn: REVISION, reason: 'MISSING' }] },
  ],
  ['ListDaemonDeployments', { daemonArn: DAEMON }, [CLIENT, 'The specified daemon was not found.']],
];

const ROLE = 'arn:aws:iam::123456789012:role/r';
const EXPRESS_ARN = { serviceArn: `${ARN}service/default/shop` };
const express = { infrastructureRoleArn: ROLE, executionRoleArn: ROLE, primaryContainer: { image: 'x' } };
const ORDINARY = [INVALID, 'is not an Express gateway service'] as const;
const EXPRESS: readonly Case[] = [
  [
    'CreateExpressGatewayService',
    { ...express, primaryContainer: undefined },
    [INVALID, 'primaryContainer can not be blank.'],
  ],
  [
    'CreateExpressGatewayService',
    { ...express, executionRoleArn: undefined },
    [INVALID, 'executionRoleArn can not be blank.'],
  ],
  ['CreateExpressGatewayService', { ...express, cluster: 'nope' }, NO_CLUSTER],
  [
    'CreateExpressGatewayService',
    { ...express, scalingTarget: { minTaskCount: 5, maxTaskCount: 4 } },
    [INVALID, 'must not be above maxTaskCount'],
  ],
  ['CreateExpressGatewayService', { ...express, healthCheckPath: 'ping' }, [INVALID, "must begin with '/'"]],
  [
    'CreateExpressGatewayService',
    express,
    [UNSUPPORTED, /load balancers and service auto scaling.*docs\/operations\.md/],
  ],
  ['UpdateExpressGatewayService', EXPRESS_ARN, ORDINARY],
  ['UpdateExpressGatewayService', { serviceArn: `${ARN}service/default/nope` }, NO_SERVICE],
  ['DeleteExpressGatewayService', { serviceArn: `${ARN}service/nope/shop` }, NO_SERVICE],
  ['DeleteExpressGatewayService', { serviceArn: 'shop' }, [INVALID, "Give the service's full ARN."]],
  ['DescribeExpressGatewayService', EXPRESS_ARN, ORDINARY],
  [
    'DescribeExpressGatewayService',
    { serviceArn: `${ARN}service/default/nope` },
    ['ResourceNotFoundException', 'Service not found.'],
  ],
];

const NO_GATEWAY = ['GatewayNotFoundException', 'Gateway not found.'] as const;
const GATEWAYS: readonly Case[] = [
  [
    'CreateGateway',
    { name: 'a b', infrastructureRoleArn: ROLE, configuration: { hostSharedAlb: {} } },
    [INVALID, 'up to 255 letters'],
  ],
  [
    'CreateGateway',
    { name: 'front', infrastructureRoleArn: 'a b', configuration: { hostSharedAlb: {} } },
    [CLIENT, 'Role is not valid'],
  ],
  [
    'CreateGateway',
    { name: 'front', infrastructureRoleArn: ROLE, configuration: { hostSharedAlb: {} } },
    [UNSUPPORTED, /load balancers.*docs\/operations\.md/],
  ],
  ['UpdateGateway', { gateway: 'front' }, NO_GATEWAY],
  ['DeleteGateway', { gateway: `${ARN}gateway/front` }, NO_GATEWAY],
  ['DescribeGateway', { gateway: 'front' }, NO_GATEWAY],
  ['DescribeGateway', { gateway: 'a b' }, [INVALID, 'Invalid identifier']],
  ['DescribeGatewayResources', { gateway: 'front' }, NO_GATEWAY],
  ['ListGateways', {}, { gateways: [], nextToken: undefined }],
  ['ListGateways', { maxResults: 0 }, [INVALID, 'maxResults']],
  ['AssociateGatewayWithCluster', { gateway: 'front', cluster: 'nope' }, NO_CLUSTER],
  ['AssociateGatewayWithCluster', { gateway: 'front', cluster: 'default' }, NO_GATEWAY],
  ['DisassociateGatewayFromCluster', { gateway: 'front', cluster: 'default' }, NO_GATEWAY],
  ['ListGatewayClusterAssociations', { cluster: 'default' }, { gatewayClusterAssociations: [], nextToken: undefined }],
  [
    'DescribeGatewayRoute',
    { gatewayRouteArn: `${ARN}gateway-route/front/1` },
    ['ResourceNotFoundException', 'Gateway route not found.'],
  ],
  ['DescribeGatewayRoute', { gatewayRouteArn: 'x' }, [INVALID, 'full ARN of a route']],
  ['ListGatewayRoutes', {}, { gatewayRoutes: [], nextToken: undefined }],
  ['ListGatewayRoutes', { gateway: 'front' }, NO_GATEWAY],
];

const OTHERS: readonly Case[] = [
  ['ListServicesByNamespace', { namespace: '' }, [INVALID, 'namespace can not be blank.']],
  ['ListServicesByNamespace', { namespace: 'a/b' }, [INVALID, 'can not contain']],
  ['ListServicesByNamespace', { namespace: 'prod', maxResults: 101 }, [INVALID, 'maxResults']],
  [
    'ListServicesByNamespace',
    { namespace: 'prod' },
    ['NamespaceNotFoundException', 'The specified namespace was not found.'],
  ],
  [
    'ListServicesByNamespace',
    { namespace: 'arn:aws:servicediscovery:us-east-1:123456789012:namespace/ns-1' },
    ['NamespaceNotFoundException', 'The specified namespace was not found.'],
  ],
];

async function world(): Promise<ApiWorld> {
  const api = await anApi();
  for (const serviceName of ['shop', 'gone']) {
    await api.ecs.CreateService({ serviceName, taskDefinition: 'web', desiredCount: 0 });
  }
  await api.ecs.DeleteService({ service: 'gone' });
  return api;
}

for (const [what, cases] of Object.entries({ CAPACITY, TASK_SETS, DAEMONS, EXPRESS, GATEWAYS, OTHERS })) {
  test(`what can not exist yet: ${what.toLowerCase().replace('_', ' ')}`, async (t) => {
    const { ecs, state } = await world();
    for (const [operation, input, expected] of cases) {
      const words = Array.isArray(expected) ? `${expected[0]}: ${String(expected[1])}` : 'answers';
      await t.test(`${operation} ${words}`, async () => {
        const call = (ecs[operation as keyof typeof ecs] as (input: unknown) => Promise<unknown>)(input);
        if (Array.isArray(expected)) {
          const { code } = await refused(call, expected[0] as string, expected[1] as string);
          assert.ok(SERVICES.ecs.operation(operation)?.errors.includes(code), `${code} is not modelled`);
        } else assert.deepEqual(await call, expected);
      });
    }
    assert.equal(state.tables.services.size, 2);
  });
}
