import type { SecurityGroup, SecurityGroupRule } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { RequestContext } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { defaultVpcId } from '../../vpc/default-vpc.ts';
import { groupOf } from '../../vpc/groups.ts';
import { prefixOf } from '../../state/keys.ts';
import { missingParameter, noGroup } from './common/errors.ts';
import type { FindGroup } from './permissions.ts';

interface Named {
  readonly GroupId?: string | undefined;
  readonly GroupName?: string | undefined;
}

/** The group a request names: by its id, or by the name it has in the default VPC. @throws ServiceError InvalidGroup.NotFound */
export function groupNamed(tx: Tx, { scope }: RequestContext, { GroupId, GroupName }: Named): SecurityGroup {
  if (GroupId !== undefined) {
    if (!/^sg-[0-9a-z-]+$/.test(GroupId))
      throw new ServiceError('InvalidGroupId.Malformed', `Invalid id: "${GroupId.slice(0, 64)}" (expecting "sg-...")`);
    const group = groupOf(tx.tables, scope, GroupId);
    if (group === undefined) throw noGroup(GroupId);
    return group;
  }
  if (GroupName === undefined) throw missingParameter('groupId');
  const found = namedIn(tx, scope, defaultVpcId(scope), GroupName);
  if (found === undefined)
    throw new ServiceError('InvalidGroup.NotFound', `The security group '${GroupName}' does not exist in default VPC`);
  return found;
}

export const namedIn = (
  { tables }: Tx,
  scope: SecurityGroup['scope'],
  vpcId: string,
  name: string,
): SecurityGroup | undefined =>
  tables.securityGroups.by('vpc', `${prefixOf(scope)}${vpcId}`).find(({ groupName }) => groupName === name);

/** For the rules of a group: those of its VPC may be named. */
export function peersOf(tx: Tx, { scope, vpcId }: SecurityGroup): FindGroup {
  return ({ id, name }) => {
    const found = id === undefined ? namedIn(tx, scope, vpcId, name ?? '') : groupOf(tx.tables, scope, id);
    if (found === undefined) throw noGroup(id ?? name ?? '');
    if (found.vpcId !== vpcId)
      throw new ServiceError(
        'InvalidGroup.NotFound',
        `You have specified two resources that belong to different networks: ${found.groupId} is in ${found.vpcId}, the group in ${vpcId}.`,
      );
    return found;
  };
}

export function storeGroup(tx: Tx, group: SecurityGroup, rules: readonly SecurityGroupRule[] = group.rules): void {
  tx.put(tx.tables.securityGroups, `${prefixOf(group.scope)}${group.groupId}`, { ...group, rules });
}
