import type { Because, Instance, Task } from '@gantry/domain';

export interface LivenessView {
  readonly instance: Instance;
  /** Tasks on it that are not STOPPED. */
  readonly tasks: readonly Task[];
  readonly instanceGoneAfterMs: number;
  /** How long this control plane has listened in vain: before it did, silence proves nothing. */
  readonly silentForMs: number;
}

export type LivenessAction =
  | { readonly kind: 'give-up'; readonly task: Task }
  | { readonly kind: 'wait'; readonly forMs: number; readonly because: Because };

/**
 * A disconnected instance takes no tasks and keeps the ones it has, as they were (ecs-semantics 6.6). Only after
 * `instanceGoneAfterMs` are they given up, so that services replace them elsewhere.
 */
export function decideLiveness(view: LivenessView): readonly LivenessAction[] {
  const { instance, tasks, instanceGoneAfterMs, silentForMs } = view;
  if (instance.agentConnected || instance.status === 'INACTIVE' || tasks.length === 0) return [];
  const forMs = instanceGoneAfterMs - silentForMs;
  if (forMs > 0) return [{ kind: 'wait', forMs, because: 'agent-disconnected' }];
  return tasks.map((task) => ({ kind: 'give-up', task }));
}
