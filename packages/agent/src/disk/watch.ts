import type { Clock } from '@gantry/domain';
import type { PayloadTask } from '@gantry/protocol';
import type { Engine } from '../engine/port.ts';
import type { Log } from '../log.ts';
import type { TaskModel } from '../supervisor/model.ts';
import type { Fact } from '../supervisor/observe.ts';
import { messageOf } from '../supervisor/perform.ts';
import { taskVolumesOf } from '../supervisor/task-resources.ts';
import { exceeded, isLookDue, type LastLook } from './decide.ts';
import type { Disk } from './port.ts';

/** A task as it is watched. */
export interface WatchedTask {
  readonly payload: PayloadTask;
  readonly model: TaskModel;
  tell(...facts: readonly Fact[]): void;
}

export interface DiskWatchPorts {
  readonly disk: Disk;
  readonly engine: Pick<Engine, 'inspectContainer'>;
  readonly clock: Clock;
  readonly log: Log;
}

const EVERY_MS = 1_000;

/** What the tasks with a share of the disk use of it. Those that took more are told so, and stop. */
export class DiskWatch {
  readonly #ports: DiskWatchPorts;
  readonly #tasks: () => Iterable<WatchedTask>;
  /** By container: where its files are. They stay there for its life. */
  readonly #paths = new Map<string, readonly string[]>();
  readonly #used = new Map<string, number>();
  #last: LastLook | undefined;
  #failed = false;

  constructor(ports: DiskWatchPorts, tasks: () => Iterable<WatchedTask>) {
    this.#ports = ports;
    this.#tasks = tasks;
  }

  /** As last measured. */
  usedBytes(taskArn: string): number {
    return this.#used.get(taskArn) ?? 0;
  }

  /** Until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#ports;
    for (; !signal.aborted; await clock.sleep(EVERY_MS, signal)) {
      try {
        await this.look();
        this.#failed = false;
      } catch (error) {
        if (!this.#failed) log('warn', `the disk that tasks use cannot be measured: ${messageOf(error)}`);
        this.#failed = true;
      }
    }
  }

  /** One look, if there is a reason for it. */
  async look(): Promise<void> {
    const tasks = [...this.#tasks()].filter(({ payload, model }) => isWatched(payload, model));
    if (tasks.length === 0) return this.#forget();
    const { clock, disk } = this.#ports;
    const freeBytes = await disk.freeBytes();
    const atMs = clock.elapsedMs();
    if (!isLookDue(this.#last, atMs, freeBytes)) return;
    const paths = new Map<string, readonly string[]>();
    for (const task of tasks) paths.set(task.payload.arn, await this.#pathsOf(task));
    this.#forgetOthers(tasks);
    const sizes = await disk.measure([...paths.values()].flat());
    let leastLeftBytes = Infinity;
    this.#used.clear();
    for (const task of tasks) {
      const { payload, model } = task;
      const used = (paths.get(payload.arn) ?? []).reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0);
      this.#used.set(payload.arn, used);
      const shareGiB = payload.ephemeralStorageGiB ?? 0;
      const reason = exceeded(used, shareGiB);
      if (reason === undefined) leastLeftBytes = Math.min(leastLeftBytes, shareGiB * 1024 ** 3 - used);
      else if (model.desired === 'RUNNING') task.tell({ kind: 'storage-exceeded', reason });
    }
    this.#last = { atMs, freeBytes, leastLeftBytes };
  }

  /** Containers come and go, and the agent lives for months. */
  #forgetOthers(tasks: readonly WatchedTask[]): void {
    const ids = new Set(tasks.flatMap(({ model }) => model.containers.map(({ dockerId }) => dockerId)));
    for (const id of this.#paths.keys()) if (!ids.has(id)) this.#paths.delete(id);
  }

  #forget(): void {
    this.#paths.clear();
    this.#used.clear();
    this.#last = undefined;
  }

  async #pathsOf({ payload, model }: WatchedTask): Promise<readonly string[]> {
    const volumes = new Set(taskVolumesOf(payload));
    const all = new Set<string>();
    for (const { dockerId } of model.containers) {
      if (dockerId === undefined) continue;
      let known = this.#paths.get(dockerId);
      if (known === undefined) {
        const state = await this.#ports.engine.inspectContainer(dockerId);
        if (state === undefined) continue;
        const own = (state.mounts ?? []).filter(({ name }) => name !== undefined && volumes.has(name));
        const files = [state.writableLayer, state.logFile].filter((path) => path !== undefined && path !== '');
        known = [...(files as string[]), ...own.map(({ source }) => source)];
        this.#paths.set(dockerId, known);
      }
      for (const path of known) all.add(path);
    }
    return [...all];
  }
}

/** Also one that is stopping: what it still writes is told as its use. */
function isWatched(payload: PayloadTask, model: TaskModel): boolean {
  return payload.ephemeralStorageGiB !== undefined && model.stoppedAtMs === undefined;
}
