import { iamKey, type AccountId, type IamUser } from '@gantry/domain';
import { uniqueId } from '../../identity/ids.ts';
import { BUILT_IN_CREATED } from '../../identity/built-in.ts';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import { builtInUser, namedOrCaller } from './common/caller.ts';
import { alreadyExists, deleteConflict } from './common/errors.ts';
import { checkQuota, iamArn, policyOf, userNamed } from './common/find.ts';
import { explain, secondOf, type IamHandlers } from './common/handler.ts';
import { pageOfTable } from './common/paging.ts';
import { checkTags } from './common/tags.ts';
import { listedUser, wholeUser } from './wire.ts';

const MOST_USERS = 5000;

type Changes = 'CreateUser' | 'UpdateUser' | 'DeleteUser';
type Lookups = 'GetUser' | 'ListUsers';

export function userHandlers({ state, config, ids }: Platform): Pick<IamHandlers, Changes> {
  return {
    CreateUser: async ({ UserName, Path, PermissionsBoundary, Tags }, context) => {
      const { account } = context.scope;
      const [userName, path, tags] = [UserName as string, Path ?? '/', checkTags(Tags)];
      const user = await state.transact((tx) => {
        checkFree(tx.tables, account, userName, builtInUser(config, account, userName.toLowerCase()) !== undefined);
        checkQuota(tx.tables.iamUsers.keys, account, 'UsersPerAccount', MOST_USERS);
        if (PermissionsBoundary !== undefined) boundaryPolicy(tx.tables, account, PermissionsBoundary);
        const made: IamUser = {
          account,
          userName,
          path,
          userId: uniqueId('AIDA', ids),
          arn: iamArn(account, 'user', path, userName),
          createDate: secondOf(tx),
          tags,
          permissionsBoundary: PermissionsBoundary,
          groups: [],
          inlinePolicies: {},
          attachedPolicies: [],
        };
        tx.put(tx.tables.iamUsers, iamKey(account, userName), made);
        explain(tx, context, made.arn, 'user.created', `User ${userName} was created.`);
        return made;
      });
      return { User: wholeUser(user) };
    },

    UpdateUser: async ({ UserName, NewUserName, NewPath }, context) => {
      const { account } = context.scope;
      await state.transact((tx) => {
        const user = userNamed(tx.tables, account, UserName as string);
        const userName = NewUserName ?? user.userName;
        const same = iamKey(account, userName) === iamKey(account, user.userName);
        if (!same)
          checkFree(tx.tables, account, userName, builtInUser(config, account, userName.toLowerCase()) !== undefined);
        rename(tx, user, userName, NewPath ?? user.path);
        explain(tx, context, user.arn, 'user.updated', `User ${user.userName} is now ${userName}.`);
      });
    },

    DeleteUser: async ({ UserName }, context) => {
      const { account } = context.scope;
      await state.transact((tx) => {
        const user = userNamed(tx.tables, account, UserName as string);
        checkUnused(tx.tables, user);
        tx.delete(tx.tables.iamUsers, iamKey(account, user.userName));
        explain(tx, context, user.arn, 'user.deleted', `User ${user.userName} was deleted.`);
      });
    },
  };
}

export function userLookupHandlers({ state, config }: Platform): Pick<IamHandlers, Lookups> {
  return {
    GetUser: async ({ UserName }, { scope, caller }) => {
      const root = `arn:aws:iam::${scope.account}:root`;
      if (UserName === undefined && caller.principalArn === root) {
        // As AWS answers: the root of an account has neither name nor path.
        const User: Partial<ReturnType<typeof wholeUser>> = { UserId: scope.account, Arn: root };
        return { User: { ...User, CreateDate: new Date(BUILT_IN_CREATED) } as ReturnType<typeof wholeUser> };
      }
      const isBuiltIn = caller.principal.kind === 'administrator' || caller.principal.kind === 'agent';
      const own = isBuiltIn ? caller.principalArn.slice(caller.principalArn.lastIndexOf('/') + 1) : '';
      const builtIn = builtInUser(config, scope.account, UserName ?? own);
      if (builtIn !== undefined) return { User: wholeUser(builtIn) };
      return { User: wholeUser(userNamed(state.tables, scope.account, namedOrCaller(caller, UserName))) };
    },

    ListUsers: async (input, { scope }) => {
      const prefix = input.PathPrefix ?? '/';
      const shown = (user: IamUser) => (user.path.startsWith(prefix) ? listedUser(user) : undefined);
      const { items, end } = pageOfTable(state.tables.iamUsers, scope.account, input, shown);
      return { Users: items, ...end };
    },
  };
}

/** The policy a boundary names. @throws ServiceError NoSuchEntityException, InvalidInputException */
export function boundaryPolicy(tables: Tables, account: AccountId, arn: string): void {
  policyOf(tables, account, arn, (text) => `Scope ARN: ${text} does not exist or is not attachable.`);
}

function checkFree(tables: Tables, account: AccountId, userName: string, builtIn: boolean): void {
  if (builtIn || tables.iamUsers.get(iamKey(account, userName)) !== undefined)
    throw alreadyExists(`User with name ${userName} already exists.`);
}

function checkUnused(tables: Tables, user: IamUser): void {
  const problem =
    tables.iamAccessKeys.countBy('user', iamKey(user.account, user.userName)) > 0
      ? 'must delete access keys first.'
      : user.attachedPolicies.length > 0
        ? 'must detach all policies first.'
        : Object.keys(user.inlinePolicies).length > 0
          ? 'must delete policies first.'
          : user.groups.length > 0
            ? 'must remove users from group first.'
            : undefined;
  if (problem !== undefined) throw deleteConflict(`Cannot delete entity, ${problem}`);
}

/** Its keys go with it; it stays who it is. */
function rename(tx: Tx, user: IamUser, userName: string, path: string): void {
  const { iamUsers, iamAccessKeys } = tx.tables;
  const keys = iamAccessKeys.by('user', iamKey(user.account, user.userName));
  tx.delete(iamUsers, iamKey(user.account, user.userName));
  const arn = iamArn(user.account, 'user', path, userName);
  tx.put(iamUsers, iamKey(user.account, userName), { ...user, userName, path, arn });
  for (const key of keys) tx.put(iamAccessKeys, key.accessKeyId, { ...key, userName });
}
