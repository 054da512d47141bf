import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  checkTaskId,
  limitBytes,
  PERIOD_US,
  quotaUs,
  readField,
  readNumber,
  removeCgroup,
  removeIfEmpty,
} from './limits.ts';
import type { TaskLimits } from './limits.ts';
import type { TaskCgroups } from './port.ts';

type Run = (program: string, args: readonly string[]) => Promise<string>;

/** Task parents `/ecs/<task id>` in cgroup v2, for an engine with the `cgroupfs` driver. */
export class CgroupsV2 implements TaskCgroups {
  readonly #root: string;

  /** `root`: where cgroup v2 is mounted. */
  constructor(root = '/sys/fs/cgroup') {
    this.#root = root;
  }

  async ensure(taskId: string, limits: TaskLimits): Promise<string> {
    const parent = `/ecs/${checkTaskId(taskId)}`;
    const path = join(this.#root, parent);
    await mkdir(path, { recursive: true });
    // A controller works in a group only when every group above hands it down.
    for (const above of [this.#root, join(this.#root, 'ecs')]) {
      await writeFile(join(above, 'cgroup.subtree_control'), '+cpu +memory');
    }
    await writeFile(join(path, 'cpu.max'), `${quotaUs(limits) ?? 'max'} ${PERIOD_US}`);
    await writeFile(join(path, 'memory.max'), String(limitBytes(limits) ?? 'max'));
    return parent;
  }

  remove(taskId: string): Promise<void> {
    return removeCgroup(join(this.#root, 'ecs', checkTaskId(taskId)));
  }

  prune(): Promise<void> {
    return removeIfEmpty(join(this.#root, 'ecs'));
  }

  usage(taskId: string | undefined, containerId: string): ReturnType<TaskCgroups['usage']> {
    const parent = taskId === undefined ? 'docker' : join('ecs', checkTaskId(taskId));
    return usageV2(join(this.#root, parent, containerId));
  }
}

/**
 * Task parents `ecstasks-<task id>.slice` in cgroup v2, for an engine with the `systemd` driver: the slice is a
 * transient unit of systemd, which owns the tree.
 */
export class CgroupsV2Systemd implements TaskCgroups {
  readonly #run: Run;
  readonly #root: string;

  constructor(run: Run, root = '/sys/fs/cgroup') {
    this.#run = run;
    this.#root = root;
  }

  async ensure(taskId: string, limits: TaskLimits): Promise<string> {
    const slice = sliceName(taskId);
    const quota = quotaUs(limits);
    // systemd counts CPU time a second, in microseconds.
    const cpu = quota === undefined ? 'infinity' : `${Math.round((quota / PERIOD_US) * 1_000_000)}`;
    const memory = limitBytes(limits)?.toString() ?? 'infinity';
    if (await this.#exists(taskId)) {
      const percent = quota === undefined ? '' : `${(quota / PERIOD_US) * 100}%`;
      await this.#run('systemctl', ['set-property', '--runtime', slice, `CPUQuota=${percent}`, `MemoryMax=${memory}`]);
      return slice;
    }
    const limit = (value: string): string => (value === 'infinity' ? '18446744073709551615' : value);
    const properties = ['CPUQuotaPerSecUSec', 't', limit(cpu), 'MemoryMax', 't', limit(memory)];
    await this.#manager('StartTransientUnit', 'ssa(sv)a(sa(sv))', [slice, 'fail', '2', ...properties, '0']);
    return slice;
  }

  async remove(taskId: string): Promise<void> {
    if (await this.#exists(taskId)) await this.#manager('StopUnit', 'ss', [sliceName(taskId), 'fail']);
  }

  /** The slice above belongs to systemd: it goes when systemd finds it unused. */
  prune(): Promise<void> {
    return Promise.resolve();
  }

  usage(taskId: string | undefined, containerId: string): ReturnType<TaskCgroups['usage']> {
    const parent = taskId === undefined ? join(this.#root, 'system.slice') : this.#path(taskId);
    return usageV2(join(parent, `docker-${containerId}.scope`));
  }

  #path(taskId: string): string {
    return join(this.#root, 'ecstasks.slice', sliceName(taskId));
  }

  #exists(taskId: string): Promise<boolean> {
    return access(this.#path(taskId)).then(
      () => true,
      () => false,
    );
  }

  async #manager(method: string, signature: string, args: readonly string[]): Promise<void> {
    const target = ['org.freedesktop.systemd1', '/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'];
    await this.#run('busctl', ['call', '--quiet', ...target, method, signature, ...args]);
  }
}

/** A dash in a slice's name is a level of the tree, so an id with one is refused. */
function sliceName(taskId: string): string {
  if (taskId.includes('-')) throw new Error(`Not the id of a task: ${JSON.stringify(taskId)}`);
  return `ecstasks-${checkTaskId(taskId)}.slice`;
}

async function usageV2(path: string): ReturnType<TaskCgroups['usage']> {
  try {
    const [cpuUs, used, inactive] = await Promise.all([
      readField(join(path, 'cpu.stat'), 'usage_usec'),
      readNumber(join(path, 'memory.current')),
      readField(join(path, 'memory.stat'), 'inactive_file'),
    ]);
    return { cpuNs: cpuUs * 1000, memoryBytes: Math.max(0, used - inactive) };
  } catch {
    return undefined;
  }
}
