/**
 * What an agent of Gantry's own is told about the network, on the ACS socket, beside the stock agent's messages: whom its tasks'
 * security groups let through, and behind which hosts the tasks of the others are. A whole picture each time; a newer
 * generation replaces the older one. Agents ask for it by registering with the attribute `gantry.network-map`; a stock agent never sees it.
 */
export interface NetworkMap {
  /** Grows with every change, over restarts of the control plane too. */
  readonly generation: number;
  /** The tasks of this instance that have an address of their own. An address that is in no map may neither send nor be sent to. */
  readonly endpoints: readonly NetworkEndpoint[];
  /** Those that the endpoints have. */
  readonly securityGroups: readonly EnforcedSecurityGroup[];
  /** Addresses of tasks on other hosts. Empty while all tasks are on one. */
  readonly routes: readonly HostRoute[];
}

export interface NetworkEndpoint {
  readonly taskArn: string;
  readonly ipv4Address: string;
  readonly securityGroupIds: readonly string[];
}

export interface EnforcedSecurityGroup {
  readonly groupId: string;
  readonly rules: readonly EnforcedRule[];
}

export interface EnforcedRule {
  readonly direction: 'ingress' | 'egress';
  /** `tcp`, `udp`, `icmp`, another protocol's number, or `-1` for all. */
  readonly protocol: string;
  /** tcp and udp: the first port; icmp: the type, -1 for all. Absent: all. */
  readonly fromPort?: number | undefined;
  readonly toPort?: number | undefined;
  /** IPv4 addresses and CIDRs. A rule that names a group has the addresses of its members, on whatever host. */
  readonly peers: readonly string[];
}

export interface HostRoute {
  /** A task's. */
  readonly ipv4Address: string;
  /** The host's, as it registered it. */
  readonly via: string;
}
