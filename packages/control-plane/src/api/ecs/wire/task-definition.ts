import type { TaskDefinition } from '@gantry/domain';
import type { TaskDefinition as WireTaskDefinition } from '@aws-sdk/client-ecs';
import { wireDate, wireList } from '../common/handler.ts';

/** A task definition as RegisterTaskDefinition and DescribeTaskDefinition show it; tags are a sibling. Pure. */
export function describeTaskDefinition(definition: TaskDefinition): WireTaskDefinition {
  const { ephemeralStorageGiB } = definition;
  return {
    taskDefinitionArn: definition.taskDefinitionArn,
    containerDefinitions: definition.containerDefinitions as unknown as WireTaskDefinition['containerDefinitions'],
    family: definition.family,
    taskRoleArn: definition.taskRoleArn,
    executionRoleArn: definition.executionRoleArn,
    networkMode: definition.networkMode,
    revision: definition.revision,
    volumes: wireList(definition.volumes) as WireTaskDefinition['volumes'],
    status: definition.status,
    requiresAttributes: wireList(definition.requiresAttributes),
    placementConstraints: definition.placementConstraints as WireTaskDefinition['placementConstraints'],
    compatibilities: definition.compatibilities as WireTaskDefinition['compatibilities'],
    runtimePlatform: definition.runtimePlatform as WireTaskDefinition['runtimePlatform'],
    requiresCompatibilities: definition.requiresCompatibilities as WireTaskDefinition['requiresCompatibilities'],
    cpu: definition.cpu,
    memory: definition.memory,
    pidMode: definition.pidMode,
    ipcMode: definition.ipcMode,
    registeredAt: wireDate(definition.registeredAt),
    registeredBy: definition.registeredBy,
    deregisteredAt: wireDate(definition.deregisteredAt),
    deleteRequestedAt: wireDate(definition.deleteRequestedAt),
    ephemeralStorage: ephemeralStorageGiB === undefined ? undefined : { sizeInGiB: ephemeralStorageGiB },
    proxyConfiguration: definition.proxyConfiguration as WireTaskDefinition['proxyConfiguration'],
    enableFaultInjection: definition.enableFaultInjection ?? false,
  };
}
