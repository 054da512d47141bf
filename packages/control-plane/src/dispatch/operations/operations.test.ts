import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FARGATE_POOL_CLUSTER, type AccountId } from '@gantry/domain';
import type { EcsOperations } from '@gantry/protocol';
import { ScriptedAgent } from '../testing/scripted-agent.ts';
import { CALLER, codeOf, CONTEXT, DispatchWorld, taskKey } from '../testing/world.ts';

type RegisterInput = EcsOperations['RegisterContainerInstance']['input'];
const resources = (cpu = 2048, memory = 4096): RegisterInput['totalResources'] => [
  { name: 'CPU', type: 'INTEGER', integerValue: cpu },
  { name: 'MEMORY', type: 'INTEGER', integerValue: memory },
  { name: 'PORTS', type: 'STRINGSET', stringSetValue: ['22', '2375'] },
  { name: 'PORTS_UDP', type: 'STRINGSET', stringSetValue: [] },
];
const document = (over: object = {}): string =>
  JSON.stringify({
    instanceId: 'i-1',
    instanceType: 'm7g.large',
    imageId: 'ami-1',
    availabilityZone: 'us-east-1c',
    ...over,
  });

test('registering echoes what was sent and adds what the server knows', async () => {
  const world = await DispatchWorld.start();
  const { containerInstance } = await world.handlers.RegisterContainerInstance(
    {
      cluster: 'arn:aws:ecs:us-east-1:000000000000:cluster/default',
      totalResources: resources(),
      attributes: [
        { name: 'ecs.capability.full-sync' },
        { name: 'rack', value: 'r1' },
        { name: 'ecs.os-type', value: 'linux' },
      ],
      instanceIdentityDocument: document(),
      platformDevices: [{ id: 'GPU-1', type: 'GPU' }],
      tags: [{ key: 'team', value: 'a' }],
    },
    CONTEXT,
  );
  assert.match(
    containerInstance?.containerInstanceArn ?? '',
    /^arn:aws:ecs:us-east-1:000000000000:container-instance\/default\/[0-9a-f]{32}$/,
  );
  assert.deepEqual(containerInstance?.attributes, [
    { name: 'ecs.capability.full-sync', value: undefined },
    { name: 'rack', value: 'r1' },
    { name: 'ecs.os-type', value: 'linux' },
    { name: 'ecs.availability-zone', value: 'us-east-1c' },
    { name: 'ecs.instance-type', value: 'm7g.large' },
    { name: 'ecs.ami-id', value: 'ami-1' },
  ]);
  assert.equal(containerInstance?.status, 'ACTIVE');
  assert.equal(containerInstance?.agentConnected, false);
  assert.equal(containerInstance?.ec2InstanceId, 'i-1');
  assert.deepEqual(
    containerInstance?.registeredResources?.map(({ name, integerValue, stringSetValue }) => [
      name,
      integerValue,
      stringSetValue,
    ]),
    [
      ['CPU', 2048, undefined],
      ['MEMORY', 4096, undefined],
      ['PORTS', 0, ['22', '2375']],
      ['PORTS_UDP', 0, []],
      ['GPU', 0, ['GPU-1']],
    ],
  );
  const instance = world.instance(containerInstance?.containerInstanceArn ?? '');
  assert.equal(instance.pool, 'ec2');
  assert.equal(instance.maxEnis, 0, 'no task-eni capability, no addresses');
  assert.deepEqual(instance.registered.gpuIds, ['GPU-1']);
});

test('a client token makes a retried registration the same instance', async () => {
  const world = await DispatchWorld.start();
  const token = { clientToken: 'token-1' } as object;
  assert.equal(await world.register([], token), await world.register([], token));
  assert.notEqual(await world.register([], token), await world.register([], { clientToken: 'token-2' } as object));
});

test('registering again keeps identity, custom attributes and status; capabilities are the newest', async () => {
  const world = await DispatchWorld.start();
  const arn = await world.register([
    { name: 'ecs.capability.full-sync' },
    { name: 'ecs.capability.old' },
    { name: 'rack', value: 'r1' },
  ]);
  const before = world.instance(arn);
  await world.transact((tx) =>
    tx.put(tx.tables.instances, world.instanceKey(arn), { ...before, status: 'DRAINING' as const }),
  );
  const ours = [
    { name: 'ecs.capability.full-sync' },
    { name: 'ecs.capability.task-eni' },
    { name: 'gantry.pool', value: 'ec2' },
  ];
  const again = await world.register(ours, {
    containerInstanceArn: arn,
    totalResources: resources(2048, 4090),
  });
  assert.equal(again, arn);
  const after = world.instance(arn);
  assert.deepEqual(
    after.attributes.map(({ name = '' }) => name).toSorted((a, b) => (a < b ? -1 : 1)),
    [
      'ecs.availability-zone',
      'ecs.capability.full-sync',
      'ecs.capability.task-eni',
      'ecs.os-type',
      'gantry.pool',
      'rack',
    ],
  );
  assert.equal(after.status, 'DRAINING');
  assert.equal(after.registered.memoryMiB, 4090);
  assert.equal(after.maxEnis, 1000);
  assert.equal(after.version, before.version + 1);
  assert.equal(world.platform.state.tables.instances.size, 1);
});

const refusals: readonly (readonly [string, Partial<RegisterInput>, string, RegExp])[] = [
  ['an unknown cluster', { cluster: 'nowhere' }, 'ClientException', /^Cluster not found\.$/],
  [
    'a cluster of another account',
    { cluster: 'arn:aws:ecs:us-east-1:111111111111:cluster/x' },
    'InvalidParameterException',
    /not a cluster of this account/,
  ],
  [
    'no CPU',
    { totalResources: [{ name: 'MEMORY', type: 'INTEGER', integerValue: 1 }] },
    'InvalidParameterException',
    /CPU as a positive INTEGER/,
  ],
  ['no memory', { totalResources: resources(1024, 0) }, 'InvalidParameterException', /MEMORY as a positive/],
  [
    'a port that is none',
    {
      totalResources: [
        ...(resources() ?? []).slice(0, 2),
        { name: 'PORTS', type: 'STRINGSET', stringSetValue: ['ssh'] },
      ],
    },
    'InvalidParameterException',
    /"ssh", which is not a port/,
  ],
  ['an attribute without a name', { attributes: [{ name: '', value: 'x' }] }, 'InvalidParameterException', /no name/],
  [
    'a broken identity document',
    { instanceIdentityDocument: '{' },
    'InvalidParameterException',
    /instanceIdentityDocument/,
  ],
  [
    'an unknown instance',
    { containerInstanceArn: 'arn:aws:ecs:us-east-1:000000000000:container-instance/default/x' },
    'InvalidParameterException',
    /Remove the agent's checkpoint/,
  ],
  [
    'the pool in another cluster',
    { attributes: [{ name: 'gantry.pool', value: 'fargate' }] },
    'InvalidParameterException',
    /gantry-fargate-pool/,
  ],
  [
    'the pool’s cluster without the attribute',
    { cluster: FARGATE_POOL_CLUSTER },
    'InvalidParameterException',
    /gantry.pool=fargate/,
  ],
];
for (const [name, over, code, text] of refusals) {
  test(`registration refused: ${name}`, async () => {
    const world = await DispatchWorld.start();
    await assert.rejects(world.register([], over), (error: Error) => {
      assert.equal(codeOf(error), code);
      assert.match(error.message, text);
      return true;
    });
  });
}

const changes: readonly (readonly [string, Partial<RegisterInput>, RegExp])[] = [
  [
    'another type',
    { instanceIdentityDocument: document({ instanceType: 'c7g.large' }) },
    /Container instance type changes are not supported\./,
  ],
  ['other CPU', { instanceIdentityDocument: document(), totalResources: resources(4096) }, /CPU 2048 and MEMORY 4096/],
  ['other memory', { instanceIdentityDocument: document(), totalResources: resources(2048, 2048) }, /MEMORY 4096/],
  [
    'another zone',
    { instanceIdentityDocument: document({ availabilityZone: 'us-east-1d' }) },
    /ecs.availability-zone us-east-1c/,
  ],
];
for (const [name, over, text] of changes) {
  test(`a different machine with the same ARN is refused: ${name}`, async () => {
    const world = await DispatchWorld.start();
    const arn = await world.register([], { instanceIdentityDocument: document() });
    await assert.rejects(world.register([], { ...over, containerInstanceArn: arn }), text);
  });
}

test('a deregistered instance, or one of another cluster, does not come back under its ARN', async () => {
  const world = await DispatchWorld.start();
  const arn = await world.register();
  await world.transact((tx) => {
    tx.put(tx.tables.clusters, '000000000000/us-east-1/other', {
      ...(tx.tables.clusters.get('000000000000/us-east-1/default') as NonNullable<unknown>),
      clusterName: 'other',
    } as never);
  });
  await assert.rejects(
    world.register([], { containerInstanceArn: arn, cluster: 'other' }),
    /is registered in cluster default, not in other/,
  );
  await world.transact((tx) =>
    tx.put(tx.tables.instances, world.instanceKey(arn), { ...world.instance(arn), status: 'INACTIVE' as const }),
  );
  await assert.rejects(world.register([], { containerInstanceArn: arn }), /is INACTIVE/);
});

test('the house’s own machines join the Fargate pool; nobody else’s do', async () => {
  const world = await DispatchWorld.start();
  const attributes = [{ name: 'gantry.pool', value: 'fargate' }, { name: 'ecs.capability.task-eni' }];
  const arn = await world.register(attributes, { cluster: FARGATE_POOL_CLUSTER });
  assert.equal(world.instance(arn).pool, 'fargate');
  assert.equal(
    world.platform.state.tables.clusters.get(`000000000000/us-east-1/${FARGATE_POOL_CLUSTER}`)?.internal,
    true,
  );
  const account = '111111111111' as AccountId;
  const stranger = { ...CONTEXT, scope: { ...CONTEXT.scope, account }, caller: { ...CALLER, account } };
  await assert.rejects(
    world.register(attributes, { cluster: FARGATE_POOL_CLUSTER }, stranger),
    (error) => codeOf(error) === 'AccessDeniedException',
  );
});

test('the poll endpoint is where the sockets are', async () => {
  const world = await DispatchWorld.start();
  assert.deepEqual(await world.handlers.DiscoverPollEndpoint({}, CONTEXT), {
    endpoint: 'http://127.0.0.1:4566/acs/',
    telemetryEndpoint: 'http://127.0.0.1:4566/tcs/',
  });
});

test('reports move a task forward only; doubled and late ones are acknowledged and change nothing', async () => {
  const world = await DispatchWorld.start();
  const arn = await world.register();
  const task = await world.place(1, arn);
  const agent = new ScriptedAgent(world, arn);
  assert.deepEqual(await agent.report(task.taskArn, 'RUNNING'), { acknowledgment: 'ACK' });
  assert.equal(world.task(1)?.lastStatus, 'RUNNING');
  assert.equal(world.task(1)?.connectivity, 'CONNECTED');
  const running = world.task(1);
  await agent.report(task.taskArn, 'RUNNING');
  await agent.report(task.taskArn, 'PENDING');
  assert.deepEqual(world.task(1), running);
  await agent.report(task.taskArn, 'STOPPED', 3);
  const stopped = world.task(1);
  assert.equal(stopped?.lastStatus, 'STOPPED');
  assert.equal(stopped?.containers[0]?.exitCode, 3);
  await agent.report(task.taskArn, 'STOPPED', 9);
  await agent.report(task.taskArn, 'PENDING');
  assert.deepEqual(world.task(1), stopped);
  assert.deepEqual(world.outbox(arn), [], 'a stopped task needs no message, acked or not');
});

test('a task may be named by its id', async () => {
  const world = await DispatchWorld.start();
  const task = await world.place(1, await world.register());
  await world.handlers.SubmitTaskStateChange({ cluster: 'default', task: task.id, status: 'RUNNING' }, CONTEXT);
  assert.equal(world.task(1)?.lastStatus, 'RUNNING');
});

test('what an agent reports is cut to the lengths the stock agent keeps', async () => {
  const world = await DispatchWorld.start();
  const task = await world.place(1, await world.register());
  const long = 'x'.repeat(10_000);
  const bindings = Array.from({ length: 5_000 }, (_, at) => ({ containerPort: 80, hostPort: at }));
  const container = { containerName: 'web', status: 'RUNNING', runtimeId: long, imageDigest: long, reason: long };
  const containers = [{ ...container, networkBindings: bindings }];
  await world.handlers.SubmitTaskStateChange({ task: task.taskArn, status: 'RUNNING', containers }, CONTEXT);
  await world.handlers.SubmitTaskStateChange({ task: task.taskArn, status: 'STOPPED', reason: long }, CONTEXT);
  assert.equal(world.task(1)?.stoppedReason?.length, 1024);
  assert.ok(JSON.stringify(world.task(1)).length < 60_000);
});

test('SubmitContainerStateChange moves the container alone', async () => {
  const world = await DispatchWorld.start();
  const task = await world.place(1, await world.register());
  await world.handlers.SubmitContainerStateChange(
    { cluster: 'default', task: task.taskArn, containerName: 'web', status: 'RUNNING', runtimeId: 'r1' },
    CONTEXT,
  );
  assert.equal(world.task(1)?.containers[0]?.lastStatus, 'RUNNING');
  assert.equal(world.task(1)?.lastStatus, 'PENDING');
});

test('RUNNING of a task that is to be stopped sends the stop again', async () => {
  const world = await DispatchWorld.start();
  const arn = await world.register();
  const agent = new ScriptedAgent(world, arn);
  agent.reportsStops = false;
  agent.connect();
  const task = await world.place(1, arn);
  await world.settle();
  await world.requestStop(1);
  await world.settle();
  assert.deepEqual(agent.told(), ['RUNNING 1', 'STOPPED 1']);
  await agent.report(task.taskArn, 'RUNNING');
  await world.settle();
  assert.deepEqual(agent.told(), ['RUNNING 1', 'STOPPED 1', 'STOPPED 1']);
  assert.equal(world.task(1)?.desiredStatus, 'STOPPED');
});

test('an attachment report marks the address attached', async () => {
  const world = await DispatchWorld.start();
  const networkInterface = {
    attachmentId: 'att',
    networkInterfaceId: 'eni-1',
    subnetId: 'subnet-1',
    privateIPv4Address: '10.0.0.9',
    macAddress: '0a:00:00:00:00:09',
    privateDnsName: 'ip-10-0-0-9.ec2.internal',
    status: 'ATTACHING' as const,
  };
  const task = await world.place(1, await world.register(), { networkMode: 'awsvpc', networkInterface });
  const attachmentArn = 'arn:aws:ecs:us-east-1:000000000000:attachment/att';
  await world.handlers.SubmitTaskStateChange(
    { task: task.taskArn, attachments: [{ attachmentArn, status: 'ATTACHED' }] },
    CONTEXT,
  );
  assert.equal(world.task(1)?.networkInterface?.status, 'ATTACHED');
  assert.equal(world.task(1)?.version, task.version + 1);
  const answer = await world.handlers.SubmitAttachmentStateChanges(
    { cluster: 'default', attachments: [{ attachmentArn: 'arn:x', status: 'ATTACHED' }] },
    CONTEXT,
  );
  assert.deepEqual(answer, { acknowledgment: 'ACK' });
});

test('unknown tasks are acknowledged, so that no agent repeats them for a day; those of others are refused', async () => {
  const world = await DispatchWorld.start();
  const arn = await world.register();
  for (const task of [
    '',
    'nothing',
    'arn:aws:ecs:us-east-1:000000000000:task/default/x',
    'arn:aws:s3:::x',
    '../../x',
  ]) {
    assert.deepEqual(await world.handlers.SubmitTaskStateChange({ task, status: 'RUNNING' }, CONTEXT), {
      acknowledgment: 'ACK',
    });
  }
  const task = await world.place(1, arn);
  const caller = { ...CALLER, account: '111111111111' as AccountId };
  await assert.rejects(
    world.handlers.SubmitTaskStateChange({ task: task.taskArn, status: 'STOPPED' }, { ...CONTEXT, caller }),
    (error) => codeOf(error) === 'AccessDeniedException',
  );
  assert.equal(world.platform.state.tables.tasks.get(taskKey(1))?.lastStatus, 'PENDING');
});
