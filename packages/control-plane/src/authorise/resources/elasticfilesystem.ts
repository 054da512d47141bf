import type { ElasticfilesystemOperations } from '@gantry/protocol';
import {
  accessPointArn,
  fileSystemArn,
  findAccessPoint,
  findFileSystem,
  idIn,
} from '../../api/elasticfilesystem/names.ts';
import { fileSystemKey } from '../../filesystems/lifecycle.ts';
import { any, ANY, type Demand, type Place, type RulesOf } from '../demand.ts';
import { iamTags } from './tags.ts';

/** One that is not there has the ARN it would have; one of another account has its own. */
function fileSystem(at: Place, idOrArn: string | undefined): Demand {
  const given = idOrArn ?? '*';
  const known = findFileSystem(at.tables, at.scope, given);
  const resource = given.startsWith('arn:') ? given : fileSystemArn(at.scope, given);
  return { resource, shown: given, tags: () => known?.tags };
}

function accessPoint(at: Place, idOrArn: string | undefined): Demand {
  const given = idOrArn ?? '*';
  const known = findAccessPoint(at.tables, at.scope, given);
  const resource = given.startsWith('arn:') ? given : accessPointArn(at.scope, given);
  return { resource, shown: given, tags: () => known?.tags };
}

/** Policies know mount targets by their file system. */
function ofMountTarget(at: Place, id: string | undefined): Demand {
  return fileSystem(at, at.tables.mountTargets.get(fileSystemKey(at.scope, id ?? ''))?.fileSystemId);
}

function tagged(at: Place, idOrArn: string | undefined): Demand {
  const id = idIn(at.scope, idOrArn ?? '') ?? idOrArn ?? '';
  return /(^|\/)fsap-/.test(id) ? accessPoint(at, idOrArn) : fileSystem(at, idOrArn);
}

const theFileSystem = ({ FileSystemId }: { readonly FileSystemId?: string | undefined }, at: Place): Demand =>
  fileSystem(at, FileSystemId);
const theSource = ({ SourceFileSystemId }: { readonly SourceFileSystemId?: string | undefined }, at: Place): Demand =>
  fileSystem(at, SourceFileSystemId);
const theMountTarget = ({ MountTargetId }: { readonly MountTargetId?: string | undefined }, at: Place): Demand =>
  ofMountTarget(at, MountTargetId);

type Made = { readonly Tags?: Parameters<typeof iamTags>[0] };
/** Who makes a thing with tags must be allowed to tag it. */
function made(action: string, demand: Demand, { Tags }: Made): readonly Demand[] {
  const requestTags = iamTags(Tags);
  const keys = { 'elasticfilesystem:CreateAction': action };
  const tagging = { ...demand, action: 'elasticfilesystem:TagResource', keys, requestTags };
  return [{ ...demand, requestTags }, ...(requestTags.length === 0 ? [] : [tagging])];
}

/** Amazon EFS. */
export const elasticfilesystemRules: RulesOf<ElasticfilesystemOperations> = {
  CreateAccessPoint: (input, at) => made('CreateAccessPoint', fileSystem(at, input.FileSystemId), input),
  CreateFileSystem: (input) =>
    made('CreateFileSystem', { ...ANY, keys: { 'elasticfilesystem:Encrypted': input.Encrypted ?? false } }, input),
  CreateMountTarget: theFileSystem,
  CreateReplicationConfiguration: theSource,
  CreateTags: (input, at) => ({ ...theFileSystem(input, at), requestTags: iamTags(input.Tags) }),
  DeleteAccessPoint: ({ AccessPointId }, at) => accessPoint(at, AccessPointId),
  DeleteFileSystem: theFileSystem,
  DeleteFileSystemPolicy: theFileSystem,
  DeleteMountTarget: theMountTarget,
  DeleteReplicationConfiguration: theSource,
  DeleteTags: (input, at) => ({ ...theFileSystem(input, at), tagKeys: input.TagKeys }),
  DescribeAccessPoints: ({ AccessPointId, FileSystemId }, at) =>
    AccessPointId === undefined ? fileSystem(at, FileSystemId) : accessPoint(at, AccessPointId),
  DescribeAccountPreferences: any,
  DescribeBackupPolicy: theFileSystem,
  DescribeFileSystemPolicy: theFileSystem,
  DescribeFileSystems: theFileSystem,
  DescribeLifecycleConfiguration: theFileSystem,
  DescribeMountTargetSecurityGroups: theMountTarget,
  DescribeMountTargets: ({ AccessPointId, FileSystemId, MountTargetId }, at) => {
    if (AccessPointId !== undefined) return accessPoint(at, AccessPointId);
    return MountTargetId === undefined ? fileSystem(at, FileSystemId) : ofMountTarget(at, MountTargetId);
  },
  DescribeReplicationConfigurations: theFileSystem,
  DescribeTags: theFileSystem,
  ListTagsForResource: ({ ResourceId }, at) => tagged(at, ResourceId),
  ModifyMountTargetSecurityGroups: theMountTarget,
  PutAccountPreferences: any,
  PutBackupPolicy: theFileSystem,
  PutFileSystemPolicy: theFileSystem,
  PutLifecycleConfiguration: theFileSystem,
  TagResource: ({ ResourceId, Tags }, at) => ({ ...tagged(at, ResourceId), requestTags: iamTags(Tags) }),
  UntagResource: ({ ResourceId, TagKeys }, at) => ({ ...tagged(at, ResourceId), tagKeys: TagKeys }),
  UpdateFileSystem: theFileSystem,
  UpdateFileSystemProtection: theFileSystem,
};
