import type { EpochMs, Service, ServiceDeployment, Task } from '@gantry/domain';
import type { Platform, PlatformConfig } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { PlacementIndex } from '../scheduler/placement-index.ts';
import { suitedInstances } from '../scheduler/suited.ts';
import { openDeployments, revisionOf } from './service-deployment-documents.ts';
import { missingRule, trafficOrders } from './traffic.ts';
import type { DaemonHost, ServiceView } from './view.ts';

/** All that decisions about a service rest on, read now. Undefined when there is no such service. */
export function readServiceView(
  tables: Tables,
  { config }: Pick<Platform, 'config'>,
  key: string,
  now: EpochMs,
): ServiceView | undefined {
  const service = tables.services.get(key);
  if (service === undefined) return undefined;
  const serviceDeployments = openDeployments(tables, key);
  return {
    now,
    service,
    tasks: tables.tasks.by('serviceOpen', key),
    serviceDeployments,
    revision: revisionOf(tables, service),
    draining: (instanceKey) => tables.instances.get(instanceKey)?.status === 'DRAINING',
    freeOn: (instanceKey) => {
      const place = PlacementIndex.of(tables).placeOf(instanceKey);
      if (place === undefined) return { cpu: 0, memory: 0 };
      return { cpu: place.pool.freeCpu[place.slot] ?? 0, memory: place.pool.freeMemory[place.slot] ?? 0 };
    },
    healthyAfterRunningMs: config.healthyAfterRunningMs,
    trafficProblem: trafficProblem(tables, service, serviceDeployments),
    daemonHosts: service.schedulingStrategy === 'DAEMON' ? daemonHosts(tables, config, key, service) : [],
  };
}

function trafficProblem(tables: Tables, service: Service, open: readonly ServiceDeployment[]): string | undefined {
  const current = open.find((one) => one.serviceDeploymentArn === service.currentServiceDeployment);
  const primary = service.deployments.find(({ status }) => status === 'PRIMARY');
  if (current?.shift === undefined || primary === undefined) return undefined;
  const rule = missingRule(tables, trafficOrders(primary.loadBalancers ?? [], current.shift));
  return rule === undefined ? undefined : `The listener or rule ${rule} does not exist, or does not forward.`;
}

const NOTHING = { cpuUnits: 0, memoryMiB: 0, tcpPorts: [], udpPorts: [], gpuCount: 0, eniCount: 0 } as const;

/** Where the tasks of PRIMARY belong. */
function daemonHosts(tables: Tables, config: PlatformConfig, key: string, service: Service): readonly DaemonHost[] {
  const primary = service.deployments.find(({ status }) => status === 'PRIMARY');
  const definition = primary === undefined ? undefined : tables.taskDefinitions.get(primary.taskDefinitionKey);
  if (primary === undefined || definition === undefined) return [];
  const { scope, cluster, serviceName, placementConstraints, enableExecuteCommand } = service;
  const asker = {
    scope,
    cluster,
    launchType: primary.launchType ?? 'EC2',
    capacityProviderName: undefined,
    reservation: NOTHING,
    networkMode: definition.networkMode,
    placementConstraints: [...definition.placementConstraints, ...placementConstraints],
    placementStrategy: [],
    group: `service:${serviceName}`,
    serviceKey: key,
    enableExecuteCommand,
    overrides: { containerOverrides: [] },
    subnetIds: primary.awsvpcConfiguration?.subnets ?? [],
  };
  return suitedInstances(tables, config, asker, definition).map((host) => {
    const othersRun = tables.tasks.by('instance', host.instanceKey).some((task) => !isDaemon(tables, task));
    return { ...host, othersRun };
  });
}

/** A task of a DAEMON service. */
function isDaemon(tables: Tables, { serviceKey }: Task): boolean {
  return serviceKey !== undefined && tables.services.get(serviceKey)?.schedulingStrategy === 'DAEMON';
}
