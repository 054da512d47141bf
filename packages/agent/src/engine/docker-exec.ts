import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { connectInside } from './docker-tunnel.ts';
import type { ExecOutput, ExecProcess, ExecSpec } from './exec-port.ts';
import { EngineError } from './port.ts';
import type { Answer, CallOptions } from './transport.ts';

/** A program is in its container within this time, or an engine elsewhere counts other processes than we see. */
const START_TRIES = 40;
const START_PAUSE_MS = 50;

export interface ExecCalls {
  readonly socketPath: string;
  /** `/v1.41` */
  readonly prefix: string;
  /** A call of the engine's API, its path without the prefix. */
  readonly call: (method: 'GET' | 'POST', path: string, options?: CallOptions) => Promise<Answer>;
}

/** Starts a program in a container and takes over the connection it writes to; or connects to a port of it. */
export async function startExec(calls: ExecCalls, containerId: string, spec: ExecSpec): Promise<ExecProcess> {
  if ('port' in spec) return await connectTo(calls, containerId, spec.port);
  const { command, terminal } = spec;
  const Tty = terminal !== undefined;
  const body = {
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty,
    Cmd: command,
    User: '0',
    Env: Tty ? ['TERM=xterm-256color'] : [],
  };
  const { body: made } = await calls.call('POST', `/containers/${encodeURIComponent(containerId)}/exec`, { body });
  const { Id } = made as { readonly Id: string };
  const socket = await hijack(calls, `/exec/${Id}/start`, { Detach: false, Tty });
  const process = new DockerExec(calls, { containerId, execId: Id, tty: Tty }, socket);
  // One that has ended by now has no size: that is no failure.
  if (terminal !== undefined) await process.resize(terminal).catch(() => undefined);
  return process;
}

async function connectTo(calls: ExecCalls, containerId: string, port: number): Promise<ExecProcess> {
  const { body } = await calls.call('GET', `/containers/${encodeURIComponent(containerId)}/json`);
  const { Id, State } = body as { readonly Id: string; readonly State: { readonly Pid: number } };
  if (State.Pid === 0) throw new EngineError('conflict', `Container ${containerId} is not running`);
  if (await isOf(State.Pid, Id)) return connectInside(State.Pid, port);
  throw new EngineError('failed', 'The container engine runs on another machine: its networks cannot be entered.');
}

/** A POST whose connection becomes a pipe to the program. */
function hijack({ socketPath, prefix }: ExecCalls, path: string, body: object): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = {
      host: 'engine',
      connection: 'Upgrade',
      upgrade: 'tcp',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    };
    const call = request({ socketPath, path: `${prefix}${path}`, method: 'POST', agent: false, headers });
    call.once('error', (cause) =>
      reject(new EngineError('unreachable', `Cannot reach the container engine: ${cause.message}`, cause)),
    );
    call.once('upgrade', (_answer, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    call.once('response', (answer) => {
      let words = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => (words += part.slice(0, 4096)));
      answer.once('error', reject);
      answer.once('end', () => {
        const kind = answer.statusCode === 404 ? 'not-found' : answer.statusCode === 409 ? 'conflict' : 'failed';
        reject(new EngineError(kind, messageIn(words)));
      });
    });
    call.end(text);
  });
}

class DockerExec implements ExecProcess {
  readonly output: AsyncIterable<ExecOutput>;
  readonly #calls: ExecCalls;
  readonly #ids: { readonly containerId: string; readonly execId: string };
  readonly #socket: Duplex;

  constructor(
    calls: ExecCalls,
    about: { readonly containerId: string; readonly execId: string; readonly tty: boolean },
    socket: Duplex,
  ) {
    this.#calls = calls;
    this.#ids = about;
    this.#socket = socket;
    this.output = about.tty ? whole(socket) : demultiplexed(socket);
    // Who reads hears of it; a write after the end is answered by `write` itself.
    socket.on('error', () => undefined);
  }

  write(data: Uint8Array): Promise<void> {
    if (this.#socket.destroyed || this.#socket.writableEnded) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once('close', resolve);
      this.#socket.write(data, () => {
        this.#socket.off('close', resolve);
        resolve();
      });
    });
  }

  endInput(): void {
    if (!this.#socket.destroyed) this.#socket.end();
  }

  async resize({ cols, rows }: { readonly cols: number; readonly rows: number }): Promise<void> {
    await this.#calls.call('POST', `/exec/${this.#ids.execId}/resize`, { query: { h: rows, w: cols } });
  }

  async exitCode(): Promise<number | undefined> {
    const { Running, ExitCode } = await this.#inspect();
    return Running ? undefined : (ExitCode ?? 0);
  }

  async kill(): Promise<boolean> {
    this.#socket.destroy();
    // The connection is there before the program is: it has no process yet, or one that has not entered the container.
    for (let tries = 0; tries < START_TRIES; tries += 1) {
      const { Running, Pid } = await this.#inspect().catch(() => ({ Running: true, Pid: 0 }));
      if (!Running) return true;
      if (await isOf(Pid, this.#ids.containerId)) return signalAll(Pid, 'SIGHUP') && signalAll(Pid, 'SIGKILL');
      await pause(START_PAUSE_MS);
    }
    return false;
  }

  async #inspect(): Promise<{ readonly Running: boolean; readonly ExitCode: number | null; readonly Pid: number }> {
    const { body } = await this.#calls.call('GET', `/exec/${this.#ids.execId}/json`);
    return body as { Running: boolean; ExitCode: number | null; Pid: number };
  }
}

/** Whether this process of the host is in the container: an engine elsewhere counts other processes. */
async function isOf(pid: number, containerId: string): Promise<boolean> {
  if (!(pid > 1)) return false;
  const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  return containerId !== '' && groups.includes(containerId);
}

/** The engine makes the program the leader of a process group of its own. */
function signalAll(pid: number, signal: 'SIGHUP' | 'SIGKILL'): boolean {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPERM') return false;
    }
  }
  return true;
}

async function* whole(socket: Duplex): AsyncGenerator<ExecOutput> {
  try {
    for await (const data of socket) yield { stream: 'stdout', data: data as Buffer };
  } catch (cause) {
    throw broken(cause);
  }
}

/** Messages of a header of 8 bytes (stream, 0, 0, 0, length) and that many bytes; pieces of them are given as they come. */
async function* demultiplexed(socket: Duplex): AsyncGenerator<ExecOutput> {
  let header = Buffer.alloc(0);
  let left = 0;
  let stream: ExecOutput['stream'] = 'stdout';
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      for (let rest = chunk; rest.length > 0;) {
        if (left === 0) {
          const missing = 8 - header.length;
          header = Buffer.concat([header, rest.subarray(0, missing)]);
          rest = rest.subarray(missing);
          if (header.length < 8) break;
          stream = header[0] === 2 ? 'stderr' : 'stdout';
          left = header.readUInt32BE(4);
          header = Buffer.alloc(0);
          continue;
        }
        const data = rest.subarray(0, left);
        left -= data.length;
        rest = rest.subarray(data.length);
        yield { stream, data };
      }
    }
  } catch (cause) {
    throw broken(cause);
  }
}

function broken(cause: unknown): EngineError {
  const words = cause instanceof Error ? cause.message : String(cause);
  return new EngineError('unreachable', `The connection to the program broke: ${words}`, cause);
}

function messageIn(words: string): string {
  try {
    return (JSON.parse(words) as { message?: string }).message ?? words;
  } catch {
    return words;
  }
}
