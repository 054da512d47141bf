import { iamKey, type IamPolicy } from '@gantry/domain';
import { uniqueId } from '../../identity/ids.ts';
import { AWS_OWNER, awsPolicies } from '../../identity/managed/aws-policies.ts';
import type { Platform } from '../../platform.ts';
import { checkPolicy, policySize } from './common/documents.ts';
import { alreadyExists, deleteConflict, quotaExceeded } from './common/errors.ts';
import { checkQuota, iamArn, ownPolicy, policyOf } from './common/find.ts';
import { explain, secondOf, type IamHandlers } from './common/handler.ts';
import { pageOfItems } from './common/paging.ts';
import { checkTags } from './common/tags.ts';
import { boundaryOf, entitiesOf, policyUses, type Entity } from './policy-use.ts';
import { listedPolicy, wholePolicy } from './wire.ts';

const MOST_POLICIES = 1500;
const MOST_SIZE = 6144;
const UNUSED = { attachments: 0, boundaries: 0 };

type Operations = 'CreatePolicy' | 'GetPolicy' | 'DeletePolicy';
type Lists = 'ListPolicies' | 'ListEntitiesForPolicy';

/** Managed policies: the account's own, and AWS's, which are everybody's. */
export function policyHandlers({ state, ids }: Platform): Pick<IamHandlers, Operations> {
  return {
    CreatePolicy: async (input, context) => {
      const { account } = context.scope;
      const [policyName, path, tags] = [input.PolicyName as string, input.Path ?? '/', checkTags(input.Tags)];
      const document = checkDocument(input.PolicyDocument as string);
      const policy = await state.transact((tx) => {
        if (tx.tables.iamPolicies.get(iamKey(account, policyName)) !== undefined)
          throw alreadyExists(`A policy called ${policyName} already exists. Duplicate names are not allowed.`);
        checkQuota(tx.tables.iamPolicies.keys, account, 'PoliciesPerAccount', MOST_POLICIES);
        const createDate = secondOf(tx);
        const made: IamPolicy = {
          account,
          policyName,
          path,
          policyId: uniqueId('ANPA', ids),
          arn: iamArn(account, 'policy', path, policyName),
          createDate,
          updateDate: createDate,
          description: input.Description,
          tags,
          defaultVersionId: 'v1',
          versions: [{ versionId: 'v1', document, createDate }],
          lastVersion: 1,
        };
        tx.put(tx.tables.iamPolicies, iamKey(account, policyName), made);
        explain(tx, context, made.arn, 'policy.created', `Policy ${policyName} was created.`);
        return made;
      });
      return { Policy: { ...wholePolicy(policy, UNUSED), Description: undefined } };
    },

    GetPolicy: async ({ PolicyArn }, { scope }) => {
      const policy = policyOf(state.tables, scope.account, PolicyArn as string);
      return { Policy: wholePolicy(policy, policyUses(state.tables, scope.account)(policy.arn)) };
    },

    DeletePolicy: async ({ PolicyArn }, context) => {
      const { account } = context.scope;
      await state.transact((tx) => {
        const policy = ownPolicy(tx.tables, account, PolicyArn as string);
        const { attachments, boundaries } = policyUses(tx.tables, account)(policy.arn);
        if (attachments + boundaries > 0) throw deleteConflict('Cannot delete a policy attached to entities.');
        if (policy.versions.length > 1)
          throw deleteConflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. " +
              'The default version is deleted with the policy.',
          );
        tx.delete(tx.tables.iamPolicies, iamKey(account, policy.policyName));
        explain(tx, context, policy.arn, 'policy.deleted', `Policy ${policy.policyName} was deleted.`);
      });
    },
  };
}

export function policyListHandlers({ state }: Platform): Pick<IamHandlers, Lists> {
  return {
    ListPolicies: async (input, { scope }) => {
      const useOf = policyUses(state.tables, scope.account);
      const own = input.Scope === 'AWS' ? [] : state.tables.iamPolicies.withPrefix(`${scope.account}/`);
      const all = [...own, ...(input.Scope === 'Local' ? [] : awsPolicies().values())];
      const wanted = all.filter(({ path, arn }) => {
        const { attachments, boundaries } = useOf(arn);
        if (input.PolicyUsageFilter === 'PermissionsBoundary' && boundaries === 0) return false;
        if (input.PolicyUsageFilter === 'PermissionsPolicy' && attachments === 0) return false;
        if (input.OnlyAttached === true && attachments === 0) return false;
        return path.startsWith(input.PathPrefix ?? '/');
      });
      const { items, end } = pageOfItems(wanted.toSorted(byKey), input, listKey);
      return { Policies: items.map((policy) => listedPolicy(policy, useOf(policy.arn))), ...end };
    },

    ListEntitiesForPolicy: async (input, { scope }) => {
      const { arn, account } = policyOf(state.tables, scope.account, input.PolicyArn as string);
      const uses = ({ document }: Entity): boolean =>
        (input.PolicyUsageFilter !== 'PermissionsBoundary' && document.attachedPolicies.includes(arn)) ||
        (input.PolicyUsageFilter !== 'PermissionsPolicy' && boundaryOf(document) === arn);
      const wanted = ({ kind, document }: Entity): boolean =>
        [undefined, kind, account === AWS_OWNER ? 'AWSManagedPolicy' : 'LocalManagedPolicy'].includes(
          input.EntityFilter,
        ) && document.path.startsWith(input.PathPrefix ?? '/');
      const found = [...entitiesOf(state.tables, scope.account)].filter((one) => uses(one) && wanted(one));
      const { items, end } = pageOfItems(found, input, ({ kind, document }) => `${kind}/${nameOf(document.arn)}`);
      return {
        PolicyGroups: items.flatMap((one) =>
          one.kind === 'Group' ? [{ GroupName: one.document.groupName, GroupId: one.document.groupId }] : [],
        ),
        PolicyRoles: items.flatMap((one) =>
          one.kind === 'Role' ? [{ RoleName: one.document.roleName, RoleId: one.document.roleId }] : [],
        ),
        PolicyUsers: items.flatMap((one) =>
          one.kind === 'User' ? [{ UserName: one.document.userName, UserId: one.document.userId }] : [],
        ),
        ...end,
      };
    },
  };
}

/** @throws ServiceError LimitExceededException, MalformedPolicyDocumentException */
export function checkDocument(document: string): string {
  if (policySize(document) > MOST_SIZE) throw quotaExceeded('PolicySize', MOST_SIZE);
  checkPolicy(document, 'identity');
  return document;
}

/** The account's own first, then AWS's, each by name. */
const listKey = ({ account, policyName }: IamPolicy): string =>
  `${account === AWS_OWNER ? 1 : 0}/${policyName.toLowerCase()}`;

function byKey(a: IamPolicy, b: IamPolicy): number {
  const [left, right] = [listKey(a), listKey(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** In the order documents are listed in. */
const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1).toLowerCase();
