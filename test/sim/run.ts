/** `npm run sim -- [--seeds 1000] [--from 1] [--steps 12] [--seed N]`: many worlds, one after another. */
import { parseArgs } from 'node:util';
import { simulate } from '@gantry/testkit/sim/simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string', default: '12' },
    seed: { type: 'string' },
  },
});
const from = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
let tasks = 0;
let failures = 0;
for (let seed = from; seed < from + count; seed += 1) {
  const result = await simulate(seed, Number(values.steps)).catch((error: unknown) => {
    console.error(
      error instanceof Error ? `${error.message}\n${values.seed === undefined ? '' : (error.stack ?? '')}` : error,
    );
    failures += 1;
    return { tasks: 0, elapsedMs: 0 };
  });
  tasks += result.tasks;
  if (count === 1 || seed % 50 === 0)
    console.log(`seed ${seed}: ${result.tasks} tasks, ${(result.elapsedMs / 3_600_000).toFixed(1)} h of fake time`);
}
console.log(`${count} seeds, ${tasks} tasks, ${failures === 0 ? 'every law held' : `${failures} seeds broke a law`}`);
process.exitCode = failures === 0 ? 0 : 1;
