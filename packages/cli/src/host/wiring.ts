import { execFile, spawn } from 'node:child_process';
import { constants, readFileSync } from 'node:fs';
import { access, mkdir, open, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { availableParallelism, homedir, hostname, machine, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { processIdentity, systemClock } from '@gantry/protocol/wiring-system.ts';
import type {
  Host,
  HostFacts,
  HttpAnswer,
  RunOptions,
  RunResult,
  StartSpec,
  StartedProcess,
  Terminal,
} from './port.ts';

const LONGEST_OUTPUT_BYTES = 16 * 1024 * 1024;
const MAY_NOT: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);
const LONGEST_READ_BYTES = 1024 * 1024;

/** The machine we are on. */
export function nodeHost(): Host {
  const facts = readFacts();
  const env = process.env;
  return {
    clock: systemClock,
    env,
    facts,
    terminal: realTerminal(),
    which: (command) => which(command, env['PATH'] ?? ''),
    run,
    start,
    processIdentity,
    kill(pid, signal) {
      try {
        return process.kill(pid, signal);
      } catch {
        return false;
      }
    },
    readFile: (path) => readFile(path, 'utf8').catch(() => undefined),
    readFrom,
    fileSize: (path) =>
      stat(path).then(
        (found) => found.size,
        () => 0,
      ),
    changedAt: (path) =>
      stat(path).then(
        (found) => found.mtimeMs,
        () => undefined,
      ),
    accessTo: (path) =>
      access(path, constants.R_OK | constants.W_OK).then(
        () => 'ok' as const,
        (error: NodeJS.ErrnoException) => (MAY_NOT.has(error.code ?? '') ? 'denied' : 'absent'),
      ),
    writeFile: replaceFile,
    createFile,
    removeFile: (path) => rm(path, { force: true }),
    renameFile: (from, to) => rename(from, to).catch(() => undefined),
    makeDirectory,
    freeDiskMiB,
    interruption,
    portFree,
    get: (url, timeoutMs, ca) => httpGet({ url, ca }, timeoutMs),
    engineGet: (path) => httpGet({ socketPath: facts.engineSocket, path }, 5_000),
  };
}

let interrupted: AbortController | undefined;
function interruption(): AbortSignal {
  if (interrupted === undefined) {
    const controller = new AbortController();
    interrupted = controller;
    // The second one ends us at once: `once` gives the default back.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  }
  return interrupted.signal;
}

function readFacts(): HostFacts {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..');
  const { version } = JSON.parse(readFileSync(join(root, 'packages', 'cli', 'package.json'), 'utf8')) as {
    version: string;
  };
  const docker = process.env['DOCKER_HOST'];
  return {
    nodeVersion: process.versions.node,
    nodePath: process.execPath,
    root,
    version,
    uid: process.getuid?.() ?? 0,
    home: homedir(),
    hostname: hostname(),
    architecture: machine(),
    kernel: release(),
    cpuCount: availableParallelism(),
    memoryMiB: Math.floor(totalmem() / 1024 / 1024),
    openFiles: openFiles(),
    engineSocket: docker?.startsWith('unix://') === true ? docker.slice('unix://'.length) : '/var/run/docker.sock',
  };
}

function openFiles(): number | undefined {
  try {
    const line = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return line === null ? undefined : line[1] === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(line[1]);
  } catch {
    return undefined;
  }
}

function realTerminal(): Terminal {
  return {
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    async ask(question) {
      const reader = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await reader.question(question);
      } catch {
        return ''; // Ctrl-D
      } finally {
        reader.close();
      }
    },
  };
}

async function which(command: string, path: string): Promise<string | undefined> {
  const folders = [...path.split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'].filter((folder) => folder !== '');
  for (const folder of new Set(folders)) {
    const file = join(folder, command);
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  return undefined;
}

function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const env = { ...process.env, ...options.env };
  if (options.show === true) return runShown(command, args, env, options.toStdout === true ? 1 : 2);
  return new Promise((resolve, reject) => {
    const settings = {
      env,
      timeout: options.timeoutMs ?? 0,
      maxBuffer: LONGEST_OUTPUT_BYTES,
      encoding: 'utf8' as const,
    };
    execFile(command, [...args], settings, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr });
      if (typeof error.code === 'string' && error.syscall !== undefined) return reject(error);
      const code = error.killed === true ? 124 : typeof error.code === 'number' ? error.code : 128;
      resolve({ code, stdout, stderr });
    });
  });
}

function runShown(command: string, args: readonly string[], env: NodeJS.ProcessEnv, stdout: 1 | 2): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    // As a rule its stdout goes to our stderr: stdout is for what the user asked for.
    const child = spawn(command, args, { env, stdio: ['inherit', stdout, 2] });
    child.once('error', reject);
    child.once('exit', (code) => resolve({ code: code ?? 128, stdout: '', stderr: '' }));
  });
}

async function start(spec: StartSpec): Promise<StartedProcess> {
  await mkdir(dirname(spec.logFile), { recursive: true, mode: 0o700 });
  const log = await open(spec.logFile, 'a', 0o600);
  try {
    const child = spawn(spec.command, spec.args, {
      detached: true, // setsid: Ctrl-C in our terminal is ours to answer, and the process outlives us
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, ...spec.env },
      cwd: '/',
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return { pid: child.pid as number };
  } finally {
    await log.close();
  }
}

/** Boot and start time of the process: a pid is used again, the two together are not. Zombies count as gone. */

async function readFrom(path: string, offset: number): Promise<{ text: string; offset: number }> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return { text: '', offset: 0 };
  try {
    const { size } = await file.stat();
    const from = size < offset ? 0 : offset; // it was cut or begun anew
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(Math.min(size - from, LONGEST_READ_BYTES)),
      position: from,
    });
    return { text: buffer.toString('utf8', 0, bytesRead), offset: from + bytesRead };
  } finally {
    await file.close();
  }
}

/** With EROFS where Node's own recursive mkdir says ENOENT. */
async function makeDirectory(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectory(dirname(path), mode);
    await mkdir(path, { mode });
  }
}

async function createFile(path: string, text: string, mode: number): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  return writeFile(path, text, { mode, flag: 'wx' }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
}

async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.new`;
  try {
    await writeFile(draft, text, { mode });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function freeDiskMiB(path: string): Promise<number | undefined> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await statfs(folder).catch(() => undefined);
    if (found !== undefined) return Math.floor((found.bavail * found.bsize) / 1024 / 1024);
    if (dirname(folder) === folder) return undefined;
  }
}

async function portFree(address: string, port: number): Promise<boolean> {
  // A listener on 0.0.0.0 lets us bind 127.0.0.1 beside it on some systems: ask whether anyone answers, too.
  const answered = await new Promise<boolean>((resolve) => {
    const socket = connect({ host: address, port, timeout: 500 });
    const done = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', done(true)).once('error', done(false)).once('timeout', done(false));
  });
  if (answered) return false;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

async function httpGet(
  target:
    | { readonly url: string; readonly ca?: string | undefined }
    | { readonly socketPath: string; readonly path: string },
  timeoutMs: number,
): Promise<HttpAnswer | undefined> {
  const secure = 'url' in target && target.url.startsWith('https:');
  // Loaded when it is needed: most commands never speak TLS.
  const ask = secure ? (await import('node:https')).request : request;
  return new Promise((resolve) => {
    const options = { method: 'GET', agent: false, timeout: timeoutMs } as const;
    const call =
      'url' in target
        ? ask(target.url, target.ca === undefined ? options : { ...options, ca: target.ca })
        : request({ ...options, ...target, headers: { host: 'localhost' } });
    call.once('timeout', () => call.destroy());
    call.once('error', () => resolve(undefined));
    call.once('response', (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => (body += part));
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      answer.once('error', () => resolve(undefined));
    });
    call.end();
  });
}
