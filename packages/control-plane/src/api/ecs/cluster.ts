import { clusterArn, type Cluster, type Scope } from '@gantry/domain';
import { clientException, invalidParameter, ServiceError } from '@gantry/protocol';
import type { ClusterSetting } from '@aws-sdk/client-ecs';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import { effectiveSetting } from './account-setting/settings.ts';
import { countsOf } from './cluster/counts.ts';
import { newCluster } from './cluster/create.ts';
import { providersInUse } from './cluster/in-use.ts';
import {
  checkClusterName,
  checkConfiguration,
  checkProviders,
  checkServiceConnectDefaults,
  checkSettings,
  checkStrategy,
} from './cluster/validate.ts';
import { activeCluster, clusterNamed, keyOfCluster, readableCluster } from './common/clusters.ts';
import { wireList, type EcsHandlers } from './common/handler.ts';
import { HUNDRED, pageOf, pagesOf } from './common/paging.ts';
import { clusterNameIn } from './common/references.ts';
import { checkTags } from './common/tags.ts';
import { describeCluster } from './wire/cluster.ts';

const MAX_DESCRIBED = 100;
/** ACTIVE ones of an account in a region (ecs-semantics 10.1). */
export const MAX_CLUSTERS = 10_000;

type Operations =
  | 'CreateCluster'
  | 'DescribeClusters'
  | 'ListClusters'
  | 'UpdateCluster'
  | 'UpdateClusterSettings'
  | 'PutClusterCapacityProviders'
  | 'DeleteCluster';

/** Clusters (ecs-semantics 1.7). */
export function clusterHandlers(platform: Platform): Pick<EcsHandlers, Operations> {
  return { ...reads(platform), ...creation(platform), ...updates(platform), ...deletion(platform) };
}

function reads({ state }: Platform): Pick<EcsHandlers, 'DescribeClusters' | 'ListClusters'> {
  return {
    DescribeClusters: async ({ clusters, include }, { scope }) => {
      const references = clusters === undefined || clusters.length === 0 ? ['default'] : clusters;
      if (references.length > MAX_DESCRIBED) {
        throw invalidParameter(`At most ${MAX_DESCRIBED} clusters can be described per call.`);
      }
      if (references.includes('')) throw invalidParameter('Clusters can not be blank.');
      const names = references.map((reference) => ({ reference, name: nameOrUndefined(scope, reference) }));
      const found = names.map(({ reference, name }) => ({
        arn: name === undefined ? reference : clusterArn(scope, name),
        cluster: name === undefined ? undefined : clusterNamed(state.tables, scope, name),
      }));
      return {
        clusters: found.flatMap(({ cluster }) =>
          cluster === undefined ? [] : [described(state.tables, cluster, include)],
        ),
        failures: found.flatMap(({ arn, cluster }) => (cluster === undefined ? [{ arn, reason: 'MISSING' }] : [])),
      };
    },

    ListClusters: async (input, { scope }) => {
      const index = `${scope.account}/${scope.region}`;
      const { items, nextToken } = pageOf(
        state.tables.clusters.keysBy('listed', index),
        `${index}/`,
        input,
        pagesOf('ListClusters', HUNDRED),
        (key) => state.tables.clusters.get(key)?.clusterArn,
      );
      return { clusterArns: wireList(items), nextToken };
    },
  };
}

function creation({ state }: Platform): Pick<EcsHandlers, 'CreateCluster'> {
  return {
    CreateCluster: async (input, { scope, caller }) => {
      const clusterName = input.clusterName || 'default';
      checkClusterName(clusterName);
      checkConfiguration(input.configuration);
      checkServiceConnectDefaults(input.serviceConnectDefaults);
      const tags = checkTags(input.tags);
      const settings = checkSettings(input.settings ?? []);
      const capacityProviders = checkProviders(input.capacityProviders ?? []);
      const strategy = checkStrategy(input.defaultCapacityProviderStrategy ?? [], capacityProviders);
      return state.transact((tx) => {
        const existing = clusterNamed(tx.tables, scope, clusterName);
        if (existing?.status !== 'ACTIVE') refuseBeyondQuota(tx.tables, scope);
        const cluster =
          existing?.status === 'ACTIVE'
            ? existing
            : newCluster({
                scope,
                clusterName,
                now: tx.now,
                capacityProviders,
                defaultCapacityProviderStrategy: strategy,
                settings: settings.length > 0 ? settings : defaultSettings(tx.tables, scope, caller.principalArn),
                configuration: input.configuration,
                tags,
              });
        if (cluster !== existing) {
          put(tx, cluster, 'cluster.created', `Cluster ${clusterName} was created.`, caller.principalArn);
        }
        return { cluster: described(tx.tables, cluster, ['SETTINGS', 'CONFIGURATIONS', 'TAGS']) };
      });
    },
  };
}

type Updates = 'UpdateCluster' | 'UpdateClusterSettings' | 'PutClusterCapacityProviders';

function updates({ state }: Platform): Pick<EcsHandlers, Updates> {
  const change = (
    scope: Scope,
    reference: string | undefined,
    by: string,
    edit: (cluster: Cluster, tx: Tx) => { readonly cluster: Cluster; readonly text: string },
  ): Promise<{ cluster: ReturnType<typeof describeCluster> }> =>
    state.transact((tx) => {
      const before = activeCluster(tx.tables, scope, reference);
      const { cluster, text } = edit(before, tx);
      put(tx, cluster, 'cluster.updated', text, by);
      return { cluster: described(tx.tables, cluster, ['SETTINGS', 'CONFIGURATIONS', 'TAGS']) };
    });
  return {
    UpdateCluster: async (input, { scope, caller }) => {
      checkConfiguration(input.configuration);
      checkServiceConnectDefaults(input.serviceConnectDefaults);
      const settings = checkSettings(input.settings ?? []);
      return change(scope, input.cluster, caller.principalArn, (cluster) => ({
        cluster: {
          ...cluster,
          settings: settings.length > 0 ? settings : cluster.settings,
          configuration: input.configuration ?? cluster.configuration,
        },
        text: `Cluster ${cluster.clusterName} was updated.`,
      }));
    },

    UpdateClusterSettings: async (input, { scope, caller }) => {
      const settings = checkSettings((input.settings ?? []) as readonly ClusterSetting[]);
      if (settings.length === 0) throw invalidParameter('Settings can not be empty.');
      return change(scope, input.cluster, caller.principalArn, (cluster) => ({
        cluster: { ...cluster, settings },
        text: `Settings of cluster ${cluster.clusterName} were updated.`,
      }));
    },

    PutClusterCapacityProviders: async (input, { scope, caller }) => {
      const capacityProviders = checkProviders(input.capacityProviders ?? []);
      const strategy = checkStrategy(input.defaultCapacityProviderStrategy ?? [], capacityProviders);
      return change(scope, input.cluster, caller.principalArn, (cluster, tx) => {
        const used = providersInUse(tx.tables, keyOfCluster(scope, cluster.clusterName));
        const dropped = cluster.capacityProviders.find((name) => used.has(name) && !capacityProviders.includes(name));
        if (dropped !== undefined) {
          throw new ServiceError(
            'ResourceInUseException',
            `The specified capacity provider is in use and cannot be removed: ${dropped} runs ${used.get(dropped)}.`,
          );
        }
        return {
          cluster: { ...cluster, capacityProviders, defaultCapacityProviderStrategy: strategy },
          text: `Cluster ${cluster.clusterName} has the capacity providers [${capacityProviders.join(', ')}].`,
        };
      });
    },
  };
}

function deletion({ state }: Platform): Pick<EcsHandlers, 'DeleteCluster'> {
  return {
    DeleteCluster: async ({ cluster: reference }, { scope, caller }) =>
      state.transact((tx) => {
        const cluster = readableCluster(tx.tables, scope, reference);
        if (cluster.status === 'INACTIVE') return { cluster: described(tx.tables, cluster, []) };
        refuseWhileUsed(tx.tables, keyOfCluster(scope, cluster.clusterName));
        const deleted: Cluster = { ...cluster, status: 'INACTIVE', inactiveAt: tx.now };
        put(tx, deleted, 'cluster.deleted', `Cluster ${cluster.clusterName} was deleted.`, caller.principalArn);
        return { cluster: described(tx.tables, deleted, []) };
      }),
  };
}

function described(
  tables: Tables,
  cluster: Cluster,
  include: Parameters<typeof describeCluster>[2],
): ReturnType<typeof describeCluster> {
  return describeCluster(cluster, countsOf(tables, keyOfCluster(cluster.scope, cluster.clusterName)), include);
}

function put(tx: Tx, cluster: Cluster, type: string, text: string, by: string): void {
  tx.put(tx.tables.clusters, keyOfCluster(cluster.scope, cluster.clusterName), cluster);
  tx.event({ subject: cluster.clusterArn, type, because: 'user-request', text, by });
}

/** A cluster of another account or region is simply not found when it is described. */
function nameOrUndefined(scope: Scope, reference: string): string | undefined {
  try {
    return clusterNameIn(scope, reference);
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'ClusterNotFoundException') return undefined;
    throw error;
  }
}

function defaultSettings(tables: Tables, scope: Scope, principalArn: string): Cluster['settings'] {
  const value = effectiveSetting(tables, scope, principalArn, 'containerInsights').value;
  return [{ name: 'containerInsights', value }];
}

function refuseBeyondQuota(tables: Tables, scope: Scope): void {
  if (tables.clusters.countBy('listed', `${scope.account}/${scope.region}`) < MAX_CLUSTERS) return;
  throw clientException(
    `The maximum number of clusters (${MAX_CLUSTERS}) is reached in this region. Delete clusters that are not needed and try again.`,
  );
}

function refuseWhileUsed(tables: Tables, key: string): void {
  const counts = countsOf(tables, key);
  const refuse = (kind: string, message: string): never => {
    throw new ServiceError(`ClusterContains${kind}Exception`, message);
  };
  if (counts.registeredContainerInstances > 0) {
    refuse('ContainerInstances', 'The Cluster cannot be deleted while Container Instances are active or draining.');
  }
  const { activeServices, drainingServices } = counts;
  const services = [...Object.values(activeServices), ...Object.values(drainingServices)];
  if (services.some((count) => count > 0)) {
    refuse('Services', 'The Cluster cannot be deleted while Services are active.');
  }
  if (tables.tasks.countBy('unstopped', key) > 0) {
    refuse('Tasks', 'The Cluster cannot be deleted while Tasks are active.');
  }
}
