import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, lstat, mkdir, opendir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FolderPlace, SharedFolders } from './port.ts';

const MARK_FILE = '.host';
/** `stat` counts in blocks of this many bytes, whatever the file system's own are. */
const BLOCK_BYTES = 512;
/** As EFS makes the root of a new file system. */
const ROOT_MODE = 0o755;

/** Folders below one directory of this host, `<directory>/<file system id>`. */
export class DirectoryFolders implements SharedFolders {
  readonly #directory: string;
  readonly #mark: string;

  private constructor(directory: string, mark: string) {
    this.#directory = directory;
    this.#mark = mark;
  }

  /** Makes the directory, and its mark with `newMark`, when they are not there. @throws Error of the file system */
  static open(directory: string, newMark: () => string): DirectoryFolders {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const file = join(directory, MARK_FILE);
    try {
      writeFileSync(file, newMark(), { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    // An agent of another user reads it, as far as the directory lets it.
    chmodSync(file, 0o644);
    return new DirectoryFolders(directory, readFileSync(file, 'utf8'));
  }

  async create(fileSystemId: string): Promise<void> {
    const path = join(this.#directory, fileSystemId);
    try {
      await mkdir(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
      throw error;
    }
    // Our umask is strict; who may do what in it is for those who mount it.
    await chmod(path, ROOT_MODE);
  }

  async remove(fileSystemId: string): Promise<void> {
    await rm(join(this.#directory, fileSystemId), { recursive: true, force: true });
  }

  async sizeBytes(fileSystemId: string): Promise<number> {
    return await blocksBelow(join(this.#directory, fileSystemId));
  }

  placeOf(fileSystemId: string): FolderPlace {
    const path = join(this.#directory, fileSystemId);
    return { path, markFile: join(this.#directory, MARK_FILE), mark: this.#mark };
  }
}

/** Never follows a link. What goes away meanwhile counts for nothing. */
async function blocksBelow(directory: string): Promise<number> {
  let bytes = 0;
  const waiting = [directory];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const here = next;
    const entries = await opendir(here).catch(() => undefined);
    if (entries === undefined) continue;
    for await (const entry of entries) {
      const path = join(here, entry.name);
      const { blocks = 0 } = (await lstat(path).catch(() => undefined)) ?? {};
      bytes += blocks * BLOCK_BYTES;
      if (entry.isDirectory()) waiting.push(path);
    }
  }
  return bytes;
}
