import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TcsToAgent } from '@gantry/protocol';
import { socketPair, type SocketPair } from '@gantry/testkit/socket-pair.ts';
import { CALLER, codeOf, DispatchWorld } from '../testing/world.ts';

async function connected(): Promise<{ world: DispatchWorld; arn: string; pair: SocketPair; received: TcsToAgent[] }> {
  const world = await DispatchWorld.start();
  const arn = await world.register();
  return { world, arn, ...open(world, arn) };
}

function open(world: DispatchWorld, containerInstance: string) {
  const pair = socketPair();
  const received: TcsToAgent[] = [];
  const params = new URLSearchParams({ cluster: 'default', containerInstance, agentVersion: '1.105.1' });
  world.dispatch.accept('tcs', params, pair.server, CALLER);
  pair.agent.onFrame((text) => received.push(JSON.parse(text) as TcsToAgent));
  return { pair, received };
}

/** As the stock agent sends it: a signed header block before the JSON. */
const framed = (type: string, message: object): string =>
  `Authorization: AWS4-HMAC-SHA256 Credential=x\r\nHost: 127.0.0.1\r\nX-Amz-Date: 20260101T000000Z\r\n\r\n${JSON.stringify({ type, message })}`;

const stats = (sum: number, sampleCount: number) => ({ min: 0, max: sum, sampleCount, sum });
const metadata = { cluster: 'default', containerInstance: 'i', messageId: 'm', idle: false, fin: true };

test('metrics become usage of the instance’s own tasks, and are acked', async () => {
  const { world, arn, pair, received } = await connected();
  const task = await world.place(1, arn);
  const other = await world.place(2, await world.register());
  const metric = (taskArn: string) => ({
    taskArn,
    containerMetrics: [
      { containerName: 'web', cpuStatsSet: stats(500, 20), memoryStatsSet: stats(1280, 20) },
      { containerName: 'odd', cpuStatsSet: 'none', memoryStatsSet: stats(1, 0) },
    ],
  });
  pair.agent.send(
    framed('PublishMetricsRequest', {
      metadata,
      timestamp: 1,
      taskMetrics: [metric(task.taskArn), metric(other.taskArn), 7],
    }),
  );
  await world.settle();
  assert.deepEqual(
    world.metrics.usage(task.taskArn).map(({ containers }) => containers),
    [[{ name: 'web', cpuUnits: 512, memoryMiB: 64 }]],
  );
  assert.deepEqual(world.metrics.usage(other.taskArn), []);
  assert.deepEqual(
    received.map(({ type }) => type),
    ['AckPublishMetric'],
  );
  await world.transact((tx) =>
    tx.put(tx.tables.tasks, world.outbox(arn)[0]?.taskKey ?? '', { ...task, lastStatus: 'STOPPED' as const }),
  );
  assert.deepEqual(world.metrics.usage(task.taskArn), [], 'a stopped task is forgotten');
});

test('a health verdict is stored once, and only for tasks of the instance', async () => {
  const { world, arn, pair, received } = await connected();
  const task = await world.place(1, arn);
  const other = await world.place(2, await world.register());
  const publish = (healthStatus: string): void => {
    const containers = [{ containerName: 'web', healthStatus, statusSince: 1 }];
    const tasks = [task, other].map(({ taskArn }) => ({ taskArn, containers }));
    pair.agent.send(framed('PublishHealthRequest', { metadata, timestamp: 1, tasks }));
  };
  publish('HEALTHY');
  await world.settle();
  assert.equal(world.task(1)?.containers[0]?.healthStatus, 'HEALTHY');
  assert.equal(world.task(1)?.healthStatus, 'HEALTHY');
  assert.equal(world.task(2)?.healthStatus, 'UNKNOWN');
  const version = world.task(1)?.version;
  let commits = 0;
  world.platform.state.onCommit(() => (commits += 1));
  publish('HEALTHY');
  publish('SPLENDID');
  await world.settle();
  assert.equal(world.task(1)?.version, version);
  assert.equal(commits, 0, 'no news, no transaction');
  publish('UNHEALTHY');
  await world.settle();
  assert.equal(world.task(1)?.healthStatus, 'UNHEALTHY');
  assert.equal(received.filter(({ type }) => type === 'AckPublishHealth').length, 4);
});

test('frames without the header block, other messages and garbage', async () => {
  const { world, pair, received } = await connected();
  pair.agent.send(JSON.stringify({ type: 'PublishInstanceStatusRequest', message: { statuses: [] } }));
  for (const garbage of [
    '',
    '\r\n\r\n',
    'Host: x\r\n\r\n{',
    framed('Unheard', {}),
    framed('PublishMetricsRequest', { taskMetrics: 7 }),
  ]) {
    pair.agent.send(garbage);
  }
  await world.settle();
  assert.deepEqual(
    received.map(({ type }) => type),
    ['AckPublishInstanceStatus', 'AckPublishMetric'],
  );
  assert.equal(pair.closed(), undefined);
});

test('heartbeats keep it open', async () => {
  const { world, pair, received } = await connected();
  await world.clock.turn(10 * 60_000);
  const beats = received.filter(({ type }) => type === 'HeartbeatMessage').length;
  assert.ok(beats >= 19 && beats <= 21, `${beats} heartbeats in 10 minutes`);
  assert.equal(pair.closed(), undefined);
});

test('a newer session replaces the older one; a deregistered instance is told to stop', async () => {
  const { world, arn, pair } = await connected();
  const second = open(world, arn);
  await world.settle();
  assert.equal(pair.closed()?.code, 1008);
  await world.transact((tx) => {
    tx.put(tx.tables.instances, world.instanceKey(arn), { ...world.instance(arn), status: 'INACTIVE' as const });
  });
  await world.settle();
  assert.deepEqual(
    second.received.map(({ type }) => type),
    ['StopTelemetrySessionMessage'],
  );
  assert.equal(second.pair.closed()?.code, 1000);
  assert.throws(
    () => open(world, arn),
    (error) => codeOf(error) === 'InactiveInstanceException',
  );
});
