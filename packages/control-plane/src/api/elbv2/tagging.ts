import { elbKey, type Scope, type Tag } from '@gantry/domain';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import type { Table } from '../../state/table.ts';
import type { Tables } from '../../state/tables.ts';
import { validationError } from './common/errors.ts';
import { listenerOf, loadBalancerOf, ruleOf, targetGroupOf } from './common/find.ts';
import { explain, type ElbHandlers } from './common/handler.ts';
import { checkTags, mergeTags } from './common/tags.ts';

interface Tagged {
  readonly arn: string;
  readonly tags: readonly Tag[];
}

export function taggingHandlers({ state }: Platform): Pick<ElbHandlers, 'AddTags' | 'RemoveTags' | 'DescribeTags'> {
  return {
    AddTags: async ({ ResourceArns, Tags }, context) => {
      const added = checkTags(Tags);
      await state.transact((tx) => {
        for (const arn of ResourceArns ?? []) {
          retag(tx, context.scope, arn, (tags) => mergeTags(tags, added));
          explain(tx, context, arn, 'resource.tagged', `Tagged with ${added.map(({ key }) => key).join(', ')}.`);
        }
      });
      return {};
    },

    RemoveTags: async ({ ResourceArns, TagKeys }, context) => {
      const gone = new Set(TagKeys);
      await state.transact((tx) => {
        for (const arn of ResourceArns ?? []) {
          retag(tx, context.scope, arn, (tags) => tags.filter(({ key }) => !gone.has(key ?? '')));
          explain(tx, context, arn, 'resource.tagged', `The tags ${[...gone].join(', ')} were removed.`);
        }
      });
      return {};
    },

    DescribeTags: async ({ ResourceArns = [] }, { scope }) => {
      if (ResourceArns.length > 20) throw validationError('You can describe the tags of at most 20 resources at once');
      return {
        TagDescriptions: ResourceArns.map((arn) => ({
          ResourceArn: arn,
          Tags: tableOf(state.tables, scope, arn)[1].tags.map(({ key, value }) => ({ Key: key, Value: value })),
        })),
      };
    },
  };
}

function retag(tx: Tx, scope: Scope, arn: string, change: (tags: readonly Tag[]) => readonly Tag[]): void {
  const [table, document] = tableOf(tx.tables, scope, arn);
  tx.put(table, elbKey(arn) as string, { ...document, tags: change(document.tags) });
}

/** Where a tagged thing is kept. @throws ServiceError when it is not there */
function tableOf(tables: Tables, scope: Scope, arn: string): readonly [Table<Tagged, never>, Tagged] {
  const kind = elbKey(arn)?.split('/')[2];
  const at = <T extends Tagged, I extends string>(table: Table<T, I>, document: Tagged) =>
    [table as unknown as Table<Tagged, never>, document] as const;
  switch (kind) {
    case 'targetgroup':
      return at(tables.targetGroups, targetGroupOf(tables, scope, arn));
    case 'listener':
      return at(tables.listeners, listenerOf(tables, scope, arn));
    case 'listener-rule':
      return at(tables.listenerRules, ruleOf(tables, scope, arn));
    default:
      return at(tables.loadBalancers, loadBalancerOf(tables, scope, arn));
  }
}
