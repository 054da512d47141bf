/** Task-level limits through a parent cgroup, and cheap usage readings. Adapters: `v1.ts`, `v2.ts`, `none.ts` (not root), `fake.ts`. */
export interface TaskCgroups {
  /**
   * Makes the parent with its limits (again: sets them anew); returns the `CgroupParent` for the task's containers.
   * `undefined`: this host cannot, and the containers go where the engine puts them.
   */
  ensure(
    taskId: string,
    limits: { readonly cpuVcpus?: number | undefined; readonly memoryMiB?: number | undefined },
  ): Promise<string | undefined>;
  /** Removes the parent; its containers must have ended. Gone before: resolves. */
  remove(taskId: string): Promise<void>;
  /** Removes what the parents of all tasks have in common, unless a task (of any agent on this host) still has one. */
  prune(): Promise<void>;
  /** CPU time used since the container's start, and memory in use without page cache that could go. `undefined` when it cannot be read (gone, not permitted). */
  usage(
    taskId: string | undefined,
    containerId: string,
  ): Promise<{ readonly cpuNs: number; readonly memoryBytes: number } | undefined>;
}
