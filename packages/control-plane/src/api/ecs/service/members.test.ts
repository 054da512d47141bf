import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CreateServiceRequest, NetworkConfiguration, Service, UpdateServiceRequest } from '@aws-sdk/client-ecs';
import { SERVICES } from '@gantry/protocol';
import { anApi, refused, type ApiWorld } from '../testing/world.ts';

/** What becomes of a member: it is seen in the service, or it is refused by name, or it means something else. */
type Fate<Input> =
  | { readonly input: Partial<Input>; readonly seen: (service: Service) => unknown; readonly as: unknown }
  | { readonly input: Partial<Input>; readonly refused: string }
  | 'elsewhere';

const VPC: NetworkConfiguration = {
  awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-1'], assignPublicIp: 'ENABLED' },
};
const STRATEGY = [{ capacityProvider: 'FARGATE_SPOT', base: 1, weight: 2 }];
const BREAKER = {
  enable: true,
  rollback: true,
  resetOnHealthyTask: false,
  thresholdConfiguration: { type: 'COUNT', value: 7 },
} as const;
const ZONES = { type: 'spread', field: 'attribute:ecs.availability-zone' } as const;
const SAMPLE = { deploymentCircuitBreaker: BREAKER, minimumHealthyPercent: 50, maximumPercent: 150 };

/** Members that CreateService and UpdateService have in common. */
const COMMON = {
  cluster: { input: { cluster: 'default' }, seen: (s) => s.clusterArn?.split('/').at(-1), as: 'default' },
  desiredCount: { input: { desiredCount: 3 }, seen: (s) => s.desiredCount, as: 3 },
  taskDefinition: {
    input: { taskDefinition: 'checked' },
    seen: (s) => s.taskDefinition?.split('/').at(-1),
    as: 'checked:1',
  },
  capacityProviderStrategy: {
    input: {
      capacityProviderStrategy: STRATEGY,
      taskDefinition: 'far',
      networkConfiguration: VPC,
      placementStrategy: [],
      placementConstraints: [],
    },
    seen: (s) => s.capacityProviderStrategy,
    as: STRATEGY,
  },
  platformVersion: {
    input: {
      platformVersion: '1.4.0',
      taskDefinition: 'far',
      networkConfiguration: VPC,
      capacityProviderStrategy: STRATEGY,
      placementStrategy: [],
      placementConstraints: [],
    },
    seen: (s) => s.platformVersion,
    as: '1.4.0',
  },
  networkConfiguration: {
    input: {
      networkConfiguration: VPC,
      taskDefinition: 'far',
      capacityProviderStrategy: STRATEGY,
      placementStrategy: [],
      placementConstraints: [],
    },
    seen: (s) => s.networkConfiguration,
    as: VPC,
  },
  deploymentConfiguration: {
    input: { deploymentConfiguration: SAMPLE },
    seen: (s) => s.deploymentConfiguration,
    as: { ...SAMPLE, strategy: 'ROLLING', bakeTimeInMinutes: 0 },
  },
  availabilityZoneRebalancing: {
    input: { availabilityZoneRebalancing: 'DISABLED' },
    seen: (s) => s.availabilityZoneRebalancing,
    as: 'DISABLED',
  },
  placementConstraints: {
    input: { placementConstraints: [{ type: 'distinctInstance' }] },
    seen: (s) => s.placementConstraints,
    as: [{ type: 'distinctInstance' }],
  },
  placementStrategy: {
    input: { placementStrategy: [ZONES, { type: 'spread', field: 'host' }] },
    seen: (s) => s.placementStrategy,
    as: [ZONES, { type: 'spread', field: 'instanceId' }],
  },
  healthCheckGracePeriodSeconds: {
    input: { healthCheckGracePeriodSeconds: 9, taskDefinition: 'checked' },
    seen: (s) => s.healthCheckGracePeriodSeconds,
    as: 9,
  },
  enableECSManagedTags: { input: { enableECSManagedTags: true }, seen: (s) => s.enableECSManagedTags, as: true },
  propagateTags: { input: { propagateTags: 'SERVICE' }, seen: (s) => s.propagateTags, as: 'SERVICE' },
  deploymentController: { input: { deploymentController: { type: 'EXTERNAL' } }, refused: 'EXTERNAL' },
  enableExecuteCommand: { input: { enableExecuteCommand: true }, seen: (s) => s.enableExecuteCommand, as: true },
  loadBalancers: { input: { loadBalancers: [{ targetGroupArn: 'x' }] }, refused: 'target group x does not exist' },
  serviceRegistries: { input: { serviceRegistries: [{ registryArn: 'x' }] }, refused: "'serviceRegistries'" },
  serviceConnectConfiguration: {
    input: { serviceConnectConfiguration: { enabled: true } },
    refused: "'serviceConnectConfiguration'",
  },
  volumeConfigurations: { input: { volumeConfigurations: [{ name: 'v' }] }, refused: "'volumeConfigurations'" },
  vpcLatticeConfigurations: {
    input: { vpcLatticeConfigurations: [{ roleArn: 'r', targetGroupArn: 't', portName: 'p' }] },
    refused: "'vpcLatticeConfigurations'",
  },
  gatewayConnectors: { input: { gatewayConnectors: [{ portName: 'p' }] }, refused: "'gatewayConnectors'" },
  monitoring: {
    input: { monitoring: { metricConfigurations: [{ metricNames: ['CPUUtilization'], resolutionSeconds: 20 }] } },
    refused: "'monitoring'",
  },
} satisfies Readonly<Record<string, Fate<CreateServiceRequest & UpdateServiceRequest>>>;

const CREATE = {
  ...COMMON,
  serviceName: { input: { serviceName: 'other' }, seen: (s: Service) => s.serviceName, as: 'other' },
  launchType: { input: { launchType: 'EC2' }, seen: (s: Service) => s.launchType, as: 'EC2' },
  schedulingStrategy: {
    input: { schedulingStrategy: 'DAEMON', desiredCount: undefined },
    seen: (s: Service) => s.schedulingStrategy,
    as: 'DAEMON',
  },
  role: { input: { role: 'r' }, refused: 'Role is only valid' },
  tags: { input: { tags: [{ key: 'a', value: 'b' }] }, seen: (s: Service) => s.tags, as: [{ key: 'a', value: 'b' }] },
  clientToken: 'elsewhere',
} as const satisfies Readonly<Record<keyof CreateServiceRequest, Fate<CreateServiceRequest>>>;

const UPDATE = {
  ...COMMON,
  service: 'elsewhere',
  forceNewDeployment: 'elsewhere',
} as const satisfies Readonly<Record<keyof UpdateServiceRequest, Fate<UpdateServiceRequest>>>;

const base = { serviceName: 'shop', taskDefinition: 'web', desiredCount: 1 };

async function world(): Promise<ApiWorld> {
  const api = await anApi();
  await api.ecs.RegisterTaskDefinition({
    family: 'far',
    networkMode: 'awsvpc',
    cpu: '256',
    memory: '512',
    containerDefinitions: [{ name: 'app', image: 'x' }],
  });
  const healthCheck = { command: ['CMD', 'true'] };
  await api.ecs.RegisterTaskDefinition({
    family: 'checked',
    containerDefinitions: [{ name: 'app', image: 'x', memory: 64, healthCheck }],
  });
  return api;
}

async function hold<Input>(
  fate: Fate<Input>,
  call: (input: Partial<Input>) => Promise<{ service?: Service | undefined }>,
) {
  if (fate === 'elsewhere') return;
  if ('refused' in fate) {
    const code = /Role|target group/.test(fate.refused) ? 'InvalidParameterException' : 'UnsupportedFeatureException';
    await refused(call(fate.input), code, fate.refused);
    return;
  }
  const { service } = await call(fate.input);
  assert.ok(service);
  assert.deepEqual(JSON.parse(JSON.stringify(fate.seen(service))), fate.as);
}

const membersOf = (shape: string): string[] => {
  const found = SERVICES.ecs.model.shapes[shape];
  return found !== undefined && 'members' in found ? Object.keys(found.members).toSorted() : [];
};

test('every member of CreateService is honoured or refused by name', async (t) => {
  assert.deepEqual(Object.keys(CREATE).toSorted(), membersOf('CreateServiceRequest'));
  for (const [member, fate] of Object.entries(CREATE) as [string, Fate<CreateServiceRequest>][]) {
    const { ecs } = await world();
    await t.test(member, () => hold(fate, (input) => ecs.CreateService({ ...base, ...input })));
  }
});

test('every member of UpdateService is honoured or refused by name', async (t) => {
  assert.deepEqual(Object.keys(UPDATE).toSorted(), membersOf('UpdateServiceRequest'));
  for (const [member, fate] of Object.entries(UPDATE) as [string, Fate<UpdateServiceRequest>][]) {
    const { ecs } = await world();
    await ecs.CreateService(base);
    await t.test(member, () =>
      hold(fate, (input) => ecs.UpdateService({ service: 'shop', forceNewDeployment: true, ...input })),
    );
  }
});
