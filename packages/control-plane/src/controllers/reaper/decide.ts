import {
  isDeploymentOver,
  type Cluster,
  type EpochMs,
  type Instance,
  type Service,
  type ServiceDeployment,
  type ServiceRevision,
  type Task,
  type TaskDefinition,
} from '@gantry/domain';
import type { IdempotencyRecord } from '../../state/tables.ts';

/** INACTIVE services, clusters and instances stay describable this long. */
export const INACTIVE_RETENTION_MS = 24 * 3_600_000;
/** Service deployments are kept this long after they are over, and revisions as long as one of them is (5.9). */
export const DEPLOYMENT_RETENTION_MS = 90 * 24 * 3_600_000;
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

/** A deleted revision is gone when nothing runs it any more (ecs-semantics 2.1). `inUse`: keys of definitions. */
export function isDefinitionOver(key: string, definition: TaskDefinition, inUse: ReadonlySet<string>): boolean {
  return definition.status === 'DELETE_IN_PROGRESS' && !inUse.has(key);
}

/** The definitions that tasks run, or that services may start tasks of. */
export function definitionsInUse(tasks: Iterable<Task>, services: Iterable<Service>): ReadonlySet<string> {
  const inUse = new Set<string>();
  for (const task of tasks) if (task.lastStatus !== 'STOPPED') inUse.add(task.taskDefinitionKey);
  for (const service of services) {
    if (service.status === 'INACTIVE') continue;
    for (const deployment of service.deployments) inUse.add(deployment.taskDefinitionKey);
    if (service.lastCompletedDeployment !== undefined) inUse.add(service.lastCompletedDeployment.taskDefinitionKey);
  }
  return inUse;
}

/** The newest one of a service stays: its description points to it. */
export function isDeploymentForgotten(
  deployment: ServiceDeployment,
  service: Service | undefined,
  { now }: Retention,
): boolean {
  if (!isDeploymentOver(deployment)) return false;
  if (service?.currentServiceDeployment === deployment.serviceDeploymentArn) return false;
  return now - (deployment.finishedAt ?? deployment.updatedAt) >= DEPLOYMENT_RETENTION_MS;
}

/** `inUse`: ARNs of revisions. */
export function isRevisionForgotten(revision: ServiceRevision, inUse: ReadonlySet<string>): boolean {
  return !inUse.has(revision.serviceRevisionArn);
}

/** The revisions that service deployments tell of, that run, or that may be rolled back to. */
export function revisionsInUse(
  deployments: Iterable<ServiceDeployment>,
  services: Iterable<Service>,
): ReadonlySet<string> {
  const inUse = new Set<string>();
  const use = (arn: string | undefined): void => {
    if (arn !== undefined) inUse.add(arn);
  };
  for (const { sources, target, rollback } of deployments) {
    for (const part of [...sources, target]) use(part.serviceRevisionArn);
    use(rollback?.serviceRevisionArn);
  }
  for (const service of services) {
    for (const deployment of service.deployments) use(deployment.serviceRevisionArn);
    use(service.lastCompletedDeployment?.serviceRevisionArn);
  }
  return inUse;
}

export function isTokenOver(record: IdempotencyRecord, { now }: Retention): boolean {
  return now - record.createdAt >= TOKEN_RETENTION_MS;
}
