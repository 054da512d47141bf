import type { Task, TaskDefinition } from '@gantry/domain';
import type { PayloadFileSystem, PayloadVolume } from '@gantry/protocol';
import type { FileSystemWish, Refused } from '../../filesystems/resolve.ts';
import { record, text } from './loose.ts';

export type FileSystemOf = (wish: FileSystemWish) => PayloadFileSystem | Refused;

/**
 * A volume with only a name is an empty one for the task (`host: {}`); Fargate never mounts the host's folders (2.9).
 * @throws Error when a file system is refused: a task is not to find an empty one in its place.
 */
export function renderVolumes(
  task: Task,
  definition: TaskDefinition,
  fileSystemOf?: FileSystemOf,
): readonly PayloadVolume[] {
  return definition.volumes.flatMap((volume): readonly PayloadVolume[] => {
    const name = text(volume['name']);
    if (name === undefined) return [];
    const docker = volume['dockerVolumeConfiguration'];
    if (docker !== undefined) return [{ name, type: 'docker', dockerVolumeConfiguration: record(docker) }];
    if (volume['efsVolumeConfiguration'] !== undefined) return [efsVolume(name, volume, fileSystemOf)];
    const sourcePath = task.launchType === 'FARGATE' ? undefined : text(record(volume['host'])['sourcePath']);
    return [{ name, type: 'host', host: sourcePath === undefined ? {} : { sourcePath } }];
  });
}

function efsVolume(
  name: string,
  volume: TaskDefinition['volumes'][number],
  fileSystemOf: FileSystemOf | undefined,
): PayloadVolume {
  const efs = record(volume['efsVolumeConfiguration']);
  const rendered = { name, type: 'efs', efsVolumeConfiguration: efs };
  if (fileSystemOf === undefined) return rendered;
  const fileSystem = fileSystemOf({
    fileSystemId: text(efs['fileSystemId']) ?? '',
    rootDirectory: text(efs['rootDirectory']) ?? '/',
    accessPointId: text(record(efs['authorizationConfig'])['accessPointId']),
  });
  if (fileSystem.kind === 'refused')
    throw new Error(`failed to invoke EFS utils commands to set up EFS volumes: stderr: ${fileSystem.reason}`);
  return { ...rendered, fileSystem };
}
