import { aesGcmSeal, KEY_BYTES } from '../aes-gcm.ts';
import type { Seal } from '../port.ts';

/** The real seal with a key that is no secret and nonces that are counted: the same run gives the same texts. */
export function testSeal(): Seal {
  let count = 0;
  const random = (bytes: number): Uint8Array => {
    const nonce = Buffer.alloc(bytes);
    nonce.writeUInt32BE((count += 1));
    return nonce;
  };
  return aesGcmSeal({ keys: [Buffer.alloc(KEY_BYTES, 7)], random, source: 'a test' });
}
