import type { Caller } from '../platform.ts';

/** A request that is understood. The agent's sockets are the operations `Poll` and `StartTelemetrySession`, as in IAM. */
export interface ApiCall {
  /** Also the prefix of the action in policies: `ecs`, `iam`, `logs`. */
  readonly signingName: string;
  readonly operation: string;
  /** Checked by the codec. */
  readonly input: unknown;
}

/**
 * Lets the call pass or throws.
 * @throws ServiceError AccessDeniedException
 */
export type Authorise = (caller: Caller, call: ApiCall) => void;
