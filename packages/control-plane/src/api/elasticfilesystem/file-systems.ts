import type { FileSystem, Scope } from '@gantry/domain';
import { ServiceError, type ElasticfilesystemOperations } from '@gantry/protocol';
import { fileSystemKey, settleFileSystem } from '../../filesystems/lifecycle.ts';
import { usersOf } from '../../filesystems/users.ts';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { badRequest, fileSystemInUse } from './errors.ts';
import { fileSystemArn, fileSystemOf } from './names.ts';
import { pageOf } from './pages.ts';
import { SizeBook, type Size } from './sizes.ts';
import { nameIn, wireTags, withTags } from './tag-rules.ts';

type Operations = ElasticfilesystemOperations;
type Description = NonNullable<Operations['DescribeFileSystems']['output']['FileSystems']>[number];

/** Digits of the ids of what EFS makes. */
export const ID_LENGTH = 17;

export function fileSystemHandlers(platform: Platform): HandlersOf<Operations> {
  const { state, ids, folders, clock, log } = platform;
  const { tables } = state;
  const sizes = new SizeBook(folders, clock);
  const describe = (fileSystem: FileSystem): Description =>
    wireFileSystem(fileSystem, sizes.of(fileSystem), mountTargetsOf(platform, fileSystem));
  return {
    CreateFileSystem: async (input, { scope, caller }) => {
      const fileSystemId = `fs-${ids.hex32().slice(0, ID_LENGTH)}`;
      const made = await state.transact((tx) => create(tx, scope, fileSystemId, input, caller.principalArn));
      await settleFileSystem(platform, folders, made);
      return describe(made);
    },

    DescribeFileSystems: async (input, { scope }) => {
      const { FileSystemId: id, CreationToken: token, MaxItems: size, Marker: marker } = input;
      const all = [...tables.fileSystems.withPrefix(`${scope.account}/${scope.region}/`)];
      const found =
        id === undefined
          ? all.filter(({ creationToken }) => token === undefined || token === creationToken)
          : [fileSystemOf(tables, scope, id)];
      const filters = { id, token };
      const page = pageOf('DescribeFileSystems', found, { size, token: marker, filters }, (f) => f.fileSystemId);
      return { Marker: marker, FileSystems: page.items.map(describe), NextMarker: page.nextToken };
    },

    DeleteFileSystem: async (input, { scope, caller }) => {
      const removed = await state.transact((tx) => remove(tx, scope, input.FileSystemId, caller.principalArn));
      // It is gone for its users now; how long its files take to go is nobody's wait.
      void settleFileSystem(platform, folders, removed).catch((error: unknown) => {
        log('error', 'the files of a file system could not be removed; the next start tries again', {
          id: removed.fileSystemId,
          error: String(error),
        });
      });
      return {};
    },
  };
}

function create(
  tx: Tx,
  scope: Scope,
  fileSystemId: string,
  input: Operations['CreateFileSystem']['input'],
  by: string,
): FileSystem {
  const { fileSystems } = tx.tables;
  const creationToken = input.CreationToken ?? '';
  const all = [...fileSystems.withPrefix(`${scope.account}/${scope.region}/`)];
  const same = all.find((each) => each.creationToken === creationToken);
  if (same !== undefined) {
    const text = `File system '${same.fileSystemId}' already exists with creation token '${creationToken}'`;
    throw new ServiceError('FileSystemAlreadyExists', text, { members: { FileSystemId: same.fileSystemId } });
  }
  const { ThroughputMode: throughputMode = 'bursting', ProvisionedThroughputInMibps: provisioned } = input;
  if ((throughputMode === 'provisioned') !== (provisioned !== undefined))
    throw badRequest("'ProvisionedThroughputInMibps' goes with ThroughputMode 'provisioned', and with no other.");
  if (input.KmsKeyId !== undefined && input.Encrypted !== true) throw badRequest("'KmsKeyId' needs 'Encrypted' true.");
  const made: FileSystem = {
    scope,
    fileSystemId,
    creationToken,
    createdAt: tx.now,
    lifeCycleState: 'creating',
    backing: 'directory',
    performanceMode: input.PerformanceMode ?? 'generalPurpose',
    throughputMode,
    provisionedThroughputInMibps: provisioned,
    encrypted: input.Encrypted === true,
    kmsKeyId: input.KmsKeyId,
    availabilityZoneName: input.AvailabilityZoneName,
    tags: withTags([], input.Tags),
  };
  tx.put(fileSystems, fileSystemKey(scope, fileSystemId), made);
  explain(tx, made, 'file-system.created', `${fileSystemId} was made.`, by);
  return made;
}

/** With what is in it. @throws ServiceError FileSystemNotFound, FileSystemInUse */
function remove(tx: Tx, scope: Scope, idOrArn: string | undefined, by: string): FileSystem {
  const { fileSystems, accessPoints, mountTargets } = tx.tables;
  const before = fileSystemOf(tx.tables, scope, idOrArn);
  const { fileSystemId } = before;
  const key = fileSystemKey(scope, fileSystemId);
  if (mountTargets.countBy('fileSystem', key) > 0)
    throw fileSystemInUse(`File system '${fileSystemId}' has mount targets. Delete them first.`);
  const [user] = usersOf(tx.tables, scope, fileSystemId);
  if (user !== undefined)
    throw fileSystemInUse(
      `File system '${fileSystemId}' is mounted by task ${user}. Stop the tasks that use it first.`,
    );
  for (const { accessPointId } of accessPoints.by('fileSystem', key))
    tx.delete(accessPoints, fileSystemKey(scope, accessPointId));
  const removed: FileSystem = { ...before, lifeCycleState: 'deleting' };
  tx.put(fileSystems, key, removed);
  explain(tx, removed, 'file-system.deleted', `${fileSystemId} was deleted with all that is in it.`, by);
  return removed;
}

function explain(tx: Tx, { scope, fileSystemId }: FileSystem, type: string, text: string, by: string): void {
  tx.event({ subject: fileSystemArn(scope, fileSystemId), type, because: 'user-request', text, by });
}

function mountTargetsOf({ state }: Platform, { scope, fileSystemId }: FileSystem): number {
  return state.tables.mountTargets.countBy('fileSystem', fileSystemKey(scope, fileSystemId));
}

function wireFileSystem(fileSystem: FileSystem, size: Size, mountTargets: number): Description {
  const { scope, fileSystemId, encrypted } = fileSystem;
  return {
    OwnerId: scope.account,
    CreationToken: fileSystem.creationToken,
    FileSystemId: fileSystemId,
    FileSystemArn: fileSystemArn(scope, fileSystemId),
    CreationTime: new Date(fileSystem.createdAt),
    LifeCycleState: fileSystem.lifeCycleState,
    Name: nameIn(fileSystem.tags),
    NumberOfMountTargets: mountTargets,
    SizeInBytes: {
      Value: size.bytes,
      Timestamp: size.measuredAt === undefined ? undefined : new Date(size.measuredAt),
      ValueInIA: 0,
      ValueInStandard: size.bytes,
      ValueInArchive: 0,
    },
    PerformanceMode: fileSystem.performanceMode as Description['PerformanceMode'],
    Encrypted: encrypted,
    KmsKeyId: fileSystem.kmsKeyId,
    ThroughputMode: fileSystem.throughputMode as Description['ThroughputMode'],
    ProvisionedThroughputInMibps: fileSystem.provisionedThroughputInMibps,
    AvailabilityZoneName: fileSystem.availabilityZoneName,
    Tags: wireTags(fileSystem.tags) as Description['Tags'],
    FileSystemProtection: { ReplicationOverwriteProtection: 'ENABLED' },
  };
}
