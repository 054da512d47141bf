import { createHash } from 'node:crypto';
import type { EpochMs, Scope, SecurityGroup, SecurityGroupRule, Vpc } from '@gantry/domain';
import type { PlatformConfig } from '../platform.ts';
import type { Tx } from '../state/state.ts';
import { enclosing } from './cidr.ts';

// Every account has a default VPC in every region, with the subnets the control plane is started with. Its ids follow from the
// account and region: they are the same before and after it is written down, which the first who looks at it does.

/** 17 hexadecimal digits that belong to the account and region. */
function digitsOf({ account, region }: Scope, what: string): string {
  return createHash('sha256').update(`${account}/${region}/${what}`).digest('hex').slice(0, 17);
}

export const defaultVpcId = (scope: Scope): string => `vpc-${digitsOf(scope, 'vpc')}`;

/** The default VPC's own group. */
export const defaultGroupId = (scope: Scope): string => `sg-${digitsOf(scope, 'group')}`;

/** Writes the default VPC and its default security group down, if they are not. */
export function ensureDefaultVpc(tx: Tx, config: Pick<PlatformConfig, 'subnets'>, scope: Scope): void {
  const vpcId = defaultVpcId(scope);
  const key = `${scope.account}/${scope.region}/${vpcId}`;
  if (tx.tables.vpcs.get(key) !== undefined) return;
  // Subnets that share no block of 65,536 addresses: the first one's stands for all.
  const blocks = config.subnets.map(({ cidr }) => cidr);
  const cidrBlock = enclosing(blocks) ?? blocks[0] ?? '10.213.0.0/16';
  tx.put(tx.tables.vpcs, key, {
    ...newVpc(scope, vpcId, cidrBlock, tx.now),
    isDefault: true,
    enableDnsHostnames: true,
  });
  const digits = (what: string): string => digitsOf(scope, what);
  putDefaultGroup(tx, scope, vpcId, digits('group'), [digits('in'), digits('out')]);
}

export function newVpc(scope: Scope, vpcId: string, cidrBlock: string, createdAt: EpochMs): Vpc {
  const dns = { enableDnsSupport: true, enableDnsHostnames: false };
  return { scope, vpcId, cidrBlock, isDefault: false, ...dns, tags: [], createdAt };
}

/** A VPC's own group: its members reach each other, and everything outside. */
export function putDefaultGroup(
  tx: Tx,
  scope: Scope,
  vpcId: string,
  digits: string,
  [inDigits, outDigits]: readonly [string, string],
): void {
  const groupId = `sg-${digits}`;
  const group: SecurityGroup = {
    scope,
    groupId,
    groupName: 'default',
    description: 'default VPC security group',
    vpcId,
    rules: [
      { ruleId: `sgr-${inDigits}`, direction: 'ingress', protocol: '-1', peer: { groupId }, tags: [] },
      everywhere(`sgr-${outDigits}`),
    ],
    tags: [],
    createdAt: tx.now,
  };
  tx.put(tx.tables.securityGroups, `${scope.account}/${scope.region}/${groupId}`, group);
}

/** What every new group may do: reach everybody. */
export function everywhere(ruleId: string): SecurityGroupRule {
  return { ruleId, direction: 'egress', protocol: '-1', peer: { cidrIpv4: '0.0.0.0/0' }, tags: [] };
}
