import type { Scope } from './ids.ts';
import type { Tag } from './task-definition.ts';
import type { EpochMs } from './time.ts';

// Documents of Amazon EC2's networks. Keys: `<account>/<region>/<id>`.

export interface Vpc {
  readonly scope: Scope;
  /** `vpc-0123456789abcdef0` */
  readonly vpcId: string;
  readonly cidrBlock: string;
  /** It holds the subnets the control plane is started with. */
  readonly isDefault: boolean;
  readonly enableDnsSupport: boolean;
  readonly enableDnsHostnames: boolean;
  readonly tags: readonly Tag[];
  readonly createdAt: EpochMs;
}

/** One that was created. Of a subnet the control plane is started with, its settings and tags alone count. */
export interface Subnet {
  readonly scope: Scope;
  /** `subnet-0123456789abcdef0` */
  readonly subnetId: string;
  readonly vpcId: string;
  readonly availabilityZone: string;
  readonly cidrBlock: string;
  /** Shown; public addresses there are none. */
  readonly mapPublicIpOnLaunch: boolean;
  readonly tags: readonly Tag[];
  readonly createdAt: EpochMs;
}

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
