import { createHash } from 'node:crypto';
import type { StsOperations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';

/** Who am I: what the front door found out about the caller's key. */
export function stsHandlers(): HandlersOf<StsOperations> {
  return {
    GetCallerIdentity: async (_input, { caller }) => ({
      UserId: caller.principalArn.endsWith(':root') ? caller.account : userId(caller.principalArn),
      Account: caller.account,
      Arn: caller.principalArn,
    }),
  };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** IAM's shape (`AIDA` and 17 characters), the same for a principal for ever. */
function userId(principalArn: string): string {
  const bytes = createHash('sha256').update(principalArn).digest().subarray(0, 17);
  return `AIDA${[...bytes].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')}`;
}
