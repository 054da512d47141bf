import type { Instance, Task } from '@gantry/domain';
import { clusterKey } from './tables.ts';

/** Key of a task's document: `<account>/<region>/<cluster>/<id>`. */
export function taskKey(task: Pick<Task, 'scope' | 'cluster' | 'id'>): string {
  return `${clusterKey(task)}/${task.id}`;
}

/** Key of an instance's document: `<account>/<region>/<cluster>/<id>`. */
export function instanceKey(instance: Pick<Instance, 'scope' | 'cluster' | 'id'>): string {
  return `${clusterKey(instance)}/${instance.id}`;
}
