import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rmdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand, type RunCommand } from '../network/command.ts';
import { SharedDirectoryError, type SharedDirectories, type SharedDirectory, type VolumeOfTask } from './port.ts';

/** Below an instance's own directory: where it mounts what is inside file systems. */
export const FILE_SYSTEMS = 'file-systems';

const NO_SUCH = 'No such file or directory';
const FOLLOW_NOTHING = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Directories below a folder of this host. The folder itself is bound as it is. What is inside it belongs to tasks, which may put a
 * link in the place of any directory at any moment: so such a directory is opened step by step, following no link, and what was opened is
 * mounted at a place of ours, and that is bound. The place is in a small file system of its own: an engine that does not see our mounts
 * finds nothing there, and not an empty directory.
 */
export class LinuxSharedDirectories implements SharedDirectories {
  readonly #base: string;
  readonly #run: RunCommand;

  /** `base`: a directory of ours for the places; made at need. */
  constructor(base: string, run: RunCommand = runCommand) {
    this.#base = base;
    this.#run = run;
  }

  pathOf(of: VolumeOfTask, directory: SharedDirectory): string {
    return directory.rootDirectory === '/' ? directory.path : join(this.#placeOf(of), 'data');
  }

  async prepare(of: VolumeOfTask, directory: SharedDirectory): Promise<void> {
    const { path, markFile, mark, rootDirectory } = directory;
    const read = await readFile(markFile, 'utf8').catch(() => undefined);
    if (read !== mark)
      throw new SharedDirectoryError(
        `the file system is a folder of the control plane's host (${path}), and this instance is on another one. Put it on an NFS server: gantry up --efs fs-…=SERVER:/PATH`,
      );
    if (rootDirectory === '/' && (await isDirectory(path))) return;
    if (process.getuid?.() !== 0)
      throw new SharedDirectoryError('a directory inside a file system can be mounted by an agent of root alone');
    const opened = await openBelow(directory);
    try {
      await this.#mount(this.#placeOf(of), opened);
    } finally {
      await opened.close();
    }
  }

  async release(taskId: string): Promise<void> {
    const task = join(this.#base, taskId);
    const mounted = await mountPoints();
    for (const name of await names(task)) {
      const place = join(task, name);
      for (const path of [join(place, 'data'), place])
        for (const point of mounted) if (point === path) await this.#run('umount', [path]);
      await rmdir(place);
    }
    await rmdir(task).catch(ignoreMissing);
  }

  prepared(): Promise<readonly string[]> {
    return names(this.#base);
  }

  #placeOf({ taskId, volume }: VolumeOfTask): string {
    return join(this.#base, taskId, createHash('sha256').update(volume).digest('hex').slice(0, 20));
  }

  async #mount(place: string, opened: FileHandle): Promise<void> {
    const data = join(place, 'data');
    const mounted = new Set(await mountPoints());
    if (mounted.has(data)) return;
    await mkdir(place, { recursive: true, mode: 0o700 });
    if (!mounted.has(place)) await this.#run('mount', ['-t', 'tmpfs', '-o', 'size=4k,mode=0700', 'gantry', place]);
    await mkdir(data, { recursive: true });
    // As it is: resolved to a path again it could be another directory by now.
    await this.#run('mount', ['--no-canonicalize', '--bind', `/proc/${process.pid}/fd/${opened.fd}`, data]);
  }
}

/** The root directory, opened without following a link; made as its access point says when it is not there. */
async function openBelow({ path, rootDirectory, creation }: SharedDirectory): Promise<FileHandle> {
  const steps = rootDirectory.split('/').filter((step) => step !== '');
  let here = await open(path, FOLLOW_NOTHING).catch((error: unknown) => {
    throw refusal('/', error);
  });
  for (const step of steps) {
    const next = `/proc/self/fd/${here.fd}/${step}`;
    try {
      if (creation !== undefined && (await make(next))) {
        const made = await open(next, FOLLOW_NOTHING);
        await made.chown(creation.uid, creation.gid);
        await made.chmod(Number.parseInt(creation.permissions, 8));
        await made.close();
      }
      const inner = await open(next, FOLLOW_NOTHING);
      await here.close();
      here = inner;
    } catch (error) {
      await here.close();
      throw refusal(rootDirectory, error);
    }
  }
  return here;
}

/** @returns whether it was not there */
async function make(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** In the words of a failed mount, as ECS passes them on. */
function refusal(rootDirectory: string, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  const why =
    code === 'ENOENT'
      ? NO_SUCH
      : code === 'ENOTDIR' || code === 'ELOOP'
        ? `${rootDirectory} is no directory (links are not followed)`
        : undefined;
  if (why === undefined) return error as Error;
  return new SharedDirectoryError(
    `failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: mounting ${rootDirectory} failed, reason given by server: ${why}`,
  );
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/** Where something is mounted in our namespace, once for each time. */
async function mountPoints(): Promise<readonly string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const unescaped = (text: string): string =>
    text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
  return lines.map((line) => unescaped(line.split(' ')[4] ?? ''));
}

async function names(directory: string): Promise<readonly string[]> {
  return await readdir(directory).catch((error: unknown) => {
    ignoreMissing(error);
    return [];
  });
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
