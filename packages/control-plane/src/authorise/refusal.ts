import { ServiceError } from '@gantry/protocol';
import type { Decision, PolicyType } from './evaluate.ts';

const NAMES: Readonly<Record<PolicyType, readonly [one: string, none: string]>> = {
  identity: ['an identity-based policy', 'no identity-based policy allows'],
  boundary: ['a permissions boundary', 'no permissions boundary allows'],
  session: ['a session policy', 'no session policy allows'],
  resource: ['a resource-based policy', 'no resource-based policy allows'],
};

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
