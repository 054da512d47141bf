import { execFile } from 'node:child_process';
import { access, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disk } from './port.ts';

const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;

/** The disk below the engine's own directory. Sizes are those `du` finds: blocks in use, each file once, links not followed. */
export class LinuxDisk implements Disk {
  readonly #engineRoot: string;

  private constructor(engineRoot: string) {
    this.#engineRoot = engineRoot;
  }

  /** `undefined` when the engine's files cannot be seen from here: it is on another host, or we are not root. */
  static async open(engineRoot: string | undefined): Promise<LinuxDisk | undefined> {
    if (engineRoot === undefined || engineRoot === '') return undefined;
    try {
      await access(join(engineRoot, 'volumes'));
      const disk = new LinuxDisk(engineRoot);
      await disk.freeBytes();
      return disk;
    } catch {
      return undefined;
    }
  }

  /** In a process of its own: a million files are not on the agent's way. */
  measure(paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (paths.length === 0) return Promise.resolve(new Map());
    const args = ['--summarize', '--block-size=1', '--one-file-system', '--null', '--', ...paths];
    return new Promise((resolve, reject) => {
      execFile('du', args, { maxBuffer: MOST_OUTPUT_BYTES, env: { ...process.env, LC_ALL: 'C' } }, (error, stdout) => {
        // It ends with 1 when something went away while it looked.
        if (error !== null && error.code !== 1) return reject(error);
        const lines = stdout.split('\0').filter((line) => line !== '');
        resolve(new Map(lines.map((line) => [line.slice(line.indexOf('\t') + 1), Number.parseInt(line, 10)])));
      });
    });
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#engineRoot);
    return bavail * bsize;
  }
}
