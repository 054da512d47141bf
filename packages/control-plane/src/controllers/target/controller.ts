import { elbKey, type ServiceLoadBalancer, type Target, type Task } from '@gantry/domain';
import { registerTarget } from '../../api/elbv2/target-documents.ts';
import { enqueue } from '../../dispatch/outbox.ts';
import type { Platform } from '../../platform.ts';
import type { Change, Tx } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import { SETTLED, type Controller, type Outcome } from '../driver.ts';
import { say } from '../service/apply.ts';
import { targetsText, targetUnhealthyText } from '../service/texts.ts';
import { taskKey } from '../task/create.ts';
import { decideTargets, type Address, type TargetAction } from './decide.ts';
import { deregisterTargets } from './documents.ts';

/** Registers the tasks of services with load balancers, and stops them once they have drained. Keys: keys of tasks. */
export class TargetController implements Controller {
  readonly name = 'target';
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  keys(): readonly string[] {
    const { tables } = this.#platform.state;
    return [...tables.tasks.keys].filter((key) => (tables.tasks.get(key)?.loadBalancers ?? []).length > 0);
  }

  wakes({ kind, key, before, after }: Change): readonly string[] {
    if (kind === 'task') return ((after as Task | undefined)?.loadBalancers ?? []).length > 0 ? [key] : [];
    if (kind !== 'target') return [];
    const { taskKey: task } = (after ?? before) as Target;
    return task === undefined ? [] : [task];
  }

  async reconcile(key: string): Promise<Outcome> {
    const { state, clock } = this.#platform;
    const foreseen = actionsFor(state.tables, key, clock.now());
    if (foreseen.some(({ kind }) => kind !== 'wake-at'))
      return state.transact((tx) => {
        const actions = actionsFor(tx.tables, key, tx.now);
        for (const action of actions) apply(tx, this.#platform, key, action);
        return outcomeOf(actions, tx.now);
      });
    return outcomeOf(foreseen, clock.now());
  }
}

function outcomeOf(actions: readonly TargetAction[], now: number): Outcome {
  const wake = actions.find((action) => action.kind === 'wake-at');
  return wake === undefined ? SETTLED : { kind: 'again', afterMs: Math.max(0, wake.at - now) };
}

function actionsFor(tables: Tables, key: string, now: number): readonly TargetAction[] {
  const task = tables.tasks.get(key);
  if (task === undefined) return [];
  const addressOf = (balancer: ServiceLoadBalancer): Address | undefined => addressIn(task, balancer);
  return decideTargets({ now, task, targets: tables.targets.by('task', key), addressOf });
}

/** The task's own address and the container's port, or its instance and the host's port. */
function addressIn(task: Task, { containerName, containerPort }: ServiceLoadBalancer): Address | undefined {
  if (task.networkInterface !== undefined) return { id: task.networkInterface.privateIPv4Address, port: containerPort };
  if (task.instanceId === undefined) return undefined;
  if (task.networkMode === 'host') return { id: task.instanceId, port: containerPort };
  const container = task.containers.find(({ name }) => name === containerName);
  const binding = container?.networkBindings.find((each) => each.containerPort === containerPort);
  return binding?.hostPort === undefined ? undefined : { id: task.instanceId, port: binding.hostPort };
}

function apply(tx: Tx, platform: Platform, key: string, action: TargetAction): void {
  const task = tx.tables.tasks.get(key) as Task;
  const service = task.serviceKey === undefined ? undefined : tx.tables.services.get(task.serviceKey);
  const tell = (...messages: readonly string[]): void => {
    if (task.serviceKey !== undefined && service !== undefined) say(tx, platform, task.serviceKey, messages);
  };
  const name = service?.serviceName ?? '';
  switch (action.kind) {
    case 'register': {
      const group = tx.tables.targetGroups.get(elbKey(action.targetGroupArn) ?? '');
      if (group === undefined) return;
      registerTarget(tx, platform, group, { ...action.address, taskKey: key });
      return tell(targetsText(name, 'registered', 1, action.targetGroupArn));
    }
    case 'deregister':
      deregisterTargets(tx, action.targets);
      return tell(...action.targets.map(({ targetGroupArn }) => targetsText(name, 'deregistered', 1, targetGroupArn)));
    case 'health': {
      const { health, unhealthy } = action;
      tx.put(tx.tables.tasks, taskKey(task), { ...task, targetHealth: health, unhealthyIn: unhealthy?.targetGroupArn });
      if (unhealthy === undefined) return;
      return tell(targetUnhealthyText(name, unhealthy.port, unhealthy.targetGroupArn, unhealthy.description ?? ''));
    }
    case 'release':
      tx.put(tx.tables.tasks, taskKey(task), { ...task, deregisteringAt: undefined, version: task.version + 1 });
      if (task.instanceKey !== undefined) enqueue(tx, platform.ids, task.instanceKey, key, 'STOPPED');
      return;
    case 'wake-at':
  }
}
