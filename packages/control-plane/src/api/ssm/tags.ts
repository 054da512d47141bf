import { ServiceError, type SsmOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import { parameterKey } from './names.ts';
import { newTags, withTags } from './tag-rules.ts';
import { changeParameter } from './write.ts';

/** Tags of parameters; Gantry has none of the other things that Systems Manager tags. */
export function tagHandlers({ state }: Platform): HandlersOf<SsmOperations> {
  return {
    AddTagsToResource: async (input, { scope }) => {
      const name = nameIn(input);
      const added = newTags(input.Tags);
      await state.transact((tx) =>
        changeParameter(
          tx,
          scope,
          name,
          (before) => ({ parameter: { ...before, tags: withTags(before.tags, added) }, result: undefined }),
          noSuchResource(name),
        ),
      );
      return {};
    },

    RemoveTagsFromResource: async (input, { scope }) => {
      const name = nameIn(input);
      const gone = new Set(input.TagKeys);
      await state.transact((tx) =>
        changeParameter(
          tx,
          scope,
          name,
          (before) => {
            const tags = before.tags.filter(({ key }) => !gone.has(key ?? ''));
            return { parameter: { ...before, tags }, result: undefined };
          },
          noSuchResource(name),
        ),
      );
      return {};
    },

    ListTagsForResource: async (input, { scope }) => {
      const name = nameIn(input);
      const parameter = state.tables.parameters.get(parameterKey(scope, name));
      if (parameter === undefined) throw noSuchResource(name);
      return { TagList: parameter.tags.map(({ key, value }) => ({ Key: key, Value: value })) };
    },
  };
}

function nameIn(input: SsmOperations['ListTagsForResource']['input']): string {
  if (input.ResourceType === 'Parameter') return (input.ResourceId ?? '').trim();
  throw new ServiceError(
    'InvalidResourceType',
    `${input.ResourceType} is not served by Gantry: of Systems Manager it has parameters alone (ResourceType Parameter).`,
  );
}

function noSuchResource(name: string): ServiceError {
  return new ServiceError(
    'InvalidResourceId',
    `There is no parameter ${name.slice(0, 256)} to tag. Give its name, not its ARN.`,
  );
}
