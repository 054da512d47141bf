import type { Clock } from '@gantry/domain';

/**
 * The machine as the command line needs it. Adapters: the real one (`wiring.ts`) and one whose every answer a test
 * decides (`fake.ts`). Nothing here rejects for what is merely absent: it answers `undefined` or `false`.
 */
export interface Host {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly facts: HostFacts;
  readonly terminal: Terminal;
  /** Path of a command on PATH (and in the sbin folders, which a user's PATH often lacks). */
  which(command: string): Promise<string | undefined>;
  /** Runs to the end. Rejects only when the command cannot be started at all. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Starts a process that outlives us, in a session of its own, its output appended to a file. */
  start(spec: StartSpec): Promise<StartedProcess>;
  /** What tells this process from a later one with the same pid; `undefined` when there is none. */
  processIdentity(pid: number): Promise<string | undefined>;
  /** `false`: no such process, or not ours to signal. */
  kill(pid: number, signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT'): boolean;
  readFile(path: string): Promise<string | undefined>;
  /** New bytes of a growing file from `offset` on; an absent file reads as empty. */
  readFrom(path: string, offset: number): Promise<{ readonly text: string; readonly offset: number }>;
  /** Bytes; 0 when absent. */
  fileSize(path: string): Promise<number>;
  /** Milliseconds since 1970. */
  changedAt(path: string): Promise<number | undefined>;
  /** Whether we may read and write it (a socket: talk to it). */
  accessTo(path: string): Promise<'ok' | 'denied' | 'absent'>;
  /** Replaces the file in one step, making its folder. Rejects with the system's error (ENOSPC, EACCES ...). */
  writeFile(path: string, text: string, mode: number): Promise<void>;
  /** Makes the file, and its folder, unless it is there. @returns whether it was made */
  createFile(path: string, text: string, mode: number): Promise<boolean>;
  removeFile(path: string): Promise<void>;
  /** Replaces what is there; absent sources are left alone. */
  renameFile(from: string, to: string): Promise<void>;
  makeDirectory(path: string, mode: number): Promise<void>;
  /** Of the file system that holds (or would hold) this path. */
  freeDiskMiB(path: string): Promise<number | undefined>;
  /** Aborts at the first SIGINT or SIGTERM; from this call on they no longer end us by themselves. */
  interruption(): AbortSignal;
  /** Whether we could listen there. */
  portFree(address: string, port: number): Promise<boolean>;
  /** GET; `undefined` when nothing answers in time. `ca`: certificates (PEM) to trust instead of the public ones. */
  get(url: string, timeoutMs: number, ca?: string): Promise<HttpAnswer | undefined>;
  /** GET from the container engine over its socket; `undefined` when it cannot be reached. */
  engineGet(path: string): Promise<HttpAnswer | undefined>;
}

export interface HostFacts {
  readonly nodeVersion: string;
  /** The Node binary we run on. */
  readonly nodePath: string;
  /** The repository's root: where `packages/` is. */
  readonly root: string;
  readonly version: string;
  readonly uid: number;
  readonly home: string;
  readonly hostname: string;
  readonly architecture: string;
  readonly kernel: string;
  readonly cpuCount: number;
  readonly memoryMiB: number;
  /** Soft limit of open files. */
  readonly openFiles: number | undefined;
  /** Where the engine's socket is looked for. */
  readonly engineSocket: string;
}

export interface Terminal {
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  out(line: string): void;
  err(line: string): void;
  /** Asks and waits for a line. */
  ask(question: string): Promise<string>;
}

export interface RunOptions {
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Lets the user see the output as it comes (on stderr) instead of keeping it. */
  readonly show?: boolean;
  /** With `show`: on stdout instead. */
  readonly toStdout?: boolean;
}

export interface RunResult {
  /** 128 + signal for a killed one, 124 after a time-out. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface StartedProcess {
  readonly pid: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}
