import { clientException } from '@gantry/protocol';
import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { isWindows } from './draft.ts';

/** Members Windows containers do not have (ecs-semantics 2.5), with the test of whether one is used. */
const ABSENT: readonly (readonly [string, (container: ContainerDefinition) => boolean])[] = [
  ['links', (c) => (c.links ?? []).length > 0],
  ['extraHosts', (c) => (c.extraHosts ?? []).length > 0],
  ['dnsServers', (c) => (c.dnsServers ?? []).length > 0],
  ['dnsSearchDomains', (c) => (c.dnsSearchDomains ?? []).length > 0],
  ['disableNetworking', (c) => c.disableNetworking === true],
  ['privileged', (c) => c.privileged === true],
  ['readonlyRootFilesystem', (c) => c.readonlyRootFilesystem === true],
  ['ulimits', (c) => (c.ulimits ?? []).length > 0],
  ['linuxParameters', (c) => Object.keys(c.linuxParameters ?? {}).length > 0],
];

/** What a definition for Windows can not have (ecs-semantics 2.2, 2.5, 2.9). Pure; throws ClientException. */
export function checkWindows(input: RegisterTaskDefinitionRequest): void {
  if (!isWindows(input)) return;
  if (input.pidMode !== undefined || input.ipcMode !== undefined) {
    throw clientException('pidMode and ipcMode are not supported for Windows containers.');
  }
  if (input.networkMode === 'host' || input.networkMode === 'none') {
    throw clientException(`Windows containers do not support network mode ${input.networkMode}.`);
  }
  if (input.runtimePlatform?.cpuArchitecture === 'ARM64') {
    throw clientException('Windows containers do not support cpuArchitecture ARM64.');
  }
  if (input.proxyConfiguration !== undefined) {
    throw clientException("'proxyConfiguration' is not supported for Windows containers.");
  }
  for (const container of input.containerDefinitions ?? []) {
    const member = ABSENT.find(([, isUsed]) => isUsed(container))?.[0];
    if (member !== undefined) {
      throw clientException(`Container '${container.name}': '${member}' is not supported for Windows containers.`);
    }
  }
  for (const { name, dockerVolumeConfiguration } of input.volumes ?? []) {
    const driver = dockerVolumeConfiguration?.driver ?? 'local';
    if (driver !== 'local') {
      throw clientException(
        `Volume '${name}': Windows containers only support the use of the local driver; it is '${driver}'.`,
      );
    }
  }
}
