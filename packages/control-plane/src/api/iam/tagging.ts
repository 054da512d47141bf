import { iamKey, type AccountId, type IamTag } from '@gantry/domain';
import type { Platform, RequestContext } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import { ownPolicy, policyOf, profileNamed, roleNamed, userNamed } from './common/find.ts';
import { explain, type IamHandlers } from './common/handler.ts';
import { pageOfItems } from './common/paging.ts';
import { checkTags, mergeTags, withoutTags } from './common/tags.ts';
import type { Tag } from '@aws-sdk/client-iam';

type Kind = 'User' | 'Role' | 'Policy' | 'InstanceProfile';
type Operations = `Tag${Kind}` | `Untag${Kind}` | `List${Kind}Tags`;

interface Tagged {
  readonly arn: string;
  readonly tags: readonly IamTag[];
}
interface Listed {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** How each kind is found for a reader, and for somebody who changes it. */
interface Kinds {
  readonly read: (tables: Tables, account: AccountId, name: string) => Tagged;
  /** The resource, and what stores it with other tags. */
  readonly change: (tx: Tx, account: AccountId, name: string) => [Tagged, (tags: readonly IamTag[]) => void];
}

const KINDS: Readonly<Record<Kind, Kinds>> = {
  User: {
    read: userNamed,
    change: (tx, account, name) => {
      const user = userNamed(tx.tables, account, name);
      return [user, (tags) => tx.put(tx.tables.iamUsers, iamKey(account, name), { ...user, tags })];
    },
  },
  Role: {
    read: roleNamed,
    change: (tx, account, name) => {
      const role = roleNamed(tx.tables, account, name);
      return [role, (tags) => tx.put(tx.tables.iamRoles, iamKey(account, name), { ...role, tags })];
    },
  },
  Policy: {
    read: (tables, account, arn) => policyOf(tables, account, arn),
    change: (tx, account, arn) => {
      const policy = ownPolicy(tx.tables, account, arn);
      const key = iamKey(account, policy.policyName);
      return [policy, (tags) => tx.put(tx.tables.iamPolicies, key, { ...policy, tags })];
    },
  },
  InstanceProfile: {
    read: profileNamed,
    change: (tx, account, name) => {
      const profile = profileNamed(tx.tables, account, name);
      return [profile, (tags) => tx.put(tx.tables.iamInstanceProfiles, iamKey(account, name), { ...profile, tags })];
    },
  },
};

export function taggingHandlers(platform: Platform): Pick<IamHandlers, Operations> {
  const [user, role, policy, profile] = [
    ofKind(platform, KINDS.User),
    ofKind(platform, KINDS.Role),
    ofKind(platform, KINDS.Policy),
    ofKind(platform, KINDS.InstanceProfile),
  ];
  return {
    TagUser: ({ UserName, Tags }, context) => user.tag(UserName, Tags, context),
    UntagUser: ({ UserName, TagKeys }, context) => user.untag(UserName, TagKeys, context),
    ListUserTags: async (input, context) => user.list(input.UserName, input, context),
    TagRole: ({ RoleName, Tags }, context) => role.tag(RoleName, Tags, context),
    UntagRole: ({ RoleName, TagKeys }, context) => role.untag(RoleName, TagKeys, context),
    ListRoleTags: async (input, context) => role.list(input.RoleName, input, context),
    TagPolicy: ({ PolicyArn, Tags }, context) => policy.tag(PolicyArn, Tags, context),
    UntagPolicy: ({ PolicyArn, TagKeys }, context) => policy.untag(PolicyArn, TagKeys, context),
    ListPolicyTags: async (input, context) => policy.list(input.PolicyArn, input, context),
    TagInstanceProfile: (input, context) => profile.tag(input.InstanceProfileName, input.Tags, context),
    UntagInstanceProfile: (input, context) => profile.untag(input.InstanceProfileName, input.TagKeys, context),
    ListInstanceProfileTags: async (input, context) => profile.list(input.InstanceProfileName, input, context),
  };
}

function ofKind({ state }: Platform, { read, change }: Kinds) {
  return {
    tag: async (name = '', tags: readonly Tag[] | undefined, context: RequestContext): Promise<void> => {
      const added = checkTags(tags);
      await state.transact((tx) => {
        const [resource, store] = change(tx, context.scope.account, name);
        store(mergeTags(resource.tags, added));
        const keys = added.map(({ Key }) => Key).join(', ');
        explain(tx, context, resource.arn, 'resource.tagged', `Tagged with ${keys}.`);
      });
    },

    untag: async (name = '', keys: readonly string[] = [], context: RequestContext): Promise<void> => {
      await state.transact((tx) => {
        const [resource, store] = change(tx, context.scope.account, name);
        const left = withoutTags(resource.tags, keys);
        if (left.length === resource.tags.length) return;
        store(left);
        explain(tx, context, resource.arn, 'resource.tagged', `The tags ${keys.join(', ')} were removed.`);
      });
    },

    list: (name = '', page: Listed, { scope }: RequestContext) => {
      const { tags } = read(state.tables, scope.account, name);
      const sorted = tags.toSorted((a, b) => (a.Key < b.Key ? -1 : 1));
      const { items, end } = pageOfItems(sorted, page, ({ Key }) => Key);
      return { Tags: items, ...end };
    },
  };
}
