import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { StockSocket } from './socket.ts';
import { StockAgent } from './stock-agent.ts';
import { World } from './world.ts';

const MINUTE_MS = 60_000;

let world: World;
// One each: time passes, and nobody else's heartbeats shall be waited for.
beforeEach(async () => (world = await World.open()));
afterEach(() => world.end());

const isConnected = (agent: StockAgent): boolean | undefined =>
  [...world.plane.platform.state.tables.instances.values()].find((one) => one.containerInstanceArn === agent.arn)
    ?.agentConnected;

test('10.6 heartbeats: on both sockets no 45 seconds without a message, for half an hour; pings would not count', async () => {
  const agent = await StockAgent.join(world);
  const last = new Map([agent.acs, agent.tcs].map((socket) => [socket, { at: world.clock.now() as number, count: 0 }]));
  const start = world.clock.now();
  while (world.clock.now() < start + 30 * MINUTE_MS) {
    await world.pass(5_000);
    for (const [socket, before] of last) {
      const count = socket.received.length;
      const silentMs = world.clock.now() - before.at;
      assert.ok(silentMs <= 45_000, `${socket === agent.acs ? 'acs' : 'tcs'} was silent for ${silentMs} ms`);
      if (count > before.count) last.set(socket, { at: world.clock.now(), count });
    }
  }
  const beats = agent.acs.of('HeartbeatMessage');
  assert.ok(beats.every(({ message }) => message.healthy));
  assert.equal(new Set(beats.map(({ message }) => message.messageId)).size, beats.length, 'each has an id of its own');
  assert.ok(agent.acs.open && agent.tcs.open);
});

test('10.6 protocolVersion 2: whose acks stop is closed with 1001 within three minutes, comes back and is whole', async () => {
  const agent = await StockAgent.join(world);
  const [task = ''] = await world.start(agent, await world.define('held'));
  await agent.acs.next('PayloadMessage');
  agent.acksHeartbeats = false;
  const since = world.clock.now();
  while (agent.acs.open && world.clock.now() - since < 3 * MINUTE_MS) await world.pass(5_000);
  assert.equal((await agent.acs.closed).code, 1001, 'at once it comes back on this code');
  agent.acksHeartbeats = true;
  await agent.openAcs();
  await agent.acs.next('TaskManifestMessage');
  await world.settle();
  assert.equal(isConnected(agent), true);
  assert.equal(world.task(task).desiredStatus, 'RUNNING');
});

test('10.6 protocolVersion 1: silence says nothing', async () => {
  const agent = new StockAgent(world);
  await agent.register();
  agent.acksHeartbeats = false;
  await agent.openAcs({ protocolVersion: '1' });
  await world.pass(10 * MINUTE_MS);
  assert.ok(agent.acs.open);
});

test('10.6 every 30 to 35 minutes the agent reconnects of itself: nobody sees it go', async () => {
  const agent = await StockAgent.join(world);
  await world.settle();
  const version = (): number | undefined =>
    [...world.plane.platform.state.tables.instances.values()].find((one) => one.containerInstanceArn === agent.arn)
      ?.version;
  const before = version();
  for (let round = 0; round < 3; round += 1) {
    agent.acs.close();
    agent.tcs.close();
    await Promise.all([agent.acs.closed, agent.tcs.closed]);
    await world.settle();
    await agent.connect();
    await world.pass(30_000);
    assert.equal(isConnected(agent), true);
  }
  assert.equal(version(), before, 'no change of state was stored or told');
});

test('10.6 a deploy: 1001 for every socket, and all the agents come back at once to the next control plane', async () => {
  const own = await World.open();
  try {
    const agents = await Promise.all(Array.from({ length: 30 }, () => StockAgent.join(own)));
    const taskDefinition = await own.define('stays');
    await own.start(agents[0] as StockAgent, taskDefinition);
    await own.settle();
    await own.down();
    const codes = await Promise.all(agents.flatMap(({ acs, tcs }) => [acs.closed, tcs.closed]));
    assert.deepEqual(new Set(codes.map(({ code }) => code)), new Set([1001]));
    await own.up();
    await Promise.all(agents.map((agent) => agent.connect()));
    await own.settle();
    const { tables } = own.plane.platform.state;
    assert.ok([...tables.instances.values()].every(({ agentConnected }) => agentConnected));
    assert.ok(
      agents.every((agent) => agent.acs.of('PayloadMessage').length === 0),
      'what was acked is not told again',
    );
    assert.deepEqual(
      agents.map((agent) => agent.acs.of('TaskManifestMessage')[0]?.message.tasks.length),
      [1, ...agents.slice(1).map(() => 0)],
    );
  } finally {
    await own.end();
  }
});

test('10.6 hundreds of reconnects without a pause: one live socket in the end, nothing lost, nothing doubled', async () => {
  const agent = new StockAgent(world);
  await agent.register();
  const opened: StockSocket[] = [];
  for (let round = 0; round < 300; round += 1) {
    const socket = await agent.openAcs();
    assert.ok(socket instanceof StockSocket);
    opened.push(socket);
    if (round % 3 === 0) socket.cut();
    if (round % 3 === 1) socket.close(1000, 'again');
  }
  await world.settle();
  await world.start(agent, await world.define('storm'), 3);
  await world.settle();
  assert.equal(opened.filter(({ open }) => open).length, 1);
  assert.equal(agent.acs.of('PayloadMessage').length, 3);
  assert.equal(opened.flatMap((socket) => socket.of('PayloadMessage')).length, 3);
  assert.equal(isConnected(agent), true);
  // As many at the same moment: TCP does not keep their order, one of them stays.
  const many = await Promise.all(Array.from({ length: 100 }, () => agent.openAcs()));
  await world.settle();
  const live = many.filter((socket) => socket instanceof StockSocket && socket.open) as StockSocket[];
  assert.equal(live.length, 1);
  agent.acs = live[0] as StockSocket;
  await world.start(agent, await world.define('storm'));
  await agent.acs.next('PayloadMessage');
});

test('10.6 two agents with one identity: the newer one stays, the older is told to wait (1008)', async () => {
  const agent = await StockAgent.join(world);
  const twin = new StockAgent(world);
  twin.arn = agent.arn;
  await twin.connect();
  for (const socket of [agent.acs, agent.tcs]) {
    const { code, reason } = await socket.closed;
    assert.equal(code, 1008);
    assert.doesNotMatch(reason, /InactiveInstanceException/, 'it need not wait an hour');
  }
  await world.start(twin, await world.define('twins'));
  await twin.acs.next('PayloadMessage');
  assert.ok(twin.acs.open && twin.tcs.open);
  assert.equal(isConnected(agent), true, 'the end of the older one is not the end of the instance');
});
