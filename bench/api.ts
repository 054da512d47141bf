/**
 * The front door's cost: requests per CPU second of the control plane (signature check, codec, handler, answer), and durable writes a second.
 * The load comes from this process over keep-alive connections. `node bench/api.ts [--seconds 5]`
 */
import { Agent, request } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sign } from '@gantry/protocol';
import { startWorld } from '../test/e2e/world.ts';
import { cpuSeconds, report } from './lib.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, connections: { type: 'string', default: '32' } },
});
const world = await startWorld('--no-fargate');
const pid = world.pid('control-plane');
const url = new URL(world.endpoint);
const agent = new Agent({ keepAlive: true, maxSockets: Number(values.connections) });
const { administrator } = JSON.parse(readFileSync(join(world.dataDir, 'credentials.json'), 'utf8')) as {
  administrator: { accessKeyId: string; secretAccessKey: string };
};

function call(operation: string, body: string): Promise<number> {
  const headers = sign(
    {
      method: 'POST',
      path: '/',
      query: '',
      headers: {
        host: url.host,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
      },
      body: Buffer.from(body),
    },
    administrator,
    { service: 'ecs', region: 'us-east-1', now: Date.now() },
  );
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: url.hostname,
        port: url.port,
        method: 'POST',
        path: '/',
        agent,
        headers,
      },
      (answer) => {
        answer.resume();
        answer.once('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** Keeps `connections` requests in flight for some seconds. */
async function load(
  operation: string,
  body: (n: number) => string,
): Promise<{ perSecond: number; perCpuSecond: number }> {
  let sent = 0;
  const lane = async (until: number): Promise<void> => {
    while (performance.now() < until) {
      const status = await call(operation, body((sent += 1)));
      if (status !== 200) throw new Error(`${operation} answered ${status}`);
    }
  };
  const lanes = (until: number): Promise<unknown> =>
    Promise.all(Array.from({ length: Number(values.connections) }, () => lane(until)));
  await lanes(performance.now() + 1_500); // warm-up
  sent = 0;
  const [wall, cpu] = [performance.now(), cpuSeconds(pid)];
  await lanes(wall + Number(values.seconds) * 1_000);
  const seconds = (performance.now() - wall) / 1_000;
  return { perSecond: sent / seconds, perCpuSecond: sent / (cpuSeconds(pid) - cpu) };
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
  agent.destroy();
  await world.down();
}
