import { containerOf, type ContainerModel, type TaskModel } from './model.ts';
import type { ContainerPlan, Dependency, TaskPlan } from './plan.ts';

/** May this container be prepared now, later (perhaps only until a moment), or never? */
export type Gate =
  | { readonly kind: 'open' }
  | { readonly kind: 'wait'; readonly untilMs?: number | undefined }
  | { readonly kind: 'never'; readonly reason: string };

const OPEN: Gate = { kind: 'open' };
const WAIT: Gate = { kind: 'wait' };

/** Asked before anything is done for a container; what was opened once stays open (HEALTHY matters at start-up only). */
export function gateOf(plan: TaskPlan, container: ContainerPlan, model: TaskModel, nowMs: number): Gate {
  let result = OPEN;
  for (const dependency of container.dependencies) {
    const other = containerOf(model, dependency.on);
    const otherPlan = plan.containers.find(({ name }) => name === dependency.on);
    if (other === undefined || otherPlan === undefined) continue; // planOf refuses such tasks
    const gate = gateOn(container.name, dependency, other, otherPlan, nowMs);
    if (gate.kind === 'never') return gate;
    if (gate.kind === 'wait') result = earlier(result, gate);
  }
  return result;
}

/** Everything that must be STOPPED before this container may be: the start order, reversed. */
export function dependentsStopped(plan: TaskPlan, name: string, model: TaskModel): boolean {
  return plan.containers.every(
    (other) =>
      other.name === name ||
      !other.dependencies.some(({ on }) => on === name) ||
      containerOf(model, other.name)?.known === 'STOPPED',
  );
}

function gateOn(
  name: string,
  { on, condition }: Dependency,
  other: ContainerModel,
  plan: ContainerPlan,
  nowMs: number,
): Gate {
  const stopped = other.known === 'STOPPED';
  const never = (why: string): Gate => ({
    kind: 'never',
    reason: `dependency graph: failed to resolve container ordering dependency [${on}] for target [${name}] as ${why}`,
  });
  switch (condition) {
    case 'CREATE':
      if (other.known === 'CREATED' || other.known === 'RUNNING') return OPEN;
      if (!stopped) return WAIT;
      return other.dockerId === undefined ? never('dependency was never created.') : OPEN;
    case 'START':
      return other.known === 'RUNNING' || stopped ? OPEN : WAIT;
    case 'COMPLETE':
      if (stopped) return other.exitCode === undefined ? never('dependency never ran.') : OPEN;
      return timed(name, other, plan, nowMs);
    case 'SUCCESS':
      if (stopped) return other.exitCode === 0 ? OPEN : never('dependency did not exit successfully.');
      return timed(name, other, plan, nowMs);
    case 'HEALTHY':
      if (stopped) return never('dependency has stopped.');
      if (other.known === 'RUNNING' && other.health === 'healthy') return OPEN;
      return timed(name, other, plan, nowMs);
  }
}

/** The start time-out of a dependency counts from its own start. */
function timed(name: string, other: ContainerModel, plan: ContainerPlan, nowMs: number): Gate {
  if (plan.startTimeoutMs === undefined || other.startedAtMs === undefined) return WAIT;
  const untilMs = other.startedAtMs + plan.startTimeoutMs;
  if (nowMs < untilMs) return { kind: 'wait', untilMs };
  const reason = `dependency graph: container ordering dependency [${other.name}] for target [${name}] has timed out.`;
  return { kind: 'never', reason };
}

function earlier(a: Gate, b: Gate & { kind: 'wait' }): Gate {
  if (a.kind !== 'wait' || a.untilMs === undefined) return b;
  return b.untilMs !== undefined && b.untilMs < a.untilMs ? b : a;
}
