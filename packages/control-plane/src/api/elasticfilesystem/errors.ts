import { ServiceError } from '@gantry/protocol';

export const badRequest = (message: string): ServiceError => new ServiceError('BadRequest', message);

export const fileSystemNotFound = (id: string): ServiceError =>
  new ServiceError('FileSystemNotFound', `File system '${id}' does not exist.`);

export const accessPointNotFound = (id: string): ServiceError =>
  new ServiceError('AccessPointNotFound', `Access Point ${id} does not exist.`);

export const mountTargetNotFound = (id: string): ServiceError =>
  new ServiceError('MountTargetNotFound', `Mount target '${id}' does not exist.`);

export const wrongState = (id: string, state: string): ServiceError =>
  new ServiceError('IncorrectFileSystemLifeCycleState', `File system '${id}' is ${state}.`);

export const fileSystemInUse = (message: string): ServiceError => new ServiceError('FileSystemInUse', message);
