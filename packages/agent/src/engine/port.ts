import type { ExecEngine } from './exec-port.ts';

/**
 * The container engine as the supervisor needs it. Adapters: Docker Engine over its unix socket (`docker.ts`) and
 * a fake with faults (`fake.ts`); one contract suite runs on both. Every call may reject with an `EngineError`.
 */
export interface Engine extends ExecEngine {
  ping(signal?: AbortSignal): Promise<EngineInfo>;
  /** `undefined`: the engine does not have it. */
  inspectImage(reference: string): Promise<ImageInfo | undefined>;
  /** Resolves when the image is here. A registry that lets nobody in, or not so: `bad-request`. */
  pullImage(
    reference: string,
    options: {
      readonly login?: RegistryLogin | undefined;
      readonly signal?: AbortSignal;
      /** Called at every sign of life of the pull. */
      readonly onProgress?: (() => void) | undefined;
    },
  ): Promise<void>;
  /** Takes the name away, and the image with its last name. Gone before: resolves. A container's: `conflict`. */
  removeImage(reference: string): Promise<void>;
  /** A name in use: `conflict`. An image that is not here: `not-found`. */
  createContainer(name: string, spec: ContainerSpec): Promise<{ readonly id: string }>;
  /** Resolves when it runs; at once when it already does. */
  startContainer(id: string): Promise<void>;
  /** SIGTERM (or the image's STOPSIGNAL), then SIGKILL after the time-out. Resolves when it has stopped; unknown: `not-found`. */
  stopContainer(id: string, options: { readonly timeoutS: number }): Promise<void>;
  /** Nothing of it goes on until it is let go; `stopContainer` does so, too. Does not run, or is held already: `conflict`. */
  pauseContainer(id: string): Promise<void>;
  /** Is not held: `conflict`. */
  unpauseContainer(id: string): Promise<void>;
  /** Kills it if it runs; its anonymous volumes go with it. Resolves when it is gone, also when it was gone before. */
  removeContainer(id: string): Promise<void>;
  /** `undefined`: no such container. */
  inspectContainer(id: string): Promise<ContainerState | undefined>;
  /** What it uses now, in the engine's own form. `undefined`: no such container, or it does not run. */
  containerStats(id: string): Promise<unknown>;
  /** All containers, stopped ones too, that carry this label (and value, when given). */
  listContainers(label: string): Promise<readonly ContainerState[]>;
  /**
   * Container events from `sinceMs` on (the engine remembers about 256, none across its own restart), until the signal
   * aborts or the connection breaks (then it throws). Subscribes when the first event is asked for.
   */
  events(options: { readonly sinceMs?: number; readonly signal: AbortSignal }): AsyncIterable<EngineEvent>;
  /** Output lines from `sinceNs` on (inclusive), each with the engine's timestamp; ends when the container stops and all is read. */
  logs(id: string, options: { readonly sinceNs?: bigint; readonly signal: AbortSignal }): AsyncIterable<LogLine>;
  createVolume(
    name: string,
    options: {
      readonly driver?: string;
      readonly driverOpts?: Readonly<Record<string, string>>;
      readonly labels?: Readonly<Record<string, string>>;
    },
  ): Promise<void>;
  /** Whether it exists. */
  inspectVolume(name: string): Promise<boolean>;
  /** Names of the volumes that carry this label (and value, when given). */
  listVolumes(label: string): Promise<readonly string[]>;
  /** In use: `conflict`. Gone before: resolves. */
  removeVolume(name: string): Promise<void>;
}

export interface EngineInfo {
  readonly apiVersion: string;
  readonly serverVersion: string;
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly cgroupVersion: '1' | '2';
  readonly cgroupDriver: 'cgroupfs' | 'systemd';
  readonly runtimes: readonly string[];
  readonly logDrivers: readonly string[];
  /** Where on its host it keeps its files. */
  readonly rootDir?: string | undefined;
  /** `apparmor`, `selinux`: those that are on. */
  readonly securityModules: readonly string[];
}

/** Who pulls from a registry. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

export interface ImageInfo {
  readonly id: string;
  /** `sha256:…` of the registry manifest; absent for images that never came from one. */
  readonly repoDigest?: string | undefined;
}

/** Body of the engine's container create call, in its own PascalCase. */
export type ContainerSpec = Readonly<Record<string, unknown>>;

export interface ContainerState {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly pid: number;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** What the engine says when a start failed. */
  readonly error: string;
  readonly startedAtMs?: number | undefined;
  readonly finishedAtMs?: number | undefined;
  readonly health?: 'starting' | 'healthy' | 'unhealthy' | undefined;
  readonly ports: readonly {
    readonly containerPort: number;
    readonly protocol: 'tcp' | 'udp';
    readonly hostIp: string;
    readonly hostPort: number;
  }[];
  readonly createdAtMs?: number | undefined;
  /** `sha256:…` */
  readonly imageId?: string | undefined;
  /** IPv4, in networks of the engine's own. */
  readonly addresses?: readonly string[] | undefined;
  /** Where on the host it keeps what it changes of its image; absent when the engine does not say. */
  readonly writableLayer?: string | undefined;
  /** Where on the host its output is, when the engine writes it to a file. */
  readonly logFile?: string | undefined;
  readonly mounts?:
    | readonly { readonly name?: string | undefined; readonly source: string; readonly destination: string }[]
    | undefined;
}

export type EngineEvent =
  | {
      readonly kind: 'started' | 'died' | 'oom' | 'destroyed';
      readonly id: string;
      readonly atMs: number;
      readonly exitCode?: number;
    }
  | {
      readonly kind: 'health';
      readonly id: string;
      readonly atMs: number;
      readonly health: 'healthy' | 'unhealthy' | 'starting';
    };

export interface LogLine {
  readonly stream: 'stdout' | 'stderr';
  /** Nanoseconds since 1970, the engine's. */
  readonly timestampNs: bigint;
  readonly text: string;
}

/** `kind` decides what to do next; `message` is the engine's own words. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly kind: 'not-found' | 'conflict' | 'bad-request' | 'timeout' | 'unreachable' | 'failed';
  constructor(kind: EngineError['kind'], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}
