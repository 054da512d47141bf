import type { Group, InstanceProfile, Policy, PolicyVersion, Role, User } from '@aws-sdk/client-iam';
import type {
  EpochMs,
  IamGroup,
  IamInstanceProfile,
  IamLastUse,
  IamPolicy,
  IamPolicyVersion,
  IamRole,
  IamTag,
  IamUser,
} from '@gantry/domain';
import { AWS_OWNER } from '../../identity/managed/aws-policies.ts';
import { encodedDocument } from './common/documents.ts';

// Documents → IAM's shapes. Lists show less than Get does: IAM's own rule.

const date = (moment: EpochMs): Date => new Date(moment);

function tagsOf(tags: readonly IamTag[]): { Tags?: IamTag[] } {
  return tags.length === 0 ? {} : { Tags: [...tags] };
}

function boundaryOf(arn: string | undefined): Pick<User, 'PermissionsBoundary'> {
  if (arn === undefined) return {};
  return { PermissionsBoundary: { PermissionsBoundaryType: 'Policy' as never, PermissionsBoundaryArn: arn } };
}

export function listedUser({ path, userName, userId, arn, createDate }: IamUser): User {
  return { Path: path, UserName: userName, UserId: userId, Arn: arn, CreateDate: date(createDate) };
}

export function wholeUser(user: IamUser): User {
  return { ...listedUser(user), ...boundaryOf(user.permissionsBoundary), ...tagsOf(user.tags) };
}

export function wireGroup({ path, groupName, groupId, arn, createDate }: IamGroup): Group {
  return { Path: path, GroupName: groupName, GroupId: groupId, Arn: arn, CreateDate: date(createDate) };
}

export function listedRole(role: IamRole): Role {
  return {
    Path: role.path,
    RoleName: role.roleName,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: date(role.createDate),
    AssumeRolePolicyDocument: encodedDocument(role.assumeRolePolicyDocument),
    Description: role.description,
    MaxSessionDuration: role.maxSessionDurationSeconds,
  };
}

export function wholeRole(role: IamRole, lastUse?: IamLastUse): Role {
  const used = lastUse === undefined ? {} : { LastUsedDate: date(lastUse.at), Region: lastUse.region };
  return { ...listedRole(role), ...boundaryOf(role.permissionsBoundary), ...tagsOf(role.tags), RoleLastUsed: used };
}

/** Who uses a managed policy, and as what. */
export interface PolicyUse {
  readonly attachments: number;
  readonly boundaries: number;
}

export function listedPolicy(policy: IamPolicy, { attachments, boundaries }: PolicyUse): Policy {
  return {
    PolicyName: policy.policyName,
    PolicyId: policy.policyId,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: attachments,
    PermissionsBoundaryUsageCount: boundaries,
    // AWS keeps policies that are for its own roles alone.
    IsAttachable: policy.account !== AWS_OWNER || !policy.path.startsWith('/aws-service-role/'),
    CreateDate: date(policy.createDate),
    UpdateDate: date(policy.updateDate),
  };
}

export function wholePolicy(policy: IamPolicy, use: PolicyUse): Policy {
  return { ...listedPolicy(policy, use), Description: policy.description, ...tagsOf(policy.tags) };
}

export function listedVersion(policy: IamPolicy, { versionId, createDate }: IamPolicyVersion): PolicyVersion {
  return {
    VersionId: versionId,
    IsDefaultVersion: versionId === policy.defaultVersionId,
    CreateDate: date(createDate),
  };
}

export function wireProfile(profile: IamInstanceProfile, role: IamRole | undefined): InstanceProfile {
  return {
    Path: profile.path,
    InstanceProfileName: profile.instanceProfileName,
    InstanceProfileId: profile.instanceProfileId,
    Arn: profile.arn,
    CreateDate: date(profile.createDate),
    Roles: role === undefined ? [] : [listedRole(role)],
    ...tagsOf(profile.tags),
  };
}
