import type { SecretsmanagerOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import { describeHandlers } from './describe.ts';
import { policyHandlers } from './policies.ts';
import { readHandlers } from './read.ts';
import { removeHandlers } from './remove.ts';
import { tagHandlers } from './tags.ts';
import { writeHandlers } from './write.ts';

/** Secrets Manager, as far as ECS users need it. */
export function secretsManagerHandlers(platform: Platform): HandlersOf<SecretsmanagerOperations> {
  return {
    ...writeHandlers(platform),
    ...removeHandlers(platform),
    ...readHandlers(platform),
    ...describeHandlers(platform),
    ...tagHandlers(platform),
    ...policyHandlers(platform),
  };
}
