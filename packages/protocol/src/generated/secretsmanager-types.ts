// Written by tools/model/generate.ts: do not edit.
import type {
  BatchGetSecretValueRequest,
  BatchGetSecretValueResponse,
  CancelRotateSecretRequest,
  CancelRotateSecretResponse,
  CreateSecretRequest,
  CreateSecretResponse,
  DeleteResourcePolicyRequest,
  DeleteResourcePolicyResponse,
  DeleteSecretRequest,
  DeleteSecretResponse,
  DescribeSecretRequest,
  DescribeSecretResponse,
  GetRandomPasswordRequest,
  GetRandomPasswordResponse,
  GetResourcePolicyRequest,
  GetResourcePolicyResponse,
  GetSecretValueRequest,
  GetSecretValueResponse,
  ListSecretVersionIdsRequest,
  ListSecretVersionIdsResponse,
  ListSecretsRequest,
  ListSecretsResponse,
  PutResourcePolicyRequest,
  PutResourcePolicyResponse,
  PutSecretValueRequest,
  PutSecretValueResponse,
  RestoreSecretRequest,
  RestoreSecretResponse,
  RotateSecretRequest,
  RotateSecretResponse,
  TagResourceRequest,
  UntagResourceRequest,
  UpdateSecretRequest,
  UpdateSecretResponse,
  UpdateSecretVersionStageRequest,
  UpdateSecretVersionStageResponse,
  ValidateResourcePolicyRequest,
  ValidateResourcePolicyResponse,
} from '@aws-sdk/client-secrets-manager';

/** Every operation of secretsmanager (API 2017-10-17) with the shapes of its input and output. */
export interface SecretsmanagerOperations {
  BatchGetSecretValue: { input: BatchGetSecretValueRequest; output: BatchGetSecretValueResponse };
  CancelRotateSecret: { input: CancelRotateSecretRequest; output: CancelRotateSecretResponse };
  CreateSecret: { input: CreateSecretRequest; output: CreateSecretResponse };
  DeleteResourcePolicy: { input: DeleteResourcePolicyRequest; output: DeleteResourcePolicyResponse };
  DeleteSecret: { input: DeleteSecretRequest; output: DeleteSecretResponse };
  DescribeSecret: { input: DescribeSecretRequest; output: DescribeSecretResponse };
  GetRandomPassword: { input: GetRandomPasswordRequest; output: GetRandomPasswordResponse };
  GetResourcePolicy: { input: GetResourcePolicyRequest; output: GetResourcePolicyResponse };
  GetSecretValue: { input: GetSecretValueRequest; output: GetSecretValueResponse };
  ListSecretVersionIds: { input: ListSecretVersionIdsRequest; output: ListSecretVersionIdsResponse };
  ListSecrets: { input: ListSecretsRequest; output: ListSecretsResponse };
  PutResourcePolicy: { input: PutResourcePolicyRequest; output: PutResourcePolicyResponse };
  PutSecretValue: { input: PutSecretValueRequest; output: PutSecretValueResponse };
  RestoreSecret: { input: RestoreSecretRequest; output: RestoreSecretResponse };
  RotateSecret: { input: RotateSecretRequest; output: RotateSecretResponse };
  TagResource: { input: TagResourceRequest; output: Record<string, never> };
  UntagResource: { input: UntagResourceRequest; output: Record<string, never> };
  UpdateSecret: { input: UpdateSecretRequest; output: UpdateSecretResponse };
  UpdateSecretVersionStage: { input: UpdateSecretVersionStageRequest; output: UpdateSecretVersionStageResponse };
  ValidateResourcePolicy: { input: ValidateResourcePolicyRequest; output: ValidateResourcePolicyResponse };
}
