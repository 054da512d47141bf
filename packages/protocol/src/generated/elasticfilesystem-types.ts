// Written by tools/model/generate.ts: do not edit.
import type {
  AccessPointDescription,
  BackupPolicyDescription,
  CreateAccessPointRequest,
  CreateFileSystemRequest,
  CreateMountTargetRequest,
  CreateReplicationConfigurationRequest,
  CreateTagsRequest,
  DeleteAccessPointRequest,
  DeleteFileSystemPolicyRequest,
  DeleteFileSystemRequest,
  DeleteMountTargetRequest,
  DeleteReplicationConfigurationRequest,
  DeleteTagsRequest,
  DescribeAccessPointsRequest,
  DescribeAccessPointsResponse,
  DescribeAccountPreferencesRequest,
  DescribeAccountPreferencesResponse,
  DescribeBackupPolicyRequest,
  DescribeFileSystemPolicyRequest,
  DescribeFileSystemsRequest,
  DescribeFileSystemsResponse,
  DescribeLifecycleConfigurationRequest,
  DescribeMountTargetSecurityGroupsRequest,
  DescribeMountTargetSecurityGroupsResponse,
  DescribeMountTargetsRequest,
  DescribeMountTargetsResponse,
  DescribeReplicationConfigurationsRequest,
  DescribeReplicationConfigurationsResponse,
  DescribeTagsRequest,
  DescribeTagsResponse,
  FileSystemDescription,
  FileSystemPolicyDescription,
  FileSystemProtectionDescription,
  LifecycleConfigurationDescription,
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
  ModifyMountTargetSecurityGroupsRequest,
  MountTargetDescription,
  PutAccountPreferencesRequest,
  PutAccountPreferencesResponse,
  PutBackupPolicyRequest,
  PutFileSystemPolicyRequest,
  PutLifecycleConfigurationRequest,
  ReplicationConfigurationDescription,
  TagResourceRequest,
  UntagResourceRequest,
  UpdateFileSystemProtectionRequest,
  UpdateFileSystemRequest,
} from '@aws-sdk/client-efs';

/** Every operation of elasticfilesystem (API 2015-02-01) with the shapes of its input and output. */
export interface ElasticfilesystemOperations {
  CreateAccessPoint: { input: CreateAccessPointRequest; output: AccessPointDescription };
  CreateFileSystem: { input: CreateFileSystemRequest; output: FileSystemDescription };
  CreateMountTarget: { input: CreateMountTargetRequest; output: MountTargetDescription };
  CreateReplicationConfiguration: { input: CreateReplicationConfigurationRequest; output: ReplicationConfigurationDescription };
  CreateTags: { input: CreateTagsRequest; output: Record<string, never> };
  DeleteAccessPoint: { input: DeleteAccessPointRequest; output: Record<string, never> };
  DeleteFileSystem: { input: DeleteFileSystemRequest; output: Record<string, never> };
  DeleteFileSystemPolicy: { input: DeleteFileSystemPolicyRequest; output: Record<string, never> };
  DeleteMountTarget: { input: DeleteMountTargetRequest; output: Record<string, never> };
  DeleteReplicationConfiguration: { input: DeleteReplicationConfigurationRequest; output: Record<string, never> };
  DeleteTags: { input: DeleteTagsRequest; output: Record<string, never> };
  DescribeAccessPoints: { input: DescribeAccessPointsRequest; output: DescribeAccessPointsResponse };
  DescribeAccountPreferences: { input: DescribeAccountPreferencesRequest; output: DescribeAccountPreferencesResponse };
  DescribeBackupPolicy: { input: DescribeBackupPolicyRequest; output: BackupPolicyDescription };
  DescribeFileSystemPolicy: { input: DescribeFileSystemPolicyRequest; output: FileSystemPolicyDescription };
  DescribeFileSystems: { input: DescribeFileSystemsRequest; output: DescribeFileSystemsResponse };
  DescribeLifecycleConfiguration: { input: DescribeLifecycleConfigurationRequest; output: LifecycleConfigurationDescription };
  DescribeMountTargetSecurityGroups: { input: DescribeMountTargetSecurityGroupsRequest; output: DescribeMountTargetSecurityGroupsResponse };
  DescribeMountTargets: { input: DescribeMountTargetsRequest; output: DescribeMountTargetsResponse };
  DescribeReplicationConfigurations: { input: DescribeReplicationConfigurationsRequest; output: DescribeReplicationConfigurationsResponse };
  DescribeTags: { input: DescribeTagsRequest; output: DescribeTagsResponse };
  ListTagsForResource: { input: ListTagsForResourceRequest; output: ListTagsForResourceResponse };
  ModifyMountTargetSecurityGroups: { input: ModifyMountTargetSecurityGroupsRequest; output: Record<string, never> };
  PutAccountPreferences: { input: PutAccountPreferencesRequest; output: PutAccountPreferencesResponse };
  PutBackupPolicy: { input: PutBackupPolicyRequest; output: BackupPolicyDescription };
  PutFileSystemPolicy: { input: PutFileSystemPolicyRequest; output: FileSystemPolicyDescription };
  PutLifecycleConfiguration: { input: PutLifecycleConfigurationRequest; output: LifecycleConfigurationDescription };
  TagResource: { input: TagResourceRequest; output: Record<string, never> };
  UntagResource: { input: UntagResourceRequest; output: Record<string, never> };
  UpdateFileSystem: { input: UpdateFileSystemRequest; output: FileSystemDescription };
  UpdateFileSystemProtection: { input: UpdateFileSystemProtectionRequest; output: FileSystemProtectionDescription };
}
