import type { PrincipalPolicies } from '../authorise/evaluate.ts';
import type { Caller, Platform } from '../platform.ts';
import { iamKeyRing } from './key-ring.ts';
import { LastUses } from './last-use.ts';
import { policiesFrom } from './policies.ts';
import type { KeyRing } from './principal.ts';
import { Sessions } from './sessions.ts';

/** Who there is: keys, sessions, and the policies that count for each. Made once, in `assemble.ts`. */
export interface Identity {
  /** Of users and sessions; the installation's own keys are joined to it in `main.ts`. */
  readonly keys: KeyRing;
  readonly sessions: Sessions;
  readonly lastUses: LastUses;
  readonly policiesOf: (caller: Caller) => PrincipalPolicies;
}

export function openIdentity(platform: Platform): Identity {
  const { state, clock } = platform;
  const onError = (error: unknown): void =>
    platform.log('error', 'last uses could not be written', { error: String(error) });
  const lastUses = new LastUses({ state, clock, onError });
  const sessions = new Sessions(platform);
  const keys = iamKeyRing({ platform, sessions, lastUses });
  return { keys, sessions, lastUses, policiesOf: policiesFrom(state) };
}
