import { arnOf, parseArn, type AccessPoint, type FileSystem, type MountTarget, type Scope } from '@gantry/domain';
import { fileSystemKey } from '../../filesystems/lifecycle.ts';
import type { Tables } from '../../state/tables.ts';
import { accessPointNotFound, fileSystemNotFound, mountTargetNotFound, wrongState } from './errors.ts';

const SERVICE = 'elasticfilesystem';

export const fileSystemArn = (scope: Scope, id: string): string => arnOf(scope, SERVICE, `file-system/${id}`);
export const accessPointArn = (scope: Scope, id: string): string => arnOf(scope, SERVICE, `access-point/${id}`);

/** The id in an id or an ARN; undefined for an ARN of another account or region. Pure. */
export function idIn(scope: Scope, idOrArn: string): string | undefined {
  if (!idOrArn.startsWith('arn:')) return idOrArn;
  const arn = parseArn(idOrArn);
  if (arn?.service !== SERVICE || arn.account !== scope.account || arn.region !== scope.region) return undefined;
  return arn.resource.slice(arn.resource.indexOf('/') + 1);
}

export function findFileSystem(tables: Tables, scope: Scope, idOrArn: string): FileSystem | undefined {
  const id = idIn(scope, idOrArn);
  return id === undefined ? undefined : tables.fileSystems.get(fileSystemKey(scope, id));
}

export function findAccessPoint(tables: Tables, scope: Scope, idOrArn: string): AccessPoint | undefined {
  const id = idIn(scope, idOrArn);
  return id === undefined ? undefined : tables.accessPoints.get(fileSystemKey(scope, id));
}

/** @throws ServiceError FileSystemNotFound */
export function fileSystemOf(tables: Tables, scope: Scope, idOrArn = ''): FileSystem {
  const found = findFileSystem(tables, scope, idOrArn);
  if (found === undefined) throw fileSystemNotFound(idOrArn);
  return found;
}

/** @throws ServiceError FileSystemNotFound, IncorrectFileSystemLifeCycleState */
export function availableFileSystem(tables: Tables, scope: Scope, idOrArn = ''): FileSystem {
  const found = fileSystemOf(tables, scope, idOrArn);
  if (found.lifeCycleState !== 'available') throw wrongState(found.fileSystemId, found.lifeCycleState);
  return found;
}

/** @throws ServiceError AccessPointNotFound */
export function accessPointOf(tables: Tables, scope: Scope, idOrArn = ''): AccessPoint {
  const found = findAccessPoint(tables, scope, idOrArn);
  if (found === undefined) throw accessPointNotFound(idOrArn);
  return found;
}

/** @throws ServiceError MountTargetNotFound */
export function mountTargetOf(tables: Tables, scope: Scope, id = ''): MountTarget {
  const found = tables.mountTargets.get(fileSystemKey(scope, id));
  if (found === undefined) throw mountTargetNotFound(id);
  return found;
}
