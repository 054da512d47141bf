import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aContainer, aTask, taskArn } from '../testing/payloads.ts';
import { AgentWorld } from '../testing/world.ts';

const RESYNC_MS = 120_000;
const restartPolicy = { enabled: true, ignoredExitCodes: [], restartAttemptPeriod: 60 };

async function worldWith(...args: Parameters<typeof aContainer>): Promise<AgentWorld> {
  const world = new AgentWorld({
    engineLatencyMs: 7,
    config: { resyncMs: RESYNC_MS },
    images: { 'checked:1': { health: [] } },
  });
  await world.start();
  world.plane.payload(aTask(1, [aContainer(...args)]));
  await world.clock.turn(1_000);
  return world;
}

const idOf = (world: AgentWorld): string =>
  world.engine.containers().find(({ labels }) => 'gantry.agent' in labels)?.id ?? '';

describe('a death that the look and the event both tell', () => {
  // A look takes two calls: the death falls before, into and after them.
  for (let offsetMs = -30; offsetMs <= 30; offsetMs += 3) {
    test(`${offsetMs} ms after the look is one death: the container is restarted once and goes on`, async () => {
      const world = await worldWith('web', { restartPolicy });
      const lookMs = world.engine.calls.findLast(({ call }) => call === 'listContainers')?.atMs ?? 0;
      await world.clock.turn(lookMs + 7 + RESYNC_MS + offsetMs - world.clock.now());
      world.engine.kill(idOf(world));
      await world.clock.turn(10_000);
      assert.deepEqual(world.containers(), ['web running']);
      assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING web:RUNNING']);
      world.engine.kill(idOf(world));
      await world.clock.turn(10_000);
      assert.equal(world.plane.told(taskArn(1)).at(-1), 'STOPPED web:STOPPED(137)', 'within the period');
      await world.kill();
    });
  }
});

describe('health that changes', () => {
  const healthCheck = { healthCheckType: 'docker', config: { Healthcheck: { Test: ['CMD', 'x'] } } } as const;
  const lastSaid = (world: AgentWorld): unknown => {
    const frames = world.plane.received.filter(({ type }) => type === 'PublishHealthRequest');
    const tasks = frames.at(-1)?.message['tasks'] as { containers: { healthStatus: string }[] }[] | undefined;
    return tasks?.[0]?.containers[0]?.healthStatus;
  };

  test('while the event stream is broken is seen when it is back', async () => {
    const world = await worldWith('web', { image: 'checked:1', ...healthCheck });
    world.engine.goDown({ keepContainers: true });
    world.engine.setHealth(idOf(world), 'healthy');
    await world.clock.turn(5_000);
    world.engine.comeUp();
    await world.clock.turn(5_000);
    assert.equal(lastSaid(world), 'HEALTHY');
    await world.kill();
  });

  test('and was told is not told again when the event stream breaks', async () => {
    const world = await worldWith('web', { image: 'checked:1', ...healthCheck });
    for (const verdict of ['healthy', 'unhealthy', 'healthy'] as const) {
      world.engine.setHealth(idOf(world), verdict);
      await world.clock.turn(500);
    }
    const said = world.plane.received.length;
    world.engine.breakEvents();
    await world.clock.turn(5_000);
    const since = world.plane.received.slice(said).filter(({ type }) => type === 'PublishHealthRequest');
    assert.deepEqual(since, []);
    assert.equal(lastSaid(world), 'HEALTHY');
    await world.kill();
  });

  test('while a look is on its way is newer than what the look tells', async () => {
    const world = await worldWith('web', { image: 'checked:1', ...healthCheck });
    const list = world.engine.listContainers.bind(world.engine);
    let changed = 0;
    world.engine.listContainers = async (label) => {
      const listed = await list(label);
      world.engine.setHealth(idOf(world), 'healthy');
      changed += 1;
      await world.clock.sleep(20);
      return listed;
    };
    await world.clock.turn(RESYNC_MS + 30_000);
    assert.equal(changed, 1);
    assert.equal(lastSaid(world), 'HEALTHY');
    await world.kill();
  });
});
