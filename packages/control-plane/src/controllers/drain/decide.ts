import type { Instance, Task } from '@gantry/domain';

export interface DrainView {
  readonly instance: Instance;
  /** Tasks on it that are not STOPPED. */
  readonly tasks: readonly Task[];
}

export type DrainAction =
  | { readonly kind: 'stop'; readonly task: Task }
  /** No RUNNING task is left. */
  | { readonly kind: 'drained' }
  /** It was drained, and has been made ACTIVE again. */
  | { readonly kind: 'reopened' };

/**
 * What draining an instance means for the instance itself (ecs-semantics 6.6): service tasks that do not run yet stop
 * at once; running ones are replaced by their service; standalone tasks are left alone.
 */
export function decideDrain({ instance, tasks }: DrainView): readonly DrainAction[] {
  if (instance.status !== 'DRAINING') return instance.drainedAt === undefined ? [] : [{ kind: 'reopened' }];
  const waiting = tasks.filter(
    (task) => task.serviceKey !== undefined && task.desiredStatus === 'RUNNING' && task.lastStatus !== 'RUNNING',
  );
  if (waiting.length > 0) return waiting.map((task) => ({ kind: 'stop', task }));
  return tasks.length === 0 && instance.drainedAt === undefined ? [{ kind: 'drained' }] : [];
}
