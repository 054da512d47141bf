import type { EpochMs } from '@gantry/domain';

/** What a task used over one reporting interval (20 s). */
export interface TaskUsage {
  readonly at: EpochMs;
  readonly containers: readonly {
    readonly name: string;
    /** 1024 = one whole vCPU of the instance. */
    readonly cpuUnits: number;
    readonly memoryMiB: number;
  }[];
}

/** Where utilisation goes. High-volume, so not state: lost at a restart and full again within minutes. */
export interface Metrics {
  record(taskArn: string, usage: TaskUsage): void;
  /** Oldest first. */
  usage(taskArn: string): readonly TaskUsage[];
  forget(taskArn: string): void;
}

/** The last intervals of each task, of the tasks that reported last when there are too many. */
export class MemoryMetrics implements Metrics {
  readonly #rings = new Map<string, TaskUsage[]>();
  readonly #intervals: number;
  readonly #tasks: number;

  /** @param options.intervals kept per task (30 = 10 minutes); @param options.tasks kept at all. */
  constructor(options: { readonly intervals?: number; readonly tasks?: number } = {}) {
    this.#intervals = options.intervals ?? 30;
    this.#tasks = options.tasks ?? 20_000;
  }

  record(taskArn: string, usage: TaskUsage): void {
    const ring = this.#rings.get(taskArn) ?? [];
    ring.push(usage);
    if (ring.length > this.#intervals) ring.shift();
    // Deleted and set again: a Map remembers the order of insertion, so its first key is the quietest.
    this.#rings.delete(taskArn);
    this.#rings.set(taskArn, ring);
    if (this.#rings.size > this.#tasks) this.#rings.delete(this.#rings.keys().next().value as string);
  }

  usage(taskArn: string): readonly TaskUsage[] {
    return this.#rings.get(taskArn) ?? [];
  }

  forget(taskArn: string): void {
    this.#rings.delete(taskArn);
  }
}
