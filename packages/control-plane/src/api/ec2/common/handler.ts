import { ServiceError, type Ec2Operations } from '@gantry/protocol';
import type { Handler } from '../../../handlers.ts';
import type { Platform, RequestContext } from '../../../platform.ts';
import type { Tx } from '../../../state/state.ts';
import { ensureDefaultVpc } from '../../../vpc/default-vpc.ts';

/** Every operation of EC2 with its handler's type; each file of this folder gives some of them. */
export type Ec2Handlers = {
  readonly [N in keyof Ec2Operations]: Handler<Ec2Operations[N]['input'], Ec2Operations[N]['output']>;
};

/** Carries out work on networks in a transaction that finds the default VPC written down. */
export function inNetworks<T>(platform: Platform, { scope }: RequestContext, work: (tx: Tx) => T): Promise<T> {
  return platform.state.transact((tx) => {
    ensureDefaultVpc(tx, platform.config, scope);
    return work(tx);
  });
}

/** Says who did what to whom, in the transaction that does it. */
export function explain(tx: Tx, context: RequestContext, subject: string, type: string, text: string): void {
  tx.event({ subject, type, because: 'user-request', text, by: context.caller.principalArn });
}

type AnyHandler = Handler<{ readonly DryRun?: boolean }, unknown>;

/** A dry run gets as far as the handler: whoever may not call it has been refused. */
export function withDryRun<H extends object>(handlers: H): H {
  const wrapped = Object.entries(handlers as Record<string, AnyHandler>).map(([name, handle]) => [
    name,
    (async (input, context) => {
      if (input.DryRun !== true) return handle(input, context);
      const text = 'Request would have succeeded, but DryRun flag is set.';
      throw new ServiceError('DryRunOperation', text, { status: 412 });
    }) satisfies AnyHandler,
  ]);
  return Object.fromEntries(wrapped) as H;
}
