import { iamKey, type AccountId, type PolicyHolder } from '@gantry/domain';
import type { Tx } from '../../state/state.ts';
import type { Table } from '../../state/table.ts';
import type { Tables } from '../../state/tables.ts';
import { groupNamed, ownRole, roleNamed, userNamed } from './common/find.ts';

export type HolderKind = 'User' | 'Group' | 'Role';

type Policies = Pick<PolicyHolder, 'inlinePolicies' | 'attachedPolicies'>;

/** What may hold policies, whichever of the three it is. */
export interface Holder {
  readonly kind: HolderKind;
  readonly name: string;
  readonly document: PolicyHolder;
  readonly store: (tx: Tx, changed: Partial<Policies>) => void;
}

/** @throws ServiceError NoSuchEntityException */
export function holderNamed(tables: Tables, account: AccountId, kind: HolderKind, name: string): Holder {
  if (kind === 'User') return holding(kind, name, userNamed(tables, account, name), (t) => t.iamUsers);
  if (kind === 'Group') return holding(kind, name, groupNamed(tables, account, name), (t) => t.iamGroups);
  return holding(kind, name, roleNamed(tables, account, name), (t) => t.iamRoles);
}

/** The same, to be changed. @throws ServiceError also UnmodifiableEntityException, for service-linked roles */
export function ownHolder(tables: Tables, account: AccountId, kind: HolderKind, name: string): Holder {
  if (kind === 'Role') ownRole(tables, account, name);
  return holderNamed(tables, account, kind, name);
}

function holding<T extends PolicyHolder, I extends string>(
  kind: HolderKind,
  name: string,
  document: T,
  table: (tables: Tables) => Table<T, I>,
): Holder {
  const key = iamKey(document.account, name);
  return { kind, name, document, store: (tx, changed) => tx.put(table(tx.tables), key, { ...document, ...changed }) };
}
