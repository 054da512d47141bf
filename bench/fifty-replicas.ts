/**
 * Fifty replicas from create to all running, beside Docker Swarm on the same engine, interleaved in one run.
 * Starts a one-node swarm and leaves it again; refuses when the engine is already in one. `node bench/fifty-replicas.ts [--rounds 3]`
 */
import { parseArgs } from 'node:util';
import { ecsClient } from '../test/e2e/ecs.ts';
import { command, startWorld } from '../test/e2e/world.ts';
import { median, report, timed, untilTrue } from './lib.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, replicas: { type: 'string', default: '50' } },
});
const replicas = Number(values.replicas);
const docker = (...args: string[]): Promise<string> => command('docker', args);

if ((await docker('info', '--format', '{{.Swarm.LocalNodeState}}')).trim() !== 'inactive') {
  throw new Error('This engine is already part of a swarm; the bench would disturb it. Run it on another engine.');
}
const world = await startWorld();
const ecs = ecsClient(world);
await ecs.call('RegisterTaskDefinition', {
  family: 'fifty',
  containerDefinitions: [{ name: 'web', image: 'gantry/hello', memory: 16 }],
});

async function swarm(round: number): Promise<number> {
  const name = `gantry-bench-${round}`;
  const ms = await timed(async () => {
    await docker(
      'service',
      'create',
      '--detach',
      '--no-resolve-image',
      '--limit-memory',
      '16M',
      '--name',
      name,
      '--replicas',
      String(replicas),
      'gantry/hello',
    );
    await untilTrue(
      'swarm runs them all',
      async () =>
        (await docker('service', 'ls', '--filter', `name=${name}`, '--format', '{{.Replicas}}')).trim() ===
        `${replicas}/${replicas}`,
      300_000,
      20,
    );
  });
  await docker('service', 'rm', name);
  await untilTrue(
    'swarm is quiet again',
    async () => (await docker('ps', '-q', '--filter', `label=com.docker.swarm.service.name=${name}`)).trim() === '',
    300_000,
    200,
  );
  return ms;
}

async function gantry(round: number): Promise<number> {
  const serviceName = `fifty-${round}`;
  const ms = await timed(async () => {
    await ecs.call('CreateService', {
      serviceName,
      taskDefinition: 'fifty',
      desiredCount: replicas,
      launchType: 'EC2',
    });
    await untilTrue(
      'gantry runs them all',
      async () => {
        const service = (await ecs.call('DescribeServices', { services: [serviceName] })).services?.[0];
        return (
          service?.runningCount === replicas &&
          (service.events ?? []).some((e) => e.message?.includes('steady state') === true)
        );
      },
      300_000,
      20,
    );
  });
  await ecs.call('DeleteService', { service: serviceName, force: true });
  await untilTrue(
    'gantry is quiet again',
    async () =>
      (await docker('ps', '-q', '--filter', 'label=com.amazonaws.ecs.task-definition-family=fifty')).trim() === '',
    300_000,
    200,
  );
  return ms;
}

try {
  await docker('swarm', 'init', '--advertise-addr', '127.0.0.1');
  const ratios: number[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const theirs = await swarm(round);
    const ours = await gantry(round);
    ratios.push(ours / theirs);
    console.log(
      `round ${round}: swarm ${(theirs / 1000).toFixed(1)} s, gantry ${(ours / 1000).toFixed(1)} s, ${(ours / theirs).toFixed(2)} ×`,
    );
  }
  report(
    `${replicas} replicas to steady state`,
    `${median(ratios).toFixed(2)} × swarm`,
    '≤ 1.0 ×, aiming for 0.6 ×',
    median(ratios) <= 1,
  );
} finally {
  await docker('swarm', 'leave', '--force').catch(() => '');
  await world.down();
}
