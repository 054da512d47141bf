/**
 * The front door beside moto_server, the usual stand-in for ECS: the same requests from the same client, in turns, and how many
 * of them each server's process answers a second of its CPU time. Gantry verifies signatures and journals every write; moto does neither.
 * `node bench/moto.ts [--seconds 3] [--rounds 3] [--connections 32]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sideOf, type Side } from '../test/differential/sides.ts';
import { skipReason, startMoto } from '../test/differential/servers.ts';
import { furnish } from '../test/differential/ecs-world.ts';
import { Twins } from '../test/differential/twins.ts';
import { startPlane } from '../test/e2e/control-plane.ts';
import { administratorOf, Load, report, type Rate } from './lib.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
  },
});
const ASKED = 15;
const TASKS = 50;
const WARM_UP_SECONDS = 1.5;
const WARM_UP_REQUESTS = 15_000;
const container =
  '"containerDefinitions":[{"name":"web","image":"gantry/hello","memory":32,"portMappings":[{"containerPort":80}]}]';
const CALLS: readonly (readonly [operation: string, body: (n: number) => string])[] = [
  ['DescribeClusters', () => '{"clusters":["default"]}'],
  ['ListTasks', () => '{}'],
  ['RegisterTaskDefinition', (n) => `{"family":"bench-${n}",${container}}`],
];

const missing = skipReason();
if (missing !== false) {
  console.error(missing);
  process.exit(2);
}
const dataDir = mkdtempSync(join(tmpdir(), 'gantry-bench-'));
const plane = await startPlane(dataDir);
const moto = await startMoto().catch(async (error: unknown) => {
  await plane.end();
  throw error;
});
const credentials = administratorOf(join(dataDir, 'credentials.json'));
const connections = Number(values.connections);
const ours = new Load({ endpoint: plane.endpoint, pid: plane.child.pid as number, credentials }, connections);
const theirs = new Load({ endpoint: moto.endpoint, pid: moto.pid, credentials }, connections);

/** The cluster with its tasks, the same on both: to FARGATE, and without an agent they stay as they are. */
async function fill(): Promise<void> {
  const account = (name: Side['name'], endpoint: string): Side => sideOf(name, endpoint, '123456789012');
  const twins = new Twins();
  await furnish(twins, account('gantry', plane.endpoint), account('moto', moto.endpoint));
  const size = '"cpu":"256","memory":"512","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"]';
  for (const [load, side] of [[ours, 'gantry'] as const, [theirs, 'moto'] as const]) {
    await load.call('CreateCluster', '{}');
    await load.call(
      'RegisterTaskDefinition',
      `{"family":"far",${size},"containerDefinitions":[{"name":"a","image":"b","memory":64}]}`,
    );
    const network = `{"awsvpcConfiguration":{"subnets":["${twins.name(side, 'subnet', 0)}"],"securityGroups":[]}}`;
    const run = `{"taskDefinition":"far","launchType":"FARGATE","count":10,"networkConfiguration":${network}}`;
    for (let tasks = 0; tasks < TASKS; tasks += 10) await load.call('RunTask', run);
  }
}

const perCpuSecond = (rates: readonly Rate[]): number =>
  rates.reduce((sum, { requests }) => sum + requests, 0) / rates.reduce((sum, rate) => sum + rate.cpuSeconds, 0);

async function compare(operation: string, body: (n: number) => string): Promise<void> {
  await theirs.run(operation, body, WARM_UP_SECONDS);
  // Compiling hot code costs the first ten thousand calls of a long-running server as much as answering them.
  for (let answered = 0; answered < WARM_UP_REQUESTS;)
    answered += (await ours.run(operation, body, WARM_UP_SECONDS)).requests;
  const [gantry, other]: [Rate[], Rate[]] = [[], []];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    gantry.push(await ours.run(operation, body, Number(values.seconds)));
    other.push(await theirs.run(operation, body, Number(values.seconds)));
  }
  const [a, b] = [perCpuSecond(gantry), perCpuSecond(other)];
  const text = `${(a / b).toFixed(1)} × (${a.toFixed(0)} and ${b.toFixed(0)} a CPU second)`;
  report(operation, text, `≥ ${ASKED} ×`, a >= ASKED * b);
}

try {
  await fill();
  for (const [operation, body] of CALLS) await compare(operation, body);
} finally {
  ours.close();
  theirs.close();
  await Promise.all([plane.end(), moto.stop()]);
  rmSync(dataDir, { recursive: true, force: true });
}
