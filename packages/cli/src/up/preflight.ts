import { CliError } from '../errors.ts';
import type { Host } from '../host/port.ts';
import type { Paths } from '../paths.ts';

/** Below this the journal, logs and images have no room to begin with. */
export const LEAST_DISK_MIB = 256;

/** Makes the data directory and proves that it can be written to, before anything is installed or started. */
export async function prepareDataDir(host: Host, paths: Paths): Promise<void> {
  const free = await host.freeDiskMiB(paths.dataDir);
  if (free !== undefined && free < LEAST_DISK_MIB) {
    throw new CliError(`the disk of ${paths.dataDir} is full: ${free} MiB are free, ${LEAST_DISK_MIB} are needed.`, {
      wayOut: 'Make room, or choose another place with --data-dir.',
    });
  }
  const probe = `${paths.run}/.probe`;
  try {
    await host.makeDirectory(paths.dataDir, 0o700);
    await host.makeDirectory(paths.run, 0o700);
    await host.writeFile(probe, 'ok', 0o600);
    await host.removeFile(probe);
  } catch (error) {
    throw new CliError(`the data directory ${paths.dataDir} cannot be written to: ${reasonOf(error)}.`, {
      wayOut: 'Choose another place with --data-dir, or run it as the user who owns it.',
      cause: error,
    });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a directory',
  EEXIST: 'a file of that name is in the way',
};

/** A system error in words. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? message;
}
