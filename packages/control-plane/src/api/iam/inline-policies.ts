import { ServiceError } from '@gantry/protocol';
import type { Platform, RequestContext } from '../../platform.ts';
import { checkPolicy, encodedDocument, policySize } from './common/documents.ts';
import { noSuchEntity } from './common/errors.ts';
import { explain, type IamHandlers } from './common/handler.ts';
import { pageOfItems } from './common/paging.ts';
import { holderNamed, ownHolder, type HolderKind } from './holders.ts';

/** Of all inline policies of one holder together, white space not counted. */
const MOST_SIZE: Readonly<Record<HolderKind, number>> = { User: 2048, Group: 5120, Role: 10_240 };

type Operations =
  | `Put${HolderKind}Policy`
  | `Get${HolderKind}Policy`
  | `Delete${HolderKind}Policy`
  | 'ListUserPolicies'
  | 'ListGroupPolicies'
  | 'ListRolePolicies';

interface Named {
  readonly PolicyName?: string | undefined;
  readonly PolicyDocument?: string | undefined;
}
interface Listed {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** Policies that belong to one user, group or role alone. */
export function inlinePolicyHandlers(platform: Platform): Pick<IamHandlers, Operations> {
  const [user, group, role] = (['User', 'Group', 'Role'] as const).map((kind) => ofKind(platform, kind)) as [
    OfKind,
    OfKind,
    OfKind,
  ];
  return {
    PutUserPolicy: (input, context) => user.put(input.UserName, input, context),
    GetUserPolicy: async (input, context) => ({
      UserName: input.UserName,
      ...user.get(input.UserName, input, context),
    }),
    DeleteUserPolicy: (input, context) => user.remove(input.UserName, input, context),
    ListUserPolicies: async (input, context) => user.list(input.UserName, input, context),
    PutGroupPolicy: (input, context) => group.put(input.GroupName, input, context),
    GetGroupPolicy: async (input, context) => ({
      GroupName: input.GroupName,
      ...group.get(input.GroupName, input, context),
    }),
    DeleteGroupPolicy: (input, context) => group.remove(input.GroupName, input, context),
    ListGroupPolicies: async (input, context) => group.list(input.GroupName, input, context),
    PutRolePolicy: (input, context) => role.put(input.RoleName, input, context),
    GetRolePolicy: async (input, context) => ({
      RoleName: input.RoleName,
      ...role.get(input.RoleName, input, context),
    }),
    DeleteRolePolicy: (input, context) => role.remove(input.RoleName, input, context),
    ListRolePolicies: async (input, context) => role.list(input.RoleName, input, context),
  };
}

type OfKind = ReturnType<typeof ofKind>;

function ofKind({ state }: Platform, kind: HolderKind) {
  const word = kind.toLowerCase();
  const missing = (policy: string): ServiceError =>
    noSuchEntity(`The ${word} policy with name ${policy} cannot be found.`);
  return {
    put: async (name = '', { PolicyName = '', PolicyDocument = '' }: Named, context: RequestContext): Promise<void> => {
      checkPolicy(PolicyDocument, 'identity');
      await state.transact((tx) => {
        const { document, store } = ownHolder(tx.tables, context.scope.account, kind, name);
        const inlinePolicies = { ...document.inlinePolicies, [PolicyName]: PolicyDocument };
        const size = Object.values(inlinePolicies).reduce((sum, text) => sum + policySize(text), 0);
        if (size > MOST_SIZE[kind])
          throw new ServiceError(
            'LimitExceededException',
            `Maximum policy size of ${MOST_SIZE[kind]} bytes exceeded for ${word} ${name}`,
          );
        store(tx, { inlinePolicies });
        explain(tx, context, document.arn, `${word}.policyPut`, `Inline policy ${PolicyName} was put.`);
      });
    },

    get: (name = '', { PolicyName = '' }: Named, { scope }: RequestContext) => {
      const { inlinePolicies } = holderNamed(state.tables, scope.account, kind, name).document;
      const text = Object.hasOwn(inlinePolicies, PolicyName) ? inlinePolicies[PolicyName] : undefined;
      if (text === undefined) throw missing(PolicyName);
      return { PolicyName, PolicyDocument: encodedDocument(text) };
    },

    remove: async (name = '', { PolicyName = '' }: Named, context: RequestContext): Promise<void> => {
      await state.transact((tx) => {
        const { document, store } = ownHolder(tx.tables, context.scope.account, kind, name);
        if (!Object.hasOwn(document.inlinePolicies, PolicyName)) throw missing(PolicyName);
        const left = Object.entries(document.inlinePolicies).filter(([policy]) => policy !== PolicyName);
        store(tx, { inlinePolicies: Object.fromEntries(left) });
        explain(tx, context, document.arn, `${word}.policyDeleted`, `Inline policy ${PolicyName} was deleted.`);
      });
    },

    list: (name = '', page: Listed, { scope }: RequestContext) => {
      const { inlinePolicies } = holderNamed(state.tables, scope.account, kind, name).document;
      const { items, end } = pageOfItems(Object.keys(inlinePolicies).toSorted(), page, (policy) => policy);
      return { PolicyNames: items, ...end };
    },
  };
}
