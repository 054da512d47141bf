import type { SsmOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import { labelHandlers } from './labels.ts';
import { readHandlers } from './read.ts';
import { tagHandlers } from './tags.ts';
import { writeHandlers } from './write.ts';

/** Parameter Store of Systems Manager, and the public parameters that ECS users read. */
export function ssmHandlers(platform: Platform): HandlersOf<SsmOperations> {
  return {
    ...writeHandlers(platform),
    ...readHandlers(platform),
    ...labelHandlers(platform),
    ...tagHandlers(platform),
  };
}
