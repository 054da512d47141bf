import { ServiceError } from '@gantry/protocol';

const error =
  (code: string) =>
  (message: string): ServiceError =>
    new ServiceError(code, message);

export const invalidValue = error('InvalidParameterValue');
export const missingParameter = (name: string): ServiceError =>
  new ServiceError('MissingParameter', `The request must contain the parameter ${name}`);
export const dependencyViolation = error('DependencyViolation');
export const notPermitted = error('OperationNotPermitted');
/** What EC2 can do and Gantry does not, named. */
export const unsupported = (what: string, wayOut: string): ServiceError =>
  new ServiceError('UnsupportedOperation', `${what} not supported by Gantry yet. ${wayOut}`);

export const noGroup = (id: string): ServiceError =>
  new ServiceError('InvalidGroup.NotFound', `The security group '${id}' does not exist`);
export const noSubnet = (id: string): ServiceError =>
  new ServiceError('InvalidSubnetID.NotFound', `The subnet ID '${id}' does not exist`);
export const noVpc = (id: string): ServiceError =>
  new ServiceError('InvalidVpcID.NotFound', `The vpc ID '${id}' does not exist`);
export const noRule = (id: string): ServiceError =>
  new ServiceError('InvalidSecurityGroupRuleId.NotFound', `The security group rule ID '${id}' does not exist`);
