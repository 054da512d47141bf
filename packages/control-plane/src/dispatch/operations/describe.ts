import type { Instance, InstanceResources } from '@gantry/domain';
import type { EcsOperations } from '@gantry/protocol';

type WireInstance = NonNullable<EcsOperations['RegisterContainerInstance']['output']['containerInstance']>;
type WireResource = NonNullable<WireInstance['registeredResources']>[number];

/** The instance as the agent that registers it sees it; users are shown more by DescribeContainerInstances. */
export function describeRegistered(instance: Instance): WireInstance {
  const resources = describeResources(instance.registered);
  return {
    containerInstanceArn: instance.containerInstanceArn,
    ec2InstanceId: instance.ec2InstanceId,
    version: instance.version,
    versionInfo: { ...instance.versionInfo },
    registeredResources: resources,
    remainingResources: resources,
    status: instance.status,
    agentConnected: instance.agentConnected,
    runningTasksCount: 0,
    pendingTasksCount: 0,
    attributes: instance.attributes.map(({ name, value }) => ({ name, value })),
    registeredAt: new Date(instance.registeredAt),
    attachments: [],
    tags: instance.tags.map(({ key, value }) => ({ key, value })),
  };
}

function describeResources(resources: InstanceResources): WireResource[] {
  const amount = (name: string, integerValue: number): WireResource => ({
    name,
    type: 'INTEGER',
    doubleValue: 0,
    longValue: 0,
    integerValue,
  });
  const set = (name: string, values: readonly (number | string)[]): WireResource => ({
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
