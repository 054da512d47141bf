import type { Tag } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import { checkTags, mergeTags } from '../ecs/common/tags.ts';
import { badRequest } from './errors.ts';

type WireTags = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined;

/** `existing` with `given` laid over it. Pure. @throws ServiceError BadRequest */
export function withTags(existing: readonly Tag[], given: WireTags): readonly Tag[] {
  try {
    const added = checkTags((given ?? []).map(({ Key, Value }) => ({ key: Key, value: Value })));
    return mergeTags(existing, added);
  } catch (error) {
    throw error instanceof ServiceError ? badRequest(error.message) : error;
  }
}

export function wireTags(tags: readonly Tag[]): { Key: string | undefined; Value: string | undefined }[] {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }));
}

/** What EFS shows as the name. */
export const nameIn = (tags: readonly Tag[]): string | undefined => tags.find(({ key }) => key === 'Name')?.value;
