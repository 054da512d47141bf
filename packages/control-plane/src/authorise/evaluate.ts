import { arnMatches, splitArn, type ArnParts } from './arn-pattern.ts';
import { holds } from './condition.ts';
import type { PolicyDocument, Statement } from './policy.ts';
import { principalMatches } from './principal-pattern.ts';
import { matches, type Context } from './wildcard.ts';

export type { Context } from './wildcard.ts';

/** All policies that say what somebody may. */
export interface PrincipalPolicies {
  /** Its own, its groups' or its role's. */
  readonly identity: readonly PolicyDocument[];
  /** The most its own policies can give. */
  readonly boundary?: PolicyDocument | undefined;
  /** Of temporary credentials. Absent: the session may all its role may. Empty: nothing. */
  readonly session?: readonly PolicyDocument[] | undefined;
  /** Of the user or role and of the session: `aws:PrincipalTag/…`. */
  readonly tags: Readonly<Record<string, string>>;
}

export interface PolicyRequest {
  /** `ecs:RunTask` */
  readonly action: string;
  /** An ARN, or `*` where the operation has no resource. */
  readonly resource: string;
  readonly context: Context;
}

export type PolicyType = 'identity' | 'boundary' | 'session' | 'resource';

export interface Decision {
  readonly effect: 'allow' | 'explicit-deny' | 'implicit-deny';
  /** Whose policy denied, or was the first that did not allow. For 'allow', the policy type that allowed. */
  readonly by?: PolicyType | undefined;
}

/** What one principal may, as IAM decides: a deny anywhere wins; then each kind of policy there is must allow. */
export function evaluate(policies: PrincipalPolicies, request: PolicyRequest): Decision {
  const { identity, boundary, session } = policies;
  const asked = prepare(request);
  const kinds: readonly (readonly [PolicyType, readonly PolicyDocument[]])[] = [
    ['identity', identity],
    ...(boundary === undefined ? [] : [['boundary', [boundary]] as const]),
    ...(session === undefined ? [] : [['session', session] as const]),
  ];
  let missing: PolicyType | undefined;
  for (const [by, documents] of kinds) {
    const said = ask(documents, asked);
    if (said === 'deny') return { effect: 'explicit-deny', by };
    if (said === 'nothing') missing ??= by;
  }
  return missing === undefined ? { effect: 'allow', by: 'identity' } : { effect: 'implicit-deny', by: missing };
}

export interface TrustRequest {
  /**
   * All that names who asks: ARNs (a session's own and its role's), unique ids, the account's 12 digits, or a service
   * (`ecs-tasks.amazonaws.com`).
   */
  readonly principals: readonly string[];
  /** `sts:AssumeRole` */
  readonly action: string;
  readonly context: Context;
  /** For policies on resources; a trust policy is about its role. */
  readonly resource?: string | undefined;
}

export interface TrustDecision extends Decision {
  /**
   * For 'allow': only the account was named, so the caller's own policies must allow the action as well. They must, too,
   * when the caller is of another account.
   */
  readonly delegated?: boolean;
}

/** What a role's trust policy, or a policy on a resource, says of somebody. */
export function evaluateTrust(document: PolicyDocument, request: TrustRequest): TrustDecision {
  const asked = prepare({ ...request, resource: request.resource ?? '*' });
  let allowed: 'named' | 'account' | undefined;
  for (const statement of document.statements) {
    const who = whom(statement, request.principals);
    if (who === undefined || !applies(statement, asked)) continue;
    if (statement.effect === 'Deny') return { effect: 'explicit-deny', by: 'resource' };
    if (allowed !== 'named') allowed = who;
  }
  if (allowed === undefined) return { effect: 'implicit-deny', by: 'resource' };
  return { effect: 'allow', by: 'resource', delegated: allowed === 'account' };
}

/** Which statements of a document are about a request, by number, whoever asks. */
export function statementsAbout(document: PolicyDocument, request: PolicyRequest): readonly number[] {
  const asked = prepare(request);
  return document.statements.flatMap((statement, index) => (applies(statement, asked) ? [index] : []));
}

/** Keys that decide on whether the document's statements on this action and resource apply, as they are spelled there. */
export function keysAskedFor(document: PolicyDocument, request: PolicyRequest): readonly string[] {
  const asked = prepare(request);
  const about = document.statements.filter((statement) => names(statement, asked));
  return about.flatMap(({ conditions }) => conditions.map(({ name }) => name));
}

function whom({ principals }: Statement, given: readonly string[]): 'named' | 'account' | undefined {
  if (principals === undefined) return undefined;
  const found = principalMatches(principals.pattern, given);
  if (!principals.not) return found;
  return found === undefined ? 'named' : undefined;
}

interface Asked extends PolicyRequest {
  readonly arn: ArnParts | undefined;
}

function prepare(request: PolicyRequest): Asked {
  const { action, resource, context } = request;
  return { action: action.toLowerCase(), resource, context, arn: splitArn(resource) };
}

function ask(documents: readonly PolicyDocument[], asked: Asked): 'allow' | 'deny' | 'nothing' {
  let allowed = false;
  for (const { statements } of documents) {
    for (const statement of statements) {
      // What is allowed already needs no second yes.
      if ((statement.effect === 'Allow' && allowed) || !applies(statement, asked)) continue;
      if (statement.effect === 'Deny') return 'deny';
      allowed = true;
    }
  }
  return allowed ? 'allow' : 'nothing';
}

function applies(statement: Statement, asked: Asked): boolean {
  return names(statement, asked) && statement.conditions.every((condition) => holds(condition, asked.context));
}

/** Whether a statement is about this action on this resource, if its conditions hold. */
function names({ actions, resources }: Statement, { action, arn, context }: Asked): boolean {
  if ((actions.names.has(action) || actions.patterns.some((pattern) => matches(pattern, action))) === actions.not)
    return false;
  if (resources === undefined) return true;
  return resources.patterns.some((pattern) => arnMatches(pattern, arn, context)) !== resources.not;
}

/** The keys of a request, from plain values. */
export function contextOf(values: Readonly<Record<string, string | readonly string[]>>): Context {
  const keys = Object.entries(values).map(
    ([key, value]) => [key.toLowerCase(), typeof value === 'string' ? [value] : value] as const,
  );
  return new Map(keys);
}
