import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ContainerDefinition, Task } from '@aws-sdk/client-ecs';
import { ecsClient } from './ecs.ts';
import { command, startWorld, until, type World } from './world.ts';

let world: World;
let ecs: ReturnType<typeof ecsClient>;
let families = 0;

before(async () => {
  world = await startWorld();
  ecs = ecsClient(world);
});
after(async () => {
  await world?.down();
});

const shell = (script: string, more: Partial<ContainerDefinition> = {}): ContainerDefinition => ({
  name: 'main',
  image: 'gantry/hello',
  memory: 32,
  essential: true,
  entryPoint: ['/bin/sh', '-c'],
  command: [script],
  ...more,
});

async function run(
  containerDefinitions: ContainerDefinition[],
  more: object = {},
  runMore: object = {},
): Promise<string> {
  const family = `t${(families += 1)}`;
  await ecs.call('RegisterTaskDefinition', { family, containerDefinitions, ...more });
  const { tasks, failures } = await ecs.call('RunTask', { taskDefinition: family, ...runMore });
  assert.deepEqual(failures, []);
  return tasks?.[0]?.taskArn as string;
}

const describe = async (arn: string): Promise<Task> =>
  (await ecs.call('DescribeTasks', { tasks: [arn] })).tasks?.[0] as Task;
const reaches = (arn: string, status: string): Promise<Task> =>
  until(`${arn} is ${status}`, async () => {
    const task = await describe(arn);
    return task.lastStatus === status ? task : undefined;
  });
const inspect = async (arn: string, container = 'main'): Promise<Record<string, unknown>> => {
  const ids = await command('docker', [
    'ps',
    '-aq',
    '--no-trunc',
    '--filter',
    `label=com.amazonaws.ecs.task-arn=${arn}`,
    '--filter',
    `label=com.amazonaws.ecs.container-name=${container}`,
  ]);
  const [found] = JSON.parse(await command('docker', ['inspect', ids.trim()])) as Record<string, unknown>[];
  return found as Record<string, unknown>;
};

test('environment, command and exit code', async () => {
  const arn = await run(
    [
      shell('test "$COLOUR" = blue && test "$SHAPE" = round && exit 7', {
        environment: [
          { name: 'COLOUR', value: 'red' },
          { name: 'SHAPE', value: 'round' },
        ],
      }),
    ],
    {},
    {
      overrides: { containerOverrides: [{ name: 'main', environment: [{ name: 'COLOUR', value: 'blue' }] }] },
    },
  );
  const task = await reaches(arn, 'STOPPED');
  assert.equal(task.containers?.[0]?.exitCode, 7);
  assert.equal(task.stopCode, 'EssentialContainerExited');
  for (const moment of ['createdAt', 'startedAt', 'stoppingAt', 'executionStoppedAt', 'stoppedAt'] as const) {
    assert.ok(task[moment] instanceof Date, moment);
  }
});

test('several containers: order by dependsOn, and an essential exit stops the rest', async () => {
  const arn = await run([
    shell('sleep 1; echo ready', { name: 'init', essential: false }),
    shell('sleep 300', { name: 'side', essential: true, stopTimeout: 2 }),
    shell('exit 0', { name: 'main', essential: true, dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }] }),
  ]);
  const task = await reaches(arn, 'STOPPED');
  assert.equal(task.stoppedReason, 'Essential container in task exited');
  const codes = Object.fromEntries((task.containers ?? []).map((c) => [c.name, c.exitCode]));
  assert.equal(codes['init'], 0);
  assert.equal(codes['main'], 0);
  assert.ok([137, 143].includes(codes['side'] as number), `side ended with ${codes['side']}`);
});

test('stopTimeout: SIGTERM first, SIGKILL when it is over', async () => {
  const arn = await run([shell("trap '' TERM; echo up; while :; do sleep 1; done", { stopTimeout: 2 })]);
  await reaches(arn, 'RUNNING');
  await ecs.call('StopTask', { task: arn });
  const task = await reaches(arn, 'STOPPED');
  assert.equal(task.containers?.[0]?.exitCode, 137);
  assert.equal(task.stopCode, 'UserInitiated');
});

test('the memory limit kills, and says so', async () => {
  const arn = await run([shell('x=a; while :; do x=$x$x; done', { memory: 16 })]);
  const task = await reaches(arn, 'STOPPED');
  assert.equal(task.containers?.[0]?.exitCode, 137);
  assert.match(task.containers?.[0]?.reason ?? '', /OutOfMemoryError: Container killed due to memory usage/);
});

test('limits reach the kernel: container shares and memory, task size', async () => {
  const one = await run([shell('sleep 60', { cpu: 256, memory: 64, memoryReservation: 32 })]);
  await reaches(one, 'RUNNING');
  const host = ((await inspect(one))['HostConfig'] ?? {}) as {
    CpuShares: number;
    Memory: number;
    MemoryReservation: number;
  };
  assert.deepEqual([host.CpuShares, host.Memory, host.MemoryReservation], [256, 64 << 20, 32 << 20]);
  const sized = await run(
    [
      shell('cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max; sleep 60', {
        memory: undefined,
      }),
    ],
    { cpu: '256', memory: '128' },
  );
  await reaches(sized, 'RUNNING');
  const parent = ((await inspect(sized))['HostConfig'] as { CgroupParent: string }).CgroupParent;
  assert.match(parent, new RegExp(sized.split('/').at(-1) as string));
  for (const arn of [one, sized]) await ecs.call('StopTask', { task: arn });
});

test('an image that cannot be had stops the task with the engine’s words', async () => {
  const arn = await run([shell('true', { image: '127.0.0.1:1/no/such:image' })]);
  const task = await reaches(arn, 'STOPPED');
  assert.equal(task.stopCode, 'TaskFailedToStart');
  assert.match(task.stoppedReason ?? '', /CannotPullContainerError/);
  assert.match(task.containers?.[0]?.reason ?? '', /CannotPullContainerError/);
});

test('host network mode', async () => {
  const arn = await run([shell('sleep 60')], { networkMode: 'host' });
  await reaches(arn, 'RUNNING');
  assert.equal(((await inspect(arn))['HostConfig'] as { NetworkMode: string }).NetworkMode, 'host');
  await ecs.call('StopTask', { task: arn });
  await reaches(arn, 'STOPPED');
});

test('a port range in bridge mode is a block of host ports, each of which leads inside', async () => {
  const hello = (name: string, PORT: string): ContainerDefinition => ({
    name,
    image: 'gantry/hello',
    memory: 32,
    environment: [{ name: 'PORT', value: PORT }],
    portMappings: [{ containerPort: 80 }, { containerPortRange: '8000-8003' }],
  });
  const arns = await Promise.all([run([hello('main', '8002')]), run([hello('main', '8000')])]);
  const blocks = await Promise.all(
    arns.map(async (arn) => {
      const [container] = (await reaches(arn, 'RUNNING')).containers ?? [];
      const [single, range, ...more] = container?.networkBindings ?? [];
      assert.deepEqual([single?.containerPort, more.length], [80, 0]);
      const { hostPortRange = '', ...rest } = range ?? {};
      assert.deepEqual(rest, { bindIP: '0.0.0.0', containerPortRange: '8000-8003', protocol: 'tcp' });
      const [first = 0, last = 0] = hostPortRange.split('-').map(Number);
      assert.equal(last - first, 3, hostPortRange);
      return { first, hostPortRange };
    }),
  );
  const [one, two] = blocks;
  assert.ok(one !== undefined && two !== undefined && Math.abs(one.first - two.first) >= 4, 'they do not overlap');
  for (const port of [one.first + 2, two.first]) {
    const text = await until('it answers', async () => (await fetch(`http://127.0.0.1:${port}/`)).text());
    assert.match(text, /Hello from Gantry/);
  }
  assert.ok((await world.gantry('ps')).includes(`localhost:${one.hostPortRange}->8000-8003/tcp`));
  for (const arn of arns) await ecs.call('StopTask', { task: arn });
  for (const arn of arns) await reaches(arn, 'STOPPED');
});

test('gantry why explains a stop', async () => {
  const arn = await run([shell('exit 4')]);
  await reaches(arn, 'STOPPED');
  const why = await world.gantry('why', arn.split('/').at(-1) as string);
  assert.match(why, /essential container/i);
});

test('gantry run, ps, logs, stop: a person’s way', async () => {
  const out = await world.gantry('run', 'gantry/hello', '--name', 'quick', '-p', '0:80', '--wait');
  assert.match(out, /127\.0\.0\.1|localhost/);
  const list = await world.gantry('ps');
  assert.match(list, /quick/);
  const id = /[0-9a-f]{32}/.exec(out)?.[0] ?? /([0-9a-f]{32}|[0-9a-f]{8,})/.exec(list)?.[0];
  assert.ok(id !== undefined, out);
  await world.gantry('logs', id);
  await world.gantry('stop', id);
  const { tasks } = await ecs.call('DescribeTasks', { tasks: [id] });
  assert.equal(tasks?.[0]?.desiredStatus, 'STOPPED');
});
