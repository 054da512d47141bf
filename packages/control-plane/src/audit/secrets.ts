import type { ServiceName } from '@gantry/protocol';

/** What stands in the trail for a secret, as in CloudTrail. */
export const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS';

/** Members that are never written to the trail, `Shape.member`. All that AWS's models mark as sensitive are among them. */
export const SECRET_MEMBERS: Readonly<Record<ServiceName, readonly string[]>> = {
  ecs: [
    'ContainerDefinition.environment',
    'ContainerOverride.environment',
    'DaemonContainerDefinition.environment',
    'ExpressGatewayContainer.environment',
    'Session.tokenValue',
  ],
  iam: ['AccessKey.SecretAccessKey'],
  sts: [
    'AssumeRoleRequest.TokenCode',
    'Credentials.SecretAccessKey',
    'Credentials.SessionToken',
    'GetSessionTokenRequest.TokenCode',
  ],
  ssm: ['Parameter.Value', 'ParameterHistory.Value', 'PutParameterRequest.Value'],
  secretsmanager: [
    'CreateSecretRequest.SecretBinary',
    'CreateSecretRequest.SecretString',
    'GetRandomPasswordResponse.RandomPassword',
    'GetSecretValueResponse.SecretBinary',
    'GetSecretValueResponse.SecretString',
    'PutSecretValueRequest.RotationToken',
    'PutSecretValueRequest.SecretBinary',
    'PutSecretValueRequest.SecretString',
    'SecretValueEntry.SecretBinary',
    'SecretValueEntry.SecretString',
    'UpdateSecretRequest.SecretBinary',
    'UpdateSecretRequest.SecretString',
  ],
  logs: [],
  cloudtrail: [],
  elasticloadbalancing: ['AuthenticateOidcActionConfig.ClientSecret'],
  ec2: [],
  elasticfilesystem: [],
  scheduler: [],
  s3: [],
  gantry: [],
};
