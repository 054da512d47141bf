import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CliError } from '../errors.ts';
import type { CopyFiles } from './copy.ts';

/** This machine's files, through its tar. */
export const nodeFiles: CopyFiles = {
  kind: (path) =>
    stat(path).then(
      (found) => (found.isDirectory() ? 'directory' : 'file'),
      () => undefined,
    ),
  resolve: (path) => resolve(path),
  async *pack(folder, name, as) {
    const renamed = name === as ? [] : [`--transform=${renaming(name, as)}`];
    const tar = spawn('tar', ['-C', folder, ...renamed, '-cf', '-', '--', name], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = endOf(tar);
    yield* tar.stdout as AsyncIterable<Uint8Array>;
    await ended;
  },
  async unpack(path, name) {
    // Into a folder of its own: whatever the archive holds, only the entry asked for gets out of it.
    const folder = await mkdtemp(join(dirname(path), `.${basename(path)}-`));
    const tar = spawn('tar', ['-C', folder, '--no-same-owner', '-xf', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
    const ended = endOf(tar);
    ended.catch(() => undefined);
    tar.stdin.on('error', () => undefined);
    return {
      write: (data) => new Promise((done) => tar.stdin.write(data, () => done())),
      async done() {
        tar.stdin.end();
        await ended;
        await rename(join(folder, name), path).catch((cause: unknown) => {
          const reason = cause instanceof Error ? cause.message : String(cause);
          throw new CliError(`${path} cannot be put there: ${reason}.`, {
            wayOut: 'Remove it first, or name another.',
          });
        });
      },
      async drop() {
        tar.kill();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

/** For tar: the first part of every entry's name, not of what links point to. */
function renaming(name: string, as: string): string {
  // An escaped mark would mean something of its own in the pattern.
  const mark = '|,#@!%;~'.split('').find((char) => !name.includes(char) && !as.includes(char)) ?? '\u0001';
  const pattern = name.replaceAll(/[\\^$.*[\]]/g, (char) => `\\${char}`);
  const replacement = as.replaceAll(/[\\&]/g, (char) => `\\${char}`);
  return `flags=r;s${mark}^${pattern}${mark}${replacement}${mark}`;
}

function endOf(tar: ChildProcess): Promise<void> {
  let words = '';
  tar.stderr?.on('data', (data: Buffer) => (words += data.toString().slice(0, 4_096)));
  return new Promise((done, reject) => {
    tar.once('error', (cause) => reject(new CliError(`tar cannot be run here: ${cause.message}.`, { cause })));
    tar.once('close', (code) => {
      if (code === 0) done();
      else reject(new CliError(words.trim() || `tar ended with ${code}.`));
    });
  });
}
