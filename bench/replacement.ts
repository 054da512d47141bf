/**
 * A container is killed, and its replacement runs: a service of Gantry and one of Docker Swarm on the same engine, in turns.
 * Swarm's is there when the engine lists its container, Gantry's when DescribeTasks says RUNNING. `node bench/replacement.ts [--rounds 15]`
 */
import { parseArgs } from 'node:util';
import { ecsClient } from '../test/e2e/ecs.ts';
import { startWorld } from '../test/e2e/world.ts';
import { median, quantile, report, timed, untilTrue } from './lib.ts';
import { docker, Swarm } from './swarm.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
const rounds = Number(values.rounds);
const swarm = await Swarm.start();
const world = await startWorld();
const ecs = ecsClient(world);

async function running(): Promise<readonly string[]> {
  const { taskArns } = await ecs.call('ListTasks', { serviceName: 'kept' });
  if (taskArns === undefined || taskArns.length === 0) return [];
  const { tasks } = await ecs.call('DescribeTasks', { tasks: taskArns });
  return (tasks ?? []).flatMap((t) => (t.lastStatus === 'RUNNING' ? [t.taskArn as string] : []));
}

async function ours(): Promise<number> {
  const [victim] = await running();
  const id = (await docker('ps', '-q', '--filter', `label=com.amazonaws.ecs.task-arn=${victim}`)).trim();
  await docker('kill', id); // back when the signal is sent: the clock runs from there
  return timed(() =>
    untilTrue('replaced', async () => {
      const now = await running();
      return now.length === 1 && now[0] !== victim;
    }),
  );
}

async function theirs(): Promise<number> {
  const up = async (): Promise<string> =>
    (await docker('ps', '-q', '--filter', 'label=com.docker.swarm.service.name=kept')).trim();
  const victim = await up();
  await docker('kill', victim);
  return timed(() =>
    untilTrue('replaced', async () => {
      const now = await up();
      return now !== '' && now !== victim;
    }),
  );
}

try {
  await ecs.call('RegisterTaskDefinition', {
    family: 'kept',
    containerDefinitions: [{ name: 'web', image: 'gantry/hello', memory: 16 }],
  });
  const wanted = { serviceName: 'kept', taskDefinition: 'kept', desiredCount: 1, launchType: 'EC2' } as const;
  await ecs.call('CreateService', wanted);
  // Swarm waits five seconds before it restarts a task unless it is told not to: it is told.
  const flags = ['--detach', '--no-resolve-image', '--limit-memory', '16M', '--restart-delay', '0s', '--name', 'kept'];
  await docker('service', 'create', ...flags, 'gantry/hello');
  await swarm.running('kept', 1);
  await untilTrue('gantry runs', async () => (await running()).length === 1);
  const [gantryMs, swarmMs]: [number[], number[]] = [[], []];
  for (let round = -1; round < rounds; round += 1) {
    const one = [await ours(), await theirs()] as const;
    if (round < 0) continue; // warm-up
    gantryMs.push(one[0]);
    swarmMs.push(one[1]);
  }
  for (const [name, list] of [
    ['gantry', gantryMs],
    ['swarm', swarmMs],
  ] as const)
    console.log(`${name.padEnd(7)} p50 ${median(list).toFixed(0)} ms, p95 ${quantile(list, 0.95).toFixed(0)} ms`);
  const ratio = median(gantryMs) / median(swarmMs);
  report('killed → RUNNING again, p50', `${ratio.toFixed(2)} × swarm`, '≤ 0.75 ×', ratio <= 0.75);
} finally {
  await swarm.leave();
  await world.down();
}
