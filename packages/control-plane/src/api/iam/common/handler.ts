import type { EpochMs } from '@gantry/domain';
import type { IamOperations } from '@gantry/protocol';
import type { Handler } from '../../../handlers.ts';
import type { RequestContext } from '../../../platform.ts';
import type { Tx } from '../../../state/state.ts';

/** Operations that answer nothing return nothing. */
type Answer<O> = O extends Record<string, never> ? void : O;

/** Every operation of iam with its handler's type; each file of this folder gives some of them. */
export type IamHandlers = {
  readonly [N in keyof IamOperations]: Handler<IamOperations[N]['input'], Answer<IamOperations[N]['output']>>;
};

/** The moment of a transaction as IAM keeps it: whole seconds. */
export function secondOf(tx: Tx): EpochMs {
  return (tx.now - (tx.now % 1000)) as EpochMs;
}

/** Says who did what to whom, in the transaction that does it. */
export function explain(tx: Tx, context: RequestContext, subject: string, type: string, text: string): void {
  tx.event({ subject, type, because: 'user-request', text, by: context.caller.principalArn });
}
