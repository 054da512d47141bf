import type { Instance, InstanceResources, Task } from '@gantry/domain';
import type { ContainerInstance, ContainerInstanceField, Resource } from '@aws-sdk/client-ecs';
import { freeGpus } from '../../../controllers/scheduler/gpus.ts';
import { wireDate, wireList } from '../common/handler.ts';

/** What an instance has left: registered minus the reservations of its tasks; ports are the ones taken. Pure. */
export function remainingOf(instance: Instance, tasks: readonly Task[]): InstanceResources {
  const total = (pick: (task: Task) => number): number => tasks.reduce((sum, task) => sum + pick(task), 0);
  const ports = (own: readonly number[], pick: (task: Task) => readonly number[]): readonly number[] =>
    [...new Set([...own, ...tasks.flatMap(pick)])].sort((a, b) => a - b);
  const { registered } = instance;
  return {
    cpuUnits: registered.cpuUnits - total((task) => task.reservation.cpuUnits),
    memoryMiB: registered.memoryMiB - total((task) => task.reservation.memoryMiB),
    tcpPorts: ports(registered.tcpPorts, (task) => task.reservation.tcpPorts),
    udpPorts: ports(registered.udpPorts, (task) => task.reservation.udpPorts),
    gpuIds: freeGpus(instance, tasks),
  };
}

/**
 * A container instance as DescribeContainerInstances shows it (ecs-semantics 4.5, 6.6).
 * @param tasks those on it that are not STOPPED. Pure.
 */
export function describeContainerInstance(
  instance: Instance,
  tasks: readonly Task[],
  include: readonly ContainerInstanceField[] = [],
): ContainerInstance {
  const pending = tasks.filter((task) => task.lastStatus === 'PENDING' && task.desiredStatus === 'RUNNING');
  const running = tasks.filter((task) => task.desiredStatus === 'RUNNING' && task.lastStatus !== 'PENDING');
  return {
    containerInstanceArn: instance.containerInstanceArn,
    ec2InstanceId: instance.ec2InstanceId,
    capacityProviderName: instance.capacityProviderName,
    version: instance.version,
    versionInfo: instance.versionInfo,
    remainingResources: resourcesOf(remainingOf(instance, tasks)),
    registeredResources: resourcesOf(instance.registered),
    status: instance.status,
    statusReason: instance.statusReason,
    agentConnected: instance.agentConnected,
    runningTasksCount: running.length,
    pendingTasksCount: pending.length,
    attributes: instance.attributes.map(({ name, value }) => ({ name, value })),
    registeredAt: wireDate(instance.registeredAt),
    attachments: [],
    tags: include.includes('TAGS') ? wireList(instance.tags) : [],
    healthStatus: include.includes('CONTAINER_INSTANCE_HEALTH')
      ? { overallStatus: 'INSUFFICIENT_DATA', details: [] }
      : undefined,
  };
}

function resourcesOf(resources: InstanceResources): Resource[] {
  const amount = (name: string, integerValue: number): Resource => ({
    name,
    type: 'INTEGER',
    doubleValue: 0,
    longValue: 0,
    integerValue,
  });
  const set = (name: string, values: readonly (number | string)[]): Resource => ({
    name,
    type: 'STRINGSET',
    doubleValue: 0,
    longValue: 0,
    integerValue: 0,
    stringSetValue: values.map(String),
  });
  return [
    amount('CPU', resources.cpuUnits),
    amount('MEMORY', resources.memoryMiB),
    set('PORTS', resources.tcpPorts),
    set('PORTS_UDP', resources.udpPorts),
    ...(resources.gpuIds.length === 0 ? [] : [set('GPU', resources.gpuIds)]),
  ];
}
