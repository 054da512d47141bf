import type { Scope } from './ids.ts';
import type { Tag } from './task-definition.ts';
import type { EpochMs } from './time.ts';

// Documents of Amazon EC2's networks. Keys: `<account>/<region>/<id>`.

export interface SecurityGroup {
  readonly scope: Scope;
  /** `sg-0123456789abcdef0` */
  readonly groupId: string;
  readonly groupName: string;
  readonly description: string;
  readonly vpcId: string;
  readonly rules: readonly SecurityGroupRule[];
  readonly tags: readonly Tag[];
  readonly createdAt: EpochMs;
}

/** One source or destination each, as DescribeSecurityGroupRules shows them. */
export interface SecurityGroupRule {
  /** `sgr-0123456789abcdef0` */
  readonly ruleId: string;
  readonly direction: 'ingress' | 'egress';
  /** `tcp`, `udp`, `icmp`, `icmpv6`, another protocol's number, or `-1` for all. */
  readonly protocol: string;
  /** tcp and udp: the first port; icmp: the type, -1 for all. Absent: all ports. */
  readonly fromPort?: number | undefined;
  /** tcp and udp: the last port; icmp: the code, -1 for all. */
  readonly toPort?: number | undefined;
  readonly peer: SecurityGroupPeer;
  readonly description?: string | undefined;
  readonly tags: readonly Tag[];
}

export type SecurityGroupPeer =
  | { readonly cidrIpv4: string }
  | { readonly cidrIpv6: string }
  /** Every network interface that has this group. */
  | { readonly groupId: string };
