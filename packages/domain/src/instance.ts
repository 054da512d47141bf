import type { InstanceId, Scope } from './ids.ts';
import type { Attribute, Tag } from './task-definition.ts';
import type { EpochMs } from './time.ts';

/** What an instance has, or has left. Ports are the ones *taken* by the host itself. */
export interface InstanceResources {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly tcpPorts: readonly number[];
  readonly udpPorts: readonly number[];
  readonly gpuIds: readonly string[];
}

/** Document kind `instance`, key `<account>/<region>/<cluster>/<id>`. */
export interface Instance {
  readonly scope: Scope;
  readonly cluster: string;
  readonly id: InstanceId;
  readonly containerInstanceArn: string;
  readonly ec2InstanceId?: string | undefined;
  /** `fargate`: part of the hidden pool; `ec2`: visible, placed by strategies. */
  readonly pool: 'ec2' | 'fargate';
  readonly status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  readonly statusReason?: string | undefined;
  readonly agentConnected: boolean;
  readonly agentConnectedAt?: EpochMs | undefined;
  readonly attributes: readonly Attribute[];
  readonly registered: InstanceResources;
  readonly availabilityZone: string;
  /** At most this many awsvpc tasks. */
  readonly maxEnis: number;
  readonly versionInfo: {
    readonly agentVersion?: string | undefined;
    readonly agentHash?: string | undefined;
    readonly dockerVersion?: string | undefined;
  };
  readonly capacityProviderName?: string | undefined;
  readonly tags: readonly Tag[];
  readonly registeredAt: EpochMs;
  readonly clientToken?: string | undefined;
  readonly version: number;
  /**
   * One strictly increasing counter per instance, shared by payloads and manifests (agent-protocol 3.2).
   * The next message takes this value and adds one, in the transaction that stores the message.
   */
  readonly nextSeq: number;
  /** When its session was lost; the liveness controller acts on it. */
  readonly disconnectedAt?: EpochMs | undefined;
  /** When the last task of a DRAINING instance was gone. */
  readonly drainedAt?: EpochMs | undefined;
  /** When it was first seen INACTIVE: it stays describable for a while. */
  readonly inactiveAt?: EpochMs | undefined;
}

/**
 * One message waiting for an instance's ack. Document kind `outbox`, key `<instance key>/<seq, 12 digits>`.
 * The payload is rendered when it is sent, from the task as it is then.
 */
export interface OutboxMessage {
  readonly instanceKey: string;
  readonly seq: number;
  readonly messageId: string;
  readonly taskKey: string;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly createdAt: EpochMs;
}
