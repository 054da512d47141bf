import type { Credentials } from '@aws-sdk/client-sts';
import { ServiceError } from '@gantry/protocol';
import type { SessionCredentials } from '../../identity/sessions.ts';

/** The longest token STS gives out. */
export const MOST_TOKEN_BYTES = 4096;

export const validationError = (message: string): ServiceError => new ServiceError('ValidationError', message);

/** Nobody has an MFA device here, so no code of one is right. @throws ServiceError AccessDeniedException */
export function refuseMfa(input: { SerialNumber?: string | undefined; TokenCode?: string | undefined }): void {
  if (input.SerialNumber === undefined && input.TokenCode === undefined) return;
  throw new ServiceError(
    'AccessDeniedException',
    'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.',
  );
}

/** How long a token is to be at least. @throws ServiceError ValidationError */
export function leastTokenBytes(asked: number | undefined): number | undefined {
  if (asked !== undefined && (asked < 0 || asked > MOST_TOKEN_BYTES))
    throw validationError(`MinimumSessionTokenSize must be between 0 and ${MOST_TOKEN_BYTES}.`);
  return asked;
}

export function credentialsOf(credentials: SessionCredentials): {
  Credentials: Credentials;
  SessionTokenSize: number;
  SessionTokenUtilization: number;
} {
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = credentials;
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: new Date(expiresAt),
    },
    SessionTokenSize: sessionToken.length,
    SessionTokenUtilization: Math.ceil((sessionToken.length * 100) / MOST_TOKEN_BYTES),
  };
}
