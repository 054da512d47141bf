import { epochMs, type Because, type EpochMs, type Instance, type Task } from '@gantry/domain';

export interface LivenessView {
  readonly now: EpochMs;
  readonly instance: Instance;
  /** Tasks on it that are not STOPPED. */
  readonly tasks: readonly Task[];
  readonly instanceGoneAfterMs: number;
  /** Since when this control plane could have heard of the agent: before that, silence proves nothing. */
  readonly listeningSince: EpochMs;
}

export type LivenessAction =
  | { readonly kind: 'give-up'; readonly task: Task }
  | { readonly kind: 'wake-at'; readonly at: EpochMs; readonly because: Because };

/**
 * A disconnected instance takes no tasks and keeps the ones it has, as they were (ecs-semantics 6.6). Only after
 * `instanceGoneAfterMs` are they given up, so that services replace them elsewhere.
 */
export function decideLiveness(view: LivenessView): readonly LivenessAction[] {
  const { now, instance, tasks, instanceGoneAfterMs, listeningSince } = view;
  if (instance.agentConnected || instance.status === 'INACTIVE' || tasks.length === 0) return [];
  const silentSince = Math.max(instance.disconnectedAt ?? listeningSince, listeningSince);
  const goneAt = epochMs(silentSince + instanceGoneAfterMs);
  if (now < goneAt) return [{ kind: 'wake-at', at: goneAt, because: 'agent-disconnected' }];
  return tasks.map((task) => ({ kind: 'give-up', task }));
}
