// Written by tools/model/generate.ts: do not edit.
import type {
  AddRoleToInstanceProfileRequest,
  AddUserToGroupRequest,
  AttachGroupPolicyRequest,
  AttachRolePolicyRequest,
  AttachUserPolicyRequest,
  CreateAccessKeyRequest,
  CreateAccessKeyResponse,
  CreateGroupRequest,
  CreateGroupResponse,
  CreateInstanceProfileRequest,
  CreateInstanceProfileResponse,
  CreatePolicyRequest,
  CreatePolicyResponse,
  CreatePolicyVersionRequest,
  CreatePolicyVersionResponse,
  CreateRoleRequest,
  CreateRoleResponse,
  CreateServiceLinkedRoleRequest,
  CreateServiceLinkedRoleResponse,
  CreateUserRequest,
  CreateUserResponse,
  DeleteAccessKeyRequest,
  DeleteGroupPolicyRequest,
  DeleteGroupRequest,
  DeleteInstanceProfileRequest,
  DeletePolicyRequest,
  DeletePolicyVersionRequest,
  DeleteRolePermissionsBoundaryRequest,
  DeleteRolePolicyRequest,
  DeleteRoleRequest,
  DeleteServiceLinkedRoleRequest,
  DeleteServiceLinkedRoleResponse,
  DeleteUserPermissionsBoundaryRequest,
  DeleteUserPolicyRequest,
  DeleteUserRequest,
  DetachGroupPolicyRequest,
  DetachRolePolicyRequest,
  DetachUserPolicyRequest,
  GetAccessKeyLastUsedRequest,
  GetAccessKeyLastUsedResponse,
  GetGroupPolicyRequest,
  GetGroupPolicyResponse,
  GetGroupRequest,
  GetGroupResponse,
  GetInstanceProfileRequest,
  GetInstanceProfileResponse,
  GetPolicyRequest,
  GetPolicyResponse,
  GetPolicyVersionRequest,
  GetPolicyVersionResponse,
  GetRolePolicyRequest,
  GetRolePolicyResponse,
  GetRoleRequest,
  GetRoleResponse,
  GetServiceLinkedRoleDeletionStatusRequest,
  GetServiceLinkedRoleDeletionStatusResponse,
  GetUserPolicyRequest,
  GetUserPolicyResponse,
  GetUserRequest,
  GetUserResponse,
  ListAccessKeysRequest,
  ListAccessKeysResponse,
  ListAttachedGroupPoliciesRequest,
  ListAttachedGroupPoliciesResponse,
  ListAttachedRolePoliciesRequest,
  ListAttachedRolePoliciesResponse,
  ListAttachedUserPoliciesRequest,
  ListAttachedUserPoliciesResponse,
  ListEntitiesForPolicyRequest,
  ListEntitiesForPolicyResponse,
  ListGroupPoliciesRequest,
  ListGroupPoliciesResponse,
  ListGroupsForUserRequest,
  ListGroupsForUserResponse,
  ListGroupsRequest,
  ListGroupsResponse,
  ListInstanceProfileTagsRequest,
  ListInstanceProfileTagsResponse,
  ListInstanceProfilesForRoleRequest,
  ListInstanceProfilesForRoleResponse,
  ListInstanceProfilesRequest,
  ListInstanceProfilesResponse,
  ListPoliciesRequest,
  ListPoliciesResponse,
  ListPolicyTagsRequest,
  ListPolicyTagsResponse,
  ListPolicyVersionsRequest,
  ListPolicyVersionsResponse,
  ListRolePoliciesRequest,
  ListRolePoliciesResponse,
  ListRoleTagsRequest,
  ListRoleTagsResponse,
  ListRolesRequest,
  ListRolesResponse,
  ListUserPoliciesRequest,
  ListUserPoliciesResponse,
  ListUserTagsRequest,
  ListUserTagsResponse,
  ListUsersRequest,
  ListUsersResponse,
  PutGroupPolicyRequest,
  PutRolePermissionsBoundaryRequest,
  PutRolePolicyRequest,
  PutUserPermissionsBoundaryRequest,
  PutUserPolicyRequest,
  RemoveRoleFromInstanceProfileRequest,
  RemoveUserFromGroupRequest,
  SetDefaultPolicyVersionRequest,
  SimulateCustomPolicyRequest,
  SimulatePolicyResponse,
  SimulatePrincipalPolicyRequest,
  TagInstanceProfileRequest,
  TagPolicyRequest,
  TagRoleRequest,
  TagUserRequest,
  UntagInstanceProfileRequest,
  UntagPolicyRequest,
  UntagRoleRequest,
  UntagUserRequest,
  UpdateAccessKeyRequest,
  UpdateAssumeRolePolicyRequest,
  UpdateRoleDescriptionRequest,
  UpdateRoleDescriptionResponse,
  UpdateRoleRequest,
  UpdateRoleResponse,
  UpdateUserRequest,
} from '@aws-sdk/client-iam';

/** Every operation of iam (API 2010-05-08) with the shapes of its input and output. */
export interface IamOperations {
  AddRoleToInstanceProfile: { input: AddRoleToInstanceProfileRequest; output: Record<string, never> };
  AddUserToGroup: { input: AddUserToGroupRequest; output: Record<string, never> };
  AttachGroupPolicy: { input: AttachGroupPolicyRequest; output: Record<string, never> };
  AttachRolePolicy: { input: AttachRolePolicyRequest; output: Record<string, never> };
  AttachUserPolicy: { input: AttachUserPolicyRequest; output: Record<string, never> };
  CreateAccessKey: { input: CreateAccessKeyRequest; output: CreateAccessKeyResponse };
  CreateGroup: { input: CreateGroupRequest; output: CreateGroupResponse };
  CreateInstanceProfile: { input: CreateInstanceProfileRequest; output: CreateInstanceProfileResponse };
  CreatePolicy: { input: CreatePolicyRequest; output: CreatePolicyResponse };
  CreatePolicyVersion: { input: CreatePolicyVersionRequest; output: CreatePolicyVersionResponse };
  CreateRole: { input: CreateRoleRequest; output: CreateRoleResponse };
  CreateServiceLinkedRole: { input: CreateServiceLinkedRoleRequest; output: CreateServiceLinkedRoleResponse };
  CreateUser: { input: CreateUserRequest; output: CreateUserResponse };
  DeleteAccessKey: { input: DeleteAccessKeyRequest; output: Record<string, never> };
  DeleteGroup: { input: DeleteGroupRequest; output: Record<string, never> };
  DeleteGroupPolicy: { input: DeleteGroupPolicyRequest; output: Record<string, never> };
  DeleteInstanceProfile: { input: DeleteInstanceProfileRequest; output: Record<string, never> };
  DeletePolicy: { input: DeletePolicyRequest; output: Record<string, never> };
  DeletePolicyVersion: { input: DeletePolicyVersionRequest; output: Record<string, never> };
  DeleteRole: { input: DeleteRoleRequest; output: Record<string, never> };
  DeleteRolePermissionsBoundary: { input: DeleteRolePermissionsBoundaryRequest; output: Record<string, never> };
  DeleteRolePolicy: { input: DeleteRolePolicyRequest; output: Record<string, never> };
  DeleteServiceLinkedRole: { input: DeleteServiceLinkedRoleRequest; output: DeleteServiceLinkedRoleResponse };
  DeleteUser: { input: DeleteUserRequest; output: Record<string, never> };
  DeleteUserPermissionsBoundary: { input: DeleteUserPermissionsBoundaryRequest; output: Record<string, never> };
  DeleteUserPolicy: { input: DeleteUserPolicyRequest; output: Record<string, never> };
  DetachGroupPolicy: { input: DetachGroupPolicyRequest; output: Record<string, never> };
  DetachRolePolicy: { input: DetachRolePolicyRequest; output: Record<string, never> };
  DetachUserPolicy: { input: DetachUserPolicyRequest; output: Record<string, never> };
  GetAccessKeyLastUsed: { input: GetAccessKeyLastUsedRequest; output: GetAccessKeyLastUsedResponse };
  GetGroup: { input: GetGroupRequest; output: GetGroupResponse };
  GetGroupPolicy: { input: GetGroupPolicyRequest; output: GetGroupPolicyResponse };
  GetInstanceProfile: { input: GetInstanceProfileRequest; output: GetInstanceProfileResponse };
  GetPolicy: { input: GetPolicyRequest; output: GetPolicyResponse };
  GetPolicyVersion: { input: GetPolicyVersionRequest; output: GetPolicyVersionResponse };
  GetRole: { input: GetRoleRequest; output: GetRoleResponse };
  GetRolePolicy: { input: GetRolePolicyRequest; output: GetRolePolicyResponse };
  GetServiceLinkedRoleDeletionStatus: { input: GetServiceLinkedRoleDeletionStatusRequest; output: GetServiceLinkedRoleDeletionStatusResponse };
  GetUser: { input: GetUserRequest; output: GetUserResponse };
  GetUserPolicy: { input: GetUserPolicyRequest; output: GetUserPolicyResponse };
  ListAccessKeys: { input: ListAccessKeysRequest; output: ListAccessKeysResponse };
  ListAttachedGroupPolicies: { input: ListAttachedGroupPoliciesRequest; output: ListAttachedGroupPoliciesResponse };
  ListAttachedRolePolicies: { input: ListAttachedRolePoliciesRequest; output: ListAttachedRolePoliciesResponse };
  ListAttachedUserPolicies: { input: ListAttachedUserPoliciesRequest; output: ListAttachedUserPoliciesResponse };
  ListEntitiesForPolicy: { input: ListEntitiesForPolicyRequest; output: ListEntitiesForPolicyResponse };
  ListGroupPolicies: { input: ListGroupPoliciesRequest; output: ListGroupPoliciesResponse };
  ListGroups: { input: ListGroupsRequest; output: ListGroupsResponse };
  ListGroupsForUser: { input: ListGroupsForUserRequest; output: ListGroupsForUserResponse };
  ListInstanceProfileTags: { input: ListInstanceProfileTagsRequest; output: ListInstanceProfileTagsResponse };
  ListInstanceProfiles: { input: ListInstanceProfilesRequest; output: ListInstanceProfilesResponse };
  ListInstanceProfilesForRole: { input: ListInstanceProfilesForRoleRequest; output: ListInstanceProfilesForRoleResponse };
  ListPolicies: { input: ListPoliciesRequest; output: ListPoliciesResponse };
  ListPolicyTags: { input: ListPolicyTagsRequest; output: ListPolicyTagsResponse };
  ListPolicyVersions: { input: ListPolicyVersionsRequest; output: ListPolicyVersionsResponse };
  ListRolePolicies: { input: ListRolePoliciesRequest; output: ListRolePoliciesResponse };
  ListRoleTags: { input: ListRoleTagsRequest; output: ListRoleTagsResponse };
  ListRoles: { input: ListRolesRequest; output: ListRolesResponse };
  ListUserPolicies: { input: ListUserPoliciesRequest; output: ListUserPoliciesResponse };
  ListUserTags: { input: ListUserTagsRequest; output: ListUserTagsResponse };
  ListUsers: { input: ListUsersRequest; output: ListUsersResponse };
  PutGroupPolicy: { input: PutGroupPolicyRequest; output: Record<string, never> };
  PutRolePermissionsBoundary: { input: PutRolePermissionsBoundaryRequest; output: Record<string, never> };
  PutRolePolicy: { input: PutRolePolicyRequest; output: Record<string, never> };
  PutUserPermissionsBoundary: { input: PutUserPermissionsBoundaryRequest; output: Record<string, never> };
  PutUserPolicy: { input: PutUserPolicyRequest; output: Record<string, never> };
  RemoveRoleFromInstanceProfile: { input: RemoveRoleFromInstanceProfileRequest; output: Record<string, never> };
  RemoveUserFromGroup: { input: RemoveUserFromGroupRequest; output: Record<string, never> };
  SetDefaultPolicyVersion: { input: SetDefaultPolicyVersionRequest; output: Record<string, never> };
  SimulateCustomPolicy: { input: SimulateCustomPolicyRequest; output: SimulatePolicyResponse };
  SimulatePrincipalPolicy: { input: SimulatePrincipalPolicyRequest; output: SimulatePolicyResponse };
  TagInstanceProfile: { input: TagInstanceProfileRequest; output: Record<string, never> };
  TagPolicy: { input: TagPolicyRequest; output: Record<string, never> };
  TagRole: { input: TagRoleRequest; output: Record<string, never> };
  TagUser: { input: TagUserRequest; output: Record<string, never> };
  UntagInstanceProfile: { input: UntagInstanceProfileRequest; output: Record<string, never> };
  UntagPolicy: { input: UntagPolicyRequest; output: Record<string, never> };
  UntagRole: { input: UntagRoleRequest; output: Record<string, never> };
  UntagUser: { input: UntagUserRequest; output: Record<string, never> };
  UpdateAccessKey: { input: UpdateAccessKeyRequest; output: Record<string, never> };
  UpdateAssumeRolePolicy: { input: UpdateAssumeRolePolicyRequest; output: Record<string, never> };
  UpdateRole: { input: UpdateRoleRequest; output: UpdateRoleResponse };
  UpdateRoleDescription: { input: UpdateRoleDescriptionRequest; output: UpdateRoleDescriptionResponse };
  UpdateUser: { input: UpdateUserRequest; output: Record<string, never> };
}
