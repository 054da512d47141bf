import type { Scope } from '@gantry/domain';
import type { Tx } from '../../state/state.ts';
import { defaultVpcId, everywhere } from '../default-vpc.ts';

/** A security group of the default VPC, which lets nobody in. */
export function putGroup(tx: Tx, scope: Scope, groupId: string): void {
  const rules = [everywhere(`sgr-of-${groupId}`)];
  const named = { scope, groupId, groupName: groupId, description: 'for tests', vpcId: defaultVpcId(scope) };
  tx.put(tx.tables.securityGroups, `${scope.account}/${scope.region}/${groupId}`, {
    ...named,
    rules,
    tags: [],
    createdAt: tx.now,
  });
}
