import { elbKey, type Target } from '@gantry/domain';
import { startDraining } from '../../api/elbv2/target-documents.ts';
import type { Tx } from '../../state/state.ts';

/** Takes them from those that get requests; they are gone when they have drained. */
export function deregisterTargets(tx: Tx, targets: readonly Target[]): void {
  for (const target of targets) {
    const group = tx.tables.targetGroups.get(elbKey(target.targetGroupArn) ?? '');
    if (group !== undefined) startDraining(tx, group, target);
  }
}
