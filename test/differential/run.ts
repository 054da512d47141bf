/** `npm run differential -- [--seeds 200] [--from 1] [--steps 60] [--seed N]`: more seeds than the test plays. */
import { parseArgs } from 'node:util';
import { EXPLAINED } from './explained.ts';
import { judge } from './explanation.ts';
import { playMany } from './many.ts';
import { skipReason, startGantry, startMoto, type Server } from './servers.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string', default: '60' },
    seed: { type: 'string' },
  },
});
const missing = skipReason();
if (missing !== false) {
  console.error(missing);
  process.exit(2);
}
const from = Number(values.seed ?? values.from);
const seeds = values.seed === undefined ? Number(values.seeds) : 1;
const gantry = await startGantry();
let moto: Server | undefined;
try {
  moto = await startMoto();
  const endpoints = { gantry: gantry.endpoint, moto: moto.endpoint };
  const { findings, made } = await playMany({ from, seeds, steps: Number(values.steps) }, endpoints);
  const { unexplained, explained, idle } = judge(findings, EXPLAINED);
  for (const [operation, { calls, done }] of made) {
    console.log(`${operation}: ${calls} calls, ${done} carried out by both`);
  }
  for (const one of unexplained) console.log(`\n${one}`);
  console.log(`\n${seeds} seeds: ${explained} differences explained, ${unexplained.length} classes are not`);
  if (seeds >= 40) for (const { of, at } of idle) console.log(`never needed: ${of.source} ${at.source}`);
  process.exitCode = unexplained.length === 0 ? 0 : 1;
} finally {
  await Promise.all([gantry.stop(), moto?.stop()]);
}
