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
