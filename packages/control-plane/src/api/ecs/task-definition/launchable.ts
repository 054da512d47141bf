import type { ContainerDefinition, TaskDefinition } from '@gantry/domain';
import { clientException } from '@gantry/protocol';
import { deviceNotYet } from './accelerators.ts';
import { isWindows } from './draft.ts';

/** Members of a container that ECS accepts and whose work this version can not do when a task is to start. */
const CONTAINER_NOT_YET: readonly (readonly [string, string])[] = [['credentialSpecs', 'Credential specs']];
/** The same of a volume. */
const VOLUME_NOT_YET: readonly (readonly [string, string])[] = [
  ['s3filesVolumeConfiguration', 'S3 Files volumes'],
  ['fsxWindowsFileServerVolumeConfiguration', 'FSx for Windows File Server volumes'],
  ['configuredAtLaunch', 'EBS volumes'],
];

/**
 * What a definition asks for that this version of Gantry can not give a task, in words; undefined when there is
 * nothing of the kind. Better no task than one without its secrets. Pure.
 */
export function unsupportedMember(definition: TaskDefinition): string | undefined {
  for (const container of definition.containerDefinitions) {
    const member = unsupportedOf(container);
    if (member !== undefined) return member;
  }
  for (const volume of definition.volumes) {
    for (const [member, words] of VOLUME_NOT_YET) {
      if (isUsed(volume[member])) return `${words} ('${member}' of volume '${String(volume['name'])}')`;
    }
  }
  if (definition.proxyConfiguration !== undefined) return "App Mesh ('proxyConfiguration')";
  if (definition.enableFaultInjection === true) return "Fault injection ('enableFaultInjection')";
  const name = namespaceMember(definition);
  if (name !== undefined) return `${name} with networkMode 'awsvpc'`;
  if (isWindows(definition)) {
    return `Windows ('runtimePlatform.operatingSystemFamily' ${definition.runtimePlatform?.operatingSystemFamily})`;
  }
  return undefined;
}

/** Names and the network belong to the task's namespace in awsvpc, which is made without looking at its containers. */
function namespaceMember({ containerDefinitions, networkMode }: TaskDefinition): string | undefined {
  if (networkMode !== 'awsvpc') return undefined;
  for (const container of containerDefinitions) {
    const member = ['dnsServers', 'dnsSearchDomains', 'disableNetworking'].find((m) => isUsed(container[m]));
    if (member !== undefined) return `'${member}' of container '${container.name}'`;
  }
  return undefined;
}

function unsupportedOf(container: ContainerDefinition): string | undefined {
  for (const [member, words] of CONTAINER_NOT_YET) {
    if (isUsed(container[member])) return `${words} ('${member}' of container '${container.name}')`;
  }
  const device = deviceNotYet(container.resourceRequirements ?? []);
  if (device !== undefined) return `${device} ('resourceRequirements' of container '${container.name}')`;
  const { logDriver, options = {} } = container.logConfiguration ?? {};
  if (logDriver === 'awslogs' && 'awslogs-endpoint' in options) {
    return `Log option 'awslogs-endpoint' (of container '${container.name}')`;
  }
  if ((container.dockerSecurityOptions ?? []).some((option) => option.startsWith('credentialspec:'))) {
    return `Credential specs ('dockerSecurityOptions' of container '${container.name}')`;
  }
  return undefined;
}

/** Throws ClientException when tasks of the definition can not be started. Pure. */
export function checkLaunchable(definition: TaskDefinition): void {
  const member = unsupportedMember(definition);
  if (member === undefined) return;
  throw clientException(
    `${member} is not supported by this version of Gantry. Register a revision of ${definition.family} without it and try again.`,
  );
}

function isUsed(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== false;
}
