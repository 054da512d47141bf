import { FARGATE_POOL_CLUSTER, type Cluster, type Scope } from '@gantry/domain';
import { clusterKey, type Tables } from '../../../state/tables.ts';
import { clusterNameIn, clusterNotFound } from './references.ts';

export function keyOfCluster(scope: Scope, cluster: string): string {
  return clusterKey({ scope, cluster });
}

/** The cluster of that name, ACTIVE or INACTIVE. The Fargate pool's hidden cluster is nobody's. */
export function clusterNamed(tables: Tables, scope: Scope, name: string): Cluster | undefined {
  const cluster = tables.clusters.get(keyOfCluster(scope, name));
  return cluster?.internal === true ? undefined : cluster;
}

/** The cluster a read is about, also an INACTIVE one. Throws ClusterNotFoundException. */
export function readableCluster(tables: Tables, scope: Scope, reference: string | undefined): Cluster {
  const cluster = clusterNamed(tables, scope, clusterNameIn(scope, reference));
  if (cluster === undefined) throw clusterNotFound();
  return cluster;
}

/** The cluster a write is about. Throws ClusterNotFoundException, also when it was deleted. */
export function activeCluster(tables: Tables, scope: Scope, reference: string | undefined): Cluster {
  const cluster = readableCluster(tables, scope, reference);
  if (cluster.status !== 'ACTIVE') throw clusterNotFound('The referenced cluster was inactive.');
  return cluster;
}

/** Whether a user may not make a cluster of this name. */
export function isReservedName(name: string): boolean {
  return name === FARGATE_POOL_CLUSTER;
}
