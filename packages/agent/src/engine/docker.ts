import { existsSync } from 'node:fs';
import { startExec } from './docker-exec.ts';
import { chooseApiVersion, readContainer, readEvent, readImage } from './docker-read.ts';
import { pullError, readInfo, readPullError, splitReference } from './docker-read.ts';
import type { ImageLoader } from '../images/ensure.ts';
import type { ExecProcess, ExecSpec } from './exec-port.ts';
import { jsonLines } from './json-lines.ts';
import { framedLines, rawLines } from './log-stream.ts';
import { EngineError } from './port.ts';
import type {
  ContainerSpec,
  ContainerState,
  Engine,
  EngineEvent,
  EngineInfo,
  ImageInfo,
  LogLine,
  RegistryLogin,
} from './port.ts';
import { Transport } from './transport.ts';

/** Where Docker listens unless told otherwise. */
export const DOCKER_SOCKET = '/var/run/docker.sock';
/** Where the host's journal takes what is written to it. */
const JOURNAL = '/run/systemd/journal/socket';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** Longest times the engine may be silent; the stock agent's. */
const LIMITS = { create: 4 * MINUTE_MS, start: 3 * MINUTE_MS, remove: 5 * MINUTE_MS, pull: 10 * MINUTE_MS } as const;
/** Docker waits this long after SIGKILL before it gives up. */
const KILL_GRACE_MS = 30 * SECOND_MS;

/** What `network/` needs besides the port. */
export interface ContainerFiles {
  /** Takes a new name while it runs. A name in use: `conflict`. */
  renameContainer(id: string, name: string): Promise<void>;
  /** Paths on the host of the files the container (and those that join its network) see below /etc. */
  containerFiles(id: string): Promise<{ readonly hosts: string; readonly resolvConf: string }>;
}

/** Docker Engine over its unix socket, API 1.41 and newer. `close` when done: it holds sockets. */
export class DockerEngine implements Engine, ImageLoader, ContainerFiles {
  readonly #transport: Transport;
  #version: Promise<string> | undefined;

  constructor(options: { readonly socketPath?: string } = {}) {
    this.#transport = new Transport(options.socketPath ?? DOCKER_SOCKET);
  }

  async ping(signal?: AbortSignal): Promise<EngineInfo> {
    // The engine may be another one since the last time: ask for its version again.
    this.#version = undefined;
    const path = await this.#path('/info');
    const { body } = await this.#transport.call('GET', path, { signal, timeoutMs: 20 * SECOND_MS });
    const info = readInfo(await this.#negotiated(), body);
    // The engine names its driver for it whether there is one or not.
    const logDrivers = info.logDrivers.filter((driver) => driver !== 'journald' || existsSync(JOURNAL));
    return { ...info, logDrivers };
  }

  async inspectImage(reference: string): Promise<ImageInfo | undefined> {
    const body = await this.#imageBody(reference);
    return body === undefined ? undefined : readImage(reference, body);
  }

  async imageLabels(reference: string): Promise<Readonly<Record<string, string>> | undefined> {
    const body = await this.#imageBody(reference);
    if (body === undefined) return undefined;
    return (body as { Config?: { Labels?: Record<string, string> | null } }).Config?.Labels ?? {};
  }

  async pullImage(reference: string, options: Parameters<Engine['pullImage']>[1]): Promise<void> {
    const { repository, tag } = splitReference(reference);
    const headers: Record<string, string> = {};
    if (options.login !== undefined) {
      headers['x-registry-auth'] = registryAuth(options.login);
    }
    const query = { fromImage: repository, tag };
    const path = await this.#path('/images/create');
    const call = { query, headers, signal: options.signal, timeoutMs: LIMITS.pull };
    try {
      await this.#progress(this.#transport.stream('POST', path, call), options);
    } catch (error) {
      throw error instanceof EngineError && error.kind === 'failed' ? pullError(error.message, error) : error;
    }
    options.signal?.throwIfAborted();
  }

  async removeImage(reference: string): Promise<void> {
    splitReference(reference);
    await this.#call('DELETE', `/images/${reference}`, { accept: [404], timeoutMs: LIMITS.remove });
  }

  async loadImages(tar: Uint8Array): Promise<void> {
    const path = await this.#path('/images/load');
    await this.#progress(this.#transport.stream('POST', path, { tar, query: { quiet: 1 }, timeoutMs: LIMITS.pull }));
  }

  async createContainer(name: string, spec: ContainerSpec): Promise<{ readonly id: string }> {
    const options = { query: { name }, body: spec, timeoutMs: LIMITS.create };
    const { body } = await this.#call('POST', '/containers/create', options);
    return { id: (body as { Id: string }).Id };
  }

  async startContainer(id: string): Promise<void> {
    await this.#call('POST', `${containerPath(id)}/start`, { accept: [304], timeoutMs: LIMITS.start });
  }

  async stopContainer(id: string, options: { readonly timeoutS: number }): Promise<void> {
    const timeoutMs = options.timeoutS * SECOND_MS + KILL_GRACE_MS;
    const query = { t: options.timeoutS };
    await this.#call('POST', `${containerPath(id)}/stop`, { query, accept: [304], timeoutMs, long: true });
  }

  async pauseContainer(id: string): Promise<void> {
    await this.#call('POST', `${containerPath(id)}/pause`, {});
  }

  async unpauseContainer(id: string): Promise<void> {
    const { status, body } = await this.#call('POST', `${containerPath(id)}/unpause`, { accept: [500] });
    if (status !== 500) return;
    const { message = '' } = body as { message?: string };
    throw new EngineError(message.includes('is not paused') ? 'conflict' : 'failed', message);
  }

  async removeContainer(id: string): Promise<void> {
    const query = { force: 1, v: 1 };
    const options = { query, accept: [404, 409], timeoutMs: LIMITS.remove };
    const { status, body } = await this.#call('DELETE', containerPath(id), options);
    if (status !== 409) return;
    const { message = '' } = body as { message?: string };
    if (!message.includes('already in progress')) throw new EngineError('conflict', message);
    const wait = { query: { condition: 'removed' }, accept: [404], timeoutMs: LIMITS.remove, long: true };
    await this.#call('POST', `${containerPath(id)}/wait`, wait);
  }

  async renameContainer(id: string, name: string): Promise<void> {
    await this.#call('POST', `${containerPath(id)}/rename`, { query: { name } });
  }

  async inspectContainer(id: string): Promise<ContainerState | undefined> {
    const { status, body } = await this.#call('GET', `${containerPath(id)}/json`, { accept: [404] });
    return status === 404 ? undefined : readContainer(body);
  }

  async containerStats(id: string): Promise<unknown> {
    const query = { stream: 'false', 'one-shot': 'true' };
    const { status, body } = await this.#call('GET', `${containerPath(id)}/stats`, { query, accept: [404] });
    // Of a container that does not run there is a form without anything in it, read in year 1.
    const { read = '0001-' } = body as { readonly read?: string };
    return status === 404 || read.startsWith('0001-') ? undefined : body;
  }

  async containerFiles(id: string): Promise<{ readonly hosts: string; readonly resolvConf: string }> {
    const { body } = await this.#call('GET', `${containerPath(id)}/json`);
    const { HostsPath, ResolvConfPath } = body as { HostsPath: string; ResolvConfPath: string };
    return { hosts: HostsPath, resolvConf: ResolvConfPath };
  }

  async exec(containerId: string, spec: ExecSpec): Promise<ExecProcess> {
    const { socketPath } = this.#transport;
    const calls = { socketPath, prefix: await this.#path(''), call: this.#call.bind(this) };
    return await startExec(calls, containerId, spec);
  }

  async listContainers(label: string): Promise<readonly ContainerState[]> {
    const query = { all: 1, filters: JSON.stringify({ label: [label] }) };
    const { body } = await this.#call('GET', '/containers/json', { query });
    const found = body as readonly { readonly Id: string }[];
    // The list itself says too little (no exit code, no times). Those removed meanwhile drop out.
    const states = await Promise.all(found.map((container) => this.inspectContainer(container.Id)));
    return states.filter((state) => state !== undefined);
  }

  async *events(options: { readonly sinceMs?: number; readonly signal: AbortSignal }): AsyncGenerator<EngineEvent> {
    const filters = { type: ['container'], event: ['start', 'die', 'oom', 'destroy', 'health_status'] };
    const since =
      options.sinceMs === undefined ? undefined : secondsOf(BigInt(Math.floor(options.sinceMs)) * 1_000_000n);
    const query = { since, filters: JSON.stringify(filters) };
    const path = await this.#path('/events');
    // Silence is normal here: an idle machine has no events.
    const stream = this.#transport.stream('GET', path, { query, signal: options.signal, timeoutMs: 0 });
    for await (const body of jsonLines(stream, options.signal)) {
      const event = readEvent(body);
      if (event !== undefined) yield event;
      if (options.signal.aborted) return;
    }
    if (!options.signal.aborted) throw new EngineError('unreachable', 'The engine closed the event stream.');
  }

  async *logs(
    id: string,
    options: { readonly sinceNs?: bigint; readonly signal: AbortSignal },
  ): AsyncGenerator<LogLine> {
    const { body } = await this.#call('GET', `${containerPath(id)}/json`);
    const { Tty } = (body as { Config: { Tty: boolean } }).Config;
    let [lastNs, sameTime] = [options.sinceNs, 0];
    for await (const line of this.#output(id, Tty, { follow: true, sinceNs: lastNs, signal: options.signal })) {
      sameTime = line.timestampNs === lastNs ? sameTime + 1 : 1;
      lastNs = line.timestampNs;
      yield line;
    }
    if (options.signal.aborted) return;
    // Docker may end the stream of a container that has just died before its last lines: look once more.
    try {
      for await (const line of this.#output(id, Tty, { follow: false, sinceNs: lastNs, signal: options.signal })) {
        if (line.timestampNs !== lastNs || --sameTime < 0) yield line;
      }
    } catch (error) {
      if (!(error instanceof EngineError && error.kind === 'not-found')) throw error;
    }
  }

  async *#output(
    id: string,
    tty: boolean,
    options: { readonly follow: boolean; readonly sinceNs: bigint | undefined; readonly signal: AbortSignal },
  ): AsyncGenerator<LogLine> {
    const { follow, sinceNs, signal } = options;
    const since = sinceNs === undefined ? undefined : secondsOf(sinceNs);
    const query = { follow: follow ? 1 : 0, stdout: 1, stderr: 1, timestamps: 1, since };
    const path = await this.#path(`${containerPath(id)}/logs`);
    const stream = this.#transport.stream('GET', path, { query, signal, timeoutMs: 0 });
    for await (const line of tty ? rawLines(stream) : framedLines(stream)) {
      if (signal.aborted) return;
      yield line;
    }
  }

  async createVolume(
    name: string,
    options: {
      readonly driver?: string;
      readonly driverOpts?: Readonly<Record<string, string>>;
      readonly labels?: Readonly<Record<string, string>>;
    },
  ): Promise<void> {
    const body = { Name: name, Driver: options.driver, DriverOpts: options.driverOpts, Labels: options.labels };
    await this.#call('POST', '/volumes/create', { body });
  }

  async inspectVolume(name: string): Promise<boolean> {
    const { status } = await this.#call('GET', `/volumes/${encodeURIComponent(name)}`, { accept: [404] });
    return status !== 404;
  }

  async listVolumes(label: string): Promise<readonly string[]> {
    const { body } = await this.#call('GET', '/volumes', { query: { filters: JSON.stringify({ label: [label] }) } });
    const { Volumes } = body as { readonly Volumes?: readonly { readonly Name: string }[] | null };
    return (Volumes ?? []).map(({ Name }) => Name);
  }

  async removeVolume(name: string): Promise<void> {
    await this.#call('DELETE', `/volumes/${encodeURIComponent(name)}`, { accept: [404] });
  }

  /** Ends every connection; streams in use break. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  async #imageBody(reference: string): Promise<unknown> {
    splitReference(reference);
    const { status, body } = await this.#call('GET', `/images/${reference}/json`, { accept: [404] });
    return status === 404 ? undefined : body;
  }

  async #call(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    options?: Parameters<Transport['call']>[2],
  ): ReturnType<Transport['call']> {
    return this.#transport.call(method, await this.#path(path), options);
  }

  async #path(path: string): Promise<string> {
    return `/v${await this.#negotiated()}${path}`;
  }

  #negotiated(): Promise<string> {
    this.#version ??= this.#transport
      .call('GET', '/version', { timeoutMs: 20 * SECOND_MS })
      .then(({ body }) => chooseApiVersion(body));
    const asked = this.#version;
    // A failure is not remembered: the engine may be there the next time.
    asked.catch(() => {
      if (this.#version === asked) this.#version = undefined;
    });
    return asked;
  }

  /** Reads a progress stream to its end; errors come inside it, under status 200. */
  async #progress(
    stream: AsyncIterable<Buffer>,
    { signal, onProgress }: Parameters<Engine['pullImage']>[1] = {},
  ): Promise<void> {
    for await (const line of jsonLines(stream, signal)) {
      onProgress?.();
      const error = readPullError(line);
      if (error !== undefined) throw error;
    }
  }
}

/** Without its padding the engine takes it for none at all, and says nothing. */
function registryAuth(login: RegistryLogin): string {
  return Buffer.from(JSON.stringify(login)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function containerPath(id: string): string {
  return `/containers/${encodeURIComponent(id)}`;
}

/** `1700000000.000000001`, as the engine's `since` wants it. */
function secondsOf(ns: bigint): string {
  return `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}`;
}
