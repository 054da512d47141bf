import type { Tag } from '@gantry/domain';

/** Tags of services that write their members with capital letters. */
export function iamTags(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined,
): readonly Tag[] {
  return (tags ?? []).map(({ Key, Value }) => ({ key: Key, value: Value }));
}
