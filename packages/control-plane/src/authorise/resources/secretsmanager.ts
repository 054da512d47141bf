import type { SecretsmanagerOperations } from '@gantry/protocol';
import { secretsMatching } from '../../api/secretsmanager/filters.ts';
import { findSecret, secretArn } from '../../api/secretsmanager/names.ts';
import { any, ANY, listed, type Demand, type KeyValues, type Place, type RulesOf } from '../demand.ts';
import { iamTags } from './tags.ts';

type Filters = SecretsmanagerOperations['BatchGetSecretValue']['input']['Filters'];

/** Of a secret that is not there, or not yet, nobody knows the six characters. */
const unknownArn = (at: Place, name: string): string => secretArn(at.scope, name, '??????');

/** A refusal calls the secret what the caller called it. */
function secret(at: Place, id: string | undefined, keys: KeyValues = {}): Demand {
  const given = id ?? '*';
  const known = findSecret(at.tables, at.scope, given);
  const resource = known?.arn ?? (given.startsWith('arn:') ? given : unknownArn(at, given));
  return {
    resource,
    shown: given,
    keys: { 'secretsmanager:SecretId': given, ...keys },
    tags: () => known?.tags,
  };
}

/** The secrets that filters find, each of which is read: what is denied for one of them is denied. */
function matching(at: Place, filters: Filters): readonly string[] | undefined {
  if (filters === undefined) return undefined;
  try {
    return secretsMatching(at.tables, at.scope, filters).map(({ arn }) => arn);
  } catch {
    return undefined; // the handler says what is wrong with them
  }
}

const theSecret = ({ SecretId }: { readonly SecretId?: string | undefined }, at: Place): Demand => secret(at, SecretId);

/** Secrets Manager. */
export const secretsmanagerRules: RulesOf<SecretsmanagerOperations> = {
  BatchGetSecretValue: ({ SecretIdList, Filters }, at) => [
    ANY,
    ...(Filters === undefined ? [] : [{ ...ANY, action: 'secretsmanager:ListSecrets' }]),
    ...(matching(at, Filters) ?? listed(SecretIdList)).map((id) => ({
      ...secret(at, id),
      action: 'secretsmanager:GetSecretValue',
    })),
  ],
  CancelRotateSecret: theSecret,
  CreateSecret: ({ Name, Description, KmsKeyId, Tags, Type }, at) => {
    const requestTags = iamTags(Tags);
    const made = {
      resource: unknownArn(at, Name ?? ''),
      shown: Name ?? '',
      requestTags,
      keys: {
        'secretsmanager:Name': Name,
        'secretsmanager:Description': Description,
        'secretsmanager:KmsKeyId': KmsKeyId,
        'secretsmanager:Type': Type,
      },
    };
    return [made, ...(requestTags.length === 0 ? [] : [{ ...made, action: 'secretsmanager:TagResource' }])];
  },
  DeleteResourcePolicy: theSecret,
  DeleteSecret: ({ SecretId, ForceDeleteWithoutRecovery, RecoveryWindowInDays }, at) =>
    secret(at, SecretId, {
      'secretsmanager:ForceDeleteWithoutRecovery': ForceDeleteWithoutRecovery ?? false,
      'secretsmanager:RecoveryWindowInDays': RecoveryWindowInDays,
    }),
  DescribeSecret: theSecret,
  GetRandomPassword: any,
  GetResourcePolicy: theSecret,
  GetSecretValue: ({ SecretId, VersionId, VersionStage }, at) =>
    secret(at, SecretId, {
      'secretsmanager:VersionId': VersionId,
      'secretsmanager:VersionStage': VersionStage ?? (VersionId === undefined ? 'AWSCURRENT' : undefined),
    }),
  ListSecretVersionIds: theSecret,
  ListSecrets: any,
  PutResourcePolicy: ({ SecretId, BlockPublicPolicy }, at) =>
    secret(at, SecretId, { 'secretsmanager:BlockPublicPolicy': BlockPublicPolicy }),
  PutSecretValue: theSecret,
  RestoreSecret: theSecret,
  RotateSecret: ({ SecretId, RotationLambdaARN, RotateImmediately }, at) =>
    secret(at, SecretId, {
      'secretsmanager:RotationLambdaARN': RotationLambdaARN,
      'secretsmanager:RotateImmediately': RotateImmediately ?? true,
    }),
  TagResource: ({ SecretId, Tags }, at) => ({ ...secret(at, SecretId), requestTags: iamTags(Tags) }),
  UntagResource: ({ SecretId, TagKeys }, at) => ({ ...secret(at, SecretId), tagKeys: TagKeys }),
  UpdateSecret: ({ SecretId, Description, KmsKeyId, Type }, at) =>
    secret(at, SecretId, {
      'secretsmanager:Description': Description,
      'secretsmanager:KmsKeyId': KmsKeyId,
      'secretsmanager:Type': Type,
    }),
  UpdateSecretVersionStage: ({ SecretId, VersionStage }, at) =>
    secret(at, SecretId, { 'secretsmanager:VersionStage': VersionStage }),
  ValidateResourcePolicy: ({ SecretId }, at) => (SecretId === undefined ? ANY : secret(at, SecretId)),
};
