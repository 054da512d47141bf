import type { Task } from '@gantry/domain';
import type { Tx } from '../../state/state.ts';
import { taskKey } from '../task/create.ts';
import { finishStop } from '../task/stop.ts';
import { placeNow, type PlacePlatform } from './apply.ts';
import { likenessOf, MOST_TRIES, type WaitingAction } from './decide.ts';
import type { Refusal } from './place.ts';

/** @returns whether there was more to try than one transaction does. */
export function applyWaiting(tx: Tx, platform: PlacePlatform, actions: readonly WaitingAction[]): boolean {
  const refusals = new Map<string, Refusal>();
  let placed = 0;
  for (const action of actions) {
    if (action.kind !== 'try') continue;
    if (placed === MOST_TRIES) return true;
    const likeness = likenessOf(action.task);
    let refusal = refusals.get(likeness);
    if (refusal === undefined) {
      const result = placeNow(tx, platform, action.task);
      if ('placed' in result) {
        placed += 1;
        continue;
      }
      refusals.set(likeness, (refusal = result.refused));
    }
    if (action.lastChance) giveUp(tx, action.task, refusal);
    else tellOnce(tx, action.task, refusal);
  }
  return false;
}

function giveUp(tx: Tx, task: Task, refusal: Refusal): void {
  finishStop(tx, task, {
    stopCode: 'TaskFailedToStart',
    stoppedReason: refusal.reason,
    because: 'provisioning-timeout',
  });
}

/** The first refusal is remembered with the task; `nextPlacementAt` marks that it was told. */
function tellOnce(tx: Tx, task: Task, refusal: Refusal): void {
  if (task.nextPlacementAt !== undefined) return;
  tx.put(tx.tables.tasks, taskKey(task), { ...task, nextPlacementAt: task.placementDeadlineAt ?? tx.now });
  tx.event({ subject: task.taskArn, type: 'task.waiting', because: refusal.because, text: refusal.text });
}
