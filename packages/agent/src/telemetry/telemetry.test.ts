import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aContainer, aTask } from '../testing/payloads.ts';
import { AgentWorld, type WorldOptions } from '../testing/world.ts';

type Sent = { readonly type: string; readonly message: Record<string, unknown> };

const begin = async (options: WorldOptions = {}): Promise<AgentWorld> => {
  const world = new AgentWorld(options);
  await world.start();
  return world;
};
const sent = (world: AgentWorld, type: string): readonly Sent[] =>
  world.plane.received.filter((f) => f.kind === 'tcs' && f.type === type);
const statuses = (world: AgentWorld): readonly string[] =>
  sent(world, 'PublishHealthRequest').flatMap(({ message }) =>
    (message['tasks'] as { containers: { healthStatus: string }[] }[]).flatMap(({ containers }) =>
      containers.map(({ healthStatus }) => healthStatus),
    ),
  );

describe('telemetry', () => {
  test('an idle instance says so every 20 seconds', async () => {
    const world = await begin();
    await world.clock.turn(40_500);
    const frames = sent(world, 'PublishMetricsRequest');
    assert.equal(frames.length, 3);
    assert.deepEqual(frames[0]?.message['taskMetrics'], []);
    const metadata = frames[0]?.message['metadata'] as Record<string, unknown>;
    assert.deepEqual([metadata['idle'], metadata['fin'], metadata['cluster']], [true, true, 'default']);
    await world.kill();
  });

  test('usage: percent of the instance, MiB', async () => {
    const world = await begin();
    world.plane.payload(aTask(1, [aContainer('web')]));
    await world.settle();
    const id = world.engine.containers()[0]?.id ?? '';
    world.cgroups.setUsage(id, { cpuNs: 5e9, memoryBytes: 64 * 1024 * 1024 });
    await world.clock.turn(21_000);
    world.cgroups.setUsage(id, { cpuNs: 15e9, memoryBytes: 32 * 1024 * 1024 });
    await world.clock.turn(20_000);
    const last = sent(world, 'PublishMetricsRequest').at(-1);
    const [task] = (last?.message['taskMetrics'] ?? []) as {
      taskArn: string;
      containerMetrics: Record<string, unknown>[];
    }[];
    // 10 s of CPU time in 20 s on an instance of 2 vCPUs.
    assert.deepEqual(task?.containerMetrics[0]?.['cpuStatsSet'], { min: 25, max: 25, sampleCount: 1, sum: 25 });
    assert.deepEqual(task?.containerMetrics[0]?.['memoryStatsSet'], { min: 32, max: 32, sampleCount: 1, sum: 32 });
    await world.kill();
  });

  test('ten tasks a frame, the last one marked', async () => {
    const world = await begin();
    for (let n = 1; n <= 23; n += 1) world.plane.payload(aTask(n, [aContainer('web', { cpu: 1 })]));
    await world.settle();
    for (const { id } of world.engine.containers()) world.cgroups.setUsage(id, { cpuNs: 0, memoryBytes: 0 });
    await world.clock.turn(20_500);
    const frames = sent(world, 'PublishMetricsRequest').slice(-3);
    assert.deepEqual(
      frames.map(({ message }) => (message['taskMetrics'] as unknown[]).length),
      [10, 10, 3],
    );
    assert.deepEqual(
      frames.map(({ message }) => (message['metadata'] as { fin: boolean }).fin),
      [false, false, true],
    );
    await world.kill();
  });

  test('a change of health is told at once, and all health every 20 seconds; no check, no word', async () => {
    const world = await begin({ images: { 'checked:1': { health: [] } } });
    const checked = aContainer('web', {
      image: 'checked:1',
      healthCheckType: 'docker',
      config: { Healthcheck: { Test: ['CMD', 'x'] } },
    });
    world.plane.payload(aTask(1, [checked, aContainer('plain')]));
    await world.settle();
    assert.deepEqual(statuses(world), ['UNKNOWN']);
    const id = world.engine.containers().find(({ health }) => health !== undefined)?.id ?? '';
    world.engine.setHealth(id, 'healthy');
    await world.settle();
    assert.deepEqual(statuses(world), ['UNKNOWN', 'HEALTHY']);
    await world.clock.turn(20_500);
    assert.deepEqual(statuses(world), ['UNKNOWN', 'HEALTHY', 'HEALTHY']);
    world.engine.setHealth(id, 'unhealthy');
    await world.settle();
    assert.deepEqual(statuses(world).at(-1), 'UNHEALTHY');
    await world.kill();
  });

  test('goes on on the next connection', async () => {
    const world = await begin();
    await world.clock.turn(5000);
    world.link.cut();
    await world.clock.turn(1000);
    assert.equal(sent(world, 'PublishMetricsRequest').length, 2);
    await world.kill();
  });
});
