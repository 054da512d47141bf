import type { Clock, Ids } from '@gantry/domain';
import type { TaskCgroups } from './cgroup/port.ts';
import type { Checkpoint } from './checkpoint/port.ts';
import type { Disk } from './disk/port.ts';
import type { Engine } from './engine/port.ts';
import type { InstanceGpus } from './gpu/port.ts';
import type { RouterFiles } from './firelens/port.ts';
import type { PulledImages } from './image-cleanup/pulled.ts';
import type { Log } from './log.ts';
import type { SharedDirectories } from './filesystems/port.ts';
import type { MetadataHost } from './metadata/port.ts';
import type { TaskRuntime } from './isolation/classes.ts';
import type { TaskSandboxes } from './isolation/sandboxes.ts';
import type { NetworkMaps } from './network/maps.ts';
import type { TaskNetwork } from './network/port.ts';
import type { InstanceIdentity } from './session/attributes.ts';
import type { ControlPlaneLink } from './session/port.ts';
import type { PortsInUse } from './supervisor/host-ports.ts';
import type { EngineGate } from './supervisor/gate.ts';
import type { PullBehaviour } from './supervisor/images.ts';

export const AGENT_VERSION = '0.1.0';

/** One container instance, settled: nothing in it is looked up or defaulted any more. */
export interface AgentConfig {
  readonly cluster: string;
  readonly identity: Omit<
    InstanceIdentity,
    'hasTaskNetwork' | 'hasMetadata' | 'hasRouters' | 'watchesDisk' | 'gpuDriverVersion'
  >;
  /** What is left out follows from the engine: all its cores, all its memory less `reservedMemoryMiB`. */
  readonly capacity: {
    readonly cpuUnits?: number | undefined;
    readonly memoryMiB?: number | undefined;
    readonly tcpPorts: readonly number[];
    readonly udpPorts: readonly number[];
  };
  readonly reservedMemoryMiB: number;
  readonly pullBehaviour: PullBehaviour;
  readonly stopTimeoutS: number;
  readonly cleanUpDelayMs: number;
  /** See SupervisorOptions. */
  readonly cleanUpJitterMs?: number | undefined;
  /** How long a pull may say nothing; `undefined`: a minute. */
  readonly pullInactivityMs?: number | undefined;
  readonly resyncMs: number;
  readonly logFileMiB: number;
  readonly logFiles: number;
  /** Where on this host containers' metadata files are; `undefined`: they get none. */
  readonly metadataFolder?: string | undefined;
  /** Of the host's GPUs those of this instance; `undefined`: it has none. */
  readonly gpus?: InstanceGpus | undefined;
  /** See SpecOptions; found out about the host. */
  readonly mostOpenFiles?: number | undefined;
  /** See SpecOptions. */
  readonly taskRuntime?: TaskRuntime | undefined;
  readonly mostProcesses?: number | undefined;
}

export const DEFAULTS = {
  reservedMemoryMiB: 0,
  pullBehaviour: 'prefer-cached',
  stopTimeoutS: 30,
  cleanUpDelayMs: 10 * 60_000,
  resyncMs: 5 * 60_000,
  logFileMiB: 20,
  logFiles: 5,
} as const satisfies Partial<AgentConfig>;

export interface AgentPorts {
  readonly engine: Engine;
  /** `undefined`: this host cannot give tasks addresses of their own; awsvpc is not offered. */
  readonly network: TaskNetwork | undefined;
  /** `undefined`: no task shares a sandbox here. */
  readonly sandboxes?: TaskSandboxes | undefined;
  /** What the instances of this host are told about its network. Default: for this instance alone. */
  readonly networkMaps?: NetworkMaps | undefined;
  /** `undefined`: containers cannot ask for metadata and credentials here; tasks with a role are not offered. */
  readonly metadata?: MetadataHost | undefined;
  readonly cgroups: TaskCgroups;
  /** Shared by the instances that share an engine. Default: what this one pulls, until it ends. */
  readonly pulled?: PulledImages | undefined;
  /** `undefined`: tasks cannot have log routers (FireLens) here. */
  readonly routerFiles?: RouterFiles | undefined;
  /** `undefined`: what tasks use of the disk cannot be seen; their share is not enforced. */
  readonly disk?: Disk | undefined;
  /** `undefined`: no file system of the control plane's host can be mounted here. */
  readonly directories?: SharedDirectories | undefined;
  /** Of the host the engine publishes ports on. Default: this one. */
  readonly portsInUse?: PortsInUse;
  readonly link: ControlPlaneLink;
  readonly checkpoint: Checkpoint;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Shared by the instances that share an engine. Default: one of its own, twice the cores wide. */
  readonly gate?: EngineGate;
}

/** Why an agent ended by itself: 5 is final, 1 may be started again. `stop()` ends it with 0. */
export interface AgentEnd {
  readonly exitCode: 0 | 1 | 5;
  readonly reason: string;
}

/** Stands in where awsvpc is not offered: nothing with an address of its own is placed here. */
export const noNetwork: TaskNetwork = {
  prepare: () => Promise.resolve(),
  attach: () =>
    Promise.reject(new Error('this instance has no task networks; it does not offer ecs.capability.task-eni')),
  release: () => Promise.resolve(),
  leases: () => Promise.resolve([]),
  reach: () => Promise.resolve(),
  enforce: () => Promise.resolve(),
  whyNotEnforced: () => undefined,
  close: () => Promise.resolve(),
};
