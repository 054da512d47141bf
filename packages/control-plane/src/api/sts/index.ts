import { ServiceError, type StsOperations } from '@gantry/protocol';
import type { Handler, HandlersOf } from '../../handlers.ts';
import { userIdOf } from '../../identity/built-in.ts';
import { accountOfAccessKeyId } from '../../identity/ids.ts';
import type { Identity } from '../../identity/index.ts';
import type { Caller, Platform } from '../../platform.ts';
import { assumeRole } from './assume-role.ts';
import { credentialsOf, leastTokenBytes, refuseMfa, validationError } from './common.ts';

const DEFAULT_SECONDS = 43_200;
const DEFAULT_SECONDS_OF_ROOT = 3600;

/** Who am I, and temporary credentials. */
export function stsHandlers(platform: Platform, identity: Identity): HandlersOf<StsOperations> {
  const { state } = platform;
  return {
    AssumeRole: assumeRole(platform, identity),

    GetCallerIdentity: getCallerIdentity,

    GetSessionToken: async (input, { caller }) => {
      refuseMfa(input);
      if (isTemporary(caller))
        throw new ServiceError('AccessDeniedException', 'Cannot call GetSessionToken with session credentials');
      const isRoot = caller.principalArn.endsWith(':root');
      const most = isRoot ? DEFAULT_SECONDS_OF_ROOT : DEFAULT_SECONDS;
      const durationSeconds = isRoot ? Math.min(input.DurationSeconds ?? most, most) : (input.DurationSeconds ?? most);
      const session = { durationSeconds, leastTokenBytes: leastTokenBytes(input.MinimumSessionTokenSize) };
      const { account, principalArn, principal } = caller;
      return credentialsOf(identity.sessions.sessionForCaller(account, principalArn, principal, session));
    },

    GetAccessKeyInfo: async ({ AccessKeyId }, { caller }) => {
      const id = AccessKeyId as string;
      const own = caller.accessKeyId === id ? caller.account : undefined;
      const account = state.tables.iamAccessKeys.get(id)?.account ?? own ?? accountOfAccessKeyId(id);
      if (account === undefined) throw validationError(`The access key id ${id} names no account.`);
      return { Account: account };
    },
  };
}

export const getCallerIdentity: Handler<unknown, StsOperations['GetCallerIdentity']['output']> = async (
  _input,
  { caller },
) => ({
  UserId: userIdOf(caller.principal, caller.principalArn),
  Account: caller.account,
  Arn: caller.principalArn,
});

function isTemporary({ principal, accessKeyId }: Caller): boolean {
  return principal.kind === 'assumed-role' || accessKeyId.startsWith('ASIA');
}
