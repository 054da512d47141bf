import type { Caller } from '../platform.ts';

/** Says whether a request may go on now. Both count it. */
export interface Throttle {
  /**
   * After the caller is known, before the body is looked at.
   * @throws ServiceError ThrottlingException
   */
  admit(caller: Caller, service: string, operation: string): void;
  /**
   * What depends on the input: tasks to be launched on FARGATE.
   * @throws ServiceError ThrottlingException
   */
  admitInput(caller: Caller, service: string, operation: string, input: unknown): void;
}
