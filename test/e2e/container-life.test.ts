import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ContainerDefinition, Task } from '@aws-sdk/client-ecs';
import { whyNoDocker } from '@gantry/agent/engine/docker-world.ts';
import { ecsClient } from './ecs.ts';
import { command, startWorld, until, type World } from './world.ts';

const skip = await whyNoDocker('The life of containers in a task');

/** What only a real engine shows of containers that depend on each other (ecs-semantics 3.6, 3.8). */
describe('containers of one task', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-life-'));
  let world: World;
  let ecs: ReturnType<typeof ecsClient>;
  let families = 0;

  before(async () => {
    world = await startWorld();
    ecs = ecsClient(world);
  });
  after(async () => {
    await world?.down();
    rmSync(folder, { recursive: true, force: true });
  });

  const shell = (name: string, script: string, more: Partial<ContainerDefinition> = {}): ContainerDefinition => ({
    name,
    image: 'gantry/hello',
    memory: 32,
    entryPoint: ['/bin/sh', '-c'],
    command: [script],
    ...more,
  });
  const run = async (containerDefinitions: ContainerDefinition[], more: object = {}): Promise<string> => {
    const family = `life${(families += 1)}`;
    await ecs.call('RegisterTaskDefinition', { family, containerDefinitions, ...more });
    const { tasks, failures } = await ecs.call('RunTask', { taskDefinition: family });
    assert.deepEqual(failures, []);
    return tasks?.[0]?.taskArn ?? '';
  };
  const becomes = (arn: string, what: string, is: (task: Task) => boolean): Promise<Task> =>
    until(what, async () => {
      const task = (await ecs.call('DescribeTasks', { tasks: [arn] })).tasks?.[0] as Task;
      return is(task) ? task : undefined;
    });
  const stopped = (arn: string) => becomes(arn, 'it has stopped', ({ lastStatus }) => lastStatus === 'STOPPED');
  const running = (arn: string) => becomes(arn, 'it runs', ({ lastStatus }) => lastStatus === 'RUNNING');
  const ofTask = (task: Task, name: string) => task.containers?.find((container) => container.name === name);
  const idOf = async (arn: string, name: string): Promise<string> => {
    const filters = [`label=com.amazonaws.ecs.task-arn=${arn}`, `label=com.amazonaws.ecs.container-name=${name}`];
    const words = filters.flatMap((filter) => ['--filter', filter]);
    return (await command('docker', ['ps', '-aq', '--no-trunc', ...words])).trim();
  };

  it('COMPLETE waits for the end, however it ends; they stop in the reverse of the order they started in', async () => {
    const mountPoints = [{ sourceVolume: 'order', containerPath: '/order' }];
    const onTerm = (word: string): string => `trap '${word}; exit 0' TERM; echo up; while :; do sleep 0.1; done`;
    const arn = await run(
      [
        shell('init', 'echo init >> /order/log; exit 3', { essential: false, mountPoints }),
        shell('db', onTerm('echo db >> /order/log'), {
          mountPoints,
          dependsOn: [{ containerName: 'init', condition: 'COMPLETE' }],
        }),
        // It takes its time: what it depends on is still there until it is through.
        shell('web', onTerm('sleep 1; echo web >> /order/log'), {
          mountPoints,
          dependsOn: [{ containerName: 'db', condition: 'START' }],
        }),
      ],
      { volumes: [{ name: 'order', host: { sourcePath: folder } }] },
    );
    await running(arn);
    await ecs.call('StopTask', { task: arn });
    const task = await stopped(arn);
    assert.equal(ofTask(task, 'init')?.exitCode, 3);
    assert.equal(readFileSync(join(folder, 'log'), 'utf8'), 'init\nweb\ndb\n');
  });

  it('startTimeout: who waits for what does not come in time never starts, and the task ends', async () => {
    const healthCheck = { command: ['CMD', '/bin/false'], interval: 5, timeout: 2 };
    const arn = await run([
      shell('never', 'sleep 300', { essential: false, healthCheck, startTimeout: 2, stopTimeout: 2 }),
      shell('main', 'sleep 300', { dependsOn: [{ containerName: 'never', condition: 'HEALTHY' }] }),
    ]);
    const task = await stopped(arn);
    assert.equal(task.stopCode, 'TaskFailedToStart');
    assert.match(task.stoppedReason ?? '', /dependency graph|TaskDependencyError/);
    assert.equal(await idOf(arn, 'main'), '', 'it was never made');
    assert.equal(ofTask(task, 'main')?.exitCode, 143);
  });

  it('health: the container’s is the engine’s, and the task’s follows its essential ones', async () => {
    const healthCheck = { command: ['CMD-SHELL', 'test -e /tmp/well'], interval: 5, timeout: 2, retries: 1 };
    const arn = await run([shell('main', 'touch /tmp/well; sleep 300', { healthCheck }), shell('side', 'sleep 300')]);
    const well = await becomes(arn, 'it is healthy', ({ healthStatus }) => healthStatus === 'HEALTHY');
    assert.deepEqual([ofTask(well, 'main')?.healthStatus, ofTask(well, 'side')?.healthStatus], ['HEALTHY', 'UNKNOWN']);
    await command('docker', ['exec', await idOf(arn, 'main'), 'rm', '/tmp/well']);
    const ill = await becomes(arn, 'it is unhealthy', ({ healthStatus }) => healthStatus === 'UNHEALTHY');
    assert.equal(ill.lastStatus, 'RUNNING', 'a standalone task goes on');
    await ecs.call('StopTask', { task: arn });
  });

  it('the host’s namespaces, an init process, labels, search domains and no swap', async () => {
    const arn = await run(
      [
        shell('main', 'sleep 300', {
          dockerLabels: { tier: 'front' },
          dnsSearchDomains: ['example.internal'],
          linuxParameters: { initProcessEnabled: true, maxSwap: 0 },
        }),
      ],
      { pidMode: 'host', ipcMode: 'host' },
    );
    await running(arn);
    const id = await idOf(arn, 'main');
    const inside = (script: string): Promise<string> => command('docker', ['exec', id, '/bin/sh', '-c', script]);
    for (const kind of ['pid', 'ipc'])
      assert.equal((await inside(`readlink /proc/self/ns/${kind}`)).trim(), readlinkSync(`/proc/self/ns/${kind}`));
    assert.match(await inside('cat /etc/resolv.conf'), /^search example\.internal$/m);
    const [found] = JSON.parse(await command('docker', ['inspect', id])) as {
      readonly Config: { readonly Labels: Record<string, string> };
      readonly HostConfig: { readonly MemorySwap: number; readonly Memory: number; readonly Init: boolean };
      readonly Path: string;
    }[];
    assert.equal(found?.Config.Labels['tier'], 'front');
    assert.deepEqual([found?.HostConfig.Memory, found?.HostConfig.MemorySwap], [32 << 20, 32 << 20]);
    assert.equal(found?.HostConfig.Init, true);
    await ecs.call('StopTask', { task: arn });
  });

  it('share namespaces of the task, also on the engine’s own bridge', async () => {
    const arn = await run(
      [
        shell('other', 'readlink /proc/self/ns/ipc > /dev/shm/ipc; sleep 31', { essential: false, stopTimeout: 1 }),
        shell(
          'main',
          'for n in 1 2 3 4 5 6 7 8 9; do test -s /dev/shm/ipc || sleep 1; done; ' +
            'test "$(readlink /proc/self/ns/ipc)" = "$(cat /dev/shm/ipc)" || exit 1; ' +
            "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -q 'sleep 31' || exit 2; " +
            'test "$$" != 1 || exit 3',
          { dependsOn: [{ containerName: 'other', condition: 'START' }] },
        ),
      ],
      { networkMode: 'bridge', pidMode: 'task', ipcMode: 'task' },
    );
    const task = await stopped(arn);
    assert.equal(ofTask(task, 'main')?.exitCode, 0, `${task.stoppedReason} ${ofTask(task, 'main')?.reason ?? ''}`);
    assert.equal(await idOf(arn, '~internal~ecs~pause~namespace'), '', 'what held them is gone');
  });

  it('a GPU that no instance has is refused, and said so', async () => {
    await ecs.call('RegisterTaskDefinition', {
      family: 'gpus',
      containerDefinitions: [shell('main', 'true', { resourceRequirements: [{ type: 'GPU', value: '1' }] })],
    });
    const { tasks, failures } = await ecs.call('RunTask', { taskDefinition: 'gpus' });
    assert.deepEqual(tasks, []);
    assert.deepEqual([failures?.length, failures?.[0]?.reason], [1, 'RESOURCE:GPU']);
    assert.match(failures?.[0]?.detail ?? '', /has 0 GPUs left; the task needs 1/);
    await ecs.call('CreateService', { serviceName: 'gpus', taskDefinition: 'gpus', desiredCount: 1 });
    await until('gantry why says it', async () =>
      /has 0 GPUs left; the task needs 1/.test(await world.gantry('why', 'gpus')),
    );
    await ecs.call('DeleteService', { service: 'gpus', force: true });
  });
});
