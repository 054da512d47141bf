import type { ResourceType, Tag as WireTag, TagSpecification } from '@aws-sdk/client-ec2';
import type { Tag } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import { invalidValue } from './errors.ts';

const MOST = 50;

/** Tags of something that is being made. @throws ServiceError for those of another kind of thing */
export function tagsFor(kind: ResourceType, specifications: readonly TagSpecification[] | undefined): readonly Tag[] {
  const tags: WireTag[] = [];
  for (const { ResourceType: given, Tags = [] } of specifications ?? []) {
    if (given !== kind)
      throw invalidValue(`'${given ?? ''}' is not a valid taggable resource type for this operation.`);
    tags.push(...Tags);
  }
  return mergeTags([], checkedTags(tags));
}

export function checkedTags(tags: readonly WireTag[] | undefined): readonly Tag[] {
  return (tags ?? []).map(({ Key = '', Value = '' }) => {
    if (Key === '' || Key.length > 127 || Value.length > 255)
      throw invalidValue(`A tag's key has 1 to 127 characters, its value up to 255: '${Key.slice(0, 128)}'.`);
    if (/^aws:/i.test(Key)) throw invalidValue(`Tag keys starting with 'aws:' are reserved for internal use`);
    return { key: Key, value: Value };
  });
}

/** @throws ServiceError TagLimitExceeded */
export function mergeTags(existing: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const merged = new Map([...existing, ...added].map((tag) => [tag.key, tag]));
  if (merged.size > MOST)
    throw new ServiceError('TagLimitExceeded', `The maximum number of tags of a resource, ${MOST}, has been reached.`);
  return [...merged.values()];
}

export const wireTags = (tags: readonly Tag[]): WireTag[] => tags.map(({ key, value }) => ({ Key: key, Value: value }));
