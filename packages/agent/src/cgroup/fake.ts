import { Faults, type FaultOptions } from '../engine/faults.ts';
import type { TaskCgroups } from './port.ts';

export type CgroupCall = keyof TaskCgroups;
export interface FakeUsage {
  readonly cpuNs: number;
  readonly memoryBytes: number;
}
export interface FakeLimits {
  readonly cpuVcpus?: number | undefined;
  readonly memoryMiB?: number | undefined;
}

/** Task cgroups in memory. State belongs to the "machine": a new agent finds its parents again. */
export class FakeCgroups implements TaskCgroups {
  readonly calls: { readonly call: CgroupCall; readonly args: readonly unknown[] }[] = [];
  /** Limits by task id, as they stand. */
  readonly parents = new Map<string, FakeLimits>();
  readonly #usage = new Map<string, FakeUsage>();
  readonly #faults = new Faults<CgroupCall>();

  failNext(call: CgroupCall, error: Error, options?: FaultOptions): void {
    this.#faults.order(call, error, options);
  }

  /** What `usage` answers for this container from now on; `undefined`: it cannot be read. */
  setUsage(containerId: string, usage: FakeUsage | undefined): void {
    if (usage === undefined) this.#usage.delete(containerId);
    else this.#usage.set(containerId, usage);
  }

  ensure(taskId: string, limits: FakeLimits): Promise<string | undefined> {
    return this.#run('ensure', [taskId, limits], () => {
      this.parents.set(taskId, limits);
      return `/ecs/${taskId}`;
    });
  }

  remove(taskId: string): Promise<void> {
    return this.#run('remove', [taskId], () => void this.parents.delete(taskId));
  }

  prune(): Promise<void> {
    return this.#run('prune', [], () => undefined);
  }

  usage(taskId: string | undefined, containerId: string): Promise<FakeUsage | undefined> {
    return this.#run('usage', [taskId, containerId], () => this.#usage.get(containerId));
  }

  #run<T>(call: CgroupCall, args: readonly unknown[], work: () => T): Promise<T> {
    this.calls.push({ call, args });
    return this.#faults.run(call, work);
  }
}
