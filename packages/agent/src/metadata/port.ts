import type { Clock } from '@gantry/domain';
import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import type { Engine } from '../engine/port.ts';
import type { ControlPlaneLink } from '../session/port.ts';
import type { TaskView } from '../supervisor/perform.ts';
import type { TaskCredentials } from './credentials.ts';
import type { EndpointIds } from './endpoint-ids.ts';

/** Where containers find it, whatever network they are in. */
export const METADATA_ADDRESS = '169.254.170.2';
/** At that address: the metadata, and the control plane's API. */
export const METADATA_PORT = 80;
export const API_PORT = 4566;

/** One instance, as its containers are told of it. */
export interface MetadataSource {
  readonly cluster: string;
  readonly availabilityZone: string | undefined;
  /** What a task uses of its share of the disk; undefined where it cannot be seen. */
  readonly diskBytes?: ((taskArn: string) => number | undefined) | undefined;
  readonly engine: Engine;
  readonly link: ControlPlaneLink;
  readonly credentials: TaskCredentials;
  readonly endpoints: EndpointIds;
  containerInstanceArn(): string | undefined;
  tasks(): Iterable<TaskView>;
}

/** The local server of one agent process, shared by its instances. */
export interface MetadataHost {
  /** Where host-mode containers reach the control plane: they share the host's network. */
  readonly endpoint: string;
  /** The address a bridge-mode container gets: the host tells by it whose container asks. */
  macAddress(taskArn: string, container: string): string;
  register(source: MetadataSource): void;
}

/** What a container gets beside what its definition says. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string>>;
  /** For bridge mode. */
  readonly macAddress?: string | undefined;
  /** As the engine writes them: `source:destination:ro`. */
  readonly binds?: readonly string[] | undefined;
}

export type SurroundingsOf = (task: PayloadTask, container: PayloadContainer) => Surroundings;

export interface MetadataRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** The container's, or the host's own for host mode. */
  readonly remoteAddress: string;
  readonly body: string;
}

export interface MetadataAnswer {
  readonly status: number;
  /** Sent as JSON. */
  readonly body: unknown;
  /** Nobody here has an id like this; another agent of this host may. */
  readonly unknownId?: true;
}

export interface HandlerPorts {
  readonly clock: Clock;
  sources(): Iterable<MetadataSource>;
  /** Whether an address is this host's own: containers in host mode ask from there. */
  isHost(address: string): boolean;
}
