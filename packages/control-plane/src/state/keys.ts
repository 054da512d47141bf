import type { Instance, Scope, Task } from '@gantry/domain';
import { clusterKey } from './tables.ts';

/** What the keys of a scope's documents begin with. */
export const prefixOf = ({ account, region }: Scope): string => `${account}/${region}/`;

/** Key of a task's document: `<account>/<region>/<cluster>/<id>`. */
export function taskKey(task: Pick<Task, 'scope' | 'cluster' | 'id'>): string {
  return `${clusterKey(task)}/${task.id}`;
}

/** Key of an instance's document: `<account>/<region>/<cluster>/<id>`. */
export function instanceKey(instance: Pick<Instance, 'scope' | 'cluster' | 'id'>): string {
  return `${clusterKey(instance)}/${instance.id}`;
}
