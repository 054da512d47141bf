import { NAME_PATTERN } from '@gantry/domain';
import { clientException, invalidParameter } from '@gantry/protocol';
import type { ContainerDefinition, RegisterTaskDefinitionRequest, Volume } from '@aws-sdk/client-ecs';

/** Kinds of volume this version can not make. */
const NOT_SUPPORTED = {
  efsVolumeConfiguration: 'EFS volumes',
  s3filesVolumeConfiguration: 'S3 Files volumes',
  fsxWindowsFileServerVolumeConfiguration: 'FSx for Windows File Server volumes',
} as const;

/** Volumes and who mounts them (ecs-semantics 2.9). Pure; throws ClientException or InvalidParameterException. */
export function checkVolumes(input: RegisterTaskDefinitionRequest): void {
  const names = new Set<string>();
  for (const volume of input.volumes ?? []) {
    const name = volume.name ?? '';
    if (!NAME_PATTERN.test(name)) {
      throw clientException(
        `Invalid volume name '${name.slice(0, 64)}': up to 255 letters, numbers, underscores and hyphens.`,
      );
    }
    if (names.has(name)) throw clientException(`Duplicate volume name '${name}'. Volume names must be unique.`);
    names.add(name);
    checkVolume(name, volume);
  }
  for (const container of input.containerDefinitions ?? []) checkMounts(container, names);
}

function checkVolume(name: string, volume: Volume): void {
  for (const [member, kind] of Object.entries(NOT_SUPPORTED)) {
    if ((volume as Readonly<Record<string, unknown>>)[member] !== undefined) {
      throw invalidParameter(
        `Volume '${name}': ${kind} ('${member}') are not supported by this version of Gantry. Use a 'host' or 'dockerVolumeConfiguration' volume.`,
      );
    }
  }
  if (volume.configuredAtLaunch === true) {
    throw invalidParameter(
      `Volume '${name}': EBS volumes ('configuredAtLaunch') are not supported by this version of Gantry. Use a 'host' or 'dockerVolumeConfiguration' volume.`,
    );
  }
  const docker = volume.dockerVolumeConfiguration;
  if (docker === undefined) return;
  if (volume.host?.sourcePath !== undefined) {
    throw clientException(`Volume '${name}' has both 'host' and 'dockerVolumeConfiguration'; give one of them.`);
  }
  if ((docker.scope ?? 'task') === 'task' && docker.autoprovision !== undefined) {
    throw clientException(`Volume '${name}': 'autoprovision' needs scope 'shared'.`);
  }
}

function checkMounts(container: ContainerDefinition, volumes: ReadonlySet<string>): void {
  const name = container.name ?? '';
  for (const { sourceVolume, containerPath } of container.mountPoints ?? []) {
    if (sourceVolume === undefined || !volumes.has(sourceVolume)) {
      throw clientException(`Unknown volume '${sourceVolume ?? ''}' in the mount points of container '${name}'.`);
    }
    if (containerPath === undefined || containerPath === '') {
      throw clientException(`Mount point of volume '${sourceVolume}' in container '${name}' has no 'containerPath'.`);
    }
  }
}
