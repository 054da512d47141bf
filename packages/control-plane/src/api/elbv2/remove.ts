import type { Listener } from '@gantry/domain';
import type { Tx } from '../../state/state.ts';
import { keyOf } from './common/find.ts';

/** Deletes a listener with its rules. */
export function removeListener(tx: Tx, listener: Listener): void {
  for (const rule of tx.tables.listenerRules.by('listener', listener.arn))
    tx.delete(tx.tables.listenerRules, keyOf(rule));
  tx.delete(tx.tables.listeners, keyOf(listener));
}
