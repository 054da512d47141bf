import { iamKey, type AccountId, type IamTag, type PolicyHolder } from '@gantry/domain';
import { compiledPolicies } from '../authorise/cache.ts';
import type { PrincipalPolicies } from '../authorise/evaluate.ts';
import type { PolicyDocument } from '../authorise/policy.ts';
import type { Caller } from '../platform.ts';
import type { State } from '../state/state.ts';
import type { Tables } from '../state/tables.ts';
import { defaultDocument, managedPolicy } from './managed/find.ts';
import type { AssumedRole, Principal } from './principal.ts';

interface Known {
  readonly generation: number;
  readonly policies: PrincipalPolicies;
}

type Compile = (text: string) => PolicyDocument;

/** Denies: who is no longer there has no policies. */
const NOTHING: PrincipalPolicies = { identity: [], tags: {} };
const EVERYTHING = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}';

/**
 * The policies that count for a caller: worked out once for each principal object (the key ring gives the same one for
 * the same key) and again after any change in IAM.
 */
export function policiesFrom(state: State): (caller: Caller) => PrincipalPolicies {
  const { iamUsers, iamGroups, iamRoles, iamPolicies } = state.tables;
  let generation = 0;
  const changed = (): void => {
    generation += 1;
  };
  iamUsers.observe(changed);
  iamGroups.observe(changed);
  iamRoles.observe(changed);
  iamPolicies.observe(changed);
  const parse = compiledPolicies();
  const compile: Compile = (text) => parse(text, 'identity');
  const known = new WeakMap<Principal, Known>();
  return ({ account, principal }) => {
    const found = known.get(principal);
    if (found?.generation === generation) return found.policies;
    const policies = policiesOfPrincipal(state.tables, account, principal, compile);
    known.set(principal, { generation, policies });
    return policies;
  };
}

function policiesOfPrincipal(
  tables: Tables,
  account: AccountId,
  principal: Principal,
  compile: Compile,
): PrincipalPolicies {
  if (principal.kind === 'administrator') return { identity: [compile(EVERYTHING)], tags: {} };
  if (principal.kind === 'user') {
    const [user] = tables.iamUsers.by('id', principal.userId);
    if (user === undefined) return NOTHING;
    const groups = user.groups.flatMap((name) => tables.iamGroups.get(iamKey(account, name)) ?? []);
    const identity = [user, ...groups].flatMap((holder) => textsOf(tables, holder)).map(compile);
    return { identity, ...boundaryOf(tables, user.permissionsBoundary, compile), tags: tagsOf(user.tags) };
  }
  if (principal.kind === 'assumed-role') return policiesOfRole(tables, account, principal, compile);
  return NOTHING;
}

function policiesOfRole(tables: Tables, account: AccountId, session: AssumedRole, compile: Compile): PrincipalPolicies {
  const role = tables.iamRoles.get(iamKey(account, session.roleName));
  if (role?.roleId !== session.roleId) return NOTHING;
  const narrowed = session.sessionPolicies.length + session.sessionPolicyArns.length > 0;
  const narrowing = [...session.sessionPolicies, ...session.sessionPolicyArns.flatMap((arn) => textOf(tables, arn))];
  return {
    identity: textsOf(tables, role).map(compile),
    ...boundaryOf(tables, role.permissionsBoundary, compile),
    ...(narrowed ? { session: narrowing.map(compile) } : {}),
    tags: { ...tagsOf(role.tags), ...session.sessionTags },
  };
}

function textsOf(tables: Tables, { inlinePolicies, attachedPolicies }: PolicyHolder): readonly string[] {
  return [...Object.values(inlinePolicies), ...attachedPolicies.flatMap((arn) => textOf(tables, arn))];
}

/** A managed policy that is gone allows nothing. */
function textOf(tables: Tables, arn: string): readonly string[] {
  const policy = managedPolicy(tables, arn);
  return policy === undefined ? [] : [defaultDocument(policy)];
}

function boundaryOf(tables: Tables, arn: string | undefined, compile: Compile): { boundary?: PolicyDocument } {
  if (arn === undefined) return {};
  const [text = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'] = textOf(
    tables,
    arn,
  );
  return { boundary: compile(text) };
}

function tagsOf(tags: readonly IamTag[]): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}
