import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { EXTERNAL, identityDocument, OLD } from './attributes.ts';
import { StockAgent, type Answer } from './stock-agent.ts';
import type { Named } from './wire.ts';
import { World } from './world.ts';

let world: World;
before(async () => (world = await World.open()));
after(() => world.end());

/** What the agent does with the answer: an attribute with a value that is not echoed to the letter ends it (exit 5). */
function notEchoed(sent: readonly Named[], answer: Answer): readonly string[] {
  const echoed = new Map(answer.body.containerInstance.attributes.map((one) => [one.name, one.value]));
  return sent.filter(({ name, value }) => value !== undefined && echoed.get(name) !== value).map(({ name }) => name);
}

test('10.3 attributes: every one that was sent comes back with its value', async () => {
  const custom = [{ name: 'rack', value: 'r 1/β' }, { name: 'flag' }, { name: 'ecs.os-type', value: 'linux' }];
  const sent = [...custom, ...EXTERNAL];
  const answer = await new StockAgent(world, { attributes: sent }).register();
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'application/x-amz-json-1.1');
  assert.deepEqual(notEchoed(sent, answer), []);
});

test('10.3 attributes: the availability zone is added, and type and image of a machine in the cloud', async () => {
  const agent = new StockAgent(world);
  const answer = await agent.register({
    instanceIdentityDocument: identityDocument(),
    instanceIdentityDocumentSignature: 'c2lnbmF0dXJl',
  });
  const attributes = answer.body.containerInstance.attributes;
  const valueOf = (name: string) => attributes.find((one) => one.name === name)?.value;
  assert.equal(valueOf('ecs.availability-zone'), 'us-east-1a');
  assert.equal(valueOf('ecs.instance-type'), 'm5.large');
  assert.equal(valueOf('ecs.ami-id'), 'ami-0abcdef1234567890');
  assert.equal(answer.body.containerInstance.ec2InstanceId, 'i-0123456789abcdef0');
  const external = await new StockAgent(world).register();
  const zone = external.body.containerInstance.attributes.find((one) => one.name === 'ecs.availability-zone');
  assert.equal(zone?.value, 'us-east-1a', 'an external one gets a zone, too');
});

test('10.3 registration: GPUs are platform devices, ports and resources are taken as they are', async () => {
  const agent = new StockAgent(world);
  const answer = await agent.register({ platformDevices: [{ id: 'GPU-0a1b', type: 'GPU' }] });
  const registered = answer.body.containerInstance.registeredResources;
  const by = new Map(registered.map((one) => [one.name, one]));
  assert.equal(by.get('CPU')?.integerValue, 2048);
  assert.equal(by.get('MEMORY')?.integerValue, 3945);
  assert.deepEqual(by.get('PORTS')?.stringSetValue, ['22', '2375', '2376', '51678', '51679']);
  assert.deepEqual(by.get('PORTS_UDP')?.stringSetValue, []);
  assert.deepEqual(by.get('GPU')?.stringSetValue, ['GPU-0a1b']);
});

test('10.3 clientToken: a retried registration is the same instance, a new process without memory another', async () => {
  const agent = new StockAgent(world);
  const first = agent.registration();
  const answers = await Promise.all([1, 2, 3].map(() => agent.call('RegisterContainerInstance', first)));
  const arns = answers.map(({ body }) => body.containerInstance.containerInstanceArn);
  assert.equal(new Set(arns).size, 1);
  const other = await new StockAgent(world).register();
  assert.notEqual(other.body.containerInstance.containerInstanceArn, arns[0]);
});

test('10.3 re-registration: the same ARN, custom attributes stay without being sent, capabilities are the newest', async () => {
  const agent = new StockAgent(world, { attributes: [{ name: 'rack', value: 'r1' }, ...OLD] });
  await agent.register();
  const { arn } = agent;
  const again = await agent.register({ attributes: EXTERNAL, clientToken: '00000000-0000-4000-8000-000000000001' });
  assert.equal(again.status, 200);
  assert.equal(again.body.containerInstance.containerInstanceArn, arn);
  assert.deepEqual(notEchoed([{ name: 'rack', value: 'r1' }, ...EXTERNAL], again), []);
  const back = await agent.register({ attributes: OLD });
  const names = back.body.containerInstance.attributes.map(({ name }) => name);
  assert.ok(!names.includes('ecs.capability.full-sync'), 'an older agent has taken its capabilities with it');
});

/** Texts the agent, or whoever reads its log, acts on. All but the first end it for good (exit 5). */
const refusals: readonly (readonly [string, object, string, RegExp])[] = [
  [
    'another instance type',
    { instanceIdentityDocument: identityDocument({ instanceType: 'c5.large' }) },
    'ClientException',
    /^Container instance type changes are not supported\./,
  ],
  ['another amount of CPU', { cpu: 4096 }, 'InvalidParameterException', /CPU 2048 and MEMORY 3945, now it has 4096/],
  ['another amount of memory', { memory: 2000 }, 'InvalidParameterException', /now it has 2048 and 2000/],
  [
    'another zone',
    { instanceIdentityDocument: identityDocument({ availabilityZone: 'us-east-1f' }) },
    'InvalidParameterException',
    /ecs\.availability-zone us-east-1a, now it is us-east-1f/,
  ],
  [
    'another architecture',
    { attributes: [...EXTERNAL.slice(0, -1), { name: 'ecs.cpu-architecture', value: 'arm64' }] },
    'InvalidParameterException',
    /ecs\.cpu-architecture x86_64, now it is arm64/,
  ],
];
for (const [name, change, code, text] of refusals) {
  test(`10.3 re-registration refused: ${name}`, async () => {
    const agent = new StockAgent(world, { attributes: EXTERNAL });
    const identity = { instanceIdentityDocument: identityDocument() };
    await agent.register(identity);
    const { cpu = 2048, memory = 3945, ...rest } = change as { cpu?: number; memory?: number };
    const totalResources = [
      { integerValue: cpu, name: 'CPU', type: 'INTEGER' },
      { integerValue: memory, name: 'MEMORY', type: 'INTEGER' },
      { name: 'PORTS', stringSetValue: ['22'], type: 'STRINGSET' },
    ];
    const answer = await agent.register({ ...identity, totalResources, ...rest });
    assert.equal(answer.status, 400);
    assert.equal(answer.body.__type, code);
    assert.match(answer.body.message, text);
  });
}

test('10.3 re-registration: a kernel that counts memory a little differently is the same machine', async () => {
  const agent = new StockAgent(world);
  await agent.register();
  const totalResources = [
    { integerValue: 2048, name: 'CPU', type: 'INTEGER' },
    { integerValue: 3939, name: 'MEMORY', type: 'INTEGER' },
    { name: 'PORTS', stringSetValue: ['22', '8125'], type: 'STRINGSET' },
    { name: 'PORTS_UDP', stringSetValue: ['8125'], type: 'STRINGSET' },
  ];
  const again = await agent.register({ totalResources });
  assert.equal(again.status, 200);
  const registered = again.body.containerInstance.registeredResources;
  assert.equal(registered.find(({ name }) => name === 'MEMORY')?.integerValue, 3939);
  assert.deepEqual(registered.find(({ name }) => name === 'PORTS_UDP')?.stringSetValue, ['8125']);
});

test('10.3 re-registration refused: another cluster, a deregistered instance, an unknown one', async () => {
  const agent = new StockAgent(world);
  await agent.register();
  await world.ecs.call('CreateCluster', { clusterName: 'elsewhere' });
  const moved = await agent.register({ cluster: 'elsewhere' });
  assert.deepEqual([moved.status, moved.body.__type], [400, 'InvalidParameterException']);
  await world.ecs.call('DeregisterContainerInstance', { containerInstance: agent.arn });
  const gone = await agent.register();
  assert.deepEqual([gone.status, gone.body.__type], [400, 'InvalidParameterException']);
  const stranger = `arn:aws:ecs:us-east-1:000000000000:container-instance/default/${'9'.repeat(32)}`;
  const unknown = await new StockAgent(world).register({ containerInstanceArn: stranger });
  assert.deepEqual([unknown.status, unknown.body.__type], [400, 'InvalidParameterException']);
});

test('10.3 Cluster not found: the very words; an agent without ECS_CLUSTER then creates it', async () => {
  const agent = new StockAgent(world, { cluster: 'not-yet' });
  const refused = await agent.register();
  assert.equal(refused.status, 400);
  assert.match(refused.body.message, /Cluster not found\./);
  const created = await agent.call('CreateCluster', { clusterName: 'not-yet' });
  assert.equal(created.body.cluster.clusterName, 'not-yet');
  assert.equal((await agent.register()).status, 200);
});

test('10.3 registration: what it sends is signed over every header, or it is refused', async () => {
  const agent = new StockAgent(world, { keys: { accessKeyId: 'AKIAAGENT00000000000', secretAccessKey: 'wrong' } });
  const answer = await agent.register();
  assert.deepEqual([answer.status, answer.body.__type], [400, 'InvalidSignatureException']);
  const stranger = new StockAgent(world, { keys: { accessKeyId: 'AKIANOBODY0000000000', secretAccessKey: 'x' } });
  const unknown = await stranger.register();
  assert.deepEqual([unknown.status, unknown.body.__type], [400, 'UnrecognizedClientException']);
});

test('10.3 versionInfo: none at registration, then what the command socket’s address says', async () => {
  const agent = new StockAgent(world, { version: '1.86.2' });
  const answer = await agent.register();
  assert.deepEqual(answer.body.containerInstance.versionInfo, {});
  await agent.connect();
  await world.settle();
  const described = await world.ecs.call('DescribeContainerInstances', { containerInstances: [agent.arn] });
  assert.deepEqual(described.containerInstances?.[0]?.versionInfo, {
    agentVersion: '1.86.2',
    agentHash: 'abcdef01',
    dockerVersion: 'DockerVersion: 20.10.24',
  });
  assert.equal(described.containerInstances?.[0]?.agentConnected, true);
});
