import type { IamUser } from '@gantry/domain';
import { BUILT_IN_CREATED, BUILT_IN_USERS, builtInUserId } from '../../../identity/built-in.ts';
import type { Caller, PlatformConfig } from '../../../platform.ts';
import { validationError } from './errors.ts';
import { iamArn } from './find.ts';

/**
 * The user an operation is about: the one it names, else the caller.
 * @throws ServiceError ValidationError when the caller is no user of IAM's
 */
export function namedOrCaller(caller: Caller, userName: string | undefined): string {
  if (userName !== undefined) return userName;
  const { principal } = caller;
  if (principal.kind === 'user') return principal.userName;
  if (principal.kind === 'assumed-role')
    throw validationError('Must specify userName when calling with non-User credentials');
  throw validationError(
    "Must specify userName: the keys of the installation's own users are in its credentials file, not in IAM.",
  );
}

/** A user of the installation itself: shown like any other, and never changed. */
export function builtInUser(config: PlatformConfig, account: string, userName: string): IamUser | undefined {
  const names: readonly string[] = Object.values(BUILT_IN_USERS);
  if (account !== config.defaultScope.account || !names.includes(userName)) return undefined;
  const arn = iamArn(config.defaultScope.account, 'user', '/', userName);
  return {
    account: config.defaultScope.account,
    userName,
    path: '/',
    userId: builtInUserId(arn),
    arn,
    createDate: BUILT_IN_CREATED,
    tags: [],
    groups: [],
    inlinePolicies: {},
    attachedPolicies: [],
  };
}
