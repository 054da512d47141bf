/**
 * The front door's cost: requests per CPU second of the control plane (signature check, codec, handler, answer), and durable writes a second.
 * The load comes from this process over keep-alive connections. `node bench/api.ts [--seconds 5]`
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startWorld } from '../test/e2e/world.ts';
import { administratorOf, Load, report } from './lib.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, connections: { type: 'string', default: '32' } },
});
const world = await startWorld('--no-fargate');
const credentials = administratorOf(join(world.dataDir, 'credentials.json'));
const target = { endpoint: world.endpoint, pid: world.pid('control-plane'), credentials };
const client = new Load(target, Number(values.connections));

async function load(
  operation: string,
  body: (n: number) => string,
): Promise<{ perSecond: number; perCpuSecond: number }> {
  await client.run(operation, body, 1.5); // warm-up
  const { requests, wallSeconds, cpuSeconds } = await client.run(operation, body, Number(values.seconds));
  return { perSecond: requests / wallSeconds, perCpuSecond: requests / cpuSeconds };
}

try {
  const describe = await load('DescribeClusters', () => '{"clusters":["default"]}');
  report(
    'DescribeClusters',
    `${describe.perCpuSecond.toFixed(0)} a core second (${describe.perSecond.toFixed(0)}/s)`,
    '≥ 4,000 a core',
    describe.perCpuSecond >= 4000,
  );
  const list = await load('ListTasks', () => '{}');
  report(
    'ListTasks',
    `${list.perCpuSecond.toFixed(0)} a core second (${list.perSecond.toFixed(0)}/s)`,
    '≥ 4,000 a core',
    list.perCpuSecond >= 4000,
  );
  const container =
    '"containerDefinitions":[{"name":"web","image":"gantry/hello","memory":32,"portMappings":[{"containerPort":80}]}]';
  const register = await load('RegisterTaskDefinition', (n) => `{"family":"bench-${n % 50}",${container}}`);
  report(
    'RegisterTaskDefinition',
    `${register.perSecond.toFixed(0)}/s durable (${register.perCpuSecond.toFixed(0)} a core second)`,
    '≥ 1,000/s',
    register.perSecond >= 1000,
  );
} finally {
  client.close();
  await world.down();
}
