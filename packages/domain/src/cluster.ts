import type { CapacityProviderStrategyItem } from './service.ts';
import type { Scope } from './ids.ts';
import type { Tag } from './task-definition.ts';
import type { EpochMs } from './time.ts';

/** Document kind `cluster`, key `<account>/<region>/<name>`. Counts are derived, never stored. */
export interface Cluster {
  readonly scope: Scope;
  readonly clusterName: string;
  readonly clusterArn: string;
  readonly status: 'ACTIVE' | 'INACTIVE';
  /** The hidden home of the Fargate pool's instances: never listed, described or deleted by users. */
  readonly internal: boolean;
  readonly capacityProviders: readonly string[];
  readonly defaultCapacityProviderStrategy: readonly CapacityProviderStrategyItem[];
  readonly settings: readonly { readonly name?: string | undefined; readonly value?: string | undefined }[];
  readonly configuration?: unknown;
  readonly serviceConnectDefaults?: { readonly namespace?: string | undefined } | undefined;
  readonly tags: readonly Tag[];
  readonly createdAt: EpochMs;
  readonly inactiveAt?: EpochMs | undefined;
}

/** Name of the internal cluster whose instances run FARGATE and FARGATE_SPOT tasks of every account and region. */
export const FARGATE_POOL_CLUSTER = 'gantry-fargate-pool';
