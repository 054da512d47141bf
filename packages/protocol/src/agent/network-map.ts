/**
 * Attribute of instances whose agent enforces security groups and reaches tasks on other hosts: it is sent `NetworkMapMessage`s. The stock
 * agent, which has no such message, never sees one.
 */
export const NETWORK_MAP_ATTRIBUTE = 'gantry.network-map';
/** Attribute of instances whose host keeps to the rules of security groups: `enforced`. The stock agent's never does. */
export const SECURITY_GROUPS_ATTRIBUTE = 'gantry.security-groups';
/** Attribute with the IPv4 address other hosts reach the instance's host by. Instances with the same one are on one host. */
export const HOST_ADDRESS_ATTRIBUTE = 'gantry.host-address';

/**
 * The network as it travels, on the ACS socket: whole once a connection, then only what changes, each acked with an
 * `AckRequest`. It comes before the payload of a task whose address is new in it. An agent makes its `NetworkMap` of it.
 */
export interface NetworkMapMessage {
  readonly messageId: string;
  /** Grows with every message, over restarts of the control plane too. */
  readonly generation: number;
  /** The message it goes on from; an agent that has another one drops it without an ack. Absent: it is whole. */
  readonly since?: number;
  /** Number of the network that ties the hosts together (VXLAN's VNI): the same on all, 24 bits. */
  readonly networkId: number;
  /** Everyone's that are new or changed, on all hosts. */
  readonly addresses: readonly MappedAddress[];
  readonly goneAddresses: readonly string[];
  /** Those that tasks of this instance have. */
  readonly securityGroups: readonly MappedSecurityGroup[];
  readonly goneSecurityGroups: readonly string[];
}

export interface MappedAddress {
  readonly ipv4Address: string;
  /** Of tasks of this instance alone. */
  readonly taskArn?: string;
  /** `gantry.host-address` of its instance. */
  readonly host?: string;
  /** It is the host's own, by which it speaks to tasks of other hosts. */
  readonly ofHost?: true;
  readonly securityGroupIds: readonly string[];
}

export interface MappedSecurityGroup {
  readonly groupId: string;
  readonly rules: readonly MappedRule[];
}

/** As `EnforcedRule`; a group stands for the addresses of its members. */
export interface MappedRule {
  readonly direction: 'ingress' | 'egress';
  readonly protocol: string;
  readonly fromPort?: number | undefined;
  readonly toPort?: number | undefined;
  readonly peer: { readonly cidrIpv4: string } | { readonly groupId: string };
}

/**
 * What an agent of Gantry's own makes of it: whom its tasks' security groups let through, and behind which hosts the tasks of
 * the others are. A whole picture each time; a newer generation replaces the older one.
 */
export interface NetworkMap {
  /** Grows with every change, over restarts of the control plane too. */
  readonly generation: number;
  /** The tasks of this instance that have an address of their own. An address that is in no map may neither send nor be sent to. */
  readonly endpoints: readonly NetworkEndpoint[];
  /** Those that the endpoints have. */
  readonly securityGroups: readonly EnforcedSecurityGroup[];
  /** Number of the network that ties the hosts together. */
  readonly networkId: number;
  /** Addresses of tasks on other hosts, and of these hosts. Empty while there is one host. */
  readonly routes: readonly HostRoute[];
  /** The hosts' own addresses among the tasks'. What they send is let in as if it came from the task's own host. */
  readonly hosts?: readonly string[];
  /** This host's. */
  readonly ownAddress?: string | undefined;
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
