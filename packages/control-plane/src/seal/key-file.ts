import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { aesGcmSeal, KEY_BYTES } from './aes-gcm.ts';
import type { Seal } from './port.ts';

export interface KeyFileOptions {
  readonly path: string;
  /** A copy of this folder must not hold the key: the data directory. */
  readonly apartFrom?: string;
  readonly random: (bytes: number) => Buffer;
}

/**
 * The seal of the keys in the file, one a line: the first seals, all open. A file that is not there is made, with a new
 * key, readable by its owner alone.
 * @throws Error that says what is wrong with the file and what to do.
 */
export function openSeal({ path, apartFrom, random }: KeyFileOptions): Seal {
  if (apartFrom !== undefined && `${realPath(path)}/`.startsWith(`${realPath(apartFrom)}/`))
    throw new Error(
      `the key file ${path} is in the data directory ${apartFrom}: a copy of the data would tell every secret. ` +
        `Choose one outside with --key-file.`,
    );
  return aesGcmSeal({ keys: readKeys(path) ?? makeKey(path, random), random, source: path });
}

/** Where a path leads when links are followed, as far as it is there. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}

function readKeys(path: string): readonly Buffer[] | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(
      `the key file ${path} cannot be read, or not be kept to its owner: ${(error as Error).message}. ` +
        `Start as the user who owns it, or choose another with --key-file.`,
      { cause: error },
    );
  }
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '');
  const isKey = (line: string): boolean => line.length === KEY_BYTES * 2 && /^[0-9a-f]+$/.test(line);
  if (keys.length === 0 || !keys.every(isKey))
    throw new Error(
      `${path} is not a key file (lines of ${KEY_BYTES * 2} hex digits). Restore it: what was sealed with the lost key cannot be read without it.`,
    );
  return keys.map((line) => Buffer.from(line, 'hex'));
}

/** Linked into place when it is whole: of two that start at once one makes the key and both use it. */
function makeKey(path: string, random: KeyFileOptions['random']): readonly Buffer[] {
  const temporary = `${path}.${random(4).toString('hex')}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    try {
      writeDurably(temporary, `${random(KEY_BYTES).toString('hex')}\n`);
      linkSync(temporary, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
    syncFolder(dirname(path));
  } catch (error) {
    throw new Error(
      `the key file ${path} cannot be made: ${(error as Error).message}. ` +
        `Make room or give access there, or choose another with --key-file.`,
      { cause: error },
    );
  }
  return readKeys(path) as readonly Buffer[];
}

/** A new file for its owner alone, on the disk before it returns. */
export function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The name, too, is on the disk before anything is sealed with the key. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
