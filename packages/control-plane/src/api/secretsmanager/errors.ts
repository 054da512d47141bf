import { ServiceError } from '@gantry/protocol';

export const invalidRequest = (message: string): ServiceError => new ServiceError('InvalidRequestException', message);

export const secretNotFound = (): ServiceError =>
  new ServiceError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");

export const valueNotFound = (what: 'VersionId' | 'staging label', which: string): ServiceError =>
  new ServiceError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for ${what}: ${which}`,
  );

export const markedDeleted = (): ServiceError =>
  invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
