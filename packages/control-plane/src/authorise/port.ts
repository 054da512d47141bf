import type { Origin } from '../identity/origin.ts';
import type { Caller } from '../platform.ts';
import type { PrincipalPolicies } from './evaluate.ts';

/** A request that is understood. The agent's sockets are the operations `Poll` and `StartTelemetrySession`, as in IAM. */
export interface ApiCall {
  /** Also the prefix of the action in policies: `ecs`, `iam`, `logs`. */
  readonly signingName: string;
  readonly operation: string;
  /** Checked by the codec. */
  readonly input: unknown;
  /** For `aws:SourceIp` and `aws:SecureTransport`. */
  readonly from: Origin;
  readonly userAgent?: string | undefined;
}

/**
 * Lets the call pass or throws.
 * @throws ServiceError AccessDeniedException
 */
export type Authorise = (caller: Caller, call: ApiCall) => void;

/**
 * The policies of a user or an assumed role, compiled.
 * @throws ServiceError the principal is gone: InvalidClientTokenId, AccessDenied
 */
export type PoliciesOf = (caller: Caller) => PrincipalPolicies;
