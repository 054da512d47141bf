import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { aesGcmSeal, KEY_BYTES } from './aes-gcm.ts';
import type { Seal } from './port.ts';

export interface KeyFileOptions {
  readonly path: string;
  readonly random: (bytes: number) => Buffer;
}

/**
 * The seal of the key in the file; the key is made at the first start, readable by its owner alone.
 * @throws Error that says what is wrong with the file and what to do.
 */
export function openSeal({ path, random }: KeyFileOptions): Seal {
  return aesGcmSeal({ key: readKey(path) ?? makeKey(path, random), random });
}

function readKey(path: string): Buffer | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`the key file ${path} cannot be read: ${(error as Error).message}. Choose one with --key-file.`, {
      cause: error,
    });
  }
  if (!/^[0-9a-f]+$/.test(text) || text.length !== KEY_BYTES * 2)
    throw new Error(
      `${path} is not a key file (${KEY_BYTES * 2} hex digits). Restore it: what was sealed with the lost key cannot be read without it.`,
    );
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  return Buffer.from(text, 'hex');
}

/** Linked into place when it is whole: of two that start at once one makes the key and both use it. */
function makeKey(path: string, random: KeyFileOptions['random']): Buffer {
  const temporary = `${path}.${random(4).toString('hex')}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(file, `${random(KEY_BYTES).toString('hex')}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    try {
      linkSync(temporary, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      unlinkSync(temporary);
    }
  } catch (error) {
    throw new Error(`the key file ${path} cannot be made: ${(error as Error).message}. Choose one with --key-file.`, {
      cause: error,
    });
  }
  return readKey(path) as Buffer;
}
