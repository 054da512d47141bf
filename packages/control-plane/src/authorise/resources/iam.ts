import { iamKey, type IamTag } from '@gantry/domain';
import type { IamOperations } from '@gantry/protocol';
import { any, type Demand, type KeyValues, type Place, type Rule, type RulesOf } from '../demand.ts';
import { iamTags } from './tags.ts';

interface Holder {
  readonly arn: string;
  readonly tags?: readonly IamTag[];
  readonly permissionsBoundary?: string | undefined;
}
type Type = 'group' | 'instance-profile' | 'role' | 'user';

const iamArn = (at: Place, resource: string): string => `arn:aws:iam::${at.scope.account}:${resource}`;

/** The document of that very name: IAM keeps names apart from others that differ in case alone, but finds only the exact one. */
function holderOf(at: Place, type: Type, name: string): Holder | undefined {
  const { iamGroups, iamInstanceProfiles, iamRoles, iamUsers } = at.tables;
  const table = { group: iamGroups, 'instance-profile': iamInstanceProfiles, role: iamRoles, user: iamUsers }[type];
  const holder: Holder | undefined = table.get(iamKey(at.scope.account, name));
  return holder?.arn.endsWith(`/${name}`) === true ? holder : undefined;
}

const WORD: Readonly<Record<Type, string>> = {
  group: 'group',
  'instance-profile': 'instance profile',
  role: 'role',
  user: 'user',
};

/** Something with a name. Its path is in its ARN and is not told; of what is not there it is `/`. */
function holder(at: Place, type: Type, name: string | undefined, keys: KeyValues = {}): Demand {
  const found = name === undefined ? undefined : holderOf(at, type, name);
  return {
    resource: found?.arn ?? iamArn(at, `${type}/${name ?? ''}`),
    shown: `${WORD[type]} ${name ?? ''}`,
    keys: { 'iam:PermissionsBoundary': found?.permissionsBoundary, ...keys },
    tags: () => iamTags(found?.tags),
  };
}

/** Something that is to be made: the path is the caller's. */
function made(at: Place, type: Type | 'policy', path: string | undefined, name: string | undefined): Demand {
  return { resource: iamArn(at, `${type}${path ?? '/'}${name ?? ''}`) };
}

const aPolicy = (at: Place, arn: string | undefined): Demand => {
  const resource = arn ?? iamArn(at, 'policy/*');
  const name = resource.slice(resource.lastIndexOf('/') + 1);
  const tags = (): Demand['requestTags'] => {
    const policy = at.tables.iamPolicies.get(iamKey(at.scope.account, name));
    return policy?.arn === resource ? iamTags(policy.tags) : undefined;
  };
  return { resource, shown: `policy ${resource}`, tags };
};

/** Who a call without a user name is about: its caller. */
const callerName = ({ principalArn }: Place): string => principalArn.slice(principalArn.lastIndexOf('/') + 1);

const inPath =
  (type: string): Rule<{ readonly PathPrefix?: string | undefined }> =>
  ({ PathPrefix }, at) => ({ resource: iamArn(at, `${type}${PathPrefix ?? '/'}`) });

interface Named {
  readonly GroupName?: string | undefined;
  readonly InstanceProfileName?: string | undefined;
  readonly RoleName?: string | undefined;
  readonly UserName?: string | undefined;
  readonly PolicyArn?: string | undefined;
  readonly PermissionsBoundary?: string | undefined;
}
const group = (input: Named, at: Place): Demand => holder(at, 'group', input.GroupName);
const profile = (input: Named, at: Place): Demand => holder(at, 'instance-profile', input.InstanceProfileName);
const role = (input: Named, at: Place): Demand => holder(at, 'role', input.RoleName);
const user = (input: Named, at: Place): Demand => holder(at, 'user', input.UserName ?? callerName(at));
const policy = (input: Named, at: Place): Demand => aPolicy(at, input.PolicyArn);

const withPolicy =
  (subject: (input: Named, at: Place) => Demand) =>
  (input: Named, at: Place): Demand => {
    const demand = subject(input, at);
    return { ...demand, keys: { ...demand.keys, 'iam:PolicyARN': input.PolicyArn } };
  };

const withBoundary =
  (subject: (input: Named, at: Place) => Demand) =>
  (input: Named, at: Place): Demand => {
    const demand = subject(input, at);
    return { ...demand, keys: { ...demand.keys, 'iam:PermissionsBoundary': input.PermissionsBoundary } };
  };

type Tags = { readonly Tags?: Parameters<typeof iamTags>[0] };

/** Making something with tags needs the right to tag it as well. */
function tagged(demand: Demand, action: string, { Tags }: Tags, keys: KeyValues = {}): readonly Demand[] {
  const requestTags = iamTags(Tags);
  const main = { ...demand, requestTags, keys };
  return requestTags.length === 0 ? [main] : [main, { ...demand, action, requestTags }];
}

const tag =
  (subject: (input: Named, at: Place) => Demand) =>
  (input: Named & Tags, at: Place): Demand => ({ ...subject(input, at), requestTags: iamTags(input.Tags) });
const untag =
  (subject: (input: Named, at: Place) => Demand) =>
  (input: Named & { readonly TagKeys?: readonly string[] | undefined }, at: Place): Demand => ({
    ...subject(input, at),
    tagKeys: input.TagKeys,
  });

/** The user who holds a key, when it is one of this account. */
const keyOwner = ({ AccessKeyId }: { readonly AccessKeyId?: string | undefined }, at: Place): Demand => {
  const key = at.tables.iamAccessKeys.get(AccessKeyId ?? '');
  const isOurs = key?.account === at.scope.account;
  return { ...holder(at, 'user', isOurs ? key.userName : '*'), shown: `access key ${AccessKeyId ?? ''}` };
};

const linkedRole = (at: Place, service: string | undefined, name: string): string =>
  iamArn(at, `role/aws-service-role/${service ?? '*'}/${name}`);

/** IAM. A refusal calls things by their names, as IAM does: paths are for those who may look. */
export const iamRules: RulesOf<IamOperations> = {
  AddRoleToInstanceProfile: (input, at) => {
    const demand = profile(input, at);
    const passed = role(input, at);
    const keys = { 'iam:PassedToService': 'ec2.amazonaws.com', 'iam:AssociatedResourceArn': demand.resource };
    return [demand, { ...passed, action: 'iam:PassRole', keys, shown: iamArn(at, `role/${input.RoleName ?? ''}`) }];
  },
  AddUserToGroup: group,
  AttachGroupPolicy: withPolicy(group),
  AttachRolePolicy: withPolicy(role),
  AttachUserPolicy: withPolicy(user),
  CreateAccessKey: user,
  CreateGroup: ({ Path, GroupName }, at) => made(at, 'group', Path, GroupName),
  CreateInstanceProfile: (input, at) =>
    tagged(made(at, 'instance-profile', input.Path, input.InstanceProfileName), 'iam:TagInstanceProfile', input),
  CreatePolicy: (input, at) => tagged(made(at, 'policy', input.Path, input.PolicyName), 'iam:TagPolicy', input),
  CreatePolicyVersion: policy,
  CreateRole: (input, at) =>
    tagged(made(at, 'role', input.Path, input.RoleName), 'iam:TagRole', input, {
      'iam:PermissionsBoundary': input.PermissionsBoundary,
    }),
  CreateServiceLinkedRole: ({ AWSServiceName }, at) => ({
    resource: linkedRole(at, AWSServiceName, '*'),
    keys: { 'iam:AWSServiceName': AWSServiceName },
  }),
  CreateUser: (input, at) =>
    tagged(made(at, 'user', input.Path, input.UserName), 'iam:TagUser', input, {
      'iam:PermissionsBoundary': input.PermissionsBoundary,
    }),
  DeleteAccessKey: user,
  DeleteGroup: group,
  DeleteGroupPolicy: group,
  DeleteInstanceProfile: profile,
  DeletePolicy: policy,
  DeletePolicyVersion: policy,
  DeleteRole: role,
  DeleteRolePermissionsBoundary: role,
  DeleteRolePolicy: role,
  DeleteServiceLinkedRole: role,
  DeleteUser: user,
  DeleteUserPermissionsBoundary: user,
  DeleteUserPolicy: user,
  DetachGroupPolicy: withPolicy(group),
  DetachRolePolicy: withPolicy(role),
  DetachUserPolicy: withPolicy(user),
  GetAccessKeyLastUsed: keyOwner,
  GetGroup: group,
  GetGroupPolicy: group,
  GetInstanceProfile: profile,
  GetPolicy: policy,
  GetPolicyVersion: policy,
  GetRole: role,
  GetRolePolicy: role,
  GetServiceLinkedRoleDeletionStatus: ({ DeletionTaskId }, at) => {
    const [, , service, name = '*'] = DeletionTaskId?.split('/') ?? [];
    return { resource: linkedRole(at, service, name) };
  },
  GetUser: user,
  GetUserPolicy: user,
  ListAccessKeys: user,
  ListAttachedGroupPolicies: group,
  ListAttachedRolePolicies: role,
  ListAttachedUserPolicies: user,
  ListEntitiesForPolicy: policy,
  ListGroupPolicies: group,
  ListGroups: inPath('group'),
  ListGroupsForUser: user,
  ListInstanceProfileTags: profile,
  ListInstanceProfiles: inPath('instance-profile'),
  ListInstanceProfilesForRole: role,
  ListPolicies: inPath('policy'),
  ListPolicyTags: policy,
  ListPolicyVersions: policy,
  ListRolePolicies: role,
  ListRoleTags: role,
  ListRoles: inPath('role'),
  ListUserPolicies: user,
  ListUserTags: user,
  ListUsers: inPath('user'),
  PutGroupPolicy: group,
  PutRolePermissionsBoundary: withBoundary(role),
  PutRolePolicy: role,
  PutUserPermissionsBoundary: withBoundary(user),
  PutUserPolicy: user,
  RemoveRoleFromInstanceProfile: profile,
  RemoveUserFromGroup: group,
  SetDefaultPolicyVersion: policy,
  SimulateCustomPolicy: any,
  SimulatePrincipalPolicy: ({ PolicySourceArn }) => ({ resource: PolicySourceArn ?? '*' }),
  TagInstanceProfile: tag(profile),
  TagPolicy: tag(policy),
  TagRole: tag(role),
  TagUser: tag(user),
  UntagInstanceProfile: untag(profile),
  UntagPolicy: untag(policy),
  UntagRole: untag(role),
  UntagUser: untag(user),
  UpdateAccessKey: user,
  UpdateAssumeRolePolicy: role,
  UpdateRole: role,
  UpdateRoleDescription: role,
  UpdateUser: (input, at) => {
    const demand = user(input, at);
    if (input.NewPath === undefined && input.NewUserName === undefined) return demand;
    // Whoever renames a user must be allowed to do so with the user there will be.
    const [, path = '/', name = ''] = /:user(\/(?:.*\/)?)([^/]*)$/.exec(demand.resource) ?? [];
    return [demand, made(at, 'user', input.NewPath ?? path, input.NewUserName ?? name)];
  },
};
