import {
  iamKey,
  type AccountId,
  type IamGroup,
  type IamInstanceProfile,
  type IamPolicy,
  type IamRole,
  type IamUser,
} from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import { AWS_OWNER } from '../../../identity/managed/aws-policies.ts';
import { managedPolicy } from '../../../identity/managed/find.ts';
import type { SortedKeys } from '../../../state/sorted-keys.ts';
import type { Tables } from '../../../state/tables.ts';
import { invalidInput, noSuchEntity, quotaExceeded } from './errors.ts';

// Names are unique without regard to case, and found as they are written: what a policy says of an ARN holds for one name.

/** @throws ServiceError NoSuchEntityException */
export function userNamed(tables: Tables, account: AccountId, name: string): IamUser {
  const user = tables.iamUsers.get(iamKey(account, name));
  if (user?.userName === name) return user;
  throw noSuchEntity(`The user with name ${name} cannot be found.`);
}

/** @throws ServiceError NoSuchEntityException */
export function groupNamed(tables: Tables, account: AccountId, name: string): IamGroup {
  const group = tables.iamGroups.get(iamKey(account, name));
  if (group?.groupName === name) return group;
  throw noSuchEntity(`The group with name ${name} cannot be found.`);
}

/** @throws ServiceError NoSuchEntityException */
export function roleNamed(tables: Tables, account: AccountId, name: string): IamRole {
  const role = tables.iamRoles.get(iamKey(account, name));
  if (role?.roleName === name) return role;
  throw noSuchEntity(`The role with name ${name} cannot be found.`);
}

/** @throws ServiceError NoSuchEntityException, UnmodifiableEntityException for a service-linked one */
export function ownRole(tables: Tables, account: AccountId, name: string): IamRole {
  const role = roleNamed(tables, account, name);
  if (role.linkedService === undefined) return role;
  throw new ServiceError(
    'UnmodifiableEntityException',
    `Cannot perform the operation on the protected role '${name}' - this role is only modifiable by AWS`,
  );
}

/** @throws ServiceError NoSuchEntityException */
export function profileNamed(tables: Tables, account: AccountId, name: string): IamInstanceProfile {
  const profile = tables.iamInstanceProfiles.get(iamKey(account, name));
  if (profile?.instanceProfileName === name) return profile;
  throw noSuchEntity(`Instance Profile ${name} cannot be found.`);
}

const POLICY_ARN = /^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@\-/]+$/;

/**
 * The managed policy of an ARN: AWS's, or the account's own.
 * @throws ServiceError InvalidInputException, NoSuchEntityException (in `missing`'s words)
 */
export function policyOf(
  tables: Tables,
  account: AccountId,
  arn: string,
  missing: (arn: string) => string = (text) => `Policy ${text} was not found.`,
): IamPolicy {
  if (!POLICY_ARN.test(arn)) throw invalidInput(`ARN ${arn} is not valid.`);
  const policy = managedPolicy(tables, arn);
  if (policy?.account === account || policy?.account === AWS_OWNER) return policy;
  throw noSuchEntity(missing(arn));
}

/**
 * A policy of the account, to be changed.
 * @throws ServiceError AccessDeniedException for AWS's own; as `policyOf`
 */
export function ownPolicy(tables: Tables, account: AccountId, arn: string): IamPolicy {
  const policy = policyOf(tables, account, arn);
  if (policy.account === account) return policy;
  throw new ServiceError('AccessDeniedException', `${arn} is a policy of AWS: it can be attached, not changed.`);
}

/** Refuses one more when the account has that many already. @throws ServiceError LimitExceededException */
export function checkQuota(keys: SortedKeys, account: AccountId, quota: string, most: number): void {
  // '0' is the character behind '/'.
  if (keys.firstNotBefore(`${account}0`) - keys.firstNotBefore(`${account}/`) >= most) throw quotaExceeded(quota, most);
}

/** `arn:aws:iam::<account>:<type><path><name>`; the path begins and ends with `/`. */
export function iamArn(account: AccountId, type: string, path: string, name: string): string {
  return `arn:aws:iam::${account}:${type}${path}${name}`;
}
