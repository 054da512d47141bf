import { createCipheriv, createDecipheriv, hash } from 'node:crypto';
import { SealError, type Seal } from './port.ts';

const FORMAT = 'g1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

export interface AesGcmOptions {
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly random: (bytes: number) => Uint8Array;
}

/** AES-256-GCM; a fresh random nonce for each text, the context as associated data. */
export function aesGcmSeal({ key, random }: AesGcmOptions): Seal {
  if (key.length !== KEY_BYTES) throw new SealError(`The key has ${key.length} bytes, not ${KEY_BYTES}.`);
  const keyId = hash('sha256', key).slice(0, 8);
  return {
    keyId,
    seal: (plain, context) => {
      const nonce = random(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(plain), cipher.final()]);
      return `${FORMAT}.${keyId}.${Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64url')}`;
    },
    open: (sealed, context) => {
      const [format, madeWith, body = '', more] = sealed.split('.');
      const bytes = Buffer.from(body, 'base64url');
      if (format !== FORMAT || more !== undefined || bytes.length < NONCE_BYTES + TAG_BYTES)
        throw new SealError('This is not a sealed text.');
      if (madeWith !== keyId)
        throw new SealError(`It was sealed with the key ${String(madeWith).slice(0, 16)}; the key here is ${keyId}.`);
      try {
        const tag = bytes.subarray(bytes.length - TAG_BYTES);
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
        const text = decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES));
        return Buffer.concat([text, decipher.final()]);
      } catch (cause) {
        throw new SealError('The sealed text was changed, or belongs elsewhere.', { cause });
      }
    },
  };
}
