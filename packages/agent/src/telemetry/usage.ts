import type { Clock } from '@gantry/domain';
import type { ContainerMetric, StatsSet, TaskMetric } from '@gantry/protocol';
import type { TaskCgroups } from '../cgroup/port.ts';
import type { TaskView } from '../supervisor/perform.ts';
import { definitionOf } from './frames.ts';

interface Reading {
  readonly cpuNs: number;
  readonly atMs: number;
}

/** Reads what running containers use: two small files a container, and the difference to the reading before. */
export class UsageReader {
  readonly #cgroups: TaskCgroups;
  readonly #clock: Clock;
  /** 100 % is the whole instance. */
  readonly #vcpus: number;
  #before = new Map<string, Reading>();

  constructor(cgroups: TaskCgroups, clock: Clock, vcpus: number) {
    this.#cgroups = cgroups;
    this.#clock = clock;
    this.#vcpus = vcpus;
  }

  async read(tasks: Iterable<TaskView>): Promise<readonly TaskMetric[]> {
    const readings = new Map<string, Reading>();
    const metrics: TaskMetric[] = [];
    for (const task of tasks) {
      const containerMetrics = await this.#readTask(task, readings);
      if (containerMetrics.length > 0) metrics.push({ ...definitionOf(task), containerMetrics });
    }
    this.#before = readings;
    return metrics;
  }

  async #readTask(task: TaskView, readings: Map<string, Reading>): Promise<readonly ContainerMetric[]> {
    const found: ContainerMetric[] = [];
    const cgroup = task.model.cgroupParent === undefined ? undefined : task.plan.taskId;
    for (const { name, dockerId, known } of task.model.containers) {
      if (known !== 'RUNNING' || dockerId === undefined) continue;
      const usage = await this.#cgroups.usage(cgroup, dockerId).catch(() => undefined);
      if (usage === undefined) continue;
      const atMs = this.#clock.elapsedMs();
      const before = this.#before.get(dockerId);
      readings.set(dockerId, { cpuNs: usage.cpuNs, atMs });
      const percent = before === undefined ? 0 : this.#percent(usage.cpuNs - before.cpuNs, atMs - before.atMs);
      const containerArn = task.payload.containers.find((container) => container.name === name)?.containerArn;
      found.push({
        containerName: name,
        ...(containerArn === undefined ? {} : { containerArn }),
        cpuStatsSet: one(percent),
        memoryStatsSet: one(usage.memoryBytes / 1024 / 1024),
      });
    }
    return found;
  }

  #percent(cpuNs: number, wallMs: number): number {
    return wallMs <= 0 ? 0 : Math.max(0, (cpuNs / 1e6 / wallMs / this.#vcpus) * 100);
  }
}

const one = (value: number): StatsSet => ({ min: value, max: value, sampleCount: 1, sum: value });
