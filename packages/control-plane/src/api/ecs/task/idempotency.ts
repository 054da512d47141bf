import { taskArn, type EpochMs, type Scope, type Task, type TaskId } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { RunTaskRequest, RunTaskResponse, Task as WireTask } from '@aws-sdk/client-ecs';
import type { IdempotencyRecord, Tables } from '../../../state/tables.ts';
import { fingerprintOf } from '../common/fingerprint.ts';

const TOKEN_LIFE_MS = 24 * 3600_000;
const AFTER_STOP_MS = 3600_000;

/** What makes two calls the same: every parameter but the token. Pure. */
export function runTaskFingerprint(input: RunTaskRequest, cluster: string): string {
  const { clientToken: _token, cluster: _reference, ...parameters } = input;
  return fingerprintOf({ ...parameters, cluster });
}

export function tokenKey(clusterKey: string, token: string): string {
  return `${clusterKey}/${token}`;
}

/** A token is forgotten after 24 hours, or one hour after the last of its tasks stopped (ecs-semantics 1.11). */
export function isOver(record: IdempotencyRecord, tables: Tables, now: EpochMs): boolean {
  if (now - record.createdAt >= TOKEN_LIFE_MS) return true;
  const tasks = record.taskKeys.map((key) => tables.tasks.get(key));
  if (tasks.some((task) => task !== undefined && task.lastStatus !== 'STOPPED')) return false;
  const stops = tasks.map((task) => task?.stoppedAt ?? record.createdAt);
  return now - Math.max(record.createdAt, ...stops) >= AFTER_STOP_MS;
}

/** The answer to a repeated call. `describe` writes a task that still runs; of a stopped one little is told. */
export function repeatedAnswer(
  record: IdempotencyRecord,
  tables: Tables,
  now: EpochMs,
  describe: (task: Task) => WireTask,
): RunTaskResponse {
  const tasks = record.taskKeys.flatMap((key) => {
    const task = tables.tasks.get(key);
    if (task === undefined) return [];
    if (task.lastStatus !== 'STOPPED') return [describe(task)];
    return [{ taskArn: task.taskArn, lastStatus: task.lastStatus, desiredStatus: task.desiredStatus }];
  });
  const failures = (record.failures ?? []).map((failure) => (now - record.createdAt < AFTER_STOP_MS ? failure : {}));
  return { tasks, failures };
}

/** The token was used with other parameters. */
export function tokenConflict(record: IdempotencyRecord, scope: Scope, cluster: string): ServiceError {
  const resourceIds = record.taskKeys.map((key) =>
    taskArn(scope, cluster, key.slice(key.lastIndexOf('/') + 1) as TaskId),
  );
  return new ServiceError(
    'ConflictException',
    'The client token was used before with other parameters. Use a new client token, or the same parameters.',
    { members: { resourceIds } },
  );
}
