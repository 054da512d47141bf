import { clusterArn, type Task, wantedOfAgent } from '@gantry/domain';
import type { TaskIdentifier } from '@gantry/protocol';
import type { Tables } from '../../state/tables.ts';
import { taskKeyOfArn } from '../keys.ts';

export type ManifestTask = TaskIdentifier;

/** Everything that should run on the instance. What should stop is left out: the agent then offers it for stopping. */
export function manifestTasks(tasksOfInstance: readonly Task[]): readonly ManifestTask[] {
  return tasksOfInstance
    .filter((task) => wantedOfAgent(task) === 'RUNNING')
    .map((task) => ({
      taskArn: task.taskArn,
      taskClusterArn: clusterArn(task.scope, task.cluster),
      desiredStatus: 'RUNNING' as const,
    }));
}

const FURTHEST_LEAP = 4096;

/** How far the number of the next manifest is from the last, after so many that were not acked: 4, 16, 64 … 4096. */
export function manifestLeap(attempts: number): number {
  return Math.min(FURTHEST_LEAP, 4 ** Math.min(attempts, 16));
}

/**
 * The second phase: of the tasks the agent would stop because a manifest did not list them, those that really
 * should not run here *now*. One that was placed after the manifest was made is not among them.
 */
export function confirmStops(
  tables: Tables,
  instanceKey: string,
  candidates: readonly unknown[],
): readonly TaskIdentifier[] {
  return candidates.flatMap((candidate) => {
    const { taskArn, taskClusterArn } = (candidate ?? {}) as Partial<TaskIdentifier>;
    if (typeof taskArn !== 'string') return [];
    const key = taskKeyOfArn(taskArn);
    const task = key === undefined ? undefined : tables.tasks.get(key);
    const wanted = task?.instanceKey === instanceKey && wantedOfAgent(task) === 'RUNNING';
    if (wanted && task.lastStatus !== 'STOPPED') return [];
    const cluster = typeof taskClusterArn === 'string' ? taskClusterArn : '';
    return [{ taskArn, taskClusterArn: cluster, desiredStatus: 'STOPPED' as const }];
  });
}
