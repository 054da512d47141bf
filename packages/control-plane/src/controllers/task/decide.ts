import { isForward, type Instance, type Task } from '@gantry/domain';
import type { StopOrder } from './stop.ts';

export interface TaskView {
  readonly task: Task;
  /** Its instance's document; undefined when it has none or the document is gone. */
  readonly instance: Instance | undefined;
}

export type TaskAction =
  /** Its agent has been told to stop it. */
  | { readonly kind: 'stopping' }
  /** Everything it held is given back: it is STOPPED. */
  | { readonly kind: 'finish'; readonly order: StopOrder };

/** The steps of a task that no agent reports (ecs-semantics 3.1). */
export function decideTask({ task, instance }: TaskView): readonly TaskAction[] {
  if (task.lastStatus === 'STOPPED') return [];
  if (task.lastStatus === 'DEPROVISIONING') return [{ kind: 'finish', order: RELEASED }];
  if (task.instanceKey !== undefined && (instance === undefined || instance.status === 'INACTIVE'))
    return [{ kind: 'finish', order: goneOrder(instance) }];
  if (task.deregisteringAt !== undefined) return [];
  // Tasks without an address of their own show RUNNING until they are STOPPED, as on EC2.
  if (task.desiredStatus === 'STOPPED' && task.networkInterface !== undefined && isForward(task.lastStatus, 'STOPPING'))
    return [{ kind: 'stopping' }];
  return [];
}

/** Why tasks end with their instance. The reasons of an earlier stop order are kept. */
export function goneOrder(instance: Instance | undefined): StopOrder {
  const host = instance?.ec2InstanceId ?? instance?.id;
  const named = host === undefined ? '' : ` (instance ${host})`;
  return { stopCode: 'TerminationNotice', stoppedReason: `Host EC2${named} terminated.`, because: 'instance-gone' };
}

/** A DEPROVISIONING task has its reasons already; these never show. */
const RELEASED: StopOrder = {
  stopCode: 'EssentialContainerExited',
  stoppedReason: 'Essential container in task exited',
  because: 'network-released',
};
