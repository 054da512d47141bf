import type { Tag as WireTag } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Tag } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import { validationError } from './errors.ts';

const MOST = 50;

/** @throws ServiceError DuplicateTagKeys, TooManyTags, ValidationError for keys of AWS's own */
export function checkTags(tags: readonly WireTag[] | undefined): readonly Tag[] {
  const checked = (tags ?? []).map(({ Key, Value }) => ({ key: Key as string, value: Value ?? '' }));
  const keys = new Set(checked.map(({ key }) => key));
  if (keys.size < checked.length)
    throw new ServiceError('DuplicateTagKeysException', 'Tag keys must be unique in a request.');
  for (const key of keys)
    if (/^aws:/i.test(key)) throw validationError(`The tag key '${key}' is not valid: 'aws:' is reserved.`);
  return mergeTags([], checked);
}

/** @throws ServiceError TooManyTags */
export function mergeTags(existing: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const merged = new Map([...existing, ...added].map((tag) => [tag.key, tag]));
  if (merged.size > MOST) throw new ServiceError('TooManyTagsException', `A resource can have at most ${MOST} tags.`);
  return [...merged.values()];
}
