import type { Tables } from '../../../state/tables.ts';
import type { ClusterCounts, CountByInfrastructure } from '../wire/cluster.ts';

/** The counters of a cluster, read off the indexes: O(1) however much the cluster holds. */
export function countsOf(tables: Tables, clusterKey: string): ClusterCounts {
  const tasks = (phase: 'running' | 'pending') =>
    each((launchType) => tables.tasks.countBy('clusterCount', `${clusterKey}/${phase}/${launchType}`));
  const services = (status: 'ACTIVE' | 'DRAINING') =>
    each((launchType) => tables.services.countBy('clusterStatus', `${clusterKey}/${status}/${launchType}`));
  return {
    registeredContainerInstances:
      tables.instances.countBy('clusterStatus', `${clusterKey}/ACTIVE`) +
      tables.instances.countBy('clusterStatus', `${clusterKey}/DRAINING`),
    runningTasks: tasks('running'),
    pendingTasks: tasks('pending'),
    activeServices: services('ACTIVE'),
    drainingServices: services('DRAINING'),
  };
}

function each(count: (launchType: keyof CountByInfrastructure) => number): CountByInfrastructure {
  return {
    EC2: count('EC2'),
    FARGATE: count('FARGATE'),
    EXTERNAL: count('EXTERNAL'),
    MANAGED_INSTANCES: count('MANAGED_INSTANCES'),
  };
}
