/**
 * Requests that fail while a service behind a load balancer is deployed anew, scaled, and its tasks are killed: none may, but those
 * in flight on a container that is killed. Real engine, real HAProxy; every kind of deployment.
 * `node bench/traffic.ts [--deployments 20] [--scalings 20] [--kills 10] [--clients 8] [--only canary]`
 */
import { parseArgs } from 'node:util';
import { startLoad } from '../test/e2e/load.ts';
import { openShop, type ShopOptions } from '../test/e2e/shop.ts';
import { command, startWorld, until } from '../test/e2e/world.ts';
import { report } from './lib.ts';

const { values } = parseArgs({
  options: {
    deployments: { type: 'string', default: '20' },
    scalings: { type: 'string', default: '20' },
    kills: { type: 'string', default: '10' },
    clients: { type: 'string', default: '8' },
    only: { type: 'string' },
  },
});
const clients = Number(values.clients);
const KINDS: Readonly<Record<string, ShopOptions>> = {
  rolling: { networkMode: 'bridge' },
  'rolling-awsvpc': { networkMode: 'awsvpc' },
  'blue-green': { networkMode: 'awsvpc', deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0 } },
  canary: {
    networkMode: 'bridge',
    deploymentConfiguration: {
      strategy: 'CANARY',
      canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 0 },
    },
  },
  linear: {
    networkMode: 'awsvpc',
    deploymentConfiguration: { strategy: 'LINEAR', linearConfiguration: { stepPercent: 25, stepBakeTimeInMinutes: 0 } },
  },
};

const world = await startWorld('--healthy-after', '1s');

async function deployments(name: string, options: ShopOptions): Promise<void> {
  const shop = await openShop(world, name, { ...options, deregistrationDelaySeconds: 2 });
  const load = startLoad(shop.port, clients);
  for (let round = 0; round < Number(values.deployments); round += 1) {
    await shop.update('--force-new-deployment');
    await shop.stable();
  }
  await load.stop();
  const { done, failed } = load.told();
  report(
    `${name}: ${values.deployments} deployments`,
    `${failed.length} of ${done} requests failed`,
    '0',
    failed.length === 0,
  );
  for (const text of new Set(failed)) console.log(`  ${text.slice(0, 160)}`);
  await shop.update('--desired-count', '0');
}

async function scaling(): Promise<void> {
  const shop = await openShop(world, 'scaling', { networkMode: 'awsvpc', deregistrationDelaySeconds: 2 });
  const load = startLoad(shop.port, clients);
  for (let round = 0; round < Number(values.scalings); round += 1)
    for (const count of ['4', '2']) {
      await shop.update('--desired-count', count);
      await until(`${count} tasks`, async () => (await shop.describe()).runningCount === Number(count));
    }
  await load.stop();
  const { done, failed } = load.told();
  report(
    `${values.scalings} scale-outs and scale-ins`,
    `${failed.length} of ${done} requests failed`,
    '0',
    failed.length === 0,
  );
  await shop.update('--desired-count', '0');
}

/** Containers are killed under load: at most what they were answering may fail, a request of each client at most. */
async function kills(): Promise<void> {
  const shop = await openShop(world, 'kills', { networkMode: 'awsvpc', deregistrationDelaySeconds: 2 });
  const load = startLoad(shop.port, clients);
  let worst = 0;
  for (let round = 0; round < Number(values.kills); round += 1) {
    const before = load.told().failed.length;
    const ids = await command('docker', ['ps', '-q', '--filter', 'label=com.amazonaws.ecs.container-name=web']);
    await command('docker', ['kill', ids.trim().split('\n')[0] ?? '']);
    await until('two healthy targets again', async () => {
      const { TargetHealthDescriptions: found } = await world.aws<{
        TargetHealthDescriptions: { TargetHealth: { State: string } }[];
      }>('elbv2', 'describe-target-health', '--target-group-arn', shop.group);
      return found.filter(({ TargetHealth }) => TargetHealth.State === 'healthy').length >= 2;
    });
    worst = Math.max(worst, load.told().failed.length - before);
  }
  await load.stop();
  report(
    `${values.kills} kills`,
    `at most ${worst} requests failed at one`,
    `<= ${clients}, the clients there are`,
    worst <= clients,
  );
  for (const text of new Set(load.told().failed)) console.log(`  ${text.slice(0, 160)}`);
}

try {
  for (const [name, options] of Object.entries(KINDS))
    if (values.only === undefined || values.only === name) await deployments(name, options);
  if (values.only === undefined || values.only === 'scaling') await scaling();
  if (values.only === undefined || values.only === 'kills') await kills();
} finally {
  await world.down();
}
