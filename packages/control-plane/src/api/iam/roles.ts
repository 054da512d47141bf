import { iamKey, type AccountId, type IamRole } from '@gantry/domain';
import { parsePolicy } from '../../authorise/policy.ts';
import { roleByArn, userByArn } from '../../identity/find.ts';
import { uniqueId } from '../../identity/ids.ts';
import type { LastUses } from '../../identity/last-use.ts';
import type { Platform } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { checkPolicy, policySize } from './common/documents.ts';
import { alreadyExists, deleteConflict, quotaExceeded, validationError } from './common/errors.ts';
import { checkQuota, iamArn, ownRole, roleNamed } from './common/find.ts';
import { explain, secondOf, type IamHandlers } from './common/handler.ts';
import { pageOfTable } from './common/paging.ts';
import { checkTags } from './common/tags.ts';
import { boundaryPolicy } from './users.ts';
import { listedRole, wholeRole } from './wire.ts';

export const MOST_ROLES = 1000;
const MOST_TRUST_SIZE = 2048;
const HOUR_SECONDS = 3600;
const NOT_USERS = '/aws-service-role/';

type Operations = 'CreateRole' | 'GetRole' | 'DeleteRole' | 'ListRoles';
type Updates = 'UpdateRole' | 'UpdateRoleDescription' | 'UpdateAssumeRolePolicy';

export function roleHandlers({ state, ids }: Platform, lastUses: LastUses): Pick<IamHandlers, Operations> {
  return {
    CreateRole: async (input, context) => {
      const { account } = context.scope;
      const [roleName, path, tags] = [input.RoleName as string, input.Path ?? '/', checkTags(input.Tags)];
      if (path.startsWith(NOT_USERS))
        throw validationError(`Roles with the path ${NOT_USERS} are made with CreateServiceLinkedRole.`);
      const assumeRolePolicyDocument = checkTrust(input.AssumeRolePolicyDocument as string);
      const role = await state.transact((tx) => {
        checkFree(tx.tables, account, roleName);
        checkQuota(tx.tables.iamRoles.keys, account, 'RolesPerAccount', MOST_ROLES);
        if (input.PermissionsBoundary !== undefined) boundaryPolicy(tx.tables, account, input.PermissionsBoundary);
        const made: IamRole = {
          account,
          roleName,
          path,
          roleId: uniqueId('AROA', ids),
          arn: iamArn(account, 'role', path, roleName),
          createDate: secondOf(tx),
          tags,
          permissionsBoundary: input.PermissionsBoundary,
          assumeRolePolicyDocument,
          trustedIds: trustedIds(tx.tables, assumeRolePolicyDocument),
          description: input.Description,
          maxSessionDurationSeconds: input.MaxSessionDuration ?? HOUR_SECONDS,
          inlinePolicies: {},
          attachedPolicies: [],
        };
        tx.put(tx.tables.iamRoles, iamKey(account, roleName), made);
        explain(tx, context, made.arn, 'role.created', `Role ${roleName} was created.`);
        return made;
      });
      return { Role: wholeRole(role) };
    },

    GetRole: async ({ RoleName }, { scope }) => {
      const role = roleNamed(state.tables, scope.account, RoleName as string);
      return { Role: wholeRole(role, lastUses.of(role.roleId)) };
    },

    DeleteRole: async ({ RoleName }, context) => {
      const { account } = context.scope;
      await state.transact((tx) => {
        const role = ownRole(tx.tables, account, RoleName as string);
        checkUnused(tx.tables, role);
        tx.delete(tx.tables.iamRoles, iamKey(account, role.roleName));
        tx.delete(tx.tables.iamLastUses, role.roleId);
        explain(tx, context, role.arn, 'role.deleted', `Role ${role.roleName} was deleted.`);
      });
    },

    ListRoles: async (input, { scope }) => {
      const prefix = input.PathPrefix ?? '/';
      const shown = (role: IamRole) => (role.path.startsWith(prefix) ? listedRole(role) : undefined);
      const { items, end } = pageOfTable(state.tables.iamRoles, scope.account, input, shown);
      return { Roles: items, ...end };
    },
  };
}

export function roleUpdateHandlers({ state }: Platform): Pick<IamHandlers, Updates> {
  type Context = Parameters<IamHandlers['UpdateRole']>[1];
  const update = (name: string, context: Context, change: Partial<IamRole>): Promise<IamRole> =>
    state.transact((tx) => {
      const { account } = context.scope;
      const changed = { ...ownRole(tx.tables, account, name), ...change };
      const trust = change.assumeRolePolicyDocument;
      const role = trust === undefined ? changed : { ...changed, trustedIds: trustedIds(tx.tables, trust) };
      tx.put(tx.tables.iamRoles, iamKey(account, name), role);
      explain(tx, context, role.arn, 'role.updated', `Of role ${name} changed: ${Object.keys(change).join(', ')}.`);
      return role;
    });
  return {
    UpdateRole: async ({ RoleName, Description, MaxSessionDuration }, context) => {
      await update(RoleName as string, context, {
        ...(Description === undefined ? {} : { description: Description }),
        ...(MaxSessionDuration === undefined ? {} : { maxSessionDurationSeconds: MaxSessionDuration }),
      });
      return {};
    },

    UpdateRoleDescription: async ({ RoleName, Description }, context) => {
      return { Role: listedRole(await update(RoleName as string, context, { description: Description })) };
    },

    UpdateAssumeRolePolicy: async ({ RoleName, PolicyDocument }, context) => {
      const assumeRolePolicyDocument = checkTrust(PolicyDocument as string);
      await update(RoleName as string, context, { assumeRolePolicyDocument });
    },
  };
}

/** @throws ServiceError MalformedPolicyDocumentException, LimitExceededException */
function checkTrust(document: string): string {
  if (policySize(document) > MOST_TRUST_SIZE) throw quotaExceeded('ACLSizePerRole', MOST_TRUST_SIZE);
  checkPolicy(document, 'trust');
  return document;
}

/** The users and roles a trust policy names that are there. */
function trustedIds(tables: Tables, document: string): IamRole['trustedIds'] {
  const names = parsePolicy(document, 'trust').statements.flatMap(({ principals }) => [
    ...(principals?.pattern.names ?? []),
  ]);
  const pairs = names.map(
    (name) => [name, userByArn(tables, name)?.userId ?? roleByArn(tables, name)?.roleId] as const,
  );
  return Object.fromEntries(pairs.flatMap(([name, id]) => (id === undefined ? [] : [[name, id]])));
}

function checkFree(tables: Tables, account: AccountId, roleName: string): void {
  if (tables.iamRoles.get(iamKey(account, roleName)) !== undefined)
    throw alreadyExists(`Role with name ${roleName} already exists.`);
}

/** @throws ServiceError DeleteConflictException */
function checkUnused(tables: Tables, role: IamRole): void {
  if (tables.iamInstanceProfiles.countBy('role', iamKey(role.account, role.roleName)) > 0)
    throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.');
  if (role.attachedPolicies.length > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.');
  if (Object.keys(role.inlinePolicies).length > 0)
    throw deleteConflict('Cannot delete entity, must delete policies first.');
}
