import type { IamTag } from '@gantry/domain';
import type { Tag } from '@aws-sdk/client-iam';
import { ServiceError } from '@gantry/protocol';
import { invalidInput } from './errors.ts';

const MOST = 50;

/** The tags of a request, checked: keys are the caller's own, and told apart without regard to case. Pure. */
export function checkTags(tags: readonly Tag[] | undefined): readonly IamTag[] {
  const seen = new Set<string>();
  return (tags ?? []).map(({ Key = '', Value = '' }) => {
    const folded = Key.toLowerCase();
    if (folded.startsWith('aws:')) throw invalidInput(`The tag key '${Key}' is reserved: aws: is for AWS's own tags.`);
    if (seen.has(folded))
      throw invalidInput('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
    seen.add(folded);
    return { Key, Value };
  });
}

/** `existing` with `added` laid over it. Pure. @throws ServiceError LimitExceededException for more than 50 */
export function mergeTags(existing: readonly IamTag[], added: readonly IamTag[]): readonly IamTag[] {
  const merged = new Map([...existing, ...added].map((tag) => [tag.Key.toLowerCase(), tag]));
  if (merged.size > MOST)
    throw new ServiceError('LimitExceededException', `The number of tags has reached the maximum limit of ${MOST}.`);
  return [...merged.values()];
}

/** `existing` without those keys. Pure. */
export function withoutTags(existing: readonly IamTag[], keys: readonly string[]): readonly IamTag[] {
  const gone = new Set(keys.map((key) => key.toLowerCase()));
  return existing.filter(({ Key }) => !gone.has(Key.toLowerCase()));
}
