import assert from 'node:assert/strict';
import { access, mkdir, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { cgroupContract, type CgroupWorld } from './contract.ts';
import { detectTaskCgroups, parseHierarchies } from './detect.ts';
import { CgroupsV2, CgroupsV2Systemd } from './v2.ts';

const taskId = 'ab'.repeat(16);

/** A plain directory in place of the kernel's tree: shows what is written where, not that a kernel obeys. */
async function tree(): Promise<{ root: string; gone: () => Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'gantry-cgroup-'));
  return { root, gone: () => rm(root, { recursive: true, force: true }) };
}

async function limitsIn(path: string): ReturnType<CgroupWorld['limits']> {
  const cpu = await readFile(join(path, 'cpu.max'), 'utf8').catch(() => undefined);
  if (cpu === undefined) return undefined;
  const [quota = 'max', period] = cpu.split(' ');
  const memory = await readFile(join(path, 'memory.max'), 'utf8');
  return {
    ...(quota === 'max' ? {} : { cpuVcpus: Number(quota) / Number(period) }),
    ...(memory === 'max' ? {} : { memoryMiB: Number(memory) / 1_048_576 }),
  };
}

/** The kernel's files go with their directory; in a plain one they must be unlinked first. */
class InPlainDirectory extends CgroupsV2 {
  readonly #path: string;
  constructor(root: string) {
    super(root);
    this.#path = join(root, 'ecs', taskId);
  }
  override async remove(id: string): Promise<void> {
    await Promise.all(['cpu.max', 'memory.max'].map((name) => unlink(join(this.#path, name)).catch(() => undefined)));
    await super.remove(id);
  }
}

cgroupContract('v2 in a plain directory', async () => {
  const { root, gone } = await tree();
  return { cgroups: new InPlainDirectory(root), taskId, limits: (id) => limitsIn(join(root, 'ecs', id)), close: gone };
});

describe('cgroup v2', () => {
  it('hands its controllers down, and reads what a container uses', async () => {
    const { root, gone } = await tree();
    try {
      const cgroups = new CgroupsV2(root);
      await cgroups.ensure(taskId, { cpuVcpus: 1 });
      for (const above of [root, join(root, 'ecs')]) {
        assert.equal(await readFile(join(above, 'cgroup.subtree_control'), 'utf8'), '+cpu +memory');
      }
      const container = join(root, 'ecs', taskId, 'c1');
      await mkdir(container);
      await writeFile(join(container, 'cpu.stat'), 'usage_usec 1500\nuser_usec 1000\n');
      await writeFile(join(container, 'memory.current'), '5000\n');
      await writeFile(join(container, 'memory.stat'), 'anon 1000\ninactive_file 2000\n');
      assert.deepEqual(await cgroups.usage(taskId, 'c1'), { cpuNs: 1_500_000, memoryBytes: 3000 });
    } finally {
      await gone();
    }
  });

  it('asks systemd for a slice, changes it, and stops it', async () => {
    const { root, gone } = await tree();
    const ran: string[] = [];
    const run = async (program: string, args: readonly string[]): Promise<string> => {
      ran.push([program, ...args.filter((arg) => !arg.includes('freedesktop'))].join(' '));
      await mkdir(join(root, 'ecstasks.slice', `ecstasks-${taskId}.slice`), { recursive: true });
      return '';
    };
    try {
      const cgroups = new CgroupsV2Systemd(run, root);
      const slice = `ecstasks-${taskId}.slice`;
      assert.equal(await cgroups.ensure(taskId, { cpuVcpus: 0.5, memoryMiB: 1 }), slice);
      assert.equal(await cgroups.ensure(taskId, { memoryMiB: 2 }), slice);
      await cgroups.remove(taskId);
      const transient = 'CPUQuotaPerSecUSec t 500000 MemoryMax t 1048576 0';
      assert.deepEqual(ran, [
        `busctl call --quiet StartTransientUnit ssa(sv)a(sa(sv)) ${slice} fail 2 ${transient}`,
        `systemctl set-property --runtime ${slice} CPUQuota= MemoryMax=2097152`,
        `busctl call --quiet StopUnit ss ${slice} fail`,
      ]);
    } finally {
      await gone();
    }
  });

  it('takes nothing but an id for an id', async () => {
    const cgroups = new CgroupsV2('/nowhere');
    await assert.rejects(cgroups.ensure('../../etc', {}), /Not the id of a task/);
    await assert.rejects(new CgroupsV2Systemd(() => Promise.resolve(''), '/nowhere').ensure('a-b', {}), /Not the id/);
    await assert.rejects(access('/nowhere'));
  });
});

describe('detecting', () => {
  const v1 = ['cpu,cpuacct', 'memory', 'name=systemd'].map(
    (one) => `cgroup /sys/fs/cgroup/${one} cgroup rw,nosuid,${one} 0 0`,
  );
  const v2 = 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0';
  for (const [title, version, driver, isRoot, mounts, kind, missing] of [
    ['v1', '1', 'cgroupfs', true, v1.join('\n'), 'v1', undefined],
    ['v1 with systemd', '1', 'systemd', true, v1.join('\n'), 'none', /systemd driver on cgroup v1/],
    ['v1, not root', '1', 'cgroupfs', false, v1.join('\n'), 'none', /needs root/],
    ['v1, half mounted', '1', 'cgroupfs', true, v1[0] ?? '', 'none', /controllers memory are not mounted/],
    ['v2', '2', 'cgroupfs', true, v2, 'v2', undefined],
    ['v2 with systemd', '2', 'systemd', true, v2, 'v2-systemd', undefined],
    ['v2, not root', '2', 'systemd', false, v2, 'none', /needs root/],
    ['v2, not mounted', '2', 'systemd', true, '', 'none', /not mounted/],
  ] as const) {
    it(title, async () => {
      const found = await detectTaskCgroups({ cgroupVersion: version, cgroupDriver: driver }, { isRoot, mounts });
      assert.equal(found.kind, kind);
      if (missing === undefined) assert.equal(found.missing, undefined);
      else assert.match(found.missing ?? '', missing);
      if (kind === 'none') assert.equal(await found.cgroups.ensure(taskId, {}), undefined);
    });
  }
  it('finds controllers that share a mount', () => {
    const both = [...v1, 'cgroup2 /sys/fs/cgroup/unified cgroup2 rw,nosuid,nodev,noexec,relatime 0 0'];
    const found = parseHierarchies(both.join('\n'));
    assert.equal(found.get('unified'), '/sys/fs/cgroup/unified');
    assert.equal(found.get('cpuacct'), '/sys/fs/cgroup/cpu,cpuacct');
    assert.equal(found.get('name=systemd'), '/sys/fs/cgroup/name=systemd');
  });
});
