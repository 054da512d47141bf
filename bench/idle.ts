/** What 100 running tasks cost when nothing happens: CPU and memory of control plane and agent. `node bench/idle.ts [--seconds 60]` */
import { parseArgs } from 'node:util';
import { ecsClient } from '../test/e2e/ecs.ts';
import { startWorld } from '../test/e2e/world.ts';
import { cpuSeconds, report, residentMiB, untilTrue } from './lib.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, tasks: { type: 'string', default: '100' } },
});
const [seconds, count] = [Number(values.seconds), Number(values.tasks)];
const world = await startWorld();
const ecs = ecsClient(world);
try {
  await ecs.call('RegisterTaskDefinition', {
    family: 'idle',
    containerDefinitions: [{ name: 'web', image: 'gantry/hello', memory: 16 }],
  });
  await ecs.call('CreateService', {
    serviceName: 'idle',
    taskDefinition: 'idle',
    desiredCount: count,
    launchType: 'EC2',
  });
  await untilTrue(
    'all run',
    async () => (await ecs.call('DescribeServices', { services: ['idle'] })).services?.[0]?.runningCount === count,
    300_000,
    200,
  );
  await new Promise((resolve) => setTimeout(resolve, 20_000)); // let the start settle
  const pids = (['control-plane', 'agent'] as const).map((name) => world.pid(name));
  const before = pids.map(cpuSeconds);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const shares = pids.map((pid, i) => ((cpuSeconds(pid) - (before[i] as number)) / seconds) * 100);
  const memory = pids.map(residentMiB);
  const [cpu, mib] = [shares.reduce((a, b) => a + b, 0), memory.reduce((a, b) => a + b, 0)];
  console.log(
    `control plane ${shares[0]?.toFixed(2)} % ${memory[0]?.toFixed(0)} MiB, agent ${shares[1]?.toFixed(2)} % ${memory[1]?.toFixed(0)} MiB`,
  );
  const [agentCpu = 0, agentMiB = 0] = [shares[1], memory[1]];
  report(`agent alone, CPU`, `${agentCpu.toFixed(2)} % of a core`, '< 1 %', agentCpu < 1);
  report(`agent alone, memory`, `${agentMiB.toFixed(0)} MiB`, '< 100 MiB', agentMiB < 100);
  report(`idle with ${count} tasks, CPU`, `${cpu.toFixed(2)} % of a core`, '< 2 %', cpu < 2);
  report(`idle with ${count} tasks, memory`, `${mib.toFixed(0)} MiB`, '< 250 MiB', mib < 250);
} finally {
  await world.down();
}
