import type { AccountId } from './ids.ts';
import type { EpochMs } from './time.ts';

/** A tag of an IAM resource. */
export interface IamTag {
  readonly Key: string;
  readonly Value: string;
}

/** What users, groups and roles have in common. Keys of their documents: `<account>/<name in lower case>`. */
export interface PolicyHolder {
  readonly account: AccountId;
  /** `/` or `/division/team/` */
  readonly path: string;
  /** With the path in it: `arn:aws:iam::<account>:user/division/team/<name>`. */
  readonly arn: string;
  readonly createDate: EpochMs;
  /** Policy documents as they were given, by policy name. */
  readonly inlinePolicies: Readonly<Record<string, string>>;
  /** ARNs of managed policies, in the order they were attached. */
  readonly attachedPolicies: readonly string[];
}

export interface IamUser extends PolicyHolder {
  readonly userName: string;
  /** `AIDA…`; a user made anew under the same name has another one. */
  readonly userId: string;
  readonly tags: readonly IamTag[];
  /** ARN of a managed policy. */
  readonly permissionsBoundary?: string | undefined;
  /** Names, in the order the user joined. */
  readonly groups: readonly string[];
}

export interface IamGroup extends PolicyHolder {
  readonly groupName: string;
  /** `AGPA…` */
  readonly groupId: string;
}

export interface IamRole extends PolicyHolder {
  readonly roleName: string;
  /** `AROA…`; a role made anew under the same name has another one. */
  readonly roleId: string;
  readonly tags: readonly IamTag[];
  readonly permissionsBoundary?: string | undefined;
  /** The trust policy, as it was given. */
  readonly assumeRolePolicyDocument: string;
  /** Who its ARNs meant when it was written: unique ids, by ARN. Whoever gets the name later is somebody else. */
  readonly trustedIds: Readonly<Record<string, string>>;
  readonly description?: string | undefined;
  readonly maxSessionDurationSeconds: number;
  /** The service that owns a service-linked role: `ecs.amazonaws.com`. */
  readonly linkedService?: string | undefined;
}

export interface IamPolicyVersion {
  /** `v1`, `v2`, …; a number is given out once. */
  readonly versionId: string;
  readonly document: string;
  readonly createDate: EpochMs;
}

/** A managed policy of a customer. Key `<account>/<name in lower case>`. */
export interface IamPolicy {
  readonly account: AccountId;
  readonly policyName: string;
  readonly path: string;
  /** `ANPA…` */
  readonly policyId: string;
  readonly arn: string;
  readonly createDate: EpochMs;
  readonly updateDate: EpochMs;
  readonly description?: string | undefined;
  readonly tags: readonly IamTag[];
  readonly defaultVersionId: string;
  /** Oldest first. */
  readonly versions: readonly IamPolicyVersion[];
  /** The number of the newest version there ever was. */
  readonly lastVersion: number;
}

/** Key `<account>/<name in lower case>`. */
export interface IamInstanceProfile {
  readonly account: AccountId;
  readonly instanceProfileName: string;
  readonly path: string;
  /** `AIPA…` */
  readonly instanceProfileId: string;
  readonly arn: string;
  readonly createDate: EpochMs;
  readonly tags: readonly IamTag[];
  readonly roleName?: string | undefined;
}

/** An access key of a user. Key: the access key id. */
export interface IamAccessKey {
  readonly account: AccountId;
  readonly userName: string;
  readonly userId: string;
  /** `AKIA…` */
  readonly accessKeyId: string;
  readonly status: 'Active' | 'Inactive';
  readonly createDate: EpochMs;
  /** The secret half, sealed for `accessKeySealContext`. */
  readonly sealedSecret: string;
}

/** Where the sealed secret half of an access key belongs. */
export const accessKeySealContext = (accessKeyId: string): string => `iam/access-key/${accessKeyId}`;

/** When an access key (key: its id) or a role (key: its role id) was last used; written now and then. */
export interface IamLastUse {
  readonly at: EpochMs;
  readonly region: string;
  /** Signing name: `ecs`. */
  readonly service: string;
}

/** The account-wide key of anything with a name: IAM tells names apart without regard to case. */
export function iamKey(account: AccountId, name: string): string {
  return `${account}/${name.toLowerCase()}`;
}
