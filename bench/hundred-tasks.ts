/**
 * A hundred tasks from create to all running, beside Docker Swarm on the same engine, interleaved in one run; in each network
 * mode that has no addresses of its own to give. `node bench/hundred-tasks.ts [--rounds 3] [--tasks 100] [--modes bridge,host]`
 */
import { parseArgs } from 'node:util';
import { ecsClient } from '../test/e2e/ecs.ts';
import { startWorld } from '../test/e2e/world.ts';
import { median, report, timed, untilTrue } from './lib.ts';
import { docker, Swarm } from './swarm.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    tasks: { type: 'string', default: '100' },
    modes: { type: 'string', default: 'bridge,host' },
  },
});
const tasks = Number(values.tasks);
const modes = values.modes.split(',');
const swarm = await Swarm.start();
const world = await startWorld();
const ecs = ecsClient(world);

async function gantry(mode: string, round: number): Promise<number> {
  const service = `${mode}-${round}`;
  const running = async (): Promise<boolean> =>
    (await ecs.call('DescribeServices', { services: [service] })).services?.[0]?.runningCount === tasks;
  const ms = await timed(async () => {
    const wanted = { serviceName: service, taskDefinition: mode, desiredCount: tasks, launchType: 'EC2' } as const;
    await ecs.call('CreateService', wanted);
    await untilTrue('gantry runs them all', running, 300_000, 50);
  });
  await ecs.call('DeleteService', { service, force: true });
  const label = `label=com.amazonaws.ecs.task-definition-family=${mode}`;
  const isQuiet = async (): Promise<boolean> => (await docker('ps', '-q', '--filter', label)).trim() === '';
  await untilTrue('gantry is quiet again', isQuiet, 300_000, 200);
  return ms;
}

try {
  for (const networkMode of modes)
    await ecs.call('RegisterTaskDefinition', {
      family: networkMode,
      networkMode: networkMode as 'bridge',
      containerDefinitions: [
        {
          name: 'web',
          image: 'gantry/hello',
          memory: 16,
          // Only one can have the host's port 80.
          ...(networkMode === 'host' ? { entryPoint: ['/bin/sh', '-c'], command: ['sleep 100000'] } : {}),
        },
      ],
    });
  const rates = new Map<string, number[]>(modes.map((mode) => [mode, []]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const theirs = await timed(async () => {
      await swarm.create(`hundred-${round}`, tasks);
      await swarm.running(`hundred-${round}`, tasks);
    });
    await swarm.remove(`hundred-${round}`);
    let line = `round ${round}: swarm ${(theirs / 1000).toFixed(1)} s`;
    for (const mode of modes) {
      const ours = await gantry(mode, round);
      rates.get(mode)?.push(theirs / ours);
      line += `, ${mode} ${(ours / 1000).toFixed(1)} s (${(theirs / ours).toFixed(2)} ×)`;
    }
    console.log(line);
  }
  for (const [mode, list] of rates) {
    const ratio = median(list);
    report(`${tasks} tasks, ${mode}`, `${ratio.toFixed(2)} × swarm's rate`, '≥ 1.5 ×', ratio >= 1.5);
  }
} finally {
  await swarm.leave();
  await world.down();
}
