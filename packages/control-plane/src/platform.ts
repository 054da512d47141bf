import type { AccountId, Clock, Ids, Region, Scope } from '@gantry/domain';
import type { NfsExport, SharedFolders } from './filesystems/port.ts';
import type { Origin } from './identity/origin.ts';
import type { Principal } from './identity/principal.ts';
import type { Seal } from './seal/port.ts';
import type { State } from './state/state.ts';
import type { Journal } from './store/port.ts';

/** What every handler and controller is built on. Made once, in `assemble.ts`. */
export interface Platform {
  readonly state: State;
  /** The state's own journal, for reading history. Only the state writes to it. */
  readonly journal: Pick<Journal, 'history'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly config: PlatformConfig;
  /** Where the files of file systems are. */
  readonly folders: SharedFolders;
  /** For secrets at rest. */
  readonly seal: Seal;
  /** One line of JSON to the process log. Never a secret. */
  readonly log: (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ) => void;
}

export interface PlatformConfig {
  /** Where the administrator and the local instances live. */
  readonly defaultScope: Scope;
  /** Base URL clients and agents reach us by, without a trailing slash: `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  /** A task without health check counts as healthy after RUNNING this long (ECS: 40 s). */
  readonly healthyAfterRunningMs: number;
  /** Stopped tasks stay describable this long (ECS: 1 h). */
  readonly stoppedTaskRetentionMs: number;
  /** `gantry why` remembers this long (30 days). */
  readonly historyRetentionMs: number;
  /** A disconnected instance's tasks are given up after this long. */
  readonly instanceGoneAfterMs: number;
  /** Subnets awsvpc tasks get their addresses from. */
  readonly subnets: readonly SubnetConfig[];
  /** NFS exports behind file systems, by their ids; the others are folders of this host. */
  readonly fileSystemExports?: Readonly<Record<string, NfsExport>> | undefined;
  /** What stands behind the functions of lifecycle hooks, by their names. */
  readonly deploymentHooks?: Readonly<Record<string, string>> | undefined;
}

export interface SubnetConfig {
  readonly subnetId: string;
  readonly availabilityZone: string;
  /** IPv4 CIDR; the first usable address is the gateway. */
  readonly cidr: string;
}

/** Who calls, from where. Made by the front door after authentication. */
export interface Caller {
  readonly account: AccountId;
  readonly region: Region;
  readonly principalArn: string;
  readonly accessKeyId: string;
  readonly principal: Principal;
}

/** What a handler gets beside its input. */
export interface RequestContext {
  readonly caller: Caller;
  readonly scope: Scope;
  readonly requestId: string;
  /** Absent for calls that came by no socket. */
  readonly from?: Origin | undefined;
}
