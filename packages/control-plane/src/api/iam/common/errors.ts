import { ServiceError } from '@gantry/protocol';

export const noSuchEntity = (message: string): ServiceError => new ServiceError('NoSuchEntityException', message);
export const alreadyExists = (message: string): ServiceError =>
  new ServiceError('EntityAlreadyExistsException', message);
export const deleteConflict = (message: string): ServiceError => new ServiceError('DeleteConflictException', message);
export const invalidInput = (message: string): ServiceError => new ServiceError('InvalidInputException', message);
export const validationError = (message: string): ServiceError => new ServiceError('ValidationError', message);
/** `quota`: IAM's name of it, such as `AccessKeysPerUser`. */
export const quotaExceeded = (quota: string, most: number): ServiceError =>
  new ServiceError('LimitExceededException', `Cannot exceed quota for ${quota}: ${most}`);
