import { createHash } from 'node:crypto';
import { epochMs, parseArn } from '@gantry/domain';
import { ALPHABET } from './ids.ts';
import type { Principal } from './principal.ts';

/** Who the keys in `credentials.json` belong to: users of the installation's account that no document is kept of. */
export const BUILT_IN_USERS = { administrator: 'administrator', agent: 'gantry-agent' } as const;

/** There from the beginning. */
export const BUILT_IN_CREATED = epochMs(0);

/** `AIDA` and 17 characters, the same for a built-in user for ever. */
export function builtInUserId(principalArn: string): string {
  const bytes = createHash('sha256').update(principalArn).digest().subarray(0, 17);
  return `AIDA${[...bytes].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')}`;
}

/** What `aws:userid` and GetCallerIdentity tell: `AIDA…`, `AROA…:session`, or the account for its root. */
export function userIdOf(principal: Principal, principalArn: string): string {
  if (principal.kind === 'user') return principal.userId;
  if (principal.kind === 'assumed-role') return `${principal.roleId}:${principal.sessionName}`;
  const { account = '', resource = '' } = parseArn(principalArn) ?? {};
  return resource === 'root' ? account : builtInUserId(principalArn);
}
