import type { Scope } from '@gantry/domain';
import { SERVICES, type ServiceName } from '@gantry/protocol';
import { SCOPE } from '../../../controllers/testing/builders.ts';
import type { RequestContext } from '../../../platform.ts';

export type Call<Operations extends Record<keyof Operations, { input: unknown; output: unknown }>> = <
  N extends keyof Operations & string,
>(
  name: N,
  input: Operations[N]['input'],
) => Promise<Operations[N]['output']>;

/** Who calls in tests. */
export const USER = `arn:aws:iam::${SCOPE.account}:user/administrator`;

/** Calls handlers as the front door does: what goes in and what comes out passes the service's codec. */
export function callerOf<Operations extends Record<keyof Operations, { input: unknown; output: unknown }>>(
  service: ServiceName,
  handlers: object,
  scope: Scope = SCOPE,
): Call<Operations> {
  const context: RequestContext = {
    scope,
    requestId: 'request',
    caller: { ...scope, principalArn: USER, accessKeyId: 'AKIATEST', principal: { kind: 'administrator' } },
  };
  const table = handlers as Record<string, (input: unknown, context: RequestContext) => Promise<unknown>>;
  return async (name, input) => {
    const operation = SERVICES[service].operation(name);
    const handle = table[name];
    if (operation === undefined || handle === undefined) throw new Error(`${service} has no ${name}`);
    const output = await handle(operation.readInput(wire(operation.writeInput(input))), context);
    return operation.readOutput(wire(operation.writeOutput(output))) as never;
  };
}

function wire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? {})) as unknown;
}
