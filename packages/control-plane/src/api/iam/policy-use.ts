import type { AccountId, IamGroup, IamRole, IamUser, PolicyHolder } from '@gantry/domain';
import type { Tables } from '../../state/tables.ts';
import type { PolicyUse } from './wire.ts';

/** A user, group or role, whichever it is. */
export type Entity =
  | { readonly kind: 'User'; readonly document: IamUser }
  | { readonly kind: 'Group'; readonly document: IamGroup }
  | { readonly kind: 'Role'; readonly document: IamRole };

/** Every user, group and role of an account, in the order of their kinds and names. */
export function* entitiesOf(tables: Tables, account: AccountId): Generator<Entity> {
  const prefix = `${account}/`;
  for (const document of tables.iamGroups.withPrefix(prefix)) yield { kind: 'Group', document };
  for (const document of tables.iamRoles.withPrefix(prefix)) yield { kind: 'Role', document };
  for (const document of tables.iamUsers.withPrefix(prefix)) yield { kind: 'User', document };
}

export function boundaryOf(document: PolicyHolder & { readonly permissionsBoundary?: string | undefined }) {
  return document.permissionsBoundary;
}

const UNUSED: PolicyUse = { attachments: 0, boundaries: 0 };

/** How often each managed policy is used in an account, by ARN. */
export function policyUses(tables: Tables, account: AccountId): (arn: string) => PolicyUse {
  const uses = new Map<string, PolicyUse>();
  const count = (arn: string, one: PolicyUse): void => {
    const { attachments, boundaries } = uses.get(arn) ?? UNUSED;
    uses.set(arn, { attachments: attachments + one.attachments, boundaries: boundaries + one.boundaries });
  };
  for (const { document } of entitiesOf(tables, account)) {
    for (const arn of document.attachedPolicies) count(arn, { attachments: 1, boundaries: 0 });
    const boundary = boundaryOf(document);
    if (boundary !== undefined) count(boundary, { attachments: 0, boundaries: 1 });
  }
  return (arn) => uses.get(arn) ?? UNUSED;
}
