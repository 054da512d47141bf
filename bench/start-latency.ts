/**
 * How much Gantry adds to the engine: RunTask → RUNNING, and kill → RUNNING again, each beside the bare engine's create + start of
 * the same container on the bridge, interleaved in one run, in the engine's default runtime; FARGATE beside the bare engine in the
 * runtime that FARGATE tasks get. For another default runtime, name an engine that has it in DOCKER_HOST.
 * `node bench/start-latency.ts [--rounds 20]`
 */
import { parseArgs } from 'node:util';
import { DockerEngine } from '@gantry/agent/engine/docker.ts';
import { ecsClient } from '../test/e2e/ecs.ts';
import { command, startWorld } from '../test/e2e/world.ts';
import { median, quantile, report, timed, untilTrue } from './lib.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
const rounds = Number(values.rounds);
const socketPath = process.env['DOCKER_HOST']?.replace('unix://', '');
const engine = new DockerEngine(socketPath === undefined ? {} : { socketPath });
const world = await startWorld();
const ecs = ecsClient(world);

const bareSpec = {
  Image: 'gantry/hello',
  Labels: { 'gantry.bench': 'bare' },
  HostConfig: {
    Memory: 32 << 20,
    CpuShares: 64,
    NetworkMode: 'bridge',
    LogConfig: { Type: 'json-file', Config: {} },
    PortBindings: { '80/tcp': [{ HostPort: '' }] },
  },
  ExposedPorts: { '80/tcp': {} },
};
const families = {
  bridge: { launchType: 'EC2' as const, network: undefined },
  awsvpc: { launchType: 'EC2' as const, network: [await anySubnet()] },
  fargate: { launchType: 'FARGATE' as const, network: [await anySubnet()] },
};
await ecs.call('RegisterTaskDefinition', {
  family: 'bridge',
  containerDefinitions: [
    { name: 'web', image: 'gantry/hello', memory: 32, cpu: 64, portMappings: [{ containerPort: 80 }] },
  ],
});
await ecs.call('RegisterTaskDefinition', {
  family: 'awsvpc',
  networkMode: 'awsvpc',
  containerDefinitions: [
    { name: 'web', image: 'gantry/hello', memory: 32, cpu: 64, portMappings: [{ containerPort: 80 }] },
  ],
});
await ecs.call('RegisterTaskDefinition', {
  family: 'fargate',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  containerDefinitions: [{ name: 'web', image: 'gantry/hello', portMappings: [{ containerPort: 80 }] }],
});

async function anySubnet(): Promise<string> {
  const { subnets } = JSON.parse(await world.gantry('status', '--json')) as { subnets: { subnetId: string }[] };
  return subnets[0]?.subnetId as string;
}

async function bare(round: number, runtime?: string): Promise<number> {
  let id = '';
  const name = `gantry-bench-${process.pid}-${runtime ?? 'default'}-${round}`;
  const HostConfig = { ...bareSpec.HostConfig, ...(runtime === undefined ? {} : { Runtime: runtime }) };
  const ms = await timed(async () => {
    ({ id } = await engine.createContainer(name, { ...bareSpec, HostConfig }));
    await engine.startContainer(id);
  });
  await engine.stopContainer(id, { timeoutS: 0 });
  await engine.removeContainer(id);
  return ms;
}

async function task(family: keyof typeof families): Promise<number> {
  const { launchType, network } = families[family];
  let arn = '';
  const ms = await timed(async () => {
    const { tasks, failures } = await ecs.call('RunTask', {
      taskDefinition: family,
      launchType,
      ...(network === undefined ? {} : { networkConfiguration: { awsvpcConfiguration: { subnets: network } } }),
    });
    arn = tasks?.[0]?.taskArn as string;
    if (arn === undefined) throw new Error(JSON.stringify(failures));
    await untilTrue(
      `${family} task runs`,
      async () => (await ecs.call('DescribeTasks', { tasks: [arn] })).tasks?.[0]?.lastStatus === 'RUNNING',
    );
  });
  if (family === 'fargate') await noteRuntime(arn);
  await ecs.call('StopTask', { task: arn });
  await untilTrue(
    'it stops',
    async () => (await ecs.call('DescribeTasks', { tasks: [arn] })).tasks?.[0]?.lastStatus === 'STOPPED',
    60_000,
    20,
  );
  return ms;
}

let fargateRuntime: string | undefined;

async function noteRuntime(arn: string): Promise<void> {
  if (fargateRuntime !== undefined) return;
  const id = (await command('docker', ['ps', '-q', '--filter', `label=com.amazonaws.ecs.task-arn=${arn}`])).trim();
  const [first = ''] = id.split('\n');
  fargateRuntime = (await command('docker', ['inspect', '--format', '{{.HostConfig.Runtime}}', first])).trim();
}

async function replacement(): Promise<number> {
  const running = async (): Promise<string[]> => {
    const { taskArns } = await ecs.call('ListTasks', { serviceName: 'kept' });
    if (taskArns === undefined || taskArns.length === 0) return [];
    const { tasks } = await ecs.call('DescribeTasks', { tasks: taskArns });
    return (tasks ?? []).filter((t) => t.lastStatus === 'RUNNING').map((t) => t.taskArn as string);
  };
  await untilTrue('the service runs', async () => (await running()).length === 1, 60_000, 20);
  const [victim] = await running();
  const id = (await command('docker', ['ps', '-q', '--filter', `label=com.amazonaws.ecs.task-arn=${victim}`])).trim();
  await command('docker', ['kill', id]); // back when the signal is sent: the clock runs from there
  return timed(async () => {
    await untilTrue('replaced', async () => {
      const now = await running();
      return now.length === 1 && now[0] !== victim;
    });
  });
}

try {
  await ecs.call('CreateService', {
    serviceName: 'kept',
    taskDefinition: 'bridge',
    desiredCount: 1,
    launchType: 'EC2',
  });
  const samples = {
    bare: [] as number[],
    bridge: [] as number[],
    awsvpc: [] as number[],
    fargate: [] as number[],
    bareFargate: [] as number[],
    replacement: [] as number[],
  };
  for (let round = -2; round < rounds; round += 1) {
    const one = {
      bare: await bare(round),
      bridge: await task('bridge'),
      awsvpc: await task('awsvpc'),
      fargate: await task('fargate'),
      bareFargate: await bare(round, fargateRuntime),
      replacement: await replacement(),
    };
    if (round < 0) continue; // warm-up
    for (const name of Object.keys(samples) as (keyof typeof samples)[]) samples[name].push(one[name]);
  }
  const base = median(samples.bare);
  const runtime = (await command('docker', ['info', '--format', '{{.DefaultRuntime}}'])).trim();
  console.log(`default runtime ${runtime}, of FARGATE tasks ${fargateRuntime}`);
  for (const [name, list] of Object.entries(samples)) {
    console.log(
      `${name.padEnd(12)} p50 ${median(list).toFixed(0)} ms, p95 ${quantile(list, 0.95).toFixed(0)} ms, ${(median(list) / base).toFixed(2)} × bare`,
    );
  }
  const judged = (name: string, list: readonly number[], beside: number, most: number): void => {
    const ratio = median(list) / beside;
    report(name, `${ratio.toFixed(2)} ×`, `≤ ${most} ×`, ratio <= most);
  };
  judged(`RunTask → RUNNING, bridge, ${runtime}`, samples.bridge, base, 1.1);
  judged(`RunTask → RUNNING, awsvpc, ${runtime}`, samples.awsvpc, base, 0.8);
  judged(`RunTask → RUNNING, FARGATE, ${fargateRuntime}`, samples.fargate, median(samples.bareFargate), 0.8);
  judged('killed → RUNNING again', samples.replacement, base, 1.5);
} finally {
  await world.down();
  await engine.close();
}
