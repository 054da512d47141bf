import type { ElasticfilesystemOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import { absentHandlers } from './absent.ts';
import { accessPointHandlers } from './access-points.ts';
import { fileSystemHandlers } from './file-systems.ts';
import { mountTargetHandlers } from './mount-targets.ts';
import { tagHandlers } from './tags.ts';

/** Amazon EFS, as far as ECS users need it. */
export function efsHandlers(platform: Platform): HandlersOf<ElasticfilesystemOperations> {
  return {
    ...fileSystemHandlers(platform),
    ...accessPointHandlers(platform),
    ...mountTargetHandlers(platform),
    ...tagHandlers(platform),
    ...absentHandlers(platform),
  };
}
