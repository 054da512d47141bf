import { mkdir, writeFile } from 'node:fs/promises';
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

/** Where each controller of cgroup v1 is mounted: `cpu` → `/sys/fs/cgroup/cpu`. Controllers may share a mount. */
export type Hierarchies = ReadonlyMap<string, string>;

/** Task parents `/ecs/<task id>` in every hierarchy of cgroup v1, for an engine with the `cgroupfs` driver. */
export class CgroupsV1 implements TaskCgroups {
  readonly #hierarchies: Hierarchies;

  constructor(hierarchies: Hierarchies) {
    this.#hierarchies = hierarchies;
  }

  async ensure(taskId: string, limits: TaskLimits): Promise<string> {
    const parent = `/ecs/${checkTaskId(taskId)}`;
    const [cpu, memory] = [join(this.#mount('cpu'), parent), join(this.#mount('memory'), parent)];
    await Promise.all([cpu, memory].map((path) => mkdir(path, { recursive: true })));
    await writeFile(join(cpu, 'cpu.cfs_period_us'), String(PERIOD_US));
    await writeFile(join(cpu, 'cpu.cfs_quota_us'), String(quotaUs(limits) ?? -1));
    // Kernels before 5.11 count children only when told to; the file may be gone in later ones.
    await writeFile(join(memory, 'memory.use_hierarchy'), '1').catch(() => undefined);
    await writeFile(join(memory, 'memory.limit_in_bytes'), String(limitBytes(limits) ?? -1));
    return parent;
  }

  async remove(taskId: string): Promise<void> {
    const parent = `/ecs/${checkTaskId(taskId)}`;
    // The runtime makes the parent in every hierarchy and removes it in none.
    const mounts = new Set(this.#hierarchies.values());
    await Promise.all([...mounts].map((mount) => removeCgroup(join(mount, parent))));
  }

  async prune(): Promise<void> {
    await Promise.all([...new Set(this.#hierarchies.values())].map((mount) => removeIfEmpty(join(mount, 'ecs'))));
  }

  async usage(taskId: string | undefined, containerId: string): ReturnType<TaskCgroups['usage']> {
    const path = taskId === undefined ? `/docker/${containerId}` : `/ecs/${checkTaskId(taskId)}/${containerId}`;
    const memory = join(this.#mount('memory'), path);
    try {
      const [cpuNs, used, inactive] = await Promise.all([
        readNumber(join(this.#mount('cpuacct'), path, 'cpuacct.usage')),
        readNumber(join(memory, 'memory.usage_in_bytes')),
        readField(join(memory, 'memory.stat'), 'total_inactive_file'),
      ]);
      return { cpuNs, memoryBytes: Math.max(0, used - inactive) };
    } catch {
      return undefined;
    }
  }

  #mount(controller: string): string {
    const mount = this.#hierarchies.get(controller);
    if (mount === undefined) throw new Error(`The kernel's cgroup controller ${controller} is not mounted.`);
    return mount;
  }
}
