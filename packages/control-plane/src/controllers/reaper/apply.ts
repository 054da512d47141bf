import type { Instance } from '@gantry/domain';
import { forget } from '../../dispatch/outbox.ts';
import { forgetDeployments, serviceKeyOf } from '../service/service-deployment-documents.ts';
import type { Tx } from '../../state/state.ts';
import type { Table } from '../../state/table.ts';
import {
  definitionsInUse,
  instanceFate,
  DEPLOYMENT_RETENTION_MS,
  isClusterOver,
  isDeploymentForgotten,
  isRevisionForgotten,
  revisionsInUse,
  isDefinitionOver,
  isServiceOver,
  isTaskOver,
  isTokenOver,
  type Retention,
} from './decide.ts';

/** A transaction buries at most so many: everyone else's work waits behind it. */
export const MOST_AT_ONCE = 500;

export const KINDS = [
  'tasks',
  'services',
  'deployments',
  'revisions',
  'clusters',
  'instances',
  'tokens',
  'definitions',
] as const;
export type Kind = (typeof KINDS)[number];

/** Deletes what was kept long enough. @returns how many documents it touched; MOST_AT_ONCE means there may be more. */
export function reap(tx: Tx, kind: Kind, retention: Retention): number {
  const { tables } = tx;
  switch (kind) {
    case 'tasks':
      return sweep(tables.tasks, (key, task) => {
        if (!isTaskOver(task, retention)) return false;
        forget(tx, key);
        tx.delete(tables.tasks, key);
        return true;
      });
    case 'services':
      return sweep(tables.services, (key, service) => {
        if (!isServiceOver(service, retention)) return false;
        tx.delete(tables.serviceEvents, key);
        forgetDeployments(tx, key);
        tx.delete(tables.services, key);
        return true;
      });
    case 'deployments':
      return sweep(tables.serviceDeployments, (key, deployment) => {
        const service = tables.services.get(serviceKeyOf(deployment));
        if (!isDeploymentForgotten(deployment, service, retention)) return false;
        tx.delete(tables.serviceDeployments, key);
        return true;
      });
    case 'revisions':
      return reapRevisions(tx, retention);
    case 'clusters':
      return sweep(tables.clusters, (key, cluster) => {
        if (!isClusterOver(cluster, retention)) return false;
        tx.delete(tables.clusters, key);
        return true;
      });
    case 'instances':
      return sweep(tables.instances, (key, instance) => reapInstance(tx, key, instance, retention));
    case 'tokens':
      return sweep(tables.idempotency, (key, record) => {
        if (!isTokenOver(record, retention)) return false;
        tx.delete(tables.idempotency, key);
        return true;
      });
    case 'definitions':
      return reapDefinitions(tx);
  }
}

/** Who is still in use is looked for only when there is something to delete: that takes a walk over all tasks. */
function reapDefinitions(tx: Tx): number {
  const { tables } = tx;
  let inUse: ReadonlySet<string> | undefined;
  return sweep(tables.taskDefinitions, (key, definition) => {
    if (definition.status !== 'DELETE_IN_PROGRESS') return false;
    inUse ??= definitionsInUse(tables.tasks.values(), tables.services.values());
    if (!isDefinitionOver(key, definition, inUse)) return false;
    tx.delete(tables.taskDefinitions, key);
    return true;
  });
}

/** Which are in use is looked for only when there is one that is old enough. */
function reapRevisions(tx: Tx, { now }: Retention): number {
  const { tables } = tx;
  let inUse: ReadonlySet<string> | undefined;
  return sweep(tables.serviceRevisions, (key, revision) => {
    if (now - revision.createdAt < DEPLOYMENT_RETENTION_MS) return false;
    inUse ??= revisionsInUse(tables.serviceDeployments.values(), tables.services.values());
    if (!isRevisionForgotten(revision, inUse)) return false;
    tx.delete(tables.serviceRevisions, key);
    return true;
  });
}

function reapInstance(tx: Tx, key: string, instance: Instance, retention: Retention): boolean {
  const fate = instanceFate(instance, retention);
  if (fate === 'mark') tx.put(tx.tables.instances, key, { ...instance, inactiveAt: retention.now });
  if (fate === 'delete') tx.delete(tx.tables.instances, key);
  return fate !== 'keep';
}

function sweep<T, I extends string>(table: Table<T, I>, bury: (key: string, document: T) => boolean): number {
  let touched = 0;
  // A copy: the sweep changes what it walks over.
  for (const key of Array.from(table.keys)) {
    const document = table.get(key);
    if (document !== undefined && bury(key, document)) touched += 1;
    if (touched === MOST_AT_ONCE) break;
  }
  return touched;
}
