import { anApi, type ApiWorld } from '../../api/ecs/testing/world.ts';
import { SCOPE } from '../../controllers/testing/builders.ts';
import type { Principal } from '../../identity/principal.ts';
import type { Caller } from '../../platform.ts';
import { authoriseBy } from '../authorise.ts';
import type { PrincipalPolicies } from '../evaluate.ts';
import { parsePolicy, type PolicyDocument } from '../policy.ts';
import type { ApiCall } from '../port.ts';

export const ANN = { kind: 'user', userName: 'ann', userId: 'AIDAEXAMPLEANN' } as const satisfies Principal;
export const SESSION: Principal = {
  kind: 'assumed-role',
  roleName: 'deployer',
  roleId: 'AROAEXAMPLE',
  roleArn: 'arn:aws:iam::123456789012:role/ci/deployer',
  sessionName: 'build-7',
  sessionPolicies: [],
  sessionPolicyArns: [],
  sessionTags: {},
  issuedAtMs: Date.UTC(2026, 0, 1),
  expiresAtMs: Date.UTC(2026, 0, 2),
};

export function callerOf(principal: Principal): Caller {
  const principalArn =
    principal.kind === 'assumed-role'
      ? `arn:aws:sts::123456789012:assumed-role/${principal.roleName}/${principal.sessionName}`
      : `arn:aws:iam::123456789012:user/${principal.kind === 'user' ? principal.userName : principal.kind}`;
  return { ...SCOPE, principalArn, accessKeyId: 'AKIATEST', principal };
}

export function policy(...statements: readonly object[]): PolicyDocument {
  return parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'identity');
}

export const allow = (Action: string | readonly string[], Resource: string, Condition?: object): object =>
  Condition === undefined ? { Effect: 'Allow', Action, Resource } : { Effect: 'Allow', Action, Resource, Condition };
export const deny = (Action: string, Resource: string, Condition?: object): object => ({
  ...allow(Action, Resource, Condition),
  Effect: 'Deny',
});

export interface Calls {
  readonly api: ApiWorld;
  /** What is said to a call: `ok`, or the code and the text of the refusal. */
  readonly ask: (policies: Partial<PrincipalPolicies>, call: string, input?: unknown, more?: Asked) => string;
}

export interface Asked {
  readonly principal?: Principal;
  readonly from?: ApiCall['from'];
  readonly userAgent?: string;
}

/** The real rules on the real state, with policies of one's own. `call` is `ecs:RunTask`. */
export async function openCalls(): Promise<Calls> {
  const api = await anApi();
  return {
    api,
    ask: (policies, call, input = {}, more = {}) => {
      const [signingName, operation] = call.split(':') as [string, string];
      const { principal = ANN, from = { address: '10.1.2.3', secure: false }, userAgent } = more;
      const authorise = authoriseBy({
        policiesOf: () => ({ identity: [], tags: {}, ...policies }),
        tables: api.state.tables,
        clock: api.platform.clock,
      });
      try {
        authorise(callerOf(principal), { signingName, operation, input, from, userAgent });
        return 'ok';
      } catch (error) {
        return `${(error as { code?: string }).code}: ${(error as Error).message}`;
      }
    },
  };
}
