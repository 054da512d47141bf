import type { TaskCgroups } from './port.ts';

/** No task parents, because this host does not allow them: container limits still hold, the task's sum does not. */
export class NoCgroups implements TaskCgroups {
  readonly #readings: Pick<TaskCgroups, 'usage'> | undefined;

  /** `readings`: reading often works where making does not. */
  constructor(readings?: Pick<TaskCgroups, 'usage'>) {
    this.#readings = readings;
  }

  ensure(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }

  prune(): Promise<void> {
    return Promise.resolve();
  }

  usage(_taskId: string | undefined, containerId: string): ReturnType<TaskCgroups['usage']> {
    return this.#readings?.usage(undefined, containerId) ?? Promise.resolve(undefined);
  }
}
