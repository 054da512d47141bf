import type { SecretsmanagerOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Platform } from '../../platform.ts';
import { invalidRequest } from './errors.ts';
import { secretOf } from './names.ts';
import { evenly, randomPassword } from './random-password.ts';

/** Passwords, and what is asked of policies and rotation: there are none. */
export function policyHandlers({ state, ids }: Platform): HandlersOf<SecretsmanagerOperations> {
  const { tables } = state;
  const refuse = async (reason: string): Promise<never> => {
    throw invalidRequest(reason);
  };
  return {
    GetRandomPassword: async (input) => ({ RandomPassword: randomPassword(input, evenly(ids)) }),

    GetResourcePolicy: async (input, { scope }) => {
      const { arn, name } = secretOf(tables, scope, input.SecretId);
      return { ARN: arn, Name: name };
    },

    DeleteResourcePolicy: async (input, { scope }) => {
      const { arn, name } = secretOf(tables, scope, input.SecretId);
      return { ARN: arn, Name: name };
    },

    PutResourcePolicy: () => refuse(NO_POLICIES),
    ValidateResourcePolicy: () => refuse(NO_POLICIES),
    RotateSecret: () => refuse(NO_ROTATION),
    CancelRotateSecret: () => refuse(NO_ROTATION),
  };
}

const NO_POLICIES =
  'Resource policies of secrets are not served by Gantry: it would not evaluate them. Give users and roles identity policies.';
const NO_ROTATION =
  'Rotation is not served by Gantry: there are no Lambda functions to call. Give the secret a new value with PutSecretValue.';
