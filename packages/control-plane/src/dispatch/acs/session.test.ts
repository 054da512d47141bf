import assert from 'node:assert/strict';
import { test } from 'node:test';
import { socketPair } from '@gantry/testkit/socket-pair.ts';
import { ScriptedAgent, shortId } from '../testing/scripted-agent.ts';
import { CALLER, codeOf, DispatchWorld } from '../testing/world.ts';

async function worldWithAgent(): Promise<{ world: DispatchWorld; agent: ScriptedAgent; arn: string }> {
  const world = await DispatchWorld.start();
  const arn = await world.register();
  return { world, arn, agent: new ScriptedAgent(world, arn) };
}

test('an open socket makes the instance connected, with the versions of its query string', async () => {
  const { world, agent, arn } = await worldWithAgent();
  await world.place(1, arn);
  assert.equal(world.instance(arn).agentConnected, false);
  agent.connect();
  await world.settle();
  const instance = world.instance(arn);
  assert.equal(instance.agentConnected, true);
  assert.deepEqual(instance.versionInfo, {
    agentVersion: '1.105.1',
    agentHash: 'abcdef0',
    dockerVersion: 'DockerVersion: 20.10.24',
  });
  assert.equal(world.task(1)?.connectivity, 'CONNECTED');
  assert.deepEqual(
    (await world.journal.history(arn, 5)).map(({ type, because }) => `${type} ${because}`),
    ['instance.connected agent-connected', 'instance.registered registered'],
  );
});

test('what waits is sent in the order of its numbers, then the manifest, then what comes', async () => {
  const { world, agent, arn } = await worldWithAgent();
  await world.place(1, arn);
  await world.place(2, arn);
  agent.connect();
  await world.settle();
  await world.place(3, arn);
  await world.settle();
  const order = agent.received.map((f) => (f.type === 'PayloadMessage' ? f.message.seqNum : f.type));
  assert.deepEqual(order, [1, 2, 'TaskManifestMessage', 4]);
  const [manifest] = agent.get('TaskManifestMessage');
  assert.equal(manifest?.message.timeline, 3);
  assert.deepEqual(
    manifest?.message.tasks.map(({ taskArn, desiredStatus }) => `${desiredStatus} ${shortId(taskArn)}`),
    ['RUNNING 1', 'RUNNING 2'],
  );
  assert.deepEqual(world.outbox(arn), [], 'all are acked and gone');
});

test('an agent without ecs.capability.full-sync gets no manifest', async () => {
  const world = await DispatchWorld.start();
  const arn = await world.register([]);
  const agent = new ScriptedAgent(world, arn);
  agent.connect();
  await world.settle();
  await world.place(1, arn);
  await world.settle();
  assert.deepEqual(
    agent.received.map((f) => f.type),
    ['PayloadMessage'],
  );
});

test('a message is on the wire as soon as its commit is, without any time passing', async () => {
  const { world, agent, arn } = await worldWithAgent();
  agent.connect();
  await world.settle();
  const before = world.clock.now();
  await world.place(1, arn);
  await world.settle();
  assert.deepEqual(agent.told(), ['RUNNING 1']);
  assert.equal(world.clock.now(), before);
});

test('an unacked message goes again after 10, 20, 40 … seconds, under its old number', async () => {
  const { world, agent, arn } = await worldWithAgent();
  agent.connect();
  await world.settle();
  agent.ackPolicy = () => 'never';
  await world.place(1, arn);
  const start = world.clock.now();
  const times: number[] = [];
  for (let second = 0, seen = 0; second <= 75; second += 1) {
    await world.clock.turnTo(start + second * 1000);
    if (agent.payloads().length > seen) times.push(second);
    seen = agent.payloads().length;
  }
  assert.deepEqual(times, [0, 10, 30, 70]);
  const sent = agent.payloads();
  assert.equal(new Set(sent.map(({ messageId }) => messageId)).size, 1);
  assert.equal(new Set(sent.map(({ seqNum }) => seqNum)).size, 1);
  agent.ackPolicy = () => 'ack';
  agent.ack(sent[0]?.messageId ?? '');
  await world.clock.turn(600_000);
  assert.equal(agent.payloads().length, 4);
});

test('a broken connection costs nothing: the next one gets what was not acked', async () => {
  const { world, agent, arn } = await worldWithAgent();
  agent.ackPolicy = () => 'never';
  agent.connect();
  await world.settle();
  await world.place(1, arn);
  await world.settle();
  agent.pair?.cut();
  await world.settle();
  assert.equal(world.instance(arn).agentConnected, false);
  assert.equal(world.task(1)?.connectivity, 'DISCONNECTED');
  agent.ackPolicy = () => 'ack';
  agent.connect();
  await world.settle();
  assert.deepEqual(agent.told(), ['RUNNING 1', 'RUNNING 1']);
  assert.deepEqual(world.outbox(arn), []);
  assert.equal(world.task(1)?.connectivity, 'CONNECTED');
});

test('doubled acks, acks of others and acks of nothing change nothing', async () => {
  const { world, agent, arn } = await worldWithAgent();
  const other = new ScriptedAgent(world, await world.register());
  agent.ackPolicy = () => 'twice';
  agent.connect();
  other.connect();
  await world.settle();
  agent.ackPolicy = () => 'never';
  await world.place(1, arn);
  await world.settle();
  other.ack(agent.payloads()[0]?.messageId ?? '');
  agent.ack('no-such-message');
  await world.settle();
  assert.equal(world.outbox(arn).length, 1);
});

test('a task stopped before its start was sent is never started', async () => {
  const { world, agent, arn } = await worldWithAgent();
  await world.place(1, arn);
  await world.requestStop(1);
  agent.connect();
  await world.settle();
  assert.deepEqual(agent.told(), ['STOPPED 1']);
  assert.deepEqual(agent.payloads()[0]?.tasks[0]?.containers, []);
  assert.equal(world.task(1)?.lastStatus, 'STOPPED');
});

test('stopping is two phases: only what should not run now is confirmed', async () => {
  const { world, agent, arn } = await worldWithAgent();
  agent.reportsStops = false;
  await world.place(1, arn);
  agent.connect();
  await world.settle();
  agent.tasks.set('arn:aws:ecs:us-east-1:000000000000:task/default/' + '9'.repeat(32), 'RUNNING');
  // The agent calls a task a candidate that was placed after the manifest: it must live.
  const [manifest] = agent.get('TaskManifestMessage');
  const placed = await world.place(2, arn);
  const stopCandidates = [...agent.tasks.keys(), placed.taskArn].map((taskArn) => ({ taskArn, taskClusterArn: 'c' }));
  agent.send({
    type: 'TaskStopVerificationMessage',
    message: { messageId: manifest?.message.messageId, stopCandidates: [...stopCandidates, null, 7, {}] },
  });
  await world.settle();
  const [ack] = agent.get('TaskStopVerificationAck');
  assert.deepEqual(
    ack?.message.stopTasks.map(({ taskArn, desiredStatus }) => `${taskArn.slice(-4)} ${desiredStatus}`),
    ['9999 STOPPED'],
  );
  assert.equal(ack?.message.messageId, manifest?.message.messageId);
});

test('a verification of any but the last manifest is dropped', async () => {
  const { world, agent } = await worldWithAgent();
  agent.connect();
  await world.settle();
  agent.send({
    type: 'TaskStopVerificationMessage',
    message: {
      messageId: 'another',
      stopCandidates: [{ taskArn: 'arn:aws:ecs:us-east-1:000000000000:task/default/x' }],
    },
  });
  await world.settle();
  assert.equal(agent.get('TaskStopVerificationAck').length, 0);
});

test('what the agent still runs after a stop was lost with it is stopped through the manifest', async () => {
  const { world, agent, arn } = await worldWithAgent();
  const task = await world.place(1, arn);
  agent.connect();
  await world.settle();
  await world.requestStop(1);
  await world.settle();
  assert.equal(agent.tasks.get(task.taskArn), 'STOPPED');
  // Its disk was put back: it runs the task again, and an old manifest number is all it remembers.
  agent.crash(new Map([[task.taskArn, 'RUNNING']]));
  agent.timeline = 0;
  agent.connect();
  await world.settle();
  assert.equal(agent.tasks.get(task.taskArn), 'STOPPED');
});

test('a manifest that is not acked goes again under a higher number', async () => {
  const { world, agent } = await worldWithAgent();
  agent.timeline = 2; // it remembers more than this control plane counted
  agent.connect();
  await world.settle();
  assert.deepEqual(
    agent.get('TaskManifestMessage').map((f) => f.message.timeline),
    [1],
  );
  await world.clock.turn(35_000);
  assert.deepEqual(
    agent.get('TaskManifestMessage').map((f) => f.message.timeline),
    [1, 5],
  );
  await world.clock.turn(600_000);
  assert.equal(agent.get('TaskManifestMessage').length, 2, 'the second was newer, and acked');
});

test('a control plane whose data was put back from an old copy finds the number its agent takes', async () => {
  const { world, agent } = await worldWithAgent();
  agent.timeline = 5_000;
  agent.connect();
  await world.clock.turn(15 * 60_000);
  const manifests = agent.get('TaskManifestMessage');
  assert.ok(manifests.length < 10, `${manifests.length} manifests`);
  assert.ok((manifests.at(-1)?.message.timeline ?? 0) > 5_000);
  assert.equal(agent.timeline, manifests.at(-1)?.message.timeline);
});

test('a fresh agent process is told of every task again; a mere reconnect is not', async () => {
  const { world, agent, arn } = await worldWithAgent();
  await world.place(1, arn);
  agent.connect();
  await world.settle();
  agent.pair?.cut();
  agent.connect();
  await world.settle();
  assert.deepEqual(agent.told(), ['RUNNING 1']);
  agent.crash(new Map());
  agent.connect();
  await world.settle();
  assert.deepEqual(agent.told(), ['RUNNING 1', 'RUNNING 1']);
  assert.deepEqual([...agent.tasks.values()], ['RUNNING']);
  assert.deepEqual(world.outbox(arn), []);
});

test('heartbeats come at least every 45 seconds, and an agent that stops acking them is closed', async () => {
  const { world, agent, arn } = await worldWithAgent();
  const pair = agent.connect();
  await world.settle();
  await world.clock.turn(30 * 60_000);
  const beats = agent.get('HeartbeatMessage').length;
  assert.ok(beats >= 59 && beats <= 61, `${beats} heartbeats in 30 minutes`);
  assert.equal(pair.closed(), undefined);
  agent.acksHeartbeats = false;
  await world.clock.turn(3 * 60_000);
  assert.equal(pair.closed()?.code, 1001);
  assert.equal(world.instance(arn).agentConnected, false);
});

test('an agent of protocol version 1 acks no heartbeats and is not closed for it', async () => {
  const { world, agent } = await worldWithAgent();
  agent.acksHeartbeats = false;
  const pair = agent.connect({ protocolVersion: '1' });
  await world.clock.turn(30 * 60_000);
  assert.equal(pair.closed(), undefined);
});

test('an agent that says goodbye has five seconds to come back', async () => {
  const { world, agent, arn } = await worldWithAgent();
  const first = agent.connect();
  await world.settle();
  const version = world.instance(arn).version;
  first.agent.close(1000, 'ConnectionExpired: Reconnect to continue');
  await world.clock.turn(1000);
  agent.connect();
  await world.clock.turn(60_000);
  assert.equal(world.instance(arn).agentConnected, true);
  assert.equal(world.instance(arn).version, version, 'nobody saw it go');
  agent.pair?.agent.close(1001, 'bye');
  await world.clock.turn(4000);
  assert.equal(world.instance(arn).agentConnected, true);
  await world.clock.turn(2000);
  assert.equal(world.instance(arn).agentConnected, false);
});

test('a newer connection replaces the older one, also in a storm', async () => {
  const { world, agent, arn } = await worldWithAgent();
  const pairs = Array.from({ length: 50 }, () => agent.connect());
  await world.settle();
  await world.place(1, arn);
  await world.settle();
  assert.equal(pairs.filter((pair) => pair.closed() === undefined).length, 1);
  assert.equal(pairs.at(-1)?.closed(), undefined);
  assert.deepEqual(new Set(pairs.slice(0, -1).map((pair) => pair.closed()?.code)), new Set([1008]));
  assert.deepEqual(agent.told(), ['RUNNING 1']);
  assert.equal(world.instance(arn).agentConnected, true);
});

test('garbage is dropped, said once, and the session lives', async () => {
  const { world, agent, arn } = await worldWithAgent();
  const pair = agent.connect();
  await world.settle();
  const garbage = ['', '{', 'null', '[]', '7', '{"type":7}', '{"type":"AckRequest","message":[]}', '\u0000'.repeat(64)];
  const rude = [
    { type: 'AckRequest', message: { messageId: 7 } },
    { type: 'AckRequest' },
    { type: 'TaskStopVerificationMessage', message: { messageId: null, stopCandidates: 'all' } },
    { type: '__proto__', message: {} },
    { type: 'NackRequest', message: { reason: 'no' } },
    { type: 'HeartbeatAckRequest', message: {} },
  ];
  for (let round = 0; round < 20; round += 1) {
    for (const frame of garbage) agent.send(frame);
    for (const frame of rude) agent.send(frame);
  }
  agent.send(`{"type":"AckRequest","message":{"messageId":"${'x'.repeat(3 * 1024 * 1024)}"}}`);
  await world.settle();
  assert.equal(pair.closed(), undefined);
  await world.place(1, arn);
  await world.settle();
  assert.deepEqual(agent.told(), ['RUNNING 1']);
  const said = world.logged.map(({ message }) => message);
  assert.equal(new Set(said).size, said.length, 'nothing was said twice');
  assert.ok(said.some((message) => /larger than/.test(message)));
});

test('a control plane that was killed believes the journal for 30 seconds, then the sockets', async () => {
  const { world, agent, arn } = await worldWithAgent();
  const second = await world.register();
  const lost = new ScriptedAgent(world, second);
  agent.connect();
  lost.connect();
  await world.settle();
  world.kill();
  agent.pair?.cut();
  lost.pair?.cut();
  await world.boot();
  assert.equal(world.instance(arn).agentConnected, true);
  await world.clock.turn(1000);
  agent.connect();
  await world.clock.turn(28_000);
  assert.equal(world.instance(second).agentConnected, true);
  await world.clock.turn(2000);
  assert.equal(world.instance(arn).agentConnected, true);
  assert.equal(world.instance(second).agentConnected, false);
  assert.notEqual(world.instance(second).disconnectedAt, undefined);
});

test('what was committed but not acked when the control plane was killed is delivered by the next', async () => {
  const { world, agent, arn } = await worldWithAgent();
  agent.ackPolicy = () => 'never';
  agent.connect();
  await world.settle();
  await world.place(1, arn);
  await world.place(2, arn);
  await world.settle();
  world.kill();
  agent.pair?.cut();
  await world.boot();
  agent.ackPolicy = () => 'twice';
  agent.connect();
  await world.settle();
  assert.deepEqual(agent.told(), ['RUNNING 1', 'RUNNING 2', 'RUNNING 1', 'RUNNING 2']);
  assert.deepEqual(world.outbox(arn), []);
});

test('an ack that could not be stored is asked for again', async () => {
  const { world, agent, arn } = await worldWithAgent();
  agent.ackPolicy = () => 'never';
  agent.connect();
  await world.settle();
  await world.place(1, arn);
  await world.settle();
  world.journal.failNext(new Error('disk full'));
  agent.ack(agent.payloads()[0]?.messageId ?? '');
  await world.settle();
  assert.equal(world.outbox(arn).length, 1);
  agent.ackPolicy = () => 'ack';
  await world.clock.turn(11_000);
  assert.deepEqual(agent.told(), ['RUNNING 1', 'RUNNING 1']);
  assert.deepEqual(world.outbox(arn), []);
});

test('a deregistered instance is closed with the word that makes agents wait', async () => {
  const { world, agent, arn } = await worldWithAgent();
  const pair = agent.connect();
  await world.settle();
  await world.transact((tx) => {
    tx.put(tx.tables.instances, world.instanceKey(arn), { ...world.instance(arn), status: 'INACTIVE' as const });
  });
  await world.settle();
  assert.match(pair.closed()?.reason ?? '', /^InactiveInstanceException/);
  assert.throws(
    () => agent.connect(),
    (error) => codeOf(error) === 'InactiveInstanceException',
  );
});

test('a task that cannot be rendered is stopped with the reason, and does not stop the others', async () => {
  const { world, agent, arn } = await worldWithAgent();
  agent.connect();
  await world.settle();
  await world.place(1, arn, { taskDefinitionKey: 'gone' });
  await world.place(2, arn);
  await world.settle();
  assert.deepEqual(
    agent.told().toSorted((a, b) => (a < b ? -1 : 1)),
    ['RUNNING 2', 'STOPPED 1'],
  );
  const task = world.task(1);
  assert.equal(task?.lastStatus, 'STOPPED');
  assert.equal(task?.stopCode, 'TaskFailedToStart');
  assert.match(task?.stoppedReason ?? '', /Task definition .* is gone/);
  assert.equal(world.logged.filter(({ level }) => level === 'error').length, 1);
});

test('a message about a task that is forgotten is dropped', async () => {
  const { world, agent, arn } = await worldWithAgent();
  await world.place(1, arn);
  await world.transact((tx) => tx.delete(tx.tables.tasks, world.outbox(arn)[0]?.taskKey ?? ''));
  agent.connect();
  await world.settle();
  assert.deepEqual(agent.told(), []);
  assert.deepEqual(world.outbox(arn), []);
});

test('stopping closes every socket with 1001, one after the other, and says nothing about the agents', async () => {
  const world = await DispatchWorld.start();
  const agents = [];
  for (let n = 0; n < 20; n += 1) {
    const agent = new ScriptedAgent(world, await world.register());
    agent.connect();
    agents.push(agent);
  }
  await world.settle();
  const stopped = world.dispatch.stop();
  await world.settle();
  assert.equal(agents.filter((agent) => agent.pair?.closed() !== undefined).length, 1);
  await world.clock.turn(2000);
  await stopped;
  assert.deepEqual(new Set(agents.map((agent) => agent.pair?.closed()?.code)), new Set([1001]));
  await world.clock.turn(60_000);
  assert.ok(agents.every((agent) => world.instance(agent.arn).agentConnected));
});

const refusals: readonly (readonly [string, Readonly<Record<string, string>>, object, string])[] = [
  ['no ARN', { containerInstanceArn: '' }, {}, 'InvalidInstanceException'],
  ['not an ARN', { containerInstanceArn: '../../etc/passwd' }, {}, 'InvalidInstanceException'],
  [
    'an unknown instance',
    { containerInstanceArn: `arn:aws:ecs:us-east-1:000000000000:container-instance/default/${'0'.repeat(32)}` },
    {},
    'InvalidInstanceException',
  ],
  ['another cluster', { clusterArn: 'other' }, {}, 'InvalidClusterException'],
  [
    'a cluster of another account',
    { clusterArn: 'arn:aws:ecs:us-east-1:111111111111:cluster/default' },
    {},
    'InvalidClusterException',
  ],
  ['another account', {}, { account: '111111111111' }, 'AccessDeniedException'],
];
for (const [name, params, caller, code] of refusals) {
  test(`refuses before it touches the socket: ${name}`, async () => {
    const { agent } = await worldWithAgent();
    assert.throws(
      () => agent.connect(params, { ...CALLER, ...caller }),
      (error) => codeOf(error) === code,
    );
  });
}

test('the cluster may be given as its ARN', async () => {
  const { world, agent, arn } = await worldWithAgent();
  agent.connect({ clusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/default' });
  await world.settle();
  assert.equal(world.instance(arn).agentConnected, true);
});

test('a socket that broke before the session had it leaves nothing behind', async () => {
  const { world, agent, arn } = await worldWithAgent();
  const pair = socketPair();
  const open = world.dispatch.admit('acs', agent.params(), CALLER);
  pair.cut();
  open(pair.server);
  await world.settle();
  await world.clock.turn(10_000);
  assert.equal(world.instance(arn).agentConnected, false);
  await world.place(1, arn);
  agent.connect();
  await world.settle();
  assert.deepEqual(agent.told(), ['RUNNING 1']);
});
