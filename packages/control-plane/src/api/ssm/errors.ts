import { ServiceError } from '@gantry/protocol';

export const validation = (message: string): ServiceError => new ServiceError('ValidationException', message);

export const parameterNotFound = (name: string): ServiceError =>
  new ServiceError('ParameterNotFound', `Parameter ${name.slice(0, 256)} not found.`);

export const versionNotFound = (name: string, version: string | number): ServiceError =>
  new ServiceError(
    'ParameterVersionNotFound',
    `Systems Manager could not find version ${version} of ${name}. Verify the version and try again.`,
  );

export const labelNotFound = (name: string, label: string): ServiceError =>
  new ServiceError(
    'ParameterVersionNotFound',
    `Systems Manager could not find label ${label} for parameter ${name}. Verify the label and try again.`,
  );
