import type { Tag } from '@gantry/domain';
import { invalidParameter, ServiceError } from '@gantry/protocol';

const MAX_TAGS = 50;
const TOO_MANY = `The maximum number of tags per resource is ${MAX_TAGS}.`;
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Checks tags a user gave (ecs-semantics 1.3). Pure; throws InvalidParameterException. */
export function checkTags(tags: readonly Tag[] | undefined): readonly Tag[] {
  const given = tags ?? [];
  const seen = new Set<string>();
  for (const { key, value } of given) {
    if (key === undefined || key.length < 1 || key.length > 128 || !TAG_TEXT.test(key)) {
      throw invalidParameter(`Invalid tag key '${key ?? ''}': 1 to 128 letters, numbers, spaces or _.:/=+-@.`);
    }
    if (/^aws:/i.test(key)) {
      throw invalidParameter(`Invalid tag key '${key}': keys that begin with aws: are reserved.`);
    }
    if (value !== undefined && (value.length > 256 || !TAG_TEXT.test(value))) {
      throw invalidParameter(`Invalid value of tag '${key}': at most 256 letters, numbers, spaces or _.:/=+-@.`);
    }
    if (seen.has(key)) throw invalidParameter(`Duplicate tag keys found: '${key}'. Tag keys must be unique.`);
    seen.add(key);
  }
  if (given.length > MAX_TAGS) throw invalidParameter(TOO_MANY);
  return given.map(({ key, value }) => ({ key, value: value ?? '' }));
}

/** `existing` with `added` laid over it, key by key. Pure; throws LimitExceededException when more than 50 user tags would be left. */
export function mergeTags(existing: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const merged = new Map(existing.map((tag) => [tag.key, tag]));
  for (const tag of added) merged.set(tag.key, tag);
  const all = [...merged.values()];
  if (all.filter((tag) => tag.key?.startsWith('aws:') !== true).length > MAX_TAGS) {
    throw new ServiceError('LimitExceededException', TOO_MANY);
  }
  return all;
}

/**
 * The tags of a new task: propagated ones, explicit ones over them, then ECS's own when asked for (ecs-semantics 1.9).
 * Pure.
 */
export function taskTags(given: {
  readonly explicit: readonly Tag[];
  readonly propagated: readonly Tag[];
  readonly managed: boolean;
  readonly cluster: string;
  readonly serviceName?: string | undefined;
}): readonly Tag[] {
  const tags = mergeTags(given.propagated, given.explicit);
  if (!given.managed) return tags;
  const own: Tag[] = [{ key: 'aws:ecs:clusterName', value: given.cluster }];
  if (given.serviceName !== undefined) own.push({ key: 'aws:ecs:serviceName', value: given.serviceName });
  return mergeTags(tags, own);
}
