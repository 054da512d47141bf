import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { OLD } from './attributes.ts';
import type { Received } from './socket.ts';
import { StockAgent } from './stock-agent.ts';
import { World } from './world.ts';

let world: World;
let web: string;
// One each: time passes, and nobody else's heartbeats shall be waited for.
beforeEach(async () => {
  world = await World.open();
  web = await world.define('web');
});
afterEach(() => world.end());

const payloads = (agent: StockAgent): readonly Received[] => agent.acs.of('PayloadMessage');
const numberOf = ({ message }: Received): number => message.seqNum ?? message.timeline;
const told = (agent: StockAgent): readonly string[] =>
  payloads(agent).map(({ message }) => `${message.tasks[0]?.desiredStatus} ${message.tasks[0]?.arn}`);

test('10.4 payload: one task each, everything the agent insists on, whole numbers', async () => {
  const agent = await StockAgent.join(world);
  const [arn] = await world.start(agent, web);
  const { message, text } = await agent.acs.next('PayloadMessage');
  assert.equal(message.tasks.length, 1);
  assert.equal(message.tasks[0]?.arn, arn);
  assert.equal(message.clusterArn, 'arn:aws:ecs:us-east-1:000000000000:cluster/default');
  assert.equal(message.containerInstanceArn, agent.arn);
  assert.ok(message.messageId.length > 0);
  assert.match(text, /"seqNum":\d+,/);
  assert.match(text, /"generatedAt":\d{13},/);
  assert.doesNotMatch(text, /:null\b/);
});

test('10.4 counter: payloads and manifests share one per instance; it goes on after a restart of the control plane', async () => {
  const own = await World.open();
  try {
    const definition = await own.define('web');
    const [agent, other] = [await StockAgent.join(own), await StockAgent.join(own)];
    const seen: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      await own.start(agent, definition, 2);
      await own.start(other, definition);
      await own.settle();
      seen.push(...agent.acs.received.filter(({ type }) => /Payload|Manifest/.test(type)).map(numberOf));
      await own.down();
      await own.up();
      await Promise.all([agent.connect(), other.connect()]);
    }
    assert.deepEqual(
      seen,
      [...new Set(seen)].toSorted((a, b) => a - b),
      'strictly increasing',
    );
    assert.equal(seen.length, 9);
  } finally {
    await own.end();
  }
});

test('10.4 acks: never, twice, late, of nothing, of another’s; a message goes again under its id until it is acked', async () => {
  const [agent, thief] = [await StockAgent.join(world), await StockAgent.join(world)];
  agent.acks = 'never';
  await world.start(agent, web);
  const first = await agent.acs.next('PayloadMessage');
  thief.ack(first.message.messageId);
  agent.ack('no-such-message');
  agent.ack(first.message.messageId, thief.acs);
  await world.settle();
  const times: number[] = [];
  const start = world.clock.now();
  for (let seen = 1; world.clock.now() < start + 75_000;) {
    await world.pass(1000);
    if (payloads(agent).length > seen) times.push((world.clock.now() - start) / 1000);
    seen = payloads(agent).length;
  }
  assert.deepEqual(times, [10, 30, 70]);
  assert.equal(new Set(payloads(agent).map(({ text }) => text.replace(/"generatedAt":\d+/, ''))).size, 1);
  agent.acks = 'twice';
  agent.ack(first.message.messageId);
  agent.ack(first.message.messageId);
  await world.pass(10 * 60_000);
  assert.equal(payloads(agent).length, 4);
});

test('10.4 reconnect: what was not acked again in its order, then the manifest above it, then what is new', async () => {
  const agent = await StockAgent.join(world);
  await agent.acs.next('TaskManifestMessage');
  agent.acks = 'never';
  const arns = await world.start(agent, web, 3);
  await world.settle();
  const before = payloads(agent).map(({ message }) => message.messageId);
  agent.acs.cut();
  await agent.acs.closed;
  agent.acks = 'once';
  await agent.openAcs();
  await agent.acs.next('TaskManifestMessage');
  const types = agent.acs.received.map(({ type }) => type);
  assert.deepEqual(types, ['PayloadMessage', 'PayloadMessage', 'PayloadMessage', 'TaskManifestMessage']);
  assert.deepEqual(
    payloads(agent).map(({ message }) => message.messageId),
    before,
  );
  const [manifest] = agent.acs.of('TaskManifestMessage');
  assert.deepEqual(new Set(manifest?.message.tasks.map(({ taskArn }) => taskArn)), new Set(arns));
  assert.ok(payloads(agent).every(({ message }) => message.seqNum < (manifest?.message.timeline ?? 0)));
  await world.start(agent, web);
  const next = await world.settle().then(() => payloads(agent).at(-1));
  assert.ok((next?.message.seqNum ?? 0) > (manifest?.message.timeline ?? 0));
});

test('10.4 a fresh process (sendCredentials=true) is told everything again; what it knew it acks again', async () => {
  const agent = await StockAgent.join(world);
  const arns = await world.start(agent, web, 2);
  await world.settle();
  agent.restart();
  await agent.connect();
  await agent.acs.next('TaskManifestMessage');
  await world.settle();
  assert.deepEqual(new Set(told(agent)), new Set(arns.map((arn) => `RUNNING ${arn}`)));
});

test('10.4 stop: the ARN, STOPPED and no containers are enough; a task it never had it reports STOPPED at once', async () => {
  const agent = await StockAgent.join(world);
  const [arn = ''] = await world.start(agent, web);
  await world.settle();
  await world.ecs.call('StopTask', { task: arn });
  await world.settle();
  const stop = payloads(agent).at(-1)?.message.tasks[0];
  assert.equal(stop?.desiredStatus, 'STOPPED');
  assert.deepEqual(stop?.containers, []);
  const reason = "TaskStateError: Agent could not progress task's state to stopped";
  assert.equal((await agent.report(arn, 'STOPPED', { reason })).status, 200);
  assert.equal(world.task(arn).lastStatus, 'STOPPED');
  assert.equal(world.task(arn).stopCode, 'UserInitiated', 'the order that came first is the reason');
});

test('10.4 an invalid task: reported STOPPED, never acked; it is not sent again and says why', async () => {
  const agent = await StockAgent.join(world);
  agent.acks = 'never';
  const [arn = ''] = await world.start(agent, web);
  await world.settle();
  const reason = 'UnrecogniedTaskError: Error loading task - json: unknown field "memory"';
  await agent.report(arn, 'STOPPED', { reason });
  await world.pass(10 * 60_000);
  assert.equal(payloads(agent).length, 1);
  assert.equal(world.task(arn).stopCode, 'TaskFailedToStart');
  assert.equal(world.task(arn).stoppedReason, reason);
});

for (const order of ['before', 'after'] as const) {
  test(`10.4 manifest: stopping takes two phases, the ack ${order} the candidates`, async () => {
    const agent = await StockAgent.join(world);
    const other = await StockAgent.join(world);
    const [here = ''] = await world.start(agent, web);
    const [elsewhere = ''] = await world.start(other, web);
    await world.settle();
    agent.acs.cut();
    await agent.acs.closed;
    // What it runs that it should not: a task nobody knows, one of another instance.
    const lost = `arn:aws:ecs:us-east-1:000000000000:task/default/${'f'.repeat(32)}`;
    for (const arn of [lost, elsewhere]) agent.tasks.set(arn, 'RUNNING');
    agent.acksManifests = order;
    await agent.openAcs();
    const manifest = await agent.acs.next('TaskManifestMessage');
    const verified = await agent.acs.next('TaskStopVerificationAck');
    assert.equal(verified.message.messageId, manifest.message.messageId);
    assert.deepEqual(new Set(verified.message.stopTasks.map(({ taskArn }) => taskArn)), new Set([lost, elsewhere]));
    assert.ok(verified.message.stopTasks.every(({ desiredStatus }) => desiredStatus === 'STOPPED'));
    assert.equal(agent.tasks.get(here), 'RUNNING');
    // The other instance's task is its own: stopping a copy of it here changes nothing there.
    await world.settle();
    assert.equal(world.task(elsewhere).desiredStatus, 'RUNNING');
  });
}

test('10.4 manifest: a candidate that was placed meanwhile is not confirmed', async () => {
  const agent = await StockAgent.join(world);
  const manifest = await agent.acs.next('TaskManifestMessage');
  const [arn = ''] = await world.start(agent, web);
  await world.settle();
  const lost = `arn:aws:ecs:us-east-1:000000000000:task/default/${'e'.repeat(32)}`;
  const stopCandidates = [arn, lost].map((taskArn) => ({
    desiredStatus: 'STOPPED',
    taskArn,
    taskClusterArn: 'default',
  }));
  const { messageId } = manifest.message;
  agent.acs.send({ type: 'TaskStopVerificationMessage', message: { messageId, stopCandidates } });
  const verified = await agent.acs.next('TaskStopVerificationAck');
  assert.deepEqual(
    verified.message.stopTasks.map(({ taskArn }) => taskArn),
    [lost],
  );
});

test('10.4 manifest: an agent that remembers a higher number drops it without a word, and gets one it takes', async () => {
  const agent = await StockAgent.join(world);
  await agent.acs.next('TaskManifestMessage');
  agent.acs.cut();
  await agent.acs.closed;
  // The control plane's data was put back from a copy that is hundreds of messages old.
  agent.latestSeq = 5_000;
  await agent.openAcs();
  await world.pass(30 * 60_000);
  assert.ok(agent.manifestSeq > 5_000, `its last manifest was ${agent.acs.of('TaskManifestMessage').at(-1)?.text}`);
  const count = agent.acs.of('TaskManifestMessage').length;
  await world.pass(60 * 60_000);
  assert.equal(agent.acs.of('TaskManifestMessage').length, count, 'acked once, it rests');
});

test('10.4 manifest: an agent of years ago does not know it and gets none', async () => {
  const agent = await StockAgent.join(world, { attributes: OLD, version: '1.14.0' });
  const simple = await world.define('old', { containerDefinitions: [{ name: 'a', image: 'b', memory: 8 }] });
  await world.start(agent, simple);
  await agent.acs.next('PayloadMessage');
  await world.pass(60_000);
  assert.deepEqual(agent.acs.of('TaskManifestMessage'), []);
});

test('10.4 nothing but what it knows: it is not told of the network, whatever happens there', async () => {
  const agent = await StockAgent.join(world);
  await world.start(agent, web);
  const { defaultScope } = world.plane.platform.config;
  const { state } = world.plane.platform;
  await state.transact((tx) => {
    for (const task of tx.tables.tasks.values()) {
      const networkInterface = {
        attachmentId: 'attachment',
        networkInterfaceId: 'eni-0',
        subnetId: 'subnet-0',
        privateIPv4Address: '10.0.0.9',
        macAddress: '0a:00:00:00:00:01',
        privateDnsName: 'ip-10-0-0-9.ec2.internal',
        status: 'ATTACHED',
      } as const;
      tx.put(tx.tables.tasks, `${defaultScope.account}/${defaultScope.region}/${task.cluster}/${task.id}`, {
        ...task,
        networkInterface,
      });
    }
  });
  await world.pass(60_000);
  const known =
    /^(PayloadMessage|TaskManifestMessage|HeartbeatMessage|TaskStopVerificationAck|IAMRoleCredentialsMessage)$/;
  assert.deepEqual(
    agent.acs.received.map(({ type }) => type).filter((type) => !known.test(type)),
    [],
  );
});
