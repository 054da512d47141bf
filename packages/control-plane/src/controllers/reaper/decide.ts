import type { Cluster, EpochMs, Instance, Service, Task } from '@gantry/domain';
import type { IdempotencyRecord } from '../../state/tables.ts';

/** INACTIVE services, clusters and instances stay describable this long. */
export const INACTIVE_RETENTION_MS = 24 * 3_600_000;
/** A client token answers with the first call's tasks this long (ecs-semantics 1.11). */
export const TOKEN_RETENTION_MS = 24 * 3_600_000;

export interface Retention {
  readonly now: EpochMs;
  readonly stoppedTaskRetentionMs: number;
}

/** A STOPPED task whose time is over, and whose service (if any) has drawn its conclusions. */
export function isTaskOver(task: Task, { now, stoppedTaskRetentionMs }: Retention): boolean {
  if (task.lastStatus !== 'STOPPED') return false;
  return now - (task.stoppedAt ?? task.createdAt) >= stoppedTaskRetentionMs;
}

export function isServiceOver(service: Service, { now }: Retention): boolean {
  return service.status === 'INACTIVE' && now - (service.inactiveAt ?? service.createdAt) >= INACTIVE_RETENTION_MS;
}

export function isClusterOver(cluster: Cluster, { now }: Retention): boolean {
  return cluster.status === 'INACTIVE' && now - (cluster.inactiveAt ?? cluster.createdAt) >= INACTIVE_RETENTION_MS;
}

/** Deregistered instances say when only once the reaper has seen them. */
export function instanceFate(instance: Instance, { now }: Retention): 'keep' | 'mark' | 'delete' {
  if (instance.status !== 'INACTIVE') return 'keep';
  if (instance.inactiveAt === undefined) return 'mark';
  return now - instance.inactiveAt >= INACTIVE_RETENTION_MS ? 'delete' : 'keep';
}

export function isTokenOver(record: IdempotencyRecord, { now }: Retention): boolean {
  return now - record.createdAt >= TOKEN_RETENTION_MS;
}
