/** `npm run sim -- [--seeds 1000] [--from 1] [--steps 12] [--seed N]`: many worlds, one after another, until one breaks a law. */
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
for (let seed = from; seed < from + count; seed += 1) {
  const result = await simulate(seed, Number(values.steps));
  tasks += result.tasks;
  if (count === 1 || seed % 50 === 0)
    console.log(`seed ${seed}: ${result.tasks} tasks, ${(result.elapsedMs / 3_600_000).toFixed(1)} h of fake time`);
}
console.log(`${count} seeds, ${tasks} tasks, every law held`);
