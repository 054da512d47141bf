import { join } from 'node:path';
import { CliError, EXIT, usageError } from '../errors.ts';
import type { Host } from '../host/port.ts';
import { keyFileOf } from '../key-file.ts';
import type { Paths } from '../paths.ts';
import { findProcess } from '../process/records.ts';

/** Everything Gantry makes in a data directory. What else is in there is somebody's. */
const OURS = [
  'state.db',
  'state.db-wal',
  'state.db-shm',
  'state.db-journal',
  'logs',
  'audit',
  'objects',
  'efs',
  'tls',
  'agent',
  'run',
  'credentials.json',
  'network.json',
] as const;

/** Before anything is stopped: may it go? @throws CliError when it is none of ours, or the user does not say yes */
export async function mayPurge(
  host: Host,
  paths: Paths,
  options: { readonly yes: boolean; readonly engine: boolean },
): Promise<void> {
  const { dataDir } = paths;
  if ((await host.readFile(paths.credentials)) === undefined) {
    throw new CliError(`${dataDir} is not a data directory of Gantry: there is nothing to remove.`, {
      wayOut: 'Is it the right --data-dir?',
    });
  }
  if (!options.engine && (await findProcess(host, paths, 'dockerd')) !== undefined) {
    throw usageError('the Docker Engine runs from this data directory.', 'Add --engine to stop it, too.');
  }
  if (options.yes) return;
  if (!host.terminal.interactive) {
    throw new CliError(`this is not a terminal, so ${dataDir} is not removed without being told to.`, {
      wayOut: 'Say it with --yes.',
      exitCode: EXIT.declined,
    });
  }
  const answer = await host.terminal.ask(
    `Remove ${dataDir} with its state, logs, objects, file systems and keys for good? [y/N] `,
  );
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('nothing was done.', { exitCode: EXIT.declined });
}

/** Removes what is Gantry's in the data directory, and the directory if nothing else is in it. @returns a sentence about it */
export async function purge(host: Host, paths: Paths): Promise<string> {
  const { dataDir } = paths;
  const removed = await host.run('rm', ['-rf', '--', ...OURS.map((name) => join(dataDir, name))]);
  if (removed.code !== 0) {
    throw new CliError(`${dataDir} could not be removed.`, { details: removed.stderr.trim().split('\n') });
  }
  const whole = (await host.run('rmdir', ['--', dataDir])).code === 0;
  const done = whole
    ? `Removed ${dataDir}.`
    : `Removed what was Gantry's in ${dataDir}; there is more in it, which stays.`;
  const keyFile = keyFileOf(undefined, { ...host.facts, env: host.env });
  if ((await host.accessTo(keyFile)) === 'absent') return done;
  return `${done} The key file ${keyFile} stays: other data directories may need it.`;
}
