import type { IamRole, IamTag } from '@gantry/domain';
import type { Demand } from '../../authorise/demand.ts';
import { evaluate, evaluateTrust, type Context, type PrincipalPolicies } from '../../authorise/evaluate.ts';
import type { PolicyDocument } from '../../authorise/policy.ts';
import { userIdOf } from '../../identity/built-in.ts';
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
  const principals = principalsOf(caller, role.trustedIds);
  const trusted = evaluateTrust(trust, { principals, action, context });
  if (trusted.effect !== 'allow') return false;
  const own = evaluate(policies, { action, resource: role.arn, context });
  if (own.effect === 'explicit-deny') return false;
  const named = trusted.delegated !== true && role.account === caller.account;
  return named || own.effect === 'allow';
}

/** Every name a policy may call the caller by; not an ARN by which it meant somebody who had the name before. */
function principalsOf({ account, principal, principalArn }: Caller, meant: IamRole['trustedIds']): readonly string[] {
  const userId = userIdOf(principal, principalArn);
  const isRole = principal.kind === 'assumed-role';
  const [arn, id] = isRole ? [principal.roleArn, principal.roleId] : [principalArn, userId];
  const names = isRole ? [account, principalArn, id, userId] : [account, userId];
  return [undefined, id].includes(meant[arn]) ? [...names, arn] : names;
}

export interface SessionRequest {
  readonly sessionName: string;
  readonly externalId?: string | undefined;
  readonly sourceIdentity?: string | undefined;
  readonly tags: readonly IamTag[];
  readonly transitiveTagKeys: readonly string[];
}

/** What AssumeRole demands of a role, with the condition keys of STS. Pure. */
export function assumeDemand(role: IamRole, request: SessionRequest): Demand {
  const plain = (tags: readonly IamTag[]) => tags.map(({ Key, Value }) => ({ key: Key, value: Value }));
  return {
    resource: role.arn,
    keys: {
      'sts:ExternalId': request.externalId,
      'sts:RoleSessionName': request.sessionName,
      'sts:SourceIdentity': request.sourceIdentity,
      'sts:TransitiveTagKeys': request.transitiveTagKeys.length > 0 ? request.transitiveTagKeys : undefined,
    },
    tags: () => plain(role.tags),
    requestTags: plain(request.tags),
  };
}
