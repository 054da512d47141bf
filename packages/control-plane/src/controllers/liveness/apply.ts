import type { Instance } from '@gantry/domain';
import type { Tx } from '../../state/state.ts';
import { goneOrder } from '../task/decide.ts';
import { finishStop } from '../task/stop.ts';
import type { LivenessAction } from './decide.ts';

export function applyLiveness(tx: Tx, instance: Instance, actions: readonly LivenessAction[]): void {
  let given = 0;
  for (const action of actions) {
    if (action.kind !== 'give-up') continue;
    finishStop(tx, action.task, goneOrder(instance));
    given += 1;
  }
  if (given === 0) return;
  tx.event({
    subject: instance.containerInstanceArn,
    type: 'instance.givenUp',
    because: 'instance-gone',
    text: `Its agent has not come back; its ${given} tasks are given up. Should it return, they will be stopped there.`,
  });
}
