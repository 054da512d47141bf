/** Task-level limits through a parent cgroup, and cheap usage readings. Adapters: `v1.ts`, `v2.ts`, `none.ts` (not root), `fake.ts`. */
export interface TaskCgroups {
  /** Makes the parent with its limits; returns the `CgroupParent` for the task's containers. */
  ensure(
    taskId: string,
    limits: { readonly cpuVcpus?: number | undefined; readonly memoryMiB?: number | undefined },
  ): Promise<string | undefined>;
  remove(taskId: string): Promise<void>;
  /** `undefined` when it cannot be read (gone, not permitted). */
  usage(
    taskId: string | undefined,
    containerId: string,
  ): Promise<{ readonly cpuNs: number; readonly memoryBytes: number } | undefined>;
}
