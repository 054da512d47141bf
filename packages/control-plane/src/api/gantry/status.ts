import { instanceKey } from '../../state/keys.ts';
import type { EpochMs, Instance, Scope } from '@gantry/domain';
import type { StatusInstance, StatusResponse, StatusWorld } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { keyOfCluster } from '../ecs/common/clusters.ts';
import { countsOf } from '../ecs/cluster/counts.ts';
import { remainingOf } from '../ecs/wire/container-instance.ts';
import { ISOLATION_ATTRIBUTE } from '../ecs/wire/task.ts';

/** A page a person can look over. Whoever has more asks the ECS API. */
const MAX_LISTED = 200;

/** Status: what this Gantry has in the caller's account and region, with the Fargate pool when it is at home there. */
export function status(
  platform: Platform,
  scope: Scope,
  started: { readonly version: string; readonly at: EpochMs; readonly problems: () => readonly string[] },
): StatusResponse {
  const { tables } = platform.state;
  const { config } = platform;
  const clusters = tables.clusters.by('listed', `${scope.account}/${scope.region}`).slice(0, MAX_LISTED);
  const instances = [...tables.instances.withPrefix(`${scope.account}/${scope.region}/`)]
    .filter((instance) => instance.status !== 'INACTIVE')
    .slice(0, MAX_LISTED);
  return {
    version: started.version,
    startedAt: new Date(started.at),
    endpoint: config.endpoint,
    account: scope.account,
    region: scope.region,
    clusters: clusters.map(({ clusterName }) => {
      const counts = countsOf(tables, keyOfCluster(scope, clusterName));
      return {
        clusterName,
        runningTasksCount: total(counts.runningTasks),
        pendingTasksCount: total(counts.pendingTasks),
        activeServicesCount: total(counts.activeServices),
        registeredContainerInstancesCount: counts.registeredContainerInstances,
      };
    }),
    instances: instances.map((instance) => statusOf(tables, instance)),
    subnets: config.subnets.map(({ subnetId, availabilityZone, cidr }) => ({ subnetId, availabilityZone, cidr })),
    counts: Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, table.size])),
    worlds: worldsOf(tables),
    problems: [...started.problems()],
  };
}

function statusOf(tables: Tables, instance: Instance): StatusInstance {
  const tasks = tables.tasks.by('instance', instanceKey(instance));
  const remaining = remainingOf(instance, tasks);
  return {
    containerInstanceArn: instance.containerInstanceArn,
    cluster: instance.cluster,
    pool: instance.pool,
    status: instance.status,
    agentConnected: instance.agentConnected,
    isolation: instance.attributes.find(({ name }) => name === ISOLATION_ATTRIBUTE)?.value,
    registeredCpu: instance.registered.cpuUnits,
    registeredMemory: instance.registered.memoryMiB,
    remainingCpu: remaining.cpuUnits,
    remainingMemory: remaining.memoryMiB,
    runningTasksCount: tasks.filter((task) => task.lastStatus === 'RUNNING').length,
  };
}

/** Off the counters of every cluster, INACTIVE ones too: what is left in those still runs. */
function worldsOf(tables: Tables): StatusWorld[] {
  const worlds = new Map<string, StatusWorld>();
  for (const { scope, clusterName, internal } of tables.clusters.values()) {
    if (internal) continue;
    const key = keyOfCluster(scope, clusterName);
    const tasksCount = tables.tasks.countBy('unstopped', key);
    const activeServicesCount = total(countsOf(tables, key).activeServices);
    if (tasksCount + activeServicesCount === 0) continue;
    const { account, region } = scope;
    const known = worlds.get(`${account}/${region}`) ?? { account, region, tasksCount: 0, activeServicesCount: 0 };
    worlds.set(`${account}/${region}`, {
      ...known,
      tasksCount: known.tasksCount + tasksCount,
      activeServicesCount: known.activeServicesCount + activeServicesCount,
    });
  }
  return [...worlds.values()];
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
