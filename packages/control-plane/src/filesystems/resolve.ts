import { posix } from 'node:path';
import type { AccessPoint, Scope } from '@gantry/domain';
import type { PayloadFileSystem } from '@gantry/protocol';
import type { Tables } from '../state/tables.ts';
import { fileSystemKey } from './lifecycle.ts';
import type { NfsExport, SharedFolders } from './port.ts';

/** What a volume says of its file system. */
export interface FileSystemWish {
  readonly fileSystemId: string;
  readonly rootDirectory: string;
  readonly accessPointId: string | undefined;
}

export interface FileSystemPlaces {
  readonly folders: Pick<SharedFolders, 'placeOf'>;
  readonly exports: Readonly<Record<string, NfsExport>>;
}

/** It cannot be mounted: why, in a sentence for the task's owner. */
export interface Refused {
  readonly kind: 'refused';
  readonly reason: string;
}

/**
 * What an agent mounts for a volume of a task of this scope; `refused` when it is to mount nothing. File systems of other
 * accounts and regions do not exist here. Pure.
 */
export function resolveFileSystem(
  tables: Pick<Tables, 'fileSystems' | 'accessPoints'>,
  scope: Scope,
  wish: FileSystemWish,
  { folders, exports }: FileSystemPlaces,
): PayloadFileSystem | Refused {
  const { fileSystemId, accessPointId } = wish;
  const refused = (reason: string): Refused => ({ kind: 'refused', reason });
  const fileSystem = tables.fileSystems.get(fileSystemKey(scope, fileSystemId));
  if (fileSystem === undefined || fileSystem.lifeCycleState !== 'available') {
    const name = `${fileSystemId}.efs.${scope.region}.amazonaws.com`;
    const state =
      fileSystem === undefined
        ? 'there is none of that id in this account and region'
        : `it is ${fileSystem.lifeCycleState}`;
    return refused(`Failed to resolve "${name}" - check that your file system ID is correct: ${state}`);
  }
  const point = accessPointId === undefined ? undefined : tables.accessPoints.get(fileSystemKey(scope, accessPointId));
  if (accessPointId !== undefined && point?.fileSystemId !== fileSystemId)
    return refused(`Access point '${accessPointId}' does not exist in file system '${fileSystemId}'`);
  const rootDirectory = posix.normalize(`/${point?.path ?? wish.rootDirectory}`);
  if (fileSystem.backing === 'directory')
    return { kind: 'directory', ...folders.placeOf(fileSystemId), rootDirectory, ...creationOf(point) };
  const target = Object.hasOwn(exports, fileSystemId) ? exports[fileSystemId] : undefined;
  if (target === undefined)
    return refused(
      `${fileSystemId} is an NFS export, and this control plane was not told which: start it with --efs ${fileSystemId}=SERVER:/PATH`,
    );
  return { kind: 'nfs', server: target.server, path: posix.join(target.path, rootDirectory) };
}

function creationOf(point: AccessPoint | undefined): Pick<PayloadFileSystem & { kind: 'directory' }, 'creation'> {
  return point?.creation === undefined ? {} : { creation: point.creation };
}
