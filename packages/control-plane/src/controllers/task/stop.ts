import type { Because, StopCode, Task, TaskContainer } from '@gantry/domain';
import { enqueue, forget } from '../../dispatch/outbox.ts';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { deregisterTargets } from '../target/documents.ts';
import { taskKey } from './create.ts';

export interface StopOrder {
  readonly stopCode: StopCode;
  /** What the user reads; ECS's own text where it has one. */
  readonly stoppedReason: string;
  readonly because: Because;
  /** Principal ARN, when a person asked. */
  readonly by?: string | undefined;
}

/**
 * Wants the task stopped, in the caller's transaction. The first order wins: a task that is already to be stopped is
 * returned as it is. A placed task is told through its instance's outbox and stays until the agent reports it
 * STOPPED; one that never was placed is STOPPED at once.
 * @returns the task as it is now in the tables.
 */
export function requestStop(tx: Tx, platform: Pick<Platform, 'ids'>, task: Task, order: StopOrder): Task {
  const key = taskKey(task);
  const current = tx.tables.tasks.get(key) ?? task;
  if (current.desiredStatus === 'STOPPED' || current.lastStatus === 'STOPPED') return current;
  if (current.instanceKey === undefined) return finishStop(tx, current, order);
  const targets = tx.tables.targets.by('task', key);
  const drains = targets.length > 0 && current.lastStatus === 'RUNNING';
  const stopping: Task = {
    ...current,
    ...(drains ? { lastStatus: 'DEACTIVATING', deregisteringAt: tx.now } : {}),
    desiredStatus: 'STOPPED',
    stopCode: order.stopCode,
    stoppedReason: order.stoppedReason,
    because: order.because,
    stoppingAt: current.stoppingAt ?? tx.now,
    version: current.version + 1,
  };
  tx.put(tx.tables.tasks, key, stopping);
  // Its agent hears of it when its connections have drained: `../target`.
  if (drains) deregisterTargets(tx, targets);
  else enqueue(tx, platform.ids, current.instanceKey, key, 'STOPPED');
  tx.event({
    subject: current.taskArn,
    type: 'task.stopRequested',
    because: order.because,
    text: order.stoppedReason,
    by: order.by,
  });
  return stopping;
}

/**
 * Ends a task without an agent: it never was placed, or its instance is gone for good. Its resources and its address
 * are free from here on. The reasons of an earlier stop order are kept. Nothing happens to a STOPPED task.
 * @returns the task as it is now in the tables.
 */
export function finishStop(tx: Tx, task: Task, order: StopOrder): Task {
  const key = taskKey(task);
  const current = tx.tables.tasks.get(key) ?? task;
  if (current.lastStatus === 'STOPPED') return current;
  const ended: Task = {
    ...current,
    desiredStatus: 'STOPPED',
    lastStatus: 'STOPPED',
    deregisteringAt: undefined,
    stopCode: current.stopCode ?? order.stopCode,
    stoppedReason: current.stoppedReason ?? order.stoppedReason,
    because: current.stopCode === undefined ? order.because : current.because,
    stoppingAt: current.stoppingAt ?? tx.now,
    executionStoppedAt: current.executionStoppedAt ?? (current.startedAt === undefined ? undefined : tx.now),
    stoppedAt: tx.now,
    containers: current.containers.map(endedContainer),
    networkInterface:
      current.networkInterface === undefined ? undefined : { ...current.networkInterface, status: 'DELETED' },
    version: current.version + 1,
  };
  tx.put(tx.tables.tasks, key, ended);
  forget(tx, key);
  tx.event({
    subject: current.taskArn,
    type: 'task.stopped',
    because: ended.because,
    text: ended.stoppedReason ?? order.stoppedReason,
    by: order.by,
  });
  return ended;
}

function endedContainer(container: TaskContainer): TaskContainer {
  return container.lastStatus === 'STOPPED' ? container : { ...container, lastStatus: 'STOPPED' };
}
