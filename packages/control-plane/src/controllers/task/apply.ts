import type { Task } from '@gantry/domain';
import type { Tx } from '../../state/state.ts';
import { taskKey } from './create.ts';
import type { TaskAction } from './decide.ts';
import { finishStop } from './stop.ts';

export function applyTask(tx: Tx, task: Task, actions: readonly TaskAction[]): void {
  for (const action of actions) {
    if (action.kind === 'finish') finishStop(tx, task, action.order);
    else tx.put(tx.tables.tasks, taskKey(task), stoppingNow(task));
  }
}

function stoppingNow(task: Task): Task {
  return { ...task, lastStatus: 'STOPPING', version: task.version + 1 };
}
