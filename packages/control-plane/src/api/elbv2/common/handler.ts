import type { ElasticloadbalancingOperations } from '@gantry/protocol';
import type { Handler } from '../../../handlers.ts';
import type { RequestContext } from '../../../platform.ts';
import type { Tx } from '../../../state/state.ts';

/** Every operation of Elastic Load Balancing with its handler's type; each file of this folder gives some of them. */
export type ElbHandlers = {
  readonly [N in keyof ElasticloadbalancingOperations]: Handler<
    ElasticloadbalancingOperations[N]['input'],
    ElasticloadbalancingOperations[N]['output']
  >;
};

/** Says who did what to whom, in the transaction that does it. */
export function explain(tx: Tx, context: RequestContext, subject: string, type: string, text: string): void {
  tx.event({ subject, type, because: 'user-request', text, by: context.caller.principalArn });
}
