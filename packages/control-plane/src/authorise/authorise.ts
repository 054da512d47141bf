import type { Clock } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Caller } from '../platform.ts';
import type { Tables } from '../state/tables.ts';
import { contextFor } from './context.ts';
import { ANY, MOST_LISTED, type Demand, type Place } from './demand.ts';
import { evaluate } from './evaluate.ts';
import type { ApiCall, Authorise, PoliciesOf } from './port.ts';
import { cut, refusal, tooMany } from './refusal.ts';
import { RULES } from './resources/index.ts';
import { byRole } from './roles.ts';

export interface AuthoriseOptions {
  readonly policiesOf: PoliciesOf;
  /** Read for the tags of resources and for what names mean. */
  readonly tables: Tables;
  readonly clock: Clock;
}

/** Needs no permission; AssumeRole is decided with the role's trust policy, by its handler. */
const FREE: ReadonlySet<string> = new Set(['sts:AssumeRole', 'sts:GetCallerIdentity', 'sts:GetSessionToken']);

/**
 * Who may do what: the administrator everything, an agent what agents do, users and sessions of roles what their policies
 * allow. A refusal names what the caller named and says nothing of whether it is there.
 */
export function authoriseBy({ policiesOf, tables, clock }: AuthoriseOptions): Authorise {
  return (caller, call) => {
    const { kind } = caller.principal;
    if (kind === 'administrator') return;
    if (kind === 'agent') return byRole(caller, call);
    const mainAction = `${call.signingName}:${call.operation}`;
    refuseTemporary(caller, call);
    if (FREE.has(mainAction)) return;
    const policies = policiesOf(caller);
    const asker = { caller, call, tags: policies.tags, clock };
    const demands = demandsOf(call, placeOf(caller, tables));
    if (demands.length > MOST_LISTED) throw tooMany(caller.principalArn, mainAction, MOST_LISTED);
    for (const demand of demands) {
      const { action = mainAction, resource, shown = resource } = demand;
      if (hasTooMany(demand)) throw tooMany(caller.principalArn, action, MOST_LISTED);
      const request = { action, resource: cut(resource), context: contextFor(asker, demand) };
      const decision = evaluate(policies, request);
      if (decision.effect !== 'allow') throw refusal(caller.principalArn, action, cut(shown), decision);
    }
  };
}

function hasTooMany({ keys = {}, requestTags = [], tagKeys = [] }: Demand): boolean {
  const lists = [requestTags, tagKeys, ...Object.values(keys)];
  return lists.some((list) => Array.isArray(list) && list.length > MOST_LISTED);
}

function placeOf({ account, region, principalArn }: Caller, tables: Tables): Place {
  return { scope: { account, region }, tables, principalArn };
}

/** All that has to be allowed for a call; never nothing. */
export function demandsOf(
  { signingName, operation, input }: Pick<ApiCall, 'signingName' | 'operation' | 'input'>,
  at: Place,
): readonly Demand[] {
  const demands = RULES[signingName]?.[operation]?.(input, at) ?? ANY;
  if (!Array.isArray(demands)) return [demands as Demand];
  return demands.length === 0 ? [ANY] : (demands as readonly Demand[]);
}

/** Credentials of GetSessionToken without MFA open neither IAM nor more of STS. */
function refuseTemporary({ principal }: Caller, { signingName, operation }: ApiCall): void {
  if (principal.kind !== 'user' || principal.temporary !== true) return;
  const closed = signingName === 'sts' ? operation !== 'AssumeRole' && operation !== 'GetCallerIdentity' : false;
  if (signingName !== 'iam' && !closed) return;
  throw new ServiceError('UnrecognizedClientException', 'The security token included in the request is invalid.');
}
