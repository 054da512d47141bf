import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { dockerWorld, whyNoDocker } from '../engine/docker-world.ts';
import { DockerEngine } from '../engine/docker.ts';
import { cgroupContract, type CgroupWorld } from './contract.ts';
import { detectTaskCgroups, parseHierarchies } from './detect.ts';

const hierarchies = parseHierarchies(await readFile('/proc/self/mounts', 'utf8').catch(() => ''));
const skip = await why();

async function why(): Promise<string | false> {
  const noDocker = await whyNoDocker('Tests of task limits on cgroup v1');
  if (noDocker !== false) return noDocker;
  const engine = new DockerEngine();
  const found = await detectTaskCgroups(await engine.ping());
  await engine.close();
  if (found.kind === 'v1') return false;
  const reason = `Tests of task limits on cgroup v1 NOT RUN: this host has ${found.kind}. ${found.missing ?? ''}`;
  console.error(`\n*** ${reason} ***\n`);
  return reason;
}

const file = (controller: string, taskId: string, name: string): string =>
  join(hierarchies.get(controller) ?? '', 'ecs', taskId, name);

async function world(): Promise<CgroupWorld> {
  const { cgroups } = await detectTaskCgroups({ cgroupVersion: '1', cgroupDriver: 'cgroupfs' });
  const taskId = randomBytes(16).toString('hex');
  const read = async (controller: string, name: string): Promise<number> =>
    Number(await readFile(file(controller, taskId, name), 'utf8'));
  return {
    cgroups,
    taskId,
    limits: async () => {
      const there = await stat(file('cpu', taskId, '')).catch(() => undefined);
      if (there === undefined) return undefined;
      const [quota, memory] = [await read('cpu', 'cpu.cfs_quota_us'), await read('memory', 'memory.limit_in_bytes')];
      return {
        ...(quota > 0 ? { cpuVcpus: quota / 100_000 } : {}),
        ...(memory < 2 ** 60 ? { memoryMiB: memory / 1_048_576 } : {}),
      };
    },
    close: () => cgroups.remove(taskId),
  };
}

cgroupContract('v1', world, skip);

describe('cgroup v1, with real containers', { skip, timeout: 60_000 }, () => {
  async function inTask(
    script: string,
    limits: { cpuVcpus?: number; memoryMiB?: number },
    look: (here: CgroupWorld, docker: ReturnType<typeof dockerWorld>, ids: readonly string[]) => Promise<void>,
    count = 1,
  ): Promise<void> {
    const [here, docker] = [await world(), dockerWorld()];
    try {
      const CgroupParent = await here.cgroups.ensure(here.taskId, limits);
      const spec = { ...docker.spec('runs'), Cmd: ['/bin/sh', '-c', script], HostConfig: { CgroupParent } };
      const ids: string[] = [];
      for (let i = 0; i < count; i++) ids.push((await docker.engine.createContainer(docker.name('task'), spec)).id);
      await Promise.all(ids.map((id) => docker.engine.startContainer(id)));
      await look(here, docker, ids);
    } finally {
      await docker.close();
      await here.close();
    }
    for (const mount of new Set(hierarchies.values())) {
      await assert.rejects(stat(join(mount, 'ecs', here.taskId)), { code: 'ENOENT' }, `left in ${mount}`);
    }
  }

  /** Resolves with the exit code. */
  async function ended({ engine }: ReturnType<typeof dockerWorld>, id: string): Promise<number> {
    const stop = new AbortController();
    for await (const event of engine.events({ sinceMs: 0, signal: stop.signal })) {
      if (event.kind === 'died' && event.id === id) stop.abort();
    }
    return (await engine.inspectContainer(id))?.exitCode ?? -1;
  }

  it('kills what takes more memory than the task has, together with the others', () =>
    inTask(
      'dd if=/dev/zero of=/dev/null bs=48M count=1 && sleep 1; exit $?',
      { memoryMiB: 32 },
      async (_here, docker, [id = '']) => {
        assert.equal(await ended(docker, id), 137);
      },
    ));

  it('holds the task to its share of the CPU, and reads what its containers use', () =>
    inTask(
      'end=$(($(date +%s) + 2)); while [ $(date +%s) -lt $end ]; do :; done',
      { cpuVcpus: 0.2, memoryMiB: 64 },
      async (here, docker, ids) => {
        const startNs = process.hrtime.bigint();
        const first = await Promise.all(ids.map((id) => here.cgroups.usage(here.taskId, id)));
        await Promise.race(ids.map((id) => ended(docker, id)));
        const elapsedNs = Number(process.hrtime.bigint() - startNs);
        const throttled = await readFile(file('cpu', here.taskId, 'cpu.stat'), 'utf8');
        assert.ok(Number(/nr_throttled (\d+)/.exec(throttled)?.[1]) > 5, throttled);
        const usedNs = Number(await readFile(file('cpuacct', here.taskId, 'cpuacct.usage'), 'utf8'));
        assert.ok(usedNs < elapsedNs * 0.2 * 1.5 + 200e6, `${usedNs / 1e6} ms of CPU in ${elapsedNs / 1e6} ms`);
        assert.ok(first.every((one) => one !== undefined && one.cpuNs > 0 && one.memoryBytes > 0));
      },
      2,
    ));

  it('reads a container without a task parent', async () => {
    const [here, docker] = [await world(), dockerWorld()];
    try {
      const { id } = await docker.engine.createContainer(docker.name('bare'), docker.spec('runs'));
      await docker.engine.startContainer(id);
      const usage = await here.cgroups.usage(undefined, id);
      assert.ok(usage !== undefined && usage.cpuNs > 0 && usage.memoryBytes > 0);
    } finally {
      await docker.close();
    }
  });
});
