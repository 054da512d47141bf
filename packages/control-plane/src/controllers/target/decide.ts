import type { ServiceLoadBalancer, Target, Task } from '@gantry/domain';

export interface TargetView {
  readonly now: number;
  readonly task: Task;
  /** Of this task, the draining ones too. */
  readonly targets: readonly Target[];
  /** Where a container's port is reached; undefined when nobody knows yet. */
  readonly addressOf: (balancer: ServiceLoadBalancer) => Address | undefined;
}

export interface Address {
  readonly id: string;
  readonly port: number;
}

export type TargetAction =
  | { readonly kind: 'register'; readonly targetGroupArn: string; readonly address: Address }
  /** The task has ended by itself. */
  | { readonly kind: 'deregister'; readonly targets: readonly Target[] }
  | {
      readonly kind: 'health';
      readonly health: NonNullable<Task['targetHealth']>;
      readonly unhealthy?: Target | undefined;
    }
  /** Its connections have drained: its agent may stop it. */
  | { readonly kind: 'release' }
  | { readonly kind: 'wake-at'; readonly at: number };

/** What carries the traffic lets go of a target at its time; should nothing carry it, the task goes all the same. */
const PATIENCE_MS = 5_000;

/** Keeps a task registered exactly while it is RUNNING and wanted (ecs-semantics 5.10). */
export function decideTargets({ now, task, targets, addressOf }: TargetView): readonly TargetAction[] {
  if (task.deregisteringAt !== undefined && task.lastStatus !== 'STOPPED') {
    const until = Math.max(...targets.map(({ drainUntil = 0 }) => drainUntil + PATIENCE_MS));
    return targets.length === 0 || now >= until ? [{ kind: 'release' }] : [{ kind: 'wake-at', at: until }];
  }
  const registered = targets.filter(({ state }) => state !== 'draining');
  if (task.lastStatus === 'STOPPED' || task.desiredStatus === 'STOPPED')
    return registered.length === 0 ? [] : [{ kind: 'deregister', targets: registered }];
  if (task.lastStatus !== 'RUNNING') return [];
  const actions: TargetAction[] = [];
  const found: (Target | undefined)[] = [];
  for (const balancer of task.loadBalancers ?? []) {
    const address = addressOf(balancer);
    const target = registered.find(
      (each) =>
        each.targetGroupArn === balancer.targetGroupArn && each.id === address?.id && each.port === address.port,
    );
    found.push(target);
    if (target === undefined && address !== undefined)
      actions.push({ kind: 'register', targetGroupArn: balancer.targetGroupArn, address });
  }
  const unhealthy = found.find((target) => target?.state === 'unhealthy');
  const isHealthy = found.every((target) => target?.state === 'healthy');
  const health = unhealthy !== undefined ? 'unhealthy' : isHealthy ? 'healthy' : 'initial';
  if (health !== task.targetHealth) actions.push({ kind: 'health', health, unhealthy });
  return actions;
}
