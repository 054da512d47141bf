import { iamKey } from '@gantry/domain';
import type { Platform, RequestContext } from '../../platform.ts';
import { ownRole, userNamed } from './common/find.ts';
import { explain, type IamHandlers } from './common/handler.ts';
import { boundaryPolicy } from './users.ts';

type Operations =
  | 'PutUserPermissionsBoundary'
  | 'DeleteUserPermissionsBoundary'
  | 'PutRolePermissionsBoundary'
  | 'DeleteRolePermissionsBoundary';

/** The most a user's or role's own policies can give: a managed policy. */
export function boundaryHandlers({ state }: Platform): Pick<IamHandlers, Operations> {
  const setOfUser = (name: string, permissionsBoundary: string | undefined, context: RequestContext): Promise<void> =>
    state.transact((tx) => {
      const { account } = context.scope;
      const user = userNamed(tx.tables, account, name);
      if (permissionsBoundary !== undefined) boundaryPolicy(tx.tables, account, permissionsBoundary);
      tx.put(tx.tables.iamUsers, iamKey(account, name), { ...user, permissionsBoundary });
      explain(tx, context, user.arn, 'user.updated', textOf(permissionsBoundary));
    });
  const setOfRole = (name: string, permissionsBoundary: string | undefined, context: RequestContext): Promise<void> =>
    state.transact((tx) => {
      const { account } = context.scope;
      const role = ownRole(tx.tables, account, name);
      if (permissionsBoundary !== undefined) boundaryPolicy(tx.tables, account, permissionsBoundary);
      tx.put(tx.tables.iamRoles, iamKey(account, name), { ...role, permissionsBoundary });
      explain(tx, context, role.arn, 'role.updated', textOf(permissionsBoundary));
    });
  return {
    PutUserPermissionsBoundary: (input, context) =>
      setOfUser(input.UserName as string, input.PermissionsBoundary, context),
    DeleteUserPermissionsBoundary: (input, context) => setOfUser(input.UserName as string, undefined, context),
    PutRolePermissionsBoundary: (input, context) =>
      setOfRole(input.RoleName as string, input.PermissionsBoundary, context),
    DeleteRolePermissionsBoundary: (input, context) => setOfRole(input.RoleName as string, undefined, context),
  };
}

function textOf(boundary: string | undefined): string {
  return boundary === undefined ? 'The permissions boundary was removed.' : `The permissions boundary is ${boundary}.`;
}
