import type { Service, ServiceError } from '@gantry/protocol';
import type { Origin } from '../identity/origin.ts';
import type { Caller } from '../platform.ts';

/** A call that has been answered, or is about to be. */
export interface AuditedCall {
  readonly service: Service;
  /** As the request names it: it need not be one the service has. */
  readonly operation: string;
  readonly caller: Caller;
  readonly from: Origin;
  readonly requestId: string;
  readonly userAgent?: string | undefined;
  /** The Host header. */
  readonly host?: string | undefined;
  /** `undefined`: it was refused before it was read. */
  readonly input?: unknown;
  readonly output?: unknown;
  readonly error?: ServiceError;
}

export interface Audit {
  /** Resolves when the call may be answered: it is in the trail, or has no place there, or the trail cannot be written. Never rejects. */
  record(call: AuditedCall): Promise<void>;
}
