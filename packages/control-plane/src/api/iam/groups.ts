import { iamKey, type AccountId, type IamGroup, type IamUser } from '@gantry/domain';
import { uniqueId } from '../../identity/ids.ts';
import type { Platform } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { alreadyExists, deleteConflict, noSuchEntity, quotaExceeded } from './common/errors.ts';
import { checkQuota, groupNamed, iamArn, userNamed } from './common/find.ts';
import { explain, secondOf, type IamHandlers } from './common/handler.ts';
import { pageOfItems, pageOfTable } from './common/paging.ts';
import { listedUser, wireGroup } from './wire.ts';

const MOST_GROUPS = 300;
const MOST_GROUPS_OF_A_USER = 10;

type Operations = 'CreateGroup' | 'GetGroup' | 'DeleteGroup' | 'ListGroups';
type Membership = 'AddUserToGroup' | 'RemoveUserFromGroup' | 'ListGroupsForUser';

export function groupHandlers({ state, ids }: Platform): Pick<IamHandlers, Operations> {
  return {
    CreateGroup: async ({ GroupName, Path }, context) => {
      const { account } = context.scope;
      const [groupName, path] = [GroupName as string, Path ?? '/'];
      const group = await state.transact((tx) => {
        if (tx.tables.iamGroups.get(iamKey(account, groupName)) !== undefined)
          throw alreadyExists(`Group with name ${groupName} already exists.`);
        checkQuota(tx.tables.iamGroups.keys, account, 'GroupsPerAccount', MOST_GROUPS);
        const made: IamGroup = {
          account,
          groupName,
          path,
          groupId: uniqueId('AGPA', ids),
          arn: iamArn(account, 'group', path, groupName),
          createDate: secondOf(tx),
          inlinePolicies: {},
          attachedPolicies: [],
        };
        tx.put(tx.tables.iamGroups, iamKey(account, groupName), made);
        explain(tx, context, made.arn, 'group.created', `Group ${groupName} was created.`);
        return made;
      });
      return { Group: wireGroup(group) };
    },

    GetGroup: async (input, { scope }) => {
      const group = groupNamed(state.tables, scope.account, input.GroupName as string);
      const isMember = (user: IamUser) => (user.groups.includes(group.groupName) ? listedUser(user) : undefined);
      const { items, end } = pageOfTable(state.tables.iamUsers, scope.account, input, isMember);
      return { Group: wireGroup(group), Users: items, ...end };
    },

    DeleteGroup: async ({ GroupName }, context) => {
      const { account } = context.scope;
      await state.transact((tx) => {
        const group = groupNamed(tx.tables, account, GroupName as string);
        checkUnused(tx.tables, group);
        tx.delete(tx.tables.iamGroups, iamKey(account, group.groupName));
        explain(tx, context, group.arn, 'group.deleted', `Group ${group.groupName} was deleted.`);
      });
    },

    ListGroups: async (input, { scope }) => {
      const prefix = input.PathPrefix ?? '/';
      const shown = (group: IamGroup) => (group.path.startsWith(prefix) ? wireGroup(group) : undefined);
      const { items, end } = pageOfTable(state.tables.iamGroups, scope.account, input, shown);
      return { Groups: items, ...end };
    },
  };
}

export function membershipHandlers({ state }: Platform): Pick<IamHandlers, Membership> {
  return {
    AddUserToGroup: async ({ GroupName, UserName }, context) => {
      const { account } = context.scope;
      await state.transact((tx) => {
        const { groupName } = groupNamed(tx.tables, account, GroupName as string);
        const user = userNamed(tx.tables, account, UserName as string);
        if (user.groups.includes(groupName)) return;
        if (user.groups.length >= MOST_GROUPS_OF_A_USER) throw quotaExceeded('GroupsPerUser', MOST_GROUPS_OF_A_USER);
        const groups = [...user.groups, groupName];
        tx.put(tx.tables.iamUsers, iamKey(account, user.userName), { ...user, groups });
        explain(tx, context, user.arn, 'user.joined', `User ${user.userName} joined the group ${groupName}.`);
      });
    },

    RemoveUserFromGroup: async ({ GroupName, UserName }, context) => {
      const { account } = context.scope;
      await state.transact((tx) => {
        const { groupName } = groupNamed(tx.tables, account, GroupName as string);
        const user = userNamed(tx.tables, account, UserName as string);
        const groups = user.groups.filter((name) => name !== groupName);
        if (groups.length === user.groups.length)
          throw noSuchEntity(`User ${user.userName} is not in the group ${groupName}.`);
        tx.put(tx.tables.iamUsers, iamKey(account, user.userName), { ...user, groups });
        explain(tx, context, user.arn, 'user.left', `User ${user.userName} left the group ${groupName}.`);
      });
    },

    ListGroupsForUser: async (input, { scope }) => {
      const { groups } = userNamed(state.tables, scope.account, input.UserName as string);
      const documents = groups.toSorted().map((name) => groupNamed(state.tables, scope.account, name));
      const { items, end } = pageOfItems(documents, input, (group) => group.groupName);
      return { Groups: items.map(wireGroup), ...end };
    },
  };
}

function checkUnused(tables: Tables, group: IamGroup): void {
  if (hasMembers(tables, group.account, group.groupName))
    throw deleteConflict('Cannot delete entity, must remove users from group first.');
  if (group.attachedPolicies.length > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.');
  if (Object.keys(group.inlinePolicies).length > 0)
    throw deleteConflict('Cannot delete entity, must delete policies first.');
}

function hasMembers(tables: Tables, account: AccountId, groupName: string): boolean {
  for (const user of tables.iamUsers.withPrefix(`${account}/`)) if (user.groups.includes(groupName)) return true;
  return false;
}
