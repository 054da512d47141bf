import type { HostRoute, NetworkMap } from '@gantry/protocol';

/**
 * Addresses for `awsvpc` tasks. A lease is a ready network namespace (held by a pause container) that the task's
 * containers join with `NetworkMode: container:<pauseContainerId>`. Adapters: `linux.ts` (pause containers, veth, bridge) and `fake.ts`.
 */
export interface TaskNetwork {
  /** Sets up the host side (bridge, forwarding, masquerade) and fills the pool. Idempotent. */
  prepare(signal: AbortSignal): Promise<void>;
  /**
   * Gives the task a namespace with this address. Calling again with the same task gives the same lease while its pause
   * container runs. Once security groups are enforced it waits for the map that has the address: nothing of the task runs before its rules.
   */
  attach(request: AttachRequest): Promise<NetworkLease>;
  /** Idempotent; also after a restart, from the task's ARN alone. */
  release(taskArn: string): Promise<void>;
  /** Leases to release some day, found by label after a restart; also those whose pause container no longer runs. */
  leases(): Promise<readonly NetworkLease[]>;
  /**
   * From now on packets of tasks pass only where these maps let them; resolves when they do. All maps of this host's
   * instances, each time; the newest call counts. An address in none may neither send nor be sent to, except by the host itself.
   */
  enforce(maps: readonly NetworkMap[]): Promise<void>;
  /**
   * Packets for tasks on other hosts go there, and theirs come in; resolves when they do. All of them, each time; the newest
   * call counts. They stay when this process ends. Tasks attached while there are any get the smaller MTU of the way.
   * @throws Error what this host lacks for it, with the way out
   */
  reach(others: OtherHosts): Promise<void>;
  /** What this host lacks to enforce security groups, with the way out; `undefined`: nothing. Known once prepared. */
  whyNotEnforced(): string | undefined;
  close(): Promise<void>;
}

export interface OtherHosts {
  /** The same on all hosts: 24 bits. */
  readonly networkId: number;
  /** Empty: there are none. */
  readonly routes: readonly HostRoute[];
  /** By which this host speaks to their tasks. */
  readonly ownAddress?: string | undefined;
}

export interface AttachRequest {
  readonly taskArn: string;
  readonly macAddress: string;
  readonly ipv4Address: string;
  /** `10.0.0.1/24` */
  readonly gatewayCidr: string;
  readonly hostname: string;
  readonly dnsServers: readonly string[];
}

export interface NetworkLease {
  readonly taskArn: string;
  readonly pauseContainerId: string;
  readonly ipv4Address: string;
}
