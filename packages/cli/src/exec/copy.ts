import { posix } from 'node:path';
import type { Task } from '../api/port.ts';
import { CliError, EXIT, usageError } from '../errors.ts';
import { runIn, runningTask, type ExecPorts } from './exec.ts';
import type { ExecTerminal } from './port.ts';

/** This machine's side of a copy. Adapter: `wiring-files.ts`. */
export interface CopyFiles {
  kind(path: string): Promise<'file' | 'directory' | undefined>;
  /** Packs one entry of a folder, under another name. The archive, as it is made; throws when tar fails. */
  pack(folder: string, name: string, as: string): AsyncIterable<Uint8Array>;
  /** Unpacks an archive beside `path` and puts its entry `name` there, when `done` is called; `drop` leaves no trace. */
  unpack(
    path: string,
    name: string,
  ): Promise<{
    write(data: Uint8Array): Promise<void>;
    done(): Promise<void>;
    drop(): Promise<void>;
  }>;
  /** Absolute, and without a slash at its end. */
  resolve(path: string): string;
}

export interface CopyOptions {
  readonly cluster: string;
  readonly container: string | undefined;
}

type CopyPorts = Omit<ExecPorts, 'terminal'> & {
  readonly files: CopyFiles;
  readonly interruption: () => AbortSignal;
};

/** `TASK:/path` of one, a path of this machine of the other. */
export type Side =
  | { readonly task: string; readonly path: string }
  | { readonly task: undefined; readonly path: string };

/** A path that begins with `.` or `/` is of this machine, whatever is in it. */
export function sideOf(text: string): Side {
  const at = /^[./]/.test(text) ? -1 : text.lastIndexOf(':/');
  return at <= 0 ? { task: undefined, path: text } : { task: text.slice(0, at), path: text.slice(at + 1) };
}

/** Copies a file or folder into a container or out of it, through tar on both sides. */
export async function copy(ports: CopyPorts, from: string, to: string, options: CopyOptions): Promise<number> {
  const [source, target] = [sideOf(from), sideOf(to)];
  if ((source.task === undefined) === (target.task === undefined)) {
    throw usageError(
      'one side is TASK:/path, the other a path of this machine.',
      'For example: gantry cp web:/etc/hosts .',
    );
  }
  const { cluster, task } = await runningTask(ports.api, options.cluster, source.task ?? target.task ?? '');
  const there = { ports, cluster, task, container: options.container };
  return source.task === undefined ? push(there, source.path, target.path) : pull(there, source.path, target.path);
}

interface There {
  readonly ports: CopyPorts;
  readonly cluster: string;
  readonly task: Task;
  readonly container: string | undefined;
}

async function pull(there: There, path: string, to: string): Promise<number> {
  const { files } = there.ports;
  const source = posix.normalize(path).replace(/(?<=.)\/+$/, '');
  const name = posix.basename(source);
  if (name === '') throw usageError('/: name a file or a folder below it.');
  const into = (await files.kind(to)) === 'directory';
  const unpacked = await files.unpack(into ? posix.join(files.resolve(to), name) : files.resolve(to), name);
  try {
    const command = ['tar', '-C', posix.dirname(source), '-cf', '-', name];
    await runThere(there, command, undefined, (data) => unpacked.write(data), `copying ${path}`);
    await unpacked.done();
  } finally {
    await unpacked.drop();
  }
  return EXIT.done;
}

async function push(there: There, from: string, path: string): Promise<number> {
  const { files } = there.ports;
  const source = files.resolve(from);
  if ((await files.kind(source)) === undefined) throw new CliError(`${from}: there is no such file or folder.`);
  const target = posix.normalize(path).replace(/(?<=.)\/+$/, '');
  const into = path.endsWith('/') || target === '/' || (await isFolder(there, target));
  const as = into ? posix.basename(source) : posix.basename(target);
  const folder = into ? target : posix.dirname(target);
  const archive = files.pack(posix.dirname(source), posix.basename(source), as);
  await runThere(there, ['tar', '-C', folder, '-xf', '-'], archive, () => Promise.resolve(), `copying to ${path}`);
  return EXIT.done;
}

async function isFolder(there: There, path: string): Promise<boolean> {
  const { exitCode } = await session(there, ['test', '-d', path], undefined, () => Promise.resolve());
  return exitCode === 0;
}

/** Runs it to its end. @throws CliError with its own words when it fails */
async function runThere(
  there: There,
  command: readonly string[],
  input: AsyncIterable<Uint8Array> | undefined,
  out: (data: Uint8Array) => Promise<void>,
  what: string,
): Promise<void> {
  const { exitCode, words, said } = await session(there, command, input, out);
  if (words === '' && exitCode === 0) return;
  const message = `${what}: ${words || said.trim() || `tar ended with ${exitCode}`}`;
  if (exitCode !== 126 && exitCode !== 127) throw new CliError(message);
  throw new CliError(message, { wayOut: 'The container needs tar: copying goes through it.' });
}

async function session(
  { ports, cluster, task, container }: There,
  command: readonly string[],
  input: AsyncIterable<Uint8Array> | undefined,
  out: (data: Uint8Array) => Promise<void>,
) {
  let said = '';
  let failure: unknown;
  const stop = new AbortController();
  const guarded = async function* (): AsyncGenerator<Uint8Array> {
    try {
      if (input !== undefined) yield* input;
    } catch (error) {
      failure = error;
      stop.abort();
    }
  };
  const taken = async (data: Uint8Array): Promise<void> => {
    try {
      await out(data);
    } catch (error) {
      failure = error;
      stop.abort();
    }
  };
  const terminal: ExecTerminal = {
    isTerminal: false,
    size: () => undefined,
    onResize: () => undefined,
    setRaw: () => undefined,
    input: guarded,
    out: taken,
    err: (data) => Promise.resolve(void (said += Buffer.from(data).toString('utf8').slice(0, 4_096))),
    interruption: () => AbortSignal.any([ports.interruption(), stop.signal]),
    close: () => undefined,
  };
  const options = { cluster, container, command, tty: false, interactive: input !== undefined };
  const end = await runIn({ ...ports, terminal }, cluster, task, options);
  if (failure !== undefined) throw failure;
  return { ...end, said };
}
