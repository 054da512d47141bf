import type { Instance, Task } from '@gantry/domain';
import type { Platform } from '../../platform.ts';
import type { Change } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import { SETTLED, type Controller, type Outcome } from '../driver.ts';
import { applyTask } from './apply.ts';
import { decideTask, type TaskAction } from './decide.ts';

/** Takes the steps of a task that are not its agent's. Keys: keys of task documents. */
export class TaskController implements Controller {
  readonly name = 'task';
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  keys(): readonly string[] {
    const { tables } = this.#platform.state;
    return [...tables.tasks.keys].filter((key) => actionsFor(tables, key).length > 0);
  }

  wakes({ kind, key, before, after }: Change): readonly string[] {
    const { tables } = this.#platform.state;
    if (kind === 'task') return after !== undefined && actionsFor(tables, key).length > 0 ? [key] : [];
    if (kind !== 'instance') return [];
    const [was, is] = [before as Instance | undefined, after as Instance | undefined];
    const gone = was !== undefined && (is === undefined || (is.status === 'INACTIVE' && was.status !== 'INACTIVE'));
    return gone ? [...tables.tasks.keysBy('instance', key)] : [];
  }

  async reconcile(key: string): Promise<Outcome> {
    const { state } = this.#platform;
    if (actionsFor(state.tables, key).length === 0) return SETTLED;
    return state.transact((tx): Outcome => {
      const task = tx.tables.tasks.get(key);
      if (task !== undefined) applyTask(tx, task, actionsFor(tx.tables, key));
      return SETTLED;
    });
  }
}

function actionsFor(tables: Tables, key: string): readonly TaskAction[] {
  const task: Task | undefined = tables.tasks.get(key);
  if (task === undefined) return [];
  const instance = task.instanceKey === undefined ? undefined : tables.instances.get(task.instanceKey);
  return decideTask({ task, instance });
}
