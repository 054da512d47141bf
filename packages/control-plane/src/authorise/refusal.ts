import { ServiceError } from '@gantry/protocol';
import type { Decision, PolicyType } from './evaluate.ts';

const NAMES: Readonly<Record<PolicyType, readonly [one: string, none: string]>> = {
  identity: ['an identity-based policy', 'no identity-based policy allows'],
  boundary: ['a permissions boundary', 'no permissions boundary allows'],
  session: ['a session policy', 'no session policy allows'],
  resource: ['a resource-based policy', 'no resource-based policy allows'],
};

/** Nothing with a name or a value as long as this is there, so that what is cut off decides nothing. */
export const MOST_CHARACTERS = 2048;

export const cut = (text: string): string => (text.length > MOST_CHARACTERS ? text.slice(0, MOST_CHARACTERS) : text);

/** A call nobody can be asked about in reasonable time. No operation takes as many. */
export function tooMany(principalArn: string, action: string, most: number): ServiceError {
  return new ServiceError(
    'AccessDeniedException',
    `User: ${principalArn} is not authorized to perform: ${action} on more than ${most} resources, or with more than ${most} values, at once`,
  );
}

/** What AWS says to somebody who may not, word for word. Query services call the code `AccessDenied`. */
export function refusal(principalArn: string, action: string, resource: string, decision: Decision): ServiceError {
  const [one, none] = NAMES[decision.by ?? 'identity'];
  const why =
    decision.effect === 'explicit-deny' ? `with an explicit deny in ${one}` : `because ${none} the ${action} action`;
  return new ServiceError(
    'AccessDeniedException',
    `User: ${principalArn} is not authorized to perform: ${action} on resource: ${resource} ${why}`,
  );
}
