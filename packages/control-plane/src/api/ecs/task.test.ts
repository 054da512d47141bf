import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunTaskRequest, Task as WireTask } from '@aws-sdk/client-ecs';
import { aTask } from '../../controllers/testing/builders.ts';
import { numbered, putTask } from '../../controllers/testing/world.ts';
import { anApi, refused, type ApiWorld } from './testing/world.ts';

const ARN = 'arn:aws:ecs:us-east-1:123456789012:';
const VPC = { awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-1'] } };

/** `far` runs on Fargate, `eni` on EC2 with an address of its own, `web` (there already) on EC2 in bridge mode. */
async function withDefinitions(): Promise<ApiWorld> {
  const world = await anApi();
  await world.ecs.RegisterTaskDefinition({
    family: 'far',
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: '256',
    memory: '512',
    tags: [{ key: 'from', value: 'definition' }],
    containerDefinitions: [{ name: 'app', image: 'x' }],
  });
  await world.ecs.RegisterTaskDefinition({
    family: 'eni',
    networkMode: 'awsvpc',
    containerDefinitions: [{ name: 'app', image: 'x', memory: 64 }],
  });
  return world;
}

test('RunTask on Fargate: PROVISIONING, with a size, an address to come, and what was asked for', async () => {
  const { ecs } = await withDefinitions();
  const { tasks, failures } = await ecs.RunTask({
    taskDefinition: 'far',
    launchType: 'FARGATE',
    networkConfiguration: VPC,
    count: 2,
    startedBy: 'ci/42',
    propagateTags: 'TASK_DEFINITION',
    enableECSManagedTags: true,
    tags: [{ key: 'a', value: 'b' }],
    overrides: { cpu: '.5 vCPU', memory: '1GB', containerOverrides: [{ name: 'app', command: ['x'] }] },
  });
  assert.deepEqual(failures, []);
  assert.equal(tasks?.length, 2);
  const [task] = tasks ?? [];
  assert.deepEqual(task?.tags, [
    { key: 'from', value: 'definition' },
    { key: 'a', value: 'b' },
    { key: 'aws:ecs:clusterName', value: 'default' },
  ]);
  assert.deepEqual(
    [task?.lastStatus, task?.desiredStatus, task?.launchType, task?.group, task?.startedBy, task?.platformVersion],
    ['PROVISIONING', 'RUNNING', 'FARGATE', 'family:far', 'ci/42', '1.4.0'],
  );
  assert.deepEqual([task?.cpu, task?.memory, task?.platformFamily], ['512', '1024', 'Linux']);
  assert.deepEqual(task?.overrides, {
    containerOverrides: [{ name: 'app', command: ['x'] }],
    cpu: '512',
    memory: '1024',
    taskRoleArn: undefined,
    executionRoleArn: undefined,
    ephemeralStorage: undefined,
    inferenceAcceleratorOverrides: [],
  });
  const [attachment, ...others] = task?.attachments ?? [];
  assert.deepEqual([attachment?.type, attachment?.status, others], ['ElasticNetworkInterface', 'PRECREATED', []]);
  assert.deepEqual(attachment?.details, [{ name: 'subnetId', value: 'subnet-a' }]);
  assert.equal(task?.containerInstanceArn, undefined);
  assert.deepEqual(task?.fargateEphemeralStorage, { sizeInGiB: 20 });
  const described = await ecs.DescribeTasks({ tasks: [task?.taskArn ?? ''], include: ['TAGS'] });
  assert.deepEqual(described.tasks?.[0]?.tags, [
    { key: 'from', value: 'definition' },
    { key: 'a', value: 'b' },
    { key: 'aws:ecs:clusterName', value: 'default' },
  ]);
});

test('RunTask on EC2 places at once, and says what does not fit', async () => {
  const { ecs, addInstance, state } = await withDefinitions();
  const call = ecs.RunTask({ taskDefinition: 'web' });
  await refused(call, 'InvalidParameterException', 'No Container Instances were found in your cluster.');
  const registered = { cpuUnits: 256, memoryMiB: 8192, tcpPorts: [], udpPorts: [], gpuIds: [] };
  const key = await addInstance(7, { registered });
  const { tasks, failures } = await ecs.RunTask({ taskDefinition: 'web', count: 3 });
  assert.deepEqual(
    tasks?.map(({ lastStatus, containerInstanceArn }) => [lastStatus, containerInstanceArn]),
    Array.from({ length: 2 }, () => ['PENDING', state.tables.instances.get(key)?.containerInstanceArn]),
  );
  assert.equal(failures?.length, 1);
  assert.equal(failures?.[0]?.reason, 'RESOURCE:CPU');
  assert.equal(failures?.[0]?.arn, state.tables.instances.get(key)?.containerInstanceArn);
  assert.equal(state.tables.outbox.size, 2);
  assert.equal(state.tables.tasks.size, 2);
});

test('a strategy shares out its tasks; the cluster’s default is used when nothing is said', async () => {
  const { ecs } = await withDefinitions();
  const capacityProviderStrategy = [
    { capacityProvider: 'FARGATE', base: 1, weight: 1 },
    { capacityProvider: 'FARGATE_SPOT', weight: 4 },
  ];
  const providers = async (input: Partial<RunTaskRequest>) =>
    (await ecs.RunTask({ taskDefinition: 'far', networkConfiguration: VPC, count: 6, ...input })).tasks
      ?.map((task) => task.capacityProviderName)
      .toSorted();
  const expected = ['FARGATE', 'FARGATE', ...Array.from({ length: 4 }, () => 'FARGATE_SPOT')];
  assert.deepEqual(await providers({ capacityProviderStrategy }), expected);
  await ecs.PutClusterCapacityProviders({
    cluster: 'default',
    capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
    defaultCapacityProviderStrategy: capacityProviderStrategy,
  });
  assert.deepEqual(await providers({}), expected);
});

const far = (more: Partial<RunTaskRequest> = {}): RunTaskRequest => ({
  taskDefinition: 'far',
  launchType: 'FARGATE',
  networkConfiguration: VPC,
  ...more,
});
const web = (more: Partial<RunTaskRequest> = {}): RunTaskRequest => ({ taskDefinition: 'web', ...more });
const subnets = (...ids: string[]) => ({ networkConfiguration: { awsvpcConfiguration: { subnets: ids } } });
const INVALID = 'InvalidParameterException';

const REFUSED: readonly [string, string, RunTaskRequest][] = [
  [INVALID, 'Count must be between 1 and 10', web({ count: 0 })],
  [INVALID, 'Count must be between 1 and 10', web({ count: 11 })],
  [INVALID, 'clientToken longer than 64', web({ clientToken: 'x'.repeat(65) })],
  [INVALID, 'printable ASCII', web({ clientToken: 'a b' })],
  [INVALID, 'group longer than 255', web({ group: 'x'.repeat(256) })],
  [INVALID, 'startedBy longer than 128', web({ startedBy: 'x'.repeat(129) })],
  [INVALID, 'startedBy can contain', web({ startedBy: 'a b' })],
  [INVALID, 'propagateTags SERVICE', web({ propagateTags: 'SERVICE' })],
  [
    INVALID,
    'is not a volume of the task definition with',
    web({ volumeConfigurations: [{ name: 'v', managedEBSVolume: { roleArn: 'r' } }] }),
  ],
  [
    INVALID,
    'Specify either Launch Type or Capacity Provider Strategy, but not both.',
    far({ capacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }] }),
  ],
  [INVALID, 'only be used through a capacity provider strategy', far({ launchType: 'MANAGED_INSTANCES' })],
  [
    INVALID,
    'not associated with the cluster',
    far({ launchType: undefined, capacityProviderStrategy: [{ capacityProvider: 'mine', weight: 1 }] }),
  ],
  [
    INVALID,
    'places 1 of 2 tasks',
    far({ count: 2, launchType: undefined, capacityProviderStrategy: [{ capacityProvider: 'FARGATE', base: 1 }] }),
  ],
  ['ClientException', 'TaskDefinition not found.', web({ taskDefinition: 'nope' })],
  ['ClientException', 'TaskDefinition not found.', web({ taskDefinition: 'web:7' })],
  ['ClusterNotFoundException', 'Cluster not found.', web({ cluster: 'nope' })],
  [INVALID, 'Task definition does not support launch_type FARGATE', far({ taskDefinition: 'web' })],
  [INVALID, 'The platform version must be null', web({ platformVersion: 'LATEST' })],
  ['PlatformUnknownException', "'9.9.9' does not exist", far({ platformVersion: '9.9.9' })],
  [
    INVALID,
    'Placement strategies are not supported with FARGATE launch type.',
    far({ placementStrategy: [{ type: 'random' }] }),
  ],
  [
    INVALID,
    'Placement constraints are not supported with FARGATE launch type.',
    far({ placementConstraints: [{ type: 'distinctInstance' }] }),
  ],
  [
    INVALID,
    'At most 10 placement constraints',
    web({ placementConstraints: Array.from({ length: 11 }, () => ({ type: 'distinctInstance' as const })) }),
  ],
  [INVALID, 'has no expression', web({ placementConstraints: [{ type: 'distinctInstance', expression: 'x' }] })],
  [INVALID, 'needs an expression', web({ placementConstraints: [{ type: 'memberOf' }] })],
  [
    INVALID,
    'Invalid placement constraint expression',
    web({ placementConstraints: [{ type: 'memberOf', expression: '(' }] }),
  ],
  [
    INVALID,
    'At most 5 placement strategy rules',
    web({ placementStrategy: Array.from({ length: 6 }, () => ({ type: 'random' as const })) }),
  ],
  [
    INVALID,
    "'binpack' placement strategy must be cpu or memory",
    web({ placementStrategy: [{ type: 'binpack', field: 'disk' }] }),
  ],
  [INVALID, "'spread' placement strategy must be", web({ placementStrategy: [{ type: 'spread', field: 'zone' }] })],
  [INVALID, "'random' placement strategy has no field", web({ placementStrategy: [{ type: 'random', field: 'x' }] })],
  [
    INVALID,
    "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    far({ networkConfiguration: undefined }),
  ],
  [INVALID, 'Network Configuration is not valid for the given networkMode', web({ networkConfiguration: VPC })],
  [INVALID, 'subnets can not be empty.', far(subnets())],
  [INVALID, 'at most 16', far(subnets(...Array.from({ length: 17 }, (_, n) => `subnet-${n}`)))],
  [
    INVALID,
    "Error retrieving subnet information for [subnet-x]: The subnet ID 'subnet-x' does not exist (ErrorCode: InvalidSubnetID.NotFound). Subnets of this Gantry: subnet-a, subnet-b.",
    far(subnets('subnet-x')),
  ],
  [
    INVALID,
    'Assign public IP is not supported',
    {
      taskDefinition: 'eni',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'], assignPublicIp: 'ENABLED' } },
    },
  ],
  [
    INVALID,
    'Override for container named nope is not a container in the TaskDefinition.',
    far({ overrides: { containerOverrides: [{ name: 'nope' }] } }),
  ],
  [
    INVALID,
    'more than one override for container named app',
    far({ overrides: { containerOverrides: [{ name: 'app' }, { name: 'app' }] } }),
  ],
  [INVALID, 'at most 8192', far({ overrides: { containerOverrides: [{ name: 'app', command: ['x'.repeat(8200)] }] } })],
  ['ClientException', 'No Fargate configuration exists for given values.', far({ overrides: { cpu: '4096' } })],
  [
    'ClientException',
    "The 'memory' setting for container is greater than for the task.",
    far({ overrides: { containerOverrides: [{ name: 'app', memory: 4096 }] } }),
  ],
  [
    INVALID,
    "'memory' must be at least 6 MiB",
    far({ overrides: { containerOverrides: [{ name: 'app', memory: 5 }] } }),
  ],
  [
    INVALID,
    "must not be greater than 'memory'",
    web({ overrides: { containerOverrides: [{ name: 'app', memoryReservation: 65 }] } }),
  ],
  [
    'ClientException',
    "you must also specify a value for 'executionRoleArn'",
    far({
      overrides: {
        containerOverrides: [{ name: 'app', environmentFiles: [{ type: 's3', value: 'arn:aws:s3:::bucket/x.env' }] }],
      },
    }),
  ],
  [
    INVALID,
    'give the ARN of an S3 object whose name ends in .env',
    far({ overrides: { containerOverrides: [{ name: 'app', environmentFiles: [{ type: 's3', value: 'x' }] }] } }),
  ],
  [
    INVALID,
    'how many GPUs, or ALL',
    far({ overrides: { containerOverrides: [{ name: 'app', resourceRequirements: [{ type: 'GPU', value: 'x' }] }] } }),
  ],
  [
    'ClientException',
    "'resourceRequirements' is not supported with FARGATE",
    far({ overrides: { containerOverrides: [{ name: 'app', resourceRequirements: [{ type: 'GPU', value: '1' }] }] } }),
  ],
  [
    'ClientException',
    "The 'cpu' settings of the containers (257) are greater than for the task (256).",
    far({ overrides: { containerOverrides: [{ name: 'app', cpu: 257 }] } }),
  ],
  ['ClientException', 'Role is not valid', far({ overrides: { executionRoleArn: 'arn:aws:s3:::bucket' } })],
  [INVALID, "'cpu' must not be negative", far({ overrides: { containerOverrides: [{ name: 'app', cpu: -1 }] } })],
  [INVALID, 'sizeInGiB must be between 21 and 200', far({ overrides: { ephemeralStorage: { sizeInGiB: 5 } } })],
  [
    INVALID,
    'inferenceAcceleratorOverrides',
    far({ overrides: { inferenceAcceleratorOverrides: [{ deviceName: 'd' }] } }),
  ],
];

test('what RunTask refuses', async (t) => {
  const { ecs, addInstance, state } = await withDefinitions();
  await addInstance(1);
  for (const [code, text, input] of REFUSED) {
    await t.test(text, async () => {
      await refused(ecs.RunTask(input), code, text);
    });
  }
  assert.equal(state.tables.tasks.size, 0);
});

test('GPUs: whole ones, each one container’s, shown with their task and their instance', async () => {
  const { ecs, addInstance, run, state } = await anApi();
  const resourceRequirements = [{ type: 'GPU' as const, value: '1' }];
  const containerDefinitions = ['one', 'two', 'none'].map((name) => ({
    name,
    image: 'x',
    memory: 8,
    ...(name === 'none' ? {} : { resourceRequirements }),
  }));
  await ecs.RegisterTaskDefinition({ family: 'gpus', containerDefinitions });
  await addInstance(1);
  const without = (await ecs.RunTask({ taskDefinition: 'gpus' })).failures;
  assert.deepEqual(
    without?.map(({ reason }) => reason),
    ['RESOURCE:GPU'],
  );
  assert.match(without?.[0]?.detail ?? '', /has 0 GPUs left; the task needs 2/);
  const gpuIds = ['GPU-a', 'GPU-b', 'GPU-c'];
  const key = await addInstance(2, {
    registered: { cpuUnits: 4096, memoryMiB: 8192, tcpPorts: [], udpPorts: [], gpuIds },
  });
  const idsOf = (task: WireTask | undefined) => task?.containers?.map((container) => container.gpuIds);
  const { tasks } = await ecs.RunTask({ taskDefinition: 'gpus' });
  assert.deepEqual(idsOf(tasks?.[0]), [['GPU-a'], ['GPU-b'], undefined]);
  const left = async () => {
    const arn = state.tables.instances.get(key)?.containerInstanceArn ?? '';
    const { containerInstances } = await ecs.DescribeContainerInstances({ containerInstances: [arn] });
    return containerInstances?.[0]?.remainingResources?.find(({ name }) => name === 'GPU')?.stringSetValue;
  };
  assert.deepEqual(await left(), ['GPU-c']);
  assert.deepEqual(
    (await ecs.RunTask({ taskDefinition: 'gpus' })).failures?.map(({ reason }) => reason),
    ['RESOURCE:GPU'],
  );
  const [first] = state.tables.tasks.values();
  assert.ok(first !== undefined);
  await run((tx) => void putTask(tx, { ...first, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }));
  assert.deepEqual(await left(), gpuIds);
  const described = await ecs.DescribeTasks({ tasks: [first.taskArn] });
  assert.deepEqual(idsOf(described.tasks?.[0]), [['GPU-a'], ['GPU-b'], undefined], 'what it had is still told');
  const one = { containerOverrides: [{ name: 'two', resourceRequirements: [{ type: 'GPU' as const, value: '2' }] }] };
  const overridden = await ecs.RunTask({ taskDefinition: 'gpus', overrides: one });
  assert.deepEqual(idsOf(overridden.tasks?.[0]), [['GPU-a'], ['GPU-b', 'GPU-c'], undefined]);
});

test('what is accepted at registration and can not be run yet', async () => {
  const { ecs } = await anApi();
  const cases = {
    'All GPUs of an instance': { resourceRequirements: [{ type: 'GPU' as const, value: 'ALL' }] },
    'Credential specs': { credentialSpecs: ['credentialspec:arn:aws:s3:::bucket/spec.json'] },
    "Log option 'awslogs-endpoint'": {
      logConfiguration: {
        logDriver: 'awslogs' as const,
        options: { 'awslogs-group': 'g', 'awslogs-region': 'us-east-1', 'awslogs-endpoint': 'http://logs' },
      },
    },
  };
  for (const [words, more] of Object.entries(cases)) {
    await ecs.RegisterTaskDefinition({
      family: 'later',
      executionRoleArn: 'r',
      containerDefinitions: [{ name: 'app', image: 'x', memory: 8, ...more }],
    });
    const text = 'is not supported by this version of Gantry';
    const error = await refused(ecs.RunTask({ taskDefinition: 'later' }), 'ClientException', text);
    assert.ok(error.message.startsWith(words));
    const create = { serviceName: 's', taskDefinition: 'later', desiredCount: 0 };
    await refused(ecs.CreateService(create), 'ClientException', text);
  }
});

test('a variable of a run can not have the name of a secret', async () => {
  const { ecs, addInstance } = await anApi();
  await addInstance(1);
  await ecs.RegisterTaskDefinition({
    family: 'secret',
    executionRoleArn: 'r',
    containerDefinitions: [{ name: 'app', image: 'x', memory: 8, secrets: [{ name: 'KEY', valueFrom: 'x' }] }],
  });
  const overrides = { containerOverrides: [{ name: 'app', environment: [{ name: 'KEY', value: 'x' }] }] };
  const text = 'The secret name must be unique and not shared with any new or existing environment variables';
  await refused(ecs.RunTask({ taskDefinition: 'secret', overrides }), 'ClientException', text);
});

test('a client token: the same answer, a conflict, and an end', async () => {
  const { ecs, addInstance, run, state, turn } = await withDefinitions();
  await addInstance(1, { registered: { cpuUnits: 256, memoryMiB: 8192, tcpPorts: [], udpPorts: [], gpuIds: [] } });
  const input = web({ clientToken: 'token', count: 3 });
  const first = await ecs.RunTask(input);
  assert.deepEqual(await ecs.RunTask({ ...input }), first);
  assert.equal(state.tables.tasks.size, 2);
  const conflict = await refused(ecs.RunTask({ ...input, count: 1 }), 'ConflictException', 'client token');
  assert.deepEqual(conflict.members, { resourceIds: first.tasks?.map((task) => task.taskArn) });
  const stop = {
    lastStatus: 'STOPPED',
    desiredStatus: 'STOPPED',
    stoppedAt: state.tables.tasks.values().next().value?.createdAt,
  } as const;
  for (const task of state.tables.tasks.by('cluster', '123456789012/us-east-1/default'))
    await run((tx) => putTask(tx, { ...task, ...stop }));
  const stopped = await ecs.RunTask(input);
  assert.deepEqual(Object.keys(stopped.tasks?.[0] ?? {}), ['taskArn', 'lastStatus', 'desiredStatus']);
  turn(3600_000);
  const anew = await ecs.RunTask(input);
  assert.notEqual(anew.tasks?.[0]?.taskArn, first.tasks?.[0]?.taskArn);
});

test('StartTask: one task on each instance, failures for the rest', async () => {
  const { ecs, addInstance, state } = await withDefinitions();
  const key = await addInstance(1);
  await addInstance(2, { status: 'INACTIVE' });
  await addInstance(3, { agentConnected: false });
  const containerInstances = [1, 2, 3, 4].map(numbered);
  const { tasks, failures } = await ecs.StartTask({ taskDefinition: 'web', containerInstances });
  assert.equal(tasks?.[0]?.containerInstanceArn, state.tables.instances.get(key)?.containerInstanceArn);
  assert.deepEqual(
    failures?.map(({ arn, reason }) => [arn?.slice(-1), reason]),
    [
      ['2', 'INACTIVE'],
      ['3', 'AGENT'],
      ['4', 'MISSING'],
    ],
  );
  await refused(
    ecs.StartTask({ taskDefinition: 'web', containerInstances: [] }),
    INVALID,
    'Container Instances cannot be empty.',
  );
  await refused(
    ecs.StartTask({ taskDefinition: 'web', containerInstances, startedBy: 'x'.repeat(37) }),
    INVALID,
    'startedBy longer than 36',
  );
});

test('StopTask: a task that was never placed stops at once, a placed one is told', async () => {
  const { ecs, addInstance } = await withDefinitions();
  const waiting = (await ecs.RunTask(far())).tasks?.[0];
  const stopped = (await ecs.StopTask({ task: waiting?.taskArn ?? '' })).task;
  assert.deepEqual(
    [stopped?.lastStatus, stopped?.stopCode, stopped?.stoppedReason],
    ['STOPPED', 'UserInitiated', 'Task stopped by user'],
  );
  await addInstance(1);
  const placed = (await ecs.RunTask(web({ tags: [{ key: 'a', value: 'b' }] }))).tasks?.[0];
  const id = placed?.taskArn?.split('/').at(-1) ?? '';
  const stopping = (await ecs.StopTask({ task: id, reason: 'enough' })).task;
  assert.deepEqual(
    [stopping?.lastStatus, stopping?.desiredStatus, stopping?.stoppedReason],
    ['PENDING', 'STOPPED', 'enough'],
  );
  const { tasks } = await ecs.DescribeTasks({ tasks: [id], include: ['TAGS'] });
  assert.deepEqual(tasks?.[0]?.tags, []);
  assert.equal((await ecs.StopTask({ task: id, reason: 'again' })).task?.stoppedReason, 'enough');
  await refused(ecs.StopTask({ task: 'nope' }), INVALID, 'Referenced task not found.');
});

test('DescribeTasks: MISSING with full ARNs, and only tasks of the cluster', async () => {
  const { ecs } = await withDefinitions();
  const { tasks, failures } = await ecs.DescribeTasks({ tasks: ['x'] });
  assert.deepEqual([tasks, failures], [[], [{ arn: `${ARN}task/default/x`, reason: 'MISSING' }]]);
  await refused(ecs.DescribeTasks({ tasks: [] }), INVALID, 'Tasks cannot be empty.');
  await refused(
    ecs.DescribeTasks({ tasks: [`${ARN}task/other/x`] }),
    INVALID,
    'Identifier is for cluster other. Your cluster is default',
  );
  await refused(ecs.DescribeTasks({ tasks: [`${ARN}service/default/x`] }), INVALID, 'Invalid identifier');
  const foreign = 'arn:aws:ecs:us-east-1:999999999999:task/default/x';
  await refused(ecs.DescribeTasks({ tasks: [foreign] }), INVALID, 'Identifier is for 999999999999');
});

test('ListTasks: every filter, and pages', async () => {
  const { ecs, run, addInstance } = await anApi();
  const instanceKey = await addInstance(9);
  const service = '123456789012/us-east-1/default/shop';
  await run((tx) => {
    for (let n = 1; n <= 5; n += 1) putTask(tx, aTask({ id: numbered(n) }));
    putTask(tx, aTask({ id: numbered(6), family: 'job', launchType: 'FARGATE', startedBy: 'me' }));
    putTask(tx, aTask({ id: numbered(7), serviceKey: service, instanceKey }));
    putTask(tx, aTask({ id: numbered(8), desiredStatus: 'STOPPED', lastStatus: 'STOPPED' }));
  });
  await ecs.CreateService({ serviceName: 'shop', taskDefinition: 'web', desiredCount: 0 });
  const ids = async (input: Parameters<typeof ecs.ListTasks>[0]) =>
    (await ecs.ListTasks(input)).taskArns?.map((arn) => Number(arn.slice(-2)));
  assert.deepEqual(await ids({}), [1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(await ids({ desiredStatus: 'STOPPED' }), [8]);
  assert.deepEqual(await ids({ desiredStatus: 'PENDING' }), []);
  assert.deepEqual(await ids({ family: 'job' }), [6]);
  assert.deepEqual(await ids({ startedBy: 'me' }), [6]);
  assert.deepEqual(await ids({ launchType: 'FARGATE' }), [6]);
  assert.deepEqual(await ids({ serviceName: 'shop' }), [7]);
  assert.deepEqual(await ids({ serviceName: `${ARN}service/default/shop`, family: 'job' }), []);
  assert.deepEqual(await ids({ containerInstance: numbered(9) }), [7]);
  const first = await ecs.ListTasks({ maxResults: 4 });
  assert.deepEqual(await ids({ maxResults: 4, nextToken: first.nextToken }), [5, 6, 7]);
  await refused(ecs.ListTasks({ serviceName: 'nope' }), 'ServiceNotFoundException', 'Service not found.');
  await refused(ecs.ListTasks({ startedBy: 'me', family: 'job' }), INVALID, 'startedBy must be the only filter');
  await refused(ecs.ListTasks({ daemonName: 'd' }), INVALID, 'Daemons');
});
