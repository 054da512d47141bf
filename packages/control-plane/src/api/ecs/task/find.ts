import { taskArn, type Scope, type Task, type TaskId } from '@gantry/domain';
import type { Tables } from '../../../state/tables.ts';
import { keyOfCluster } from '../common/clusters.ts';
import { idIn } from '../common/references.ts';

/** What a reference to a task of a cluster names; `task` is undefined when there is none. */
export interface NamedTask {
  readonly arn: string;
  readonly task: Task | undefined;
}

/** Throws InvalidParameterException for an ARN of something else, or of another cluster. */
export function namedTask(tables: Tables, scope: Scope, cluster: string, reference: string): NamedTask {
  const id = idIn(scope, cluster, 'task', reference);
  return {
    arn: taskArn(scope, cluster, id as TaskId),
    task: tables.tasks.get(`${keyOfCluster(scope, cluster)}/${id}`),
  };
}
