import type { Scope, SecurityGroup, Task } from '@gantry/domain';
import type { Tables } from '../state/tables.ts';
import { defaultGroupId } from './default-vpc.ts';
import { prefixOf } from '../state/keys.ts';
import { vpcIdOf } from './subnets.ts';

export function groupOf(tables: Tables, scope: Scope, groupId: string): SecurityGroup | undefined {
  return tables.securityGroups.get(`${prefixOf(scope)}${groupId}`);
}

/** The group of a VPC that holds for whoever names none. */
export function defaultGroupOf(tables: Tables, scope: Scope, vpcId: string): SecurityGroup | undefined {
  return tables.securityGroups.by('vpc', `${prefixOf(scope)}${vpcId}`).find(({ groupName }) => groupName === 'default');
}

/** The security groups of a task: those it names, else its VPC's default one. */
export function groupIdsOf(
  tables: Tables,
  { scope, awsvpcConfiguration, networkInterface }: Pick<Task, 'scope' | 'awsvpcConfiguration' | 'networkInterface'>,
): readonly string[] {
  const named = awsvpcConfiguration?.securityGroups ?? [];
  if (named.length > 0) return named;
  const subnetId = networkInterface?.subnetId ?? awsvpcConfiguration?.subnets[0];
  if (subnetId === undefined) return [];
  // Nobody may have looked at the networks of the account since its tasks were started.
  return [defaultGroupOf(tables, scope, vpcIdOf(tables, scope, subnetId))?.groupId ?? defaultGroupId(scope)];
}
