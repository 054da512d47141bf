/** `npm run differential -- [--service ecs] [--seeds 200] [--from 1] [--steps 60] [--seed N]`: more seeds than the test plays. */
import { parseArgs } from 'node:util';
import { BOOKS } from './books.ts';
import { judge } from './explanation.ts';
import { playMany } from './many.ts';
import { skipReason, startGantry, startMoto, type Server } from './servers.ts';

const { values } = parseArgs({
  options: {
    service: { type: 'string' },
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string', default: '60' },
    seed: { type: 'string' },
  },
});
const missing = skipReason();
const wanted = BOOKS.filter(({ book }) => values.service === undefined || book.service === values.service);
if (missing !== false || wanted.length === 0) {
  const known = BOOKS.map(({ book }) => book.service).join(', ');
  console.error(missing === false ? `There is no service ${values.service}. There are: ${known}.` : missing);
  process.exit(2);
}
const from = Number(values.seed ?? values.from);
const seeds = values.seed === undefined ? Number(values.seeds) : 1;
const gantry = await startGantry();
let moto: Server | undefined;
try {
  moto = await startMoto();
  const endpoints = { gantry: gantry.endpoint, moto: moto.endpoint };
  for (const { book, explained } of wanted) {
    const { findings, made } = await playMany(book, { from, seeds, steps: Number(values.steps) }, endpoints);
    console.log(`\n# ${book.service}`);
    for (const [operation, { calls, done }] of made) {
      console.log(`${operation}: ${calls} calls, ${done} carried out by both`);
    }
    const verdict = judge(findings, explained);
    for (const one of verdict.unexplained) console.log(`\n${one}`);
    const left = verdict.unexplained.length;
    console.log(`\n${seeds} seeds: ${verdict.explained} differences explained, ${left} classes are not`);
    if (left > 0) process.exitCode = 1;
  }
} finally {
  await Promise.all([gantry.stop(), moto?.stop()]);
}
