import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { OLD } from './attributes.ts';
import { signed } from './signer.ts';
import { StockSocket, type Refusal } from './socket.ts';
import { StockAgent } from './stock-agent.ts';
import { AGENT, STRANGER, World } from './world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let world: World;
before(async () => (world = await World.open()));
after(() => world.end());

async function described(agent: StockAgent) {
  const cluster = agent.options.cluster;
  const answer = await world.ecs.call('DescribeContainerInstances', { cluster, containerInstances: [agent.arn] });
  return answer.containerInstances?.[0];
}

test('10.1 one origin: the API, both sockets and their addresses, over plain http', async () => {
  const agent = new StockAgent(world);
  await agent.register();
  const { endpoint, telemetryEndpoint, serviceConnectEndpoint } = await agent.endpoints();
  for (const address of [endpoint, telemetryEndpoint]) {
    assert.equal(new URL(address).origin, world.endpoint);
    assert.match(address, /\/$/, 'the agent appends ws');
  }
  assert.equal(serviceConnectEndpoint, undefined, 'there is none, so none is named');
  await agent.connect();
  await world.settle();
  assert.equal((await described(agent))?.agentConnected, true);
});

test('10.1 https: the addresses agents are told have no port when the endpoint has none', async () => {
  const behind = await World.open({ endpoint: 'https://gantry.example.com' });
  try {
    const agent = new StockAgent(behind);
    await agent.register();
    const { endpoint, telemetryEndpoint } = await agent.endpoints();
    assert.equal(endpoint, 'https://gantry.example.com/acs/');
    assert.equal(telemetryEndpoint, 'https://gantry.example.com/tcs/');
  } finally {
    await behind.end();
  }
});

test('10.1 poll endpoint: what it is told holds for twelve hours, over restarts of the control plane', async () => {
  const own = await World.open();
  try {
    const agent = await StockAgent.join(own);
    for (let hours = 0; hours < 12; hours += 3) {
      agent.acs.cut();
      agent.tcs.cut();
      await own.down();
      await own.up();
      await agent.connect();
      await own.clock.turn(3 * HOUR_MS - 1000);
    }
    assert.equal(agent.endpointCalls, 1);
    await own.clock.turn(10_000);
    await agent.connect();
    assert.equal(agent.endpointCalls, 2);
  } finally {
    await own.end();
  }
});

test('10.2 the cluster is a name or an ARN everywhere: registration, poll endpoint, both sockets, reports', async () => {
  const arn = 'arn:aws:ecs:us-east-1:000000000000:cluster/default';
  for (const cluster of ['default', arn]) {
    const agent = await StockAgent.join(world, { cluster });
    assert.match(agent.arn, /:container-instance\/default\/[0-9a-f]{32}$/);
    const [task = ''] = await world.start(agent, await world.define('named'));
    await agent.acs.next('PayloadMessage');
    assert.deepEqual((await agent.report(task, 'RUNNING')).body, { acknowledgment: 'ACK' });
    assert.equal(world.task(task).lastStatus, 'RUNNING');
  }
  const mixed = await StockAgent.join(world);
  for (const cluster of ['default', arn]) {
    assert.ok((await mixed.openAcs({ clusterArn: cluster })) instanceof StockSocket);
    assert.ok((await mixed.openTcs({ cluster })) instanceof StockSocket);
  }
});

test('3 handshake: a plain GET, signed over host and date, the blank of the query as a plus', async () => {
  const agent = new StockAgent(world);
  await agent.register();
  const url = new URL(`${(await agent.endpoints()).endpoint}ws`);
  url.search =
    'agentHash=abcdef01&agentVersion=1.105.1&clusterArn=default&containerInstanceArn=' +
    `${encodeURIComponent(agent.arn)}&dockerVersion=DockerVersion%3A+20.10.24&protocolVersion=2&sendCredentials=true&seqNum=1`;
  const headers = await signed({ method: 'GET', url, headers: {} }, AGENT, world.clock.now());
  assert.match(headers['authorization'] ?? '', /\/us-east-1\/ecs\/aws4_request, SignedHeaders=host;x-amz-date, /);
  const opened = await StockSocket.open(url, headers, () => undefined);
  assert.ok(opened instanceof StockSocket);
  assert.equal((await described(agent))?.versionInfo?.dockerVersion, 'DockerVersion: 20.10.24');
  opened.cut();
  await opened.closed;
  // The same signature over another query, without one, and too late: no websocket.
  const changed = new URL(url.href.replace('seqNum=1', 'seqNum=2'));
  for (const [where, what] of [
    [changed, headers],
    [url, {}],
    [url, await signed({ method: 'GET', url, headers: {} }, AGENT, world.clock.now() - HOUR_MS)],
  ] as const) {
    const refused = await StockSocket.open(where, what, () => undefined);
    assert.ok(!(refused instanceof StockSocket));
    assert.ok(refused.status === 400 || refused.status === 403, String(refused.status));
  }
});

test('3 handshake: old agents say neither protocolVersion nor sendCredentials', async () => {
  const agent = new StockAgent(world, { attributes: OLD, version: '1.14.0' });
  await agent.register();
  const url = new URL(`${(await agent.endpoints()).endpoint}ws`);
  url.search = new URLSearchParams({ clusterArn: 'default', containerInstanceArn: agent.arn, seqNum: '1' }).toString();
  const headers = await signed({ method: 'GET', url, headers: {} }, AGENT, world.clock.now());
  const opened = await StockSocket.open(url, headers, () => undefined);
  assert.ok(opened instanceof StockSocket);
  await world.start(agent, await world.define('old'));
  await opened.next('PayloadMessage');
  opened.cut();
  await opened.closed;
});

/** What AWS's managed policy AmazonEC2ContainerServiceforEC2Role allows, as far as it is ECS's. */
const MACHINE = [
  'ecs:CreateCluster',
  'ecs:DeregisterContainerInstance',
  'ecs:DiscoverPollEndpoint',
  'ecs:Poll',
  'ecs:RegisterContainerInstance',
  'ecs:StartTelemetrySession',
  'ecs:UpdateContainerInstancesState',
  'ecs:Submit*',
];

test('3 handshake: keys of a machine’s role, token and all, as far as its policy goes', async () => {
  const account = { AWS: 'arn:aws:iam::000000000000:root' };
  const role = await world.role('machine', { Effect: 'Allow', Action: MACHINE, Resource: '*' }, account);
  const agent = await StockAgent.join(world, { keys: await world.machineKeys(role, 'i-0123456789abcdef0') });
  const [arn = ''] = await world.start(agent, await world.define('machine'));
  await agent.acs.next('PayloadMessage');
  assert.equal((await agent.report(arn, 'RUNNING')).status, 200);
  assert.equal(world.task(arn).lastStatus, 'RUNNING');
  await agent.publish('PublishMetricsRequest', { metadata: { idle: true, fin: true }, timestamp: 1.7672256e9 });
  await agent.tcs.next('AckPublishMetric');
  const actions = MACHINE.filter((action) => action !== 'ecs:Poll');
  const deaf = await world.role('deaf', { Effect: 'Allow', Action: actions, Resource: '*' }, account);
  const refused = new StockAgent(world, { keys: await world.machineKeys(deaf, 'i-0') });
  await refused.register();
  assert.equal(exceptionOf(await refused.openAcs()), 'AccessDeniedException');
  assert.ok((await refused.openTcs()) instanceof StockSocket);
});

/** The agent takes a body of one exception's name and a text. Its error then has the name in it. */
function exceptionOf(refused: StockSocket | Refusal): string {
  assert.ok(!(refused instanceof StockSocket), 'it was let in');
  assert.ok(refused.status >= 400 && refused.status < 500, String(refused.status));
  const entries = Object.entries(JSON.parse(refused.body) as Record<string, unknown>);
  assert.equal(entries.length, 1, refused.body);
  assert.equal(typeof entries[0]?.[1], 'string');
  return entries[0]?.[0] ?? '';
}

const unknown = `arn:aws:ecs:us-east-1:000000000000:container-instance/default/${'0'.repeat(32)}`;
const refusals: readonly (readonly [string, string, string, string])[] = [
  ['no instance', 'ARN', '', 'InvalidInstanceException'],
  ['no ARN', 'ARN', '../../etc/passwd', 'InvalidInstanceException'],
  ['an unknown instance', 'ARN', unknown, 'InvalidInstanceException'],
  ['another cluster', 'cluster', 'other', 'InvalidClusterException'],
  [
    'a cluster of another account',
    'cluster',
    'arn:aws:ecs:us-east-1:111111111111:cluster/default',
    'InvalidClusterException',
  ],
];
for (const [name, what, value, exception] of refusals) {
  test(`3 handshake refused in the agent's words: ${name}`, async () => {
    const agent = new StockAgent(world);
    await agent.register();
    const [acs, tcs] = what === 'ARN' ? ['containerInstanceArn', 'containerInstance'] : ['clusterArn', 'cluster'];
    assert.equal(exceptionOf(await agent.openAcs({ [acs as string]: value })), exception);
    assert.equal(exceptionOf(await agent.openTcs({ [tcs as string]: value })), exception);
  });
}

test('3 handshake refused in the agent’s words: another account', async () => {
  const agent = new StockAgent(world);
  await agent.register();
  const thief = new StockAgent(world, { keys: STRANGER });
  thief.arn = agent.arn;
  assert.equal(exceptionOf(await thief.openAcs()), 'AccessDeniedException');
  assert.equal(exceptionOf(await thief.openTcs()), 'AccessDeniedException');
});

test('3.3 a deregistered instance: the word that makes it wait an hour, on the socket and at the next handshake', async () => {
  const agent = await StockAgent.join(world);
  await world.ecs.call('DeregisterContainerInstance', { containerInstance: agent.arn });
  const { code, reason } = await agent.acs.closed;
  assert.equal(code, 1008);
  assert.match(reason, /InactiveInstanceException/);
  await agent.tcs.next('StopTelemetrySessionMessage');
  assert.equal((await agent.tcs.closed).code, 1000);
  assert.equal(exceptionOf(await agent.openAcs()), 'InactiveInstanceException');
  assert.equal(exceptionOf(await agent.openTcs()), 'InactiveInstanceException');
});

test('3 framing: binary frames end a session, its own alone', async () => {
  const [agent, other] = [await StockAgent.join(world), await StockAgent.join(world)];
  agent.acs.sendBinary(new Uint8Array(8));
  assert.equal((await agent.acs.closed).code, 1003);
  await other.acs.roundTrip();
  assert.ok(other.acs.open);
});
