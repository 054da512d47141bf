import type { SecretsmanagerOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import { livingSecret } from './names.ts';
import { readTags, withTags } from './tag-rules.ts';
import { putSecret } from './write.ts';

export function tagHandlers({ state }: Platform): HandlersOf<SecretsmanagerOperations> {
  return {
    TagResource: async (input, { scope, caller }) => {
      const added = readTags(input.Tags);
      await state.transact((tx) => {
        const secret = livingSecret(tx.tables, scope, input.SecretId);
        const tags = withTags(secret.tags, added);
        putSecret(tx, { ...secret, tags }, 'A tag', caller.principalArn);
      });
      return {};
    },

    UntagResource: async (input, { scope, caller }) => {
      const gone = new Set(input.TagKeys);
      await state.transact((tx) => {
        const secret = livingSecret(tx.tables, scope, input.SecretId);
        const tags = secret.tags.filter(({ key }) => !gone.has(key ?? ''));
        putSecret(tx, { ...secret, tags }, 'A tag', caller.principalArn);
      });
      return {};
    },
  };
}
