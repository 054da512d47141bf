import type { Because, EpochMs, Task } from '@gantry/domain';

/** One transaction tries at most so many; the rest follows in the next. */
export const MOST_TRIES = 200;

export interface WaitingView {
  readonly now: EpochMs;
  /** PROVISIONING tasks that shall run and have no instance. */
  readonly tasks: readonly Task[];
}

export type WaitingAction =
  | { readonly kind: 'try'; readonly task: Task; readonly lastChance: boolean }
  | { readonly kind: 'wake-at'; readonly at: EpochMs; readonly because: Because };

/**
 * Which waiting tasks are tried now, oldest first. A task whose time is over gets one last chance. Tasks that cannot be
 * told apart by any instance share one fate: where the first finds no room its likes are not tried (see `likenessOf`).
 */
export function decideWaiting({ now, tasks }: WaitingView): readonly WaitingAction[] {
  const waiting = tasks.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  const actions: WaitingAction[] = waiting.map((task) => ({
    kind: 'try',
    task,
    lastChance: task.placementDeadlineAt !== undefined && task.placementDeadlineAt <= now,
  }));
  const deadlines = waiting.flatMap((task) => task.placementDeadlineAt ?? []).filter((at) => at > now);
  const next = deadlines.sort((a, b) => a - b)[0];
  if (next !== undefined) actions.push({ kind: 'wake-at', at: next, because: 'provisioning-timeout' });
  return actions;
}

/** The same for tasks that fit on the same instances. */
export function likenessOf(task: Task): string {
  const {
    launchType,
    capacityProviderName,
    taskDefinitionKey,
    awsvpcConfiguration,
    reservation,
    placementConstraints,
  } = task;
  const group = placementConstraints.length > 0 ? [task.cluster, task.group] : [];
  const subnets = awsvpcConfiguration?.subnets;
  return JSON.stringify([
    launchType,
    capacityProviderName,
    taskDefinitionKey,
    subnets,
    reservation,
    placementConstraints,
    group,
  ]);
}
