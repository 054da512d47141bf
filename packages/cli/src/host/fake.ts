import { epochMs, type Clock } from '@gantry/domain';
import type { Host, HostFacts, HttpAnswer, RunResult, StartSpec } from './port.ts';

/** A machine a test describes. Time moves when somebody sleeps; processes live until they are killed or told to die. */
export class FakeHost implements Host {
  nowMs = Date.UTC(2026, 0, 1);
  readonly env: Record<string, string | undefined> = {};
  facts: HostFacts = {
    nodeVersion: '24.21.0',
    nodePath: '/usr/bin/node',
    root: '/opt/gantry',
    version: '0.1.0',
    uid: 0,
    home: '/home/ann',
    hostname: 'box',
    architecture: 'x86_64',
    kernel: '6.1.0',
    cpuCount: 4,
    memoryMiB: 8_192,
    openFiles: 65_536,
    engineSocket: '/var/run/docker.sock',
  };
  /** Commands on PATH. */
  readonly commands = new Set<string>();
  readonly files = new Map<string, string>();
  /** Paths that exist without content (sockets, folders), or are denied. */
  readonly access = new Map<string, 'ok' | 'denied'>();
  readonly processes = new Map<number, { readonly spec: StartSpec; readonly identity: string }>();
  readonly takenPorts = new Set<number>();
  /** Everything that was run, started and killed, in order. */
  readonly did: string[] = [];
  readonly said: string[] = [];
  readonly asked: string[] = [];
  freeMiB: number | undefined = 50_000;
  /** Every write fails with this code. */
  writeError: string | undefined;
  answers: string[] = [];
  interactive = false;
  engine: { version: string; runtimes: readonly string[] } | undefined;
  readonly #interruption = new AbortController();
  #nextPid = 100;

  /** What a command does when it is run; the default succeeds silently. */
  onRun: (command: string, args: readonly string[]) => Partial<RunResult> | undefined = () => undefined;
  /** What happens when a process starts. */
  onStart: (pid: number, spec: StartSpec) => void = () => undefined;
  onGet: (url: string) => HttpAnswer | undefined = () => undefined;
  /** Called at every sleep: the world goes on. */
  onSleep: () => void = () => undefined;

  readonly clock: Clock = {
    now: () => epochMs(this.nowMs),
    elapsedMs: () => this.nowMs,
    sleep: async (ms) => {
      this.nowMs += Math.max(1, ms);
      this.onSleep();
      await Promise.resolve();
    },
  };
  readonly terminal = {
    isInteractive: () => this.interactive,
    get interactive(): boolean {
      return this.isInteractive();
    },
    out: (line: string) => void this.said.push(line),
    err: (line: string) => void this.said.push(line),
    ask: (question: string) => {
      this.asked.push(question);
      return Promise.resolve(this.answers.shift() ?? 'n');
    },
  };

  interrupt(): void {
    this.#interruption.abort();
  }

  /** As if it had ended by itself. */
  die(pid: number, lastWords = ''): void {
    const process = this.processes.get(pid);
    if (process === undefined) return;
    this.processes.delete(pid);
    if (lastWords !== '') this.append(process.spec.logFile, `${lastWords}\n`);
  }

  append(path: string, text: string): void {
    this.files.set(path, (this.files.get(path) ?? '') + text);
  }

  which(command: string): Promise<string | undefined> {
    return Promise.resolve(this.commands.has(command) ? `/usr/bin/${command}` : undefined);
  }

  run(command: string, args: readonly string[]): Promise<RunResult> {
    this.did.push(`run ${[command, ...args].join(' ')}`);
    return Promise.resolve({ code: 0, stdout: '', stderr: '', ...this.onRun(command, args) });
  }

  start(spec: StartSpec): Promise<{ pid: number }> {
    this.did.push(`start ${[spec.command, ...spec.args].join(' ')}`);
    const pid = (this.#nextPid += 1);
    this.processes.set(pid, { spec, identity: `boot:${pid}:${this.nowMs}` });
    this.onStart(pid, spec);
    return Promise.resolve({ pid });
  }

  processIdentity(pid: number): Promise<string | undefined> {
    return Promise.resolve(this.processes.get(pid)?.identity);
  }

  kill(pid: number, signal: string): boolean {
    this.did.push(`${signal} ${pid}`);
    return this.processes.delete(pid);
  }

  readFile(path: string): Promise<string | undefined> {
    return Promise.resolve(this.files.get(path));
  }

  readFrom(path: string, offset: number): Promise<{ text: string; offset: number }> {
    const text = this.files.get(path) ?? '';
    return Promise.resolve({ text: text.slice(offset > text.length ? 0 : offset), offset: text.length });
  }

  fileSize(path: string): Promise<number> {
    return Promise.resolve(this.files.get(path)?.length ?? 0);
  }

  changedAt(): Promise<number | undefined> {
    return Promise.resolve(undefined);
  }

  accessTo(path: string): Promise<'ok' | 'denied' | 'absent'> {
    return Promise.resolve(this.access.get(path) ?? (this.files.has(path) ? 'ok' : 'absent'));
  }

  writeFile(path: string, text: string): Promise<void> {
    if (this.writeError !== undefined) {
      return Promise.reject(Object.assign(new Error(this.writeError), { code: this.writeError }));
    }
    this.files.set(path, text);
    return Promise.resolve();
  }

  createFile(path: string, text: string): Promise<boolean> {
    if (this.files.has(path)) return Promise.resolve(false);
    this.files.set(path, text);
    return Promise.resolve(true);
  }

  removeFile(path: string): Promise<void> {
    this.files.delete(path);
    return Promise.resolve();
  }

  renameFile(from: string, to: string): Promise<void> {
    const text = this.files.get(from);
    if (text !== undefined) this.files.set(to, text);
    this.files.delete(from);
    return Promise.resolve();
  }

  makeDirectory(): Promise<void> {
    return Promise.resolve();
  }

  freeDiskMiB(): Promise<number | undefined> {
    return Promise.resolve(this.freeMiB);
  }

  interruption(): AbortSignal {
    return this.#interruption.signal;
  }

  portFree(_address: string, port: number): Promise<boolean> {
    return Promise.resolve(!this.takenPorts.has(port));
  }

  get(url: string): Promise<HttpAnswer | undefined> {
    return Promise.resolve(this.onGet(url));
  }

  engineGet(path: string): Promise<HttpAnswer | undefined> {
    if (this.engine === undefined) return Promise.resolve(undefined);
    const body =
      path === '/version'
        ? { Version: this.engine.version, ApiVersion: '1.41' }
        : path === '/info'
          ? {
              Runtimes: Object.fromEntries(this.engine.runtimes.map((name) => [name, {}])),
              CgroupVersion: '2',
              CgroupDriver: 'systemd',
              Driver: 'overlay2',
            }
          : [];
    return Promise.resolve({ status: 200, body: JSON.stringify(body) });
  }
}
