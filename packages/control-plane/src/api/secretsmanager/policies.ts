import type { SecretsmanagerOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform, RequestContext } from '../../platform.ts';
import { invalidRequest } from './errors.ts';
import { livingSecret, secretOf } from './names.ts';
import { evenly, randomPassword } from './random-password.ts';

const POLICIES = 'resource policies of secrets, which nothing would evaluate';
const ROTATION = 'Lambda functions to rotate with';

/** Operations that answer as where there is nothing of that kind, and can bring none of it about: what they wait for. */
export const AWAITED_OF_SECRETS = {
  GetResourcePolicy: POLICIES,
  PutResourcePolicy: POLICIES,
  DeleteResourcePolicy: POLICIES,
  ValidateResourcePolicy: POLICIES,
  RotateSecret: ROTATION,
  CancelRotateSecret: ROTATION,
} as const satisfies Readonly<Partial<Record<keyof SecretsmanagerOperations, string>>>;

/** Passwords, and what is asked of policies and rotation: there are none. */
export function policyHandlers({ state, ids }: Platform): HandlersOf<SecretsmanagerOperations> {
  const { tables } = state;
  type Named = { readonly SecretId?: string | undefined };
  const refuse =
    (operation: keyof typeof AWAITED_OF_SECRETS, wayOut: string) =>
    async ({ SecretId }: Named, { scope }: RequestContext): Promise<never> => {
      if (SecretId !== undefined) livingSecret(tables, scope, SecretId);
      throw invalidRequest(
        `${operation} needs ${AWAITED_OF_SECRETS[operation]}: this version of Gantry does not have them. ${wayOut}`,
      );
    };
  const none = async ({ SecretId }: Named, { scope }: RequestContext) => {
    const { arn, name } = secretOf(tables, scope, SecretId);
    return { ARN: arn, Name: name };
  };
  const identityPolicy = 'Give users and roles policies of their own.';
  const newValue = 'Give the secret a new value with PutSecretValue.';
  return {
    GetRandomPassword: async (input) => ({ RandomPassword: randomPassword(input, evenly(ids)) }),
    GetResourcePolicy: none,
    DeleteResourcePolicy: none,
    PutResourcePolicy: refuse('PutResourcePolicy', identityPolicy),
    ValidateResourcePolicy: refuse('ValidateResourcePolicy', identityPolicy),
    RotateSecret: refuse('RotateSecret', newValue),
    CancelRotateSecret: refuse('CancelRotateSecret', newValue),
  };
}
