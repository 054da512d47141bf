import type { Rng } from '@gantry/testkit';
import { maybe, type Book, type Call, type Make, type World } from './book.ts';
import { SCENARIOS } from './ecs-scenarios.ts';
import { connectAgent, furnish, MACHINES, registration } from './ecs-world.ts';
import type { Json, JsonObject } from './json.ts';

/** Few names, so that calls meet. */
const CLUSTERS = ['default', 'c1', 'c2'];
/** Definitions of the one run on EC2, of the other on FARGATE. */
const FAMILIES = ['web', 'batch'];
const FARGATE_FAMILY = 'batch';
const SERVICES = ['shop', 'mail'];
const ARN = 'arn:aws:ecs:us-east-1:«account 0»:';
const NOBODY = '0123456789abcdef0123456789abcdef';
const TAGS: readonly JsonObject[] = [
  { key: 'a', value: '1' },
  { key: 'b', value: '2' },
];

function clusterName(rng: Rng): string {
  if (rng.chance(0.04)) return 'nobody';
  const name = rng.chance(0.6) ? 'default' : rng.pick(CLUSTERS);
  return rng.chance(0.3) ? `${ARN}cluster/${name}` : name;
}

/** The `cluster` member, or none for `default`. */
function cluster({ rng }: World): JsonObject {
  return rng.chance(0.3) ? {} : { cluster: clusterName(rng) };
}

function known({ rng, twins }: World, kind: string): string {
  const count = twins.count(kind);
  if (count === 0 || rng.chance(0.03)) return NOBODY;
  return `«${kind}${rng.chance(0.5) ? '-id' : ''} ${rng.int(0, count - 1)}»`;
}

function definition({ rng }: World, family = rng.pick(FAMILIES)): string {
  if (rng.chance(0.04)) return rng.pick(['nobody', 'nobody:1', 'web:99']);
  const name = rng.chance(0.6) ? family : `${family}:${rng.int(1, 3)}`;
  return rng.chance(0.3) && name.includes(':') ? `${ARN}task-definition/${name}` : name;
}

function service({ rng }: World): string {
  if (rng.chance(0.05)) return 'nobody';
  const name = rng.pick(SERVICES);
  return rng.chance(0.2) ? `${ARN}service/default/${name}` : name;
}

function newDefinition({ rng }: World, family = rng.pick(FAMILIES)): JsonObject {
  const fargate = family === FARGATE_FAMILY;
  const container = {
    name: 'app',
    image: 'busybox',
    ...(rng.chance(0.95) ? { memory: 64 } : {}),
    ...maybe(rng, {
      cpu: () => 128,
      essential: () => true,
      command: () => ['sleep', '100'],
      environment: () => [{ name: 'A', value: 'b' }],
      portMappings: (): Json =>
        fargate ? [{ containerPort: 80 }] : [{ containerPort: 80, hostPort: 0, protocol: 'tcp' }],
    }),
  };
  const size = { cpu: '256', memory: '512', networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'] };
  return {
    family,
    containerDefinitions: rng.chance(0.97) ? [container] : [{ ...container, name: '' }],
    ...(fargate ? size : {}),
    ...maybe(rng, { tags: () => TAGS, volumes: () => [{ name: 'data' }] }, 0.2),
  };
}

/** How a definition of a family is started, mostly. */
function launch({ rng }: World, family: string): JsonObject {
  const network = { awsvpcConfiguration: { subnets: ['«subnet 0»'], securityGroups: [] } };
  if (family === FARGATE_FAMILY)
    return { launchType: 'FARGATE', ...(rng.chance(0.97) ? { networkConfiguration: network } : {}) };
  if (rng.chance(0.02)) return { launchType: 'FARGATE' };
  return rng.chance(0.5) ? { launchType: 'EC2' } : {};
}

function newTasks(world: World): JsonObject {
  const { rng } = world;
  const family = rng.pick(FAMILIES);
  return {
    ...cluster(world),
    taskDefinition: definition(world, family),
    ...launch(world, family),
    ...maybe(rng, { count: () => rng.int(1, 3), startedBy: () => 'me', group: () => 'g', tags: () => TAGS }, 0.25),
  };
}

/** Makes the call only when there is one of its kind to speak of. */
function given(kind: string, make: (world: World) => JsonObject): Make {
  return (world) => (world.twins.count(kind) === 0 ? undefined : make(world));
}

const taskOf = (world: World): JsonObject => ({ ...cluster(world), task: known(world, 'task') });
const instanceOf = (world: World): JsonObject => ({ ...cluster(world), containerInstance: known(world, 'instance') });

function taggable(world: World): string {
  const { rng } = world;
  const one = rng.pick<() => string>([
    () => `${ARN}cluster/${rng.pick(CLUSTERS)}`,
    () => `${ARN}task-definition/${rng.pick(FAMILIES)}:${rng.int(1, 2)}`,
    () => `${ARN}service/default/${rng.pick(SERVICES)}`,
    ...(world.twins.count('task') > 0 ? [() => known(world, 'task').replace('-id', '')] : []),
  ]);
  return one();
}

const setting = (rng: Rng): JsonObject => ({
  name: rng.chance(0.9) ? rng.pick(['containerInsights', 'awsvpcTrunking']) : 'nonsense',
  value: rng.pick(['enabled', 'disabled']),
});

const list = (world: World, count: number, make: (world: World) => Json): Json[] =>
  Array.from({ length: count }, () => make(world));

const CALLS: Book['calls'] = [
  [
    'CreateCluster',
    6,
    ({ rng }) => ({
      ...maybe(rng, { clusterName: () => rng.pick(CLUSTERS) }, 0.7),
      ...maybe(
        rng,
        {
          tags: () => TAGS,
          settings: () => [{ name: 'containerInsights', value: 'enabled' }],
          capacityProviders: () => ['FARGATE', 'FARGATE_SPOT'],
        },
        0.25,
      ),
    }),
  ],
  ['ListClusters', 2, () => ({})],
  [
    'DescribeClusters',
    5,
    ({ rng }) =>
      maybe(
        rng,
        {
          clusters: () => [clusterName(rng), clusterName(rng)],
          include: () => ['SETTINGS', 'TAGS', 'CONFIGURATIONS', 'STATISTICS'].filter(() => rng.chance(0.6)),
        },
        0.7,
      ),
  ],
  [
    'UpdateCluster',
    2,
    ({ rng }) => ({
      cluster: clusterName(rng),
      ...maybe(rng, { settings: () => [{ name: 'containerInsights', value: 'disabled' }] }, 0.6),
    }),
  ],
  [
    'PutClusterCapacityProviders',
    2,
    ({ rng }) => ({
      cluster: clusterName(rng),
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: rng.chance(0.8) ? [] : [{ capacityProvider: 'FARGATE', weight: 1, base: 0 }],
    }),
  ],
  ['DeleteCluster', 1, ({ rng }) => ({ cluster: rng.pick(['c1', 'c2', `${ARN}cluster/c2`]) })],
  ['DescribeCapacityProviders', 1, ({ rng }) => maybe(rng, { capacityProviders: () => ['FARGATE', 'nobody'] }, 0.5)],
  ['RegisterTaskDefinition', 9, newDefinition],
  [
    'DescribeTaskDefinition',
    5,
    (world) => ({ taskDefinition: definition(world), ...maybe(world.rng, { include: () => ['TAGS'] }) }),
  ],
  ['DeregisterTaskDefinition', 3, (world) => ({ taskDefinition: definition(world) })],
  ['DeleteTaskDefinitions', 2, (world) => ({ taskDefinitions: list(world, world.rng.int(1, 2), definition) })],
  [
    'ListTaskDefinitions',
    4,
    ({ rng }) =>
      maybe(
        rng,
        { familyPrefix: () => rng.pick(FAMILIES), status: () => rng.pick(['ACTIVE', 'INACTIVE']), sort: () => 'ASC' },
        0.4,
      ),
  ],
  [
    'ListTaskDefinitionFamilies',
    2,
    ({ rng }) => maybe(rng, { familyPrefix: () => rng.pick(FAMILIES), status: () => rng.pick(['ACTIVE', 'ALL']) }, 0.4),
  ],
  ['RunTask', 10, newTasks],
  [
    'StartTask',
    4,
    given('instance', (world) => ({
      ...cluster(world),
      taskDefinition: definition(world, 'web'),
      containerInstances: [known(world, 'instance')],
      ...maybe(world.rng, { startedBy: () => 'me', tags: () => TAGS }, 0.2),
    })),
  ],
  [
    'StopTask',
    4,
    given('task', (world) => ({ ...taskOf(world), ...maybe(world.rng, { reason: () => 'enough' }, 0.5) })),
  ],
  [
    'DescribeTasks',
    7,
    given('task', (world) => ({
      ...cluster(world),
      tasks: list(world, world.rng.int(1, 3), (w) => known(w, 'task')),
      ...maybe(world.rng, { include: () => ['TAGS'] }),
    })),
  ],
  [
    'ListTasks',
    6,
    (world) => ({
      ...cluster(world),
      ...(world.rng.chance(0.2)
        ? { startedBy: 'me' }
        : maybe(
            world.rng,
            {
              family: () => world.rng.pick(FAMILIES),
              launchType: () => world.rng.pick(['EC2', 'FARGATE']),
              desiredStatus: () => world.rng.pick(['RUNNING', 'STOPPED']),
              ...(world.twins.count('instance') > 0 ? { containerInstance: () => known(world, 'instance') } : {}),
            },
            0.25,
          )),
    }),
  ],
  [
    'CreateService',
    4,
    (world) => {
      const family = world.rng.pick(FAMILIES);
      return {
        ...cluster(world),
        serviceName: world.rng.pick(SERVICES),
        taskDefinition: definition(world, family),
        ...launch(world, family),
        desiredCount: world.rng.chance(0.8) ? 0 : 1,
        ...maybe(world.rng, { tags: () => TAGS, schedulingStrategy: () => 'REPLICA' }, 0.3),
      };
    },
  ],
  [
    'DescribeServices',
    5,
    (world) => ({
      ...cluster(world),
      services: list(world, world.rng.int(1, 2), service),
      ...maybe(world.rng, { include: () => ['TAGS'] }),
    }),
  ],
  [
    'ListServices',
    3,
    (world) => ({
      ...cluster(world),
      ...maybe(world.rng, { launchType: () => 'EC2', schedulingStrategy: () => 'REPLICA' }, 0.2),
    }),
  ],
  [
    'UpdateService',
    2,
    (world) => ({
      ...cluster(world),
      service: service(world),
      ...maybe(world.rng, { desiredCount: () => 0, taskDefinition: () => definition(world) }, 0.6),
    }),
  ],
  [
    'DeleteService',
    2,
    (world) => ({ ...cluster(world), service: service(world), ...maybe(world.rng, { force: () => true }) }),
  ],
  [
    'DescribeContainerInstances',
    3,
    given('instance', (world) => ({ ...cluster(world), containerInstances: [known(world, 'instance')] })),
  ],
  ['ListContainerInstances', 3, cluster],
  [
    'UpdateContainerInstancesState',
    2,
    given('instance', (world) => ({
      ...cluster(world),
      containerInstances: [known(world, 'instance')],
      status: world.rng.chance(0.9) ? world.rng.pick(['ACTIVE', 'DRAINING']) : 'NONSENSE',
    })),
  ],
  [
    'DeregisterContainerInstance',
    2,
    given('instance', (world) => ({ ...instanceOf(world), ...maybe(world.rng, { force: () => true }) })),
  ],
  [
    'PutAttributes',
    3,
    given('instance', (world) => ({
      ...cluster(world),
      attributes: [
        {
          name: world.rng.pick(['stack', 'rack']),
          value: world.rng.pick(['x', 'y']),
          targetId: known(world, 'instance'),
          targetType: 'container-instance',
        },
      ],
    })),
  ],
  [
    'ListAttributes',
    3,
    (world) => ({
      ...cluster(world),
      targetType: 'container-instance',
      ...maybe(world.rng, { attributeName: () => world.rng.pick(['stack', 'ecs.os-type']) }),
    }),
  ],
  [
    'DeleteAttributes',
    1,
    given('instance', (world) => ({
      ...cluster(world),
      attributes: [{ name: 'stack', targetId: known(world, 'instance'), targetType: 'container-instance' }],
    })),
  ],
  [
    'TagResource',
    4,
    (world) => ({ resourceArn: taggable(world), tags: world.rng.chance(0.5) ? TAGS : [{ key: 'c', value: '3' }] }),
  ],
  ['UntagResource', 2, (world) => ({ resourceArn: taggable(world), tagKeys: ['a'] })],
  ['ListTagsForResource', 4, (world) => ({ resourceArn: taggable(world) })],
  ['PutAccountSetting', 2, ({ rng }) => setting(rng)],
  [
    'ListAccountSettings',
    2,
    ({ rng }) => maybe(rng, { name: () => 'containerInsights', effectiveSettings: () => true }, 0.4),
  ],
  ['DeleteAccountSetting', 1, ({ rng }) => ({ name: setting(rng)['name'] as string })],
];

function opening(world: World): readonly Call[] {
  const { rng } = world;
  const first = (operation: string, input: JsonObject): Call => ({ service: 'ecs', operation, input });
  return [
    ...(rng.chance(0.9) ? [first('CreateCluster', {})] : []),
    ...(rng.chance(0.5) ? [first('CreateCluster', { clusterName: 'c1' })] : []),
    ...FAMILIES.map((family) => first('RegisterTaskDefinition', newDefinition(world, family))),
    ...(rng.chance(0.8) ? [first('RegisterContainerInstance', registration(rng.int(0, MACHINES - 1), {}))] : []),
  ];
}

export const ECS: Book = {
  service: 'ecs',
  calls: CALLS,
  scenarios: SCENARIOS,
  opening,
  furnish,
  names: {
    RunTask: ['task', 'tasks', 'taskArn'],
    StartTask: ['task', 'tasks', 'taskArn'],
    RegisterContainerInstance: ['instance', 'containerInstance', 'containerInstanceArn'],
  },
  after: async (gantry, { operation, input }, output) =>
    operation === 'RegisterContainerInstance'
      ? connectAgent(gantry, output['containerInstance'] as JsonObject, input['cluster'])
      : undefined,
};
