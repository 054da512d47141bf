import { epochMs, isLive, isProtected, type EpochMs, type Scope, type Task } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type { Failure, ProtectedTask, UpdateTaskProtectionRequest } from '@aws-sdk/client-ecs';
import { isBlockedByProtection } from '../../controllers/service/blocked.ts';
import { readServiceView } from '../../controllers/service/read-view.ts';
import type { Platform } from '../../platform.ts';
import { taskKey } from '../../state/keys.ts';
import type { Tx } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import { keyOfCluster, readableCluster } from './common/clusters.ts';
import type { EcsHandlers } from './common/handler.ts';
import { checkRange } from './common/names.ts';
import { namedTask } from './task/find.ts';

const MAX_UPDATED = 10;
const MAX_SHOWN = 100;
const MAX_MINUTES = 2880;
const DEFAULT_MINUTES = 120;
const MINUTE_MS = 60_000;

const NOT_OF_A_SERVICE = 'Only tasks of a service can be protected from scale-in; this one was started on its own.';
const ON_ITS_WAY_OUT = 'The task is stopping or has stopped.';
const NOT_PLACED = 'The task is not placed yet.';
const BLOCKED =
  'Protected tasks keep the deployment of the service from reaching a steady state. Unset their protection, or wait until it expires.';

/** Task scale-in protection (ecs-semantics 3.10): a moment in the task's document, which the service controller heeds. */
export function taskProtectionHandlers(
  platform: Platform,
): Pick<EcsHandlers, 'GetTaskProtection' | 'UpdateTaskProtection'> {
  const { state, clock } = platform;
  return {
    GetTaskProtection: async (input, { scope }) => {
      const { clusterName } = readableCluster(state.tables, scope, input.cluster);
      const asked = input.tasks ?? [];
      if (asked.length > MAX_SHOWN) throw invalidParameter(`At most ${MAX_SHOWN} tasks can be given per call.`);
      const now = clock.now();
      if (asked.length === 0) {
        return {
          protectedTasks: serviceTasks(state.tables, scope, clusterName).map((t) => shown(t, now)),
          failures: [],
        };
      }
      return sorted(
        asked.map((reference) => {
          const { arn, task } = namedTask(state.tables, scope, clusterName, reference);
          return task === undefined ? { arn, reason: 'MISSING' } : (invalid(task) ?? shown(task, now));
        }),
      );
    },

    UpdateTaskProtection: async (input, { scope, caller }) => {
      const references = input.tasks ?? [];
      if (references.length === 0) throw invalidParameter('Tasks cannot be empty.');
      if (references.length > MAX_UPDATED)
        throw invalidParameter(`At most ${MAX_UPDATED} tasks can be given per call.`);
      checkRange('expiresInMinutes', input.expiresInMinutes, 1, MAX_MINUTES);
      return state.transact((tx) => {
        const { clusterName } = readableCluster(tx.tables, scope, input.cluster);
        return sorted(
          references.map((reference) => {
            const { arn, task } = namedTask(tx.tables, scope, clusterName, reference);
            if (task === undefined) return { arn, reason: 'MISSING' };
            return protect(tx, platform, task, input, caller.principalArn);
          }),
        );
      });
    },
  };
}

function protect(
  tx: Tx,
  platform: Platform,
  task: Task,
  { protectionEnabled, expiresInMinutes = DEFAULT_MINUTES }: UpdateTaskProtectionRequest,
  by: string,
): ProtectedTask | Failure {
  const failure = invalid(task);
  if (failure !== undefined) return failure;
  const enable = protectionEnabled === true;
  const view = readServiceView(tx.tables, platform, task.serviceKey ?? '', tx.now);
  if (enable && view !== undefined && isBlockedByProtection(view)) {
    return { arn: task.taskArn, reason: 'DEPLOYMENT_BLOCKED', detail: BLOCKED };
  }
  const protectedUntil = enable ? epochMs(tx.now + expiresInMinutes * MINUTE_MS) : undefined;
  const next: Task = { ...task, protectedUntil };
  if (!enable && task.protectedUntil === undefined) return shown(task, tx.now);
  // Not a part of the task's description: the version stays.
  tx.put(tx.tables.tasks, taskKey(task), next);
  const text = enable
    ? `Protected from scale-in and deployments for ${expiresInMinutes} minutes.`
    : 'No longer protected from scale-in and deployments.';
  tx.event({ subject: task.taskArn, type: 'task.protection', because: 'user-request', text, by });
  return shown(next, tx.now);
}

/** Why a task can not have protection; undefined when it can. */
function invalid(task: Task): Failure | undefined {
  const failure = (detail: string): Failure => ({ arn: task.taskArn, reason: 'TASK_NOT_VALID', detail });
  if (task.serviceKey === undefined) return failure(NOT_OF_A_SERVICE);
  if (!isLive(task)) return failure(ON_ITS_WAY_OUT);
  return task.lastStatus === 'PROVISIONING' ? failure(NOT_PLACED) : undefined;
}

function shown(task: Task, now: EpochMs): ProtectedTask {
  const { taskArn, protectedUntil } = task;
  if (protectedUntil === undefined || !isProtected(task, now)) return { taskArn, protectionEnabled: false };
  return { taskArn, protectionEnabled: true, expirationDate: new Date(protectedUntil) };
}

function serviceTasks(tables: Tables, scope: Scope, cluster: string): readonly Task[] {
  const tasks = tables.tasks.by('unstopped', keyOfCluster(scope, cluster));
  return tasks.filter((task) => invalid(task) === undefined);
}

function sorted(results: readonly (ProtectedTask | Failure)[]): {
  protectedTasks: ProtectedTask[];
  failures: Failure[];
} {
  return {
    protectedTasks: results.filter((one): one is ProtectedTask => 'taskArn' in one),
    failures: results.filter((one): one is Failure => 'arn' in one),
  };
}
