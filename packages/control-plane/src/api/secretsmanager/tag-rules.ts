import type { Tag } from '@gantry/domain';
import type { SecretsmanagerOperations } from '@gantry/protocol';
import { checkTags } from '../ecs/common/tags.ts';

type WireTags = SecretsmanagerOperations['TagResource']['input']['Tags'];

/** Pure. @throws ServiceError InvalidParameterException */
export function readTags(given: WireTags | undefined): readonly Tag[] {
  return checkTags((given ?? []).map(({ Key, Value }) => ({ key: Key, value: Value })));
}

export function wireTags(tags: readonly Tag[]): { Key: string | undefined; Value: string | undefined }[] {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }));
}
