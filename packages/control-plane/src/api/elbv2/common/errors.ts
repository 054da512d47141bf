import { ServiceError } from '@gantry/protocol';

export const validationError = (message: string): ServiceError => new ServiceError('ValidationError', message);
export const invalidConfiguration = (message: string): ServiceError =>
  new ServiceError('InvalidConfigurationRequestException', message);
export const operationNotPermitted = (message: string): ServiceError =>
  new ServiceError('OperationNotPermittedException', message);
/** What ELB can do and Gantry does not, named. */
export const notSupported = (what: string, wayOut: string): ServiceError =>
  invalidConfiguration(`${what} not supported by Gantry yet. ${wayOut}`);
