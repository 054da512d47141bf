import type { Task, TaskDefinition } from '@gantry/domain';
import type { PayloadVolume } from '@gantry/protocol';
import { record, text } from './loose.ts';

/** A volume with only a name is an empty one for the task (`host: {}`); Fargate never mounts the host's folders (2.9). */
export function renderVolumes(task: Task, definition: TaskDefinition): readonly PayloadVolume[] {
  return definition.volumes.flatMap((volume): readonly PayloadVolume[] => {
    const name = text(volume['name']);
    if (name === undefined) return [];
    const docker = volume['dockerVolumeConfiguration'];
    if (docker !== undefined) return [{ name, type: 'docker', dockerVolumeConfiguration: record(docker) }];
    const efs = volume['efsVolumeConfiguration'];
    if (efs !== undefined) return [{ name, type: 'efs', efsVolumeConfiguration: record(efs) }];
    const sourcePath = task.launchType === 'FARGATE' ? undefined : text(record(volume['host'])['sourcePath']);
    return [{ name, type: 'host', host: sourcePath === undefined ? {} : { sourcePath } }];
  });
}
