import type { Scope, SecurityGroup, SecurityGroupRule, Task } from '@gantry/domain';
import type { MappedRule, MappedSecurityGroup } from '@gantry/protocol';
import type { Tables } from '../../state/tables.ts';

/** Stands in while an account has no security group of its VPC yet: its members reach each other, and out. */
const DEFAULT_GROUP_ID = 'sg-default';

/** Keys of the groups that hold for the task. A task that names none has its VPC's default group. */
export function groupKeysOf(tables: Tables, { scope, awsvpcConfiguration }: Task): readonly string[] {
  const named = awsvpcConfiguration?.securityGroups ?? [];
  const ids = named.length > 0 ? named : [defaultGroupId(tables, scope)];
  return ids.map((id) => `${scope.account}/${scope.region}/${id}`);
}

export function groupIdOf(groupKey: string): string {
  return groupKey.slice(groupKey.lastIndexOf('/') + 1);
}

/** A group that is not there (any more) lets nobody through. */
export function mapGroup(groupKey: string, group: SecurityGroup | undefined): MappedSecurityGroup {
  const groupId = groupIdOf(groupKey);
  if (group !== undefined) return { groupId, rules: group.rules.flatMap(mapRule) };
  if (groupId !== DEFAULT_GROUP_ID) return { groupId, rules: [] };
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

function defaultGroupId(tables: Tables, scope: Scope): string {
  for (const group of tables.securityGroups.withPrefix(`${scope.account}/${scope.region}/`))
    if (group.groupName === 'default') return group.groupId;
  return DEFAULT_GROUP_ID;
}
