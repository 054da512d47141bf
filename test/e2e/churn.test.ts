import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { atRest, leaksBetween } from './census.ts';
import { Churn } from './churn.ts';
import { ecsClient } from './ecs.ts';
import { startWorld, type World } from './world.ts';

let world: World;

before(async () => {
  // Stopped tasks are cleaned up at once, and not after ten minutes.
  process.env['ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION'] = '1s';
  world = await startWorld();
});
after(async () => {
  delete process.env['ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION'];
  await world?.down();
});

test('60 starts and stops leave nothing: no container, namespace, wire, rule, cgroup, mount, file or descriptor', async () => {
  const churn = new Churn(ecsClient(world));
  await churn.register();
  await churn.wave(3); // what is made at first use is there after it
  const before = await atRest(world, churn.taskIds);
  for (let wave = 0; wave < 3; wave += 1) await churn.wave(4);
  const after = await atRest(world, churn.taskIds);
  assert.deepEqual(leaksBetween(before, after), []);
});
