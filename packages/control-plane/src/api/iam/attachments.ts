import { ServiceError } from '@gantry/protocol';
import { AWS_OWNER } from '../../identity/managed/aws-policies.ts';
import { managedPolicy } from '../../identity/managed/find.ts';
import type { Platform, RequestContext } from '../../platform.ts';
import { noSuchEntity, quotaExceeded } from './common/errors.ts';
import { policyOf } from './common/find.ts';
import { explain, type IamHandlers } from './common/handler.ts';
import { pageOfItems } from './common/paging.ts';
import { holderNamed, ownHolder, type HolderKind } from './holders.ts';

const MOST_ATTACHED = 10;

type Operations = `Attach${HolderKind}Policy` | `Detach${HolderKind}Policy` | `ListAttached${HolderKind}Policies`;

interface Listed {
  readonly PathPrefix?: string | undefined;
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** Which users, groups and roles a managed policy is attached to. */
export function attachmentHandlers(platform: Platform): Pick<IamHandlers, Operations> {
  const [user, group, role] = (['User', 'Group', 'Role'] as const).map((kind) => ofKind(platform, kind)) as [
    OfKind,
    OfKind,
    OfKind,
  ];
  return {
    AttachUserPolicy: (input, context) => user.attach(input.UserName, input.PolicyArn, context),
    DetachUserPolicy: (input, context) => user.detach(input.UserName, input.PolicyArn, context),
    ListAttachedUserPolicies: async (input, context) => user.list(input.UserName, input, context),
    AttachGroupPolicy: (input, context) => group.attach(input.GroupName, input.PolicyArn, context),
    DetachGroupPolicy: (input, context) => group.detach(input.GroupName, input.PolicyArn, context),
    ListAttachedGroupPolicies: async (input, context) => group.list(input.GroupName, input, context),
    AttachRolePolicy: (input, context) => role.attach(input.RoleName, input.PolicyArn, context),
    DetachRolePolicy: (input, context) => role.detach(input.RoleName, input.PolicyArn, context),
    ListAttachedRolePolicies: async (input, context) => role.list(input.RoleName, input, context),
  };
}

type OfKind = ReturnType<typeof ofKind>;

function ofKind({ state }: Platform, kind: HolderKind) {
  const word = kind.toLowerCase();
  return {
    attach: async (name = '', arn = '', context: RequestContext): Promise<void> => {
      const { account } = context.scope;
      await state.transact((tx) => {
        const { document, store } = ownHolder(tx.tables, account, kind, name);
        const policy = policyOf(
          tx.tables,
          account,
          arn,
          (text) => `Policy ${text} does not exist or is not attachable.`,
        );
        if (policy.account === AWS_OWNER && policy.path.startsWith('/aws-service-role/'))
          throw new ServiceError(
            'PolicyNotAttachableException',
            `Cannot attach a Service Role Policy to a Customer Role. ${arn} is for a service-linked role alone.`,
          );
        if (document.attachedPolicies.includes(arn)) return;
        if (document.attachedPolicies.length >= MOST_ATTACHED) throw quotaExceeded(`PoliciesPer${kind}`, MOST_ATTACHED);
        store(tx, { attachedPolicies: [...document.attachedPolicies, arn] });
        explain(tx, context, document.arn, `${word}.policyAttached`, `Policy ${arn} was attached.`);
      });
    },

    detach: async (name = '', arn = '', context: RequestContext): Promise<void> => {
      const { account } = context.scope;
      await state.transact((tx) => {
        const { document, store } = ownHolder(tx.tables, account, kind, name);
        const attachedPolicies = document.attachedPolicies.filter((one) => one !== arn);
        if (attachedPolicies.length === document.attachedPolicies.length) {
          policyOf(tx.tables, account, arn);
          throw noSuchEntity(`Policy ${arn} was not found.`);
        }
        store(tx, { attachedPolicies });
        explain(tx, context, document.arn, `${word}.policyDetached`, `Policy ${arn} was detached.`);
      });
    },

    list: (name = '', page: Listed, { scope }: RequestContext) => {
      const { attachedPolicies } = holderNamed(state.tables, scope.account, kind, name).document;
      const policies = attachedPolicies.flatMap((arn) => {
        const policy = managedPolicy(state.tables, arn);
        return policy?.path.startsWith(page.PathPrefix ?? '/') === true ? [policy] : [];
      });
      const sorted = policies.toSorted((a, b) => (a.arn < b.arn ? -1 : 1));
      const { items, end } = pageOfItems(sorted, page, ({ arn }) => arn);
      return {
        AttachedPolicies: items.map(({ policyName, arn }) => ({ PolicyName: policyName, PolicyArn: arn })),
        ...end,
      };
    },
  };
}
