/**
 * `npm run sim -- [--seeds 1000] [--from 1] [--steps 12] [--seed N]`: many worlds, one after another. With `--events 10000` each
 * is one whose agents are told badly of so many events of their engines.
 */
import { parseArgs } from 'node:util';
import { simulateEvents } from '@gantry/testkit/sim/events.ts';
import { simulate } from '@gantry/testkit/sim/simulate.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string', default: '12' },
    seed: { type: 'string' },
    events: { type: 'string' },
  },
});
const from = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const play = async (seed: number): Promise<{ readonly tasks: number; readonly text: string }> => {
  if (values.events !== undefined) {
    const { tasks, events } = await simulateEvents(seed, Number(values.events));
    return { tasks, text: `${events} events of engines` };
  }
  const { tasks, elapsedMs } = await simulate(seed, Number(values.steps));
  return { tasks, text: `${(elapsedMs / 3_600_000).toFixed(1)} h of fake time` };
};
const every = values.events === undefined ? 50 : 1;
let tasks = 0;
let failures = 0;
for (let seed = from; seed < from + count; seed += 1) {
  const result = await play(seed).catch((error: unknown) => {
    console.error(
      error instanceof Error ? `${error.message}\n${values.seed === undefined ? '' : (error.stack ?? '')}` : error,
    );
    failures += 1;
    return { tasks: 0, text: 'failed' };
  });
  tasks += result.tasks;
  if (count === 1 || seed % every === 0) console.log(`seed ${seed}: ${result.tasks} tasks, ${result.text}`);
}
console.log(`${count} seeds, ${tasks} tasks, ${failures === 0 ? 'every law held' : `${failures} seeds broke a law`}`);
process.exitCode = failures === 0 ? 0 : 1;
