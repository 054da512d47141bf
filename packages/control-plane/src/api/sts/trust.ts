import { epochMs, type EpochMs, type IamRole } from '@gantry/domain';
import { contextOf, evaluate, evaluateTrust, type Context, type PrincipalPolicies } from '../../authorise/evaluate.ts';
import type { PolicyDocument } from '../../authorise/policy.ts';
import { userIdOf } from '../../identity/built-in.ts';
import type { Principal } from '../../identity/principal.ts';
import type { Caller } from '../../platform.ts';

/** What is asked of a role: one action of AssumeRole, TagSession and SetSourceIdentity. */
export interface AssumeRequest {
  readonly action: string;
  readonly role: IamRole;
  readonly trust: PolicyDocument;
  readonly caller: Caller;
  readonly policies: PrincipalPolicies;
  readonly context: Context;
}

/**
 * Whether the caller gets the role. The role's trust policy must allow it; where it names the account alone, and for
 * callers of another account, the caller's own policies must, too. A deny of theirs counts in any case. Pure.
 */
export function mayAssume({ action, role, trust, caller, policies, context }: AssumeRequest): boolean {
  const principals = principalsOf(caller.principal, caller.principalArn);
  const trusted = evaluateTrust(trust, { principals, action, context });
  if (trusted.effect !== 'allow') return false;
  const own = evaluate(policies, { action, resource: role.arn, context });
  if (own.effect === 'explicit-deny') return false;
  const named = trusted.delegated !== true && role.account === caller.account;
  return named || own.effect === 'allow';
}

/** Every name a policy may call the caller by. */
function principalsOf(principal: Principal, principalArn: string): readonly string[] {
  const userId = userIdOf(principal, principalArn);
  if (principal.kind === 'assumed-role') return [principalArn, principal.roleArn, principal.roleId, userId];
  return [principalArn, userId];
}

export interface SessionRequest {
  readonly sessionName: string;
  readonly externalId?: string | undefined;
  readonly sourceIdentity?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly transitiveTagKeys: readonly string[];
}

/** The condition keys of AssumeRole. Pure. */
export function assumeContext(
  caller: Caller,
  role: IamRole,
  policies: PrincipalPolicies,
  request: SessionRequest,
  now: EpochMs,
): Context {
  const { principal, principalArn, account } = caller;
  const isRole = principal.kind === 'assumed-role';
  const values: Record<string, string | readonly string[]> = {
    'aws:CurrentTime': new Date(now).toISOString(),
    'aws:EpochTime': String(Math.floor(epochMs(now) / 1000)),
    'aws:PrincipalAccount': account,
    'aws:PrincipalArn': isRole ? principal.roleArn : principalArn,
    'aws:PrincipalType': isRole ? 'AssumedRole' : principalArn.endsWith(':root') ? 'Account' : 'User',
    'aws:RequestedRegion': caller.region,
    'aws:ResourceAccount': role.account,
    'aws:userid': userIdOf(principal, principalArn),
    'sts:RoleSessionName': request.sessionName,
  };
  if (!isRole) values['aws:username'] = principalArn.slice(principalArn.lastIndexOf('/') + 1);
  if (isRole && principal.sourceIdentity !== undefined) values['aws:SourceIdentity'] = principal.sourceIdentity;
  if (request.externalId !== undefined) values['sts:ExternalId'] = request.externalId;
  if (request.sourceIdentity !== undefined) values['sts:SourceIdentity'] = request.sourceIdentity;
  if (request.transitiveTagKeys.length > 0) values['sts:TransitiveTagKeys'] = request.transitiveTagKeys;
  const tagKeys = Object.keys(request.tags);
  if (tagKeys.length > 0) values['aws:TagKeys'] = tagKeys;
  for (const [key, value] of Object.entries(request.tags)) values[`aws:RequestTag/${key}`] = value;
  for (const [key, value] of Object.entries(policies.tags)) values[`aws:PrincipalTag/${key}`] = value;
  for (const { Key, Value } of role.tags) {
    values[`aws:ResourceTag/${Key}`] = Value;
    values[`iam:ResourceTag/${Key}`] = Value;
  }
  return contextOf(values);
}
