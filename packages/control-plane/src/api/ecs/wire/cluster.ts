import type { Cluster } from '@gantry/domain';
import type { Cluster as WireCluster, ClusterField, KeyValuePair } from '@aws-sdk/client-ecs';
import { wireList } from '../common/handler.ts';

/** What a cluster holds, from the indexes' counters. */
export interface ClusterCounts {
  readonly registeredContainerInstances: number;
  readonly runningTasks: CountByInfrastructure;
  readonly pendingTasks: CountByInfrastructure;
  readonly activeServices: CountByInfrastructure;
  readonly drainingServices: CountByInfrastructure;
}
export type CountByInfrastructure = Readonly<Record<(typeof INFRASTRUCTURES)[number], number>>;
export const INFRASTRUCTURES = ['EC2', 'FARGATE', 'EXTERNAL', 'MANAGED_INSTANCES'] as const;

/** A cluster as DescribeClusters shows it (ecs-semantics 1.7); what `include` does not name stays empty. Pure. */
export function describeCluster(
  cluster: Cluster,
  counts: ClusterCounts,
  include: readonly ClusterField[] = [],
): WireCluster {
  return {
    clusterArn: cluster.clusterArn,
    clusterName: cluster.clusterName,
    configuration: include.includes('CONFIGURATIONS')
      ? (cluster.configuration as WireCluster['configuration'])
      : undefined,
    status: cluster.status,
    registeredContainerInstancesCount: counts.registeredContainerInstances,
    runningTasksCount: sum(counts.runningTasks),
    pendingTasksCount: sum(counts.pendingTasks),
    activeServicesCount: sum(counts.activeServices),
    statistics: include.includes('STATISTICS') ? statisticsOf(counts) : [],
    tags: include.includes('TAGS') ? wireList(cluster.tags) : [],
    settings: include.includes('SETTINGS') ? (wireList(cluster.settings) as WireCluster['settings']) : [],
    capacityProviders: wireList(cluster.capacityProviders),
    defaultCapacityProviderStrategy: wireList(cluster.defaultCapacityProviderStrategy),
    attachments: include.includes('ATTACHMENTS') ? [] : undefined,
    serviceConnectDefaults: cluster.serviceConnectDefaults,
  };
}

function statisticsOf(counts: ClusterCounts): KeyValuePair[] {
  return [
    { name: 'runningEC2TasksCount', value: String(counts.runningTasks.EC2) },
    { name: 'runningFargateTasksCount', value: String(counts.runningTasks.FARGATE) },
    { name: 'pendingEC2TasksCount', value: String(counts.pendingTasks.EC2) },
    { name: 'pendingFargateTasksCount', value: String(counts.pendingTasks.FARGATE) },
    { name: 'activeEC2ServiceCount', value: String(counts.activeServices.EC2) },
    { name: 'activeFargateServiceCount', value: String(counts.activeServices.FARGATE) },
    { name: 'drainingEC2ServiceCount', value: String(counts.drainingServices.EC2) },
    { name: 'drainingFargateServiceCount', value: String(counts.drainingServices.FARGATE) },
  ];
}

function sum(counts: CountByInfrastructure): number {
  return counts.EC2 + counts.FARGATE + counts.EXTERNAL + counts.MANAGED_INSTANCES;
}
