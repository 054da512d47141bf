import type { Tag } from '@gantry/domain';
import { ServiceError, type SsmOperations } from '@gantry/protocol';
import { validation } from './errors.ts';

type WireTags = SsmOperations['AddTagsToResource']['input']['Tags'];

const MOST_TAGS = 50;

/** Tags a user gave; lengths and letters are the codec's. Pure. @throws ServiceError ValidationException, TooManyTagsError */
export function newTags(given: WireTags | undefined): readonly Tag[] {
  const tags = (given ?? []).map(({ Key, Value }): Tag => ({ key: Key ?? '', value: Value ?? '' }));
  const keys = new Set(tags.map(({ key }) => key));
  if (keys.size < tags.length) throw validation('Duplicate tag keys found. Tag keys must be unique.');
  const reserved = tags.find(({ key }) => /^aws:/i.test(key ?? ''));
  if (reserved !== undefined) throw validation(`Tag key ${reserved.key}: keys that begin with aws: are reserved.`);
  return withTags([], tags);
}

/** `existing` with `added` laid over it, key by key. Pure. @throws ServiceError TooManyTagsError */
export function withTags(existing: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const merged = new Map(existing.map((tag) => [tag.key, tag]));
  for (const tag of added) merged.set(tag.key, tag);
  if (merged.size > MOST_TAGS)
    throw new ServiceError('TooManyTagsError', `A parameter can have no more than ${MOST_TAGS} tags.`);
  return [...merged.values()];
}
