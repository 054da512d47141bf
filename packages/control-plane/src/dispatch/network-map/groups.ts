import type { AccountId, Region, SecurityGroup, SecurityGroupRule, Task } from '@gantry/domain';
import type { MappedRule, MappedSecurityGroup } from '@gantry/protocol';
import type { Tables } from '../../state/tables.ts';
import { defaultGroupId } from '../../vpc/default-vpc.ts';
import { groupIdsOf } from '../../vpc/groups.ts';

/** Keys of the groups that hold for the task. */
export function groupKeysOf(tables: Tables, task: Task): readonly string[] {
  const { account, region } = task.scope;
  return groupIdsOf(tables, task).map((id) => `${account}/${region}/${id}`);
}

export function groupIdOf(groupKey: string): string {
  return groupKey.slice(groupKey.lastIndexOf('/') + 1);
}

/**
 * A group that is not there (any more) lets nobody through; but while an account's default group is not written down, its members
 * reach each other, and out.
 */
export function mapGroup(groupKey: string, group: SecurityGroup | undefined): MappedSecurityGroup {
  const groupId = groupIdOf(groupKey);
  if (group !== undefined) return { groupId, rules: group.rules.flatMap(mapRule) };
  const [account, region] = groupKey.split('/') as [AccountId, Region];
  if (groupId !== defaultGroupId({ account, region })) return { groupId, rules: [] };
  const all = { protocol: '-1' } as const;
  return {
    groupId,
    rules: [
      { direction: 'ingress', ...all, peer: { groupId } },
      { direction: 'egress', ...all, peer: { cidrIpv4: '0.0.0.0/0' } },
    ],
  };
}

/** Tasks have no IPv6 addresses: such a rule is about nobody. */
function mapRule({ direction, protocol, fromPort, toPort, peer }: SecurityGroupRule): readonly MappedRule[] {
  return 'cidrIpv6' in peer ? [] : [{ direction, protocol, fromPort, toPort, peer }];
}
