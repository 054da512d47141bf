import { createCipheriv, createDecipheriv, hash } from 'node:crypto';
import { SealError, type Seal } from './port.ts';

const FORMAT = 'g1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

export interface AesGcmOptions {
  /** 32 bytes each: the first seals, all open. At least one. */
  readonly keys: readonly Uint8Array[];
  readonly random: (bytes: number) => Uint8Array;
  /** Where the keys are from, for messages. */
  readonly source: string;
}

/** Names a key and tells nothing of it: the beginning of its SHA-256, 8 hex digits. Pure. */
export function keyIdOf(key: Uint8Array): string {
  return hash('sha256', key).slice(0, 8);
}

/** AES-256-GCM; a fresh random nonce for each text, the context as associated data. */
export function aesGcmSeal({ keys, random, source }: AesGcmOptions): Seal {
  const byId = new Map(keys.map((key) => [keyIdOf(key), key]));
  const [current] = keys;
  const odd = keys.find((key) => key.length !== KEY_BYTES);
  if (odd !== undefined) throw new SealError(`The key has ${odd.length} bytes, not ${KEY_BYTES}.`);
  if (current === undefined) throw new SealError('There is no key.');
  const keyId = keyIdOf(current);
  const keyIds = [...byId.keys()];
  return {
    keyId,
    keyIds,
    source,
    seal: (plain, context) => {
      const nonce = random(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current, nonce).setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(plain), cipher.final()]);
      return `${FORMAT}.${keyId}.${Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64url')}`;
    },
    open: (sealed, context) => {
      const [format, madeWith = '', body = '', more] = sealed.split('.');
      const bytes = Buffer.from(body, 'base64url');
      if (format !== FORMAT || more !== undefined || bytes.length < NONCE_BYTES + TAG_BYTES)
        throw new SealError('This is not a sealed text.');
      const key = byId.get(madeWith);
      if (key === undefined)
        throw new SealError(
          `It was sealed with the key ${madeWith.slice(0, 16)}; the key here is ${keyIds.join(', ')}.`,
        );
      try {
        return opened(bytes, key, context);
      } catch (cause) {
        throw new SealError('The sealed text was changed, or belongs elsewhere.', { cause });
      }
    },
  };
}

function opened(bytes: Buffer, key: Uint8Array, context: string): Buffer {
  const end = bytes.length - TAG_BYTES;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(end));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, end)), decipher.final()]);
}
