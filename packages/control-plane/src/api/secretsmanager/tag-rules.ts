import type { Tag } from '@gantry/domain';
import { invalidParameter, type SecretsmanagerOperations } from '@gantry/protocol';
import { checkTags } from '../ecs/common/tags.ts';

const MOST_TAGS = 50;

type WireTags = SecretsmanagerOperations['TagResource']['input']['Tags'];

/** Pure. @throws ServiceError InvalidParameterException */
export function readTags(given: WireTags | undefined): readonly Tag[] {
  const tags = (given ?? []).map(({ Key, Value }) => ({ key: Key, value: Value }));
  return checkTags(withTags([], tags));
}

/** `existing` with `added` laid over it. Pure. @throws ServiceError InvalidParameterException when more than 50 would be left */
export function withTags(existing: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const kept = existing.filter(({ key }) => !added.some((tag) => tag.key === key));
  if (kept.length + added.length > MOST_TAGS)
    throw invalidParameter(`A secret can have no more than ${MOST_TAGS} tags.`);
  return [...kept, ...added];
}

export function wireTags(tags: readonly Tag[]): { Key: string | undefined; Value: string | undefined }[] {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }));
}
