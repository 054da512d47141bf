/**
 * `npm run endurance -- [--tasks 1000] [--of-each 10]`: starts and stops tasks of every sort in waves, on the real engine,
 * and counts after each wave what is left of them. Ends with 1 when something leaked. Half an hour for a thousand.
 */
import { parseArgs } from 'node:util';
import { atRest, leaksBetween, weightsOf, type Weights } from './census.ts';
import { Churn } from './churn.ts';
import { ecsClient } from './ecs.ts';
import { startWorld } from './world.ts';

const { values } = parseArgs({
  options: { tasks: { type: 'string', default: '1000' }, 'of-each': { type: 'string', default: '10' } },
});
const ofEach = Number(values['of-each']);
process.env['ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION'] = '1s';

const world = await startWorld();
try {
  const churn = new Churn(ecsClient(world));
  await churn.register();
  await churn.wave(ofEach);
  const before = await atRest(world, churn.taskIds);
  console.log(`after ${churn.taskIds.size} tasks, at rest: ${JSON.stringify(before)}`);
  let leaks: readonly string[] = [];
  while (churn.taskIds.size < Number(values.tasks)) {
    const startedAt = performance.now();
    await churn.wave(ofEach);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    leaks = leaksBetween(before, await atRest(world, churn.taskIds));
    console.log(
      `${churn.taskIds.size} tasks, a wave in ${seconds} s; ${weights(weightsOf(world))}; ${leaks.join(', ') || 'no leak'}`,
    );
  }
  if (leaks.length > 0) process.exitCode = 1;
} finally {
  await world.down();
}

function weights({ controlPlaneMiB, agentMiB, checkpointKiB }: Weights): string {
  return `control plane ${controlPlaneMiB.toFixed(0)} MiB, agent ${agentMiB.toFixed(0)} MiB, checkpoints ${checkpointKiB.toFixed(0)} KiB`;
}
