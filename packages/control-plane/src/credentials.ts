import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { parseAccountId, type AccountId } from '@gantry/domain';
import { BUILT_IN_USERS } from './identity/built-in.ts';
import { accessKeyIdFor } from './identity/ids.ts';
import type { KeyHolder, KeyRing } from './identity/principal.ts';

const ROLES = ['administrator', 'agent'] as const;
type Role = (typeof ROLES)[number];

interface StoredKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly account: AccountId;
}
type StoredKeys = Readonly<Record<Role, StoredKey>>;

export interface CredentialsOptions {
  /** `credentials.json` in the data directory. */
  readonly path: string;
  readonly account: AccountId;
  readonly random: (bytes: number) => Buffer;
}

/**
 * The keys of this installation: read from the file, or made and written (readable by its owner alone) at the first
 * start.
 * @throws Error that says what is wrong with the file and what to do.
 */
export function openCredentials(options: CredentialsOptions): KeyRing {
  const stored = readKeys(options) ?? writeKeys(options);
  const keys = new Map<string, KeyHolder>();
  for (const role of ROLES) {
    const { accessKeyId, secretAccessKey, account } = stored[role];
    const principalArn = `arn:aws:iam::${account}:user/${BUILT_IN_USERS[role]}`;
    keys.set(accessKeyId, { accessKeyId, secretAccessKey, account, principalArn, principal: { kind: role } });
  }
  return { key: (accessKeyId) => keys.get(accessKeyId) };
}

function readKeys({ path, account }: CredentialsOptions): StoredKeys | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const keys = parseKeys(text);
  if (keys === undefined)
    throw new Error(`${path} is not a credentials file. Restore it, or move it away to have new keys made.`);
  const stranger = ROLES.find((role) => keys[role].account !== account);
  if (stranger !== undefined)
    throw new Error(
      `${path} holds keys of account ${keys[stranger].account}, not ${account}. Start with --account ${keys[stranger].account}.`,
    );
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  return keys;
}

function parseKeys(text: string): StoredKeys | undefined {
  try {
    const file = JSON.parse(text) as Partial<Record<Role, Partial<Record<keyof StoredKey, unknown>>>>;
    const isKey = (role: Role): boolean => {
      const { accessKeyId, secretAccessKey, account } = file[role] ?? {};
      const isText = typeof accessKeyId === 'string' && typeof secretAccessKey === 'string';
      return isText && typeof account === 'string' && parseAccountId(account) !== undefined;
    };
    return ROLES.every(isKey) ? (file as StoredKeys) : undefined;
  } catch {
    return undefined;
  }
}

/** Written whole under another name first: a crash leaves no file or a good one, never half of one. */
function writeKeys({ path, account, random }: CredentialsOptions): StoredKeys {
  const newKey = (): StoredKey => ({
    accessKeyId: accessKeyIdFor('AKIA', account, random(8).readBigUInt64BE()),
    secretAccessKey: random(30).toString('base64'),
    account,
  });
  const keys: StoredKeys = { administrator: newKey(), agent: newKey() };
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, `${JSON.stringify(keys, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  return keys;
}
