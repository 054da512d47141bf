import {
  clusterArn,
  FARGATE_POOL_CLUSTER,
  type CapacityProviderStrategyItem,
  type Cluster,
  type EpochMs,
  type Scope,
  type Tag,
} from '@gantry/domain';
import type { Platform } from '../../../platform.ts';
import { keyOfCluster } from '../common/clusters.ts';
import { FARGATE_PROVIDERS } from './validate.ts';

export interface NewClusterInput {
  readonly scope: Scope;
  readonly clusterName: string;
  readonly now: EpochMs;
  readonly internal?: boolean;
  readonly capacityProviders?: readonly string[];
  readonly defaultCapacityProviderStrategy?: readonly CapacityProviderStrategyItem[];
  readonly settings?: Cluster['settings'];
  readonly configuration?: unknown;
  readonly tags?: readonly Tag[];
}

/** The document of a new ACTIVE cluster. Pure. */
export function newCluster(input: NewClusterInput): Cluster {
  return {
    scope: input.scope,
    clusterName: input.clusterName,
    clusterArn: clusterArn(input.scope, input.clusterName),
    status: 'ACTIVE',
    internal: input.internal ?? false,
    capacityProviders: input.capacityProviders ?? [],
    defaultCapacityProviderStrategy: input.defaultCapacityProviderStrategy ?? [],
    settings: input.settings ?? [{ name: 'containerInsights', value: 'disabled' }],
    configuration: input.configuration,
    tags: input.tags ?? [],
    createdAt: input.now,
  };
}

/**
 * Makes, once, the clusters every Gantry has in its default scope: `default`, with FARGATE and FARGATE_SPOT
 * associated, and the hidden home of the Fargate pool. What is there is left as it is, a deleted `default` too.
 */
export function ensureFirstClusters({ state, config }: Pick<Platform, 'state' | 'config'>): Promise<void> {
  const scope = config.defaultScope;
  return state.transact((tx) => {
    const wanted: readonly Omit<NewClusterInput, 'now' | 'scope'>[] = [
      { clusterName: 'default', capacityProviders: FARGATE_PROVIDERS },
      { clusterName: FARGATE_POOL_CLUSTER, internal: true },
    ];
    for (const input of wanted) {
      const key = keyOfCluster(scope, input.clusterName);
      if (tx.tables.clusters.get(key) === undefined) {
        tx.put(tx.tables.clusters, key, newCluster({ ...input, scope, now: tx.now }));
      }
    }
  });
}
