import type { Instance } from '@gantry/domain';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { scalingReason } from '../service/texts.ts';
import { requestStop } from '../task/stop.ts';
import type { DrainAction } from './decide.ts';

export function applyDrain(
  tx: Tx,
  platform: Pick<Platform, 'ids'>,
  key: string,
  actions: readonly DrainAction[],
): void {
  for (const action of actions) {
    if (action.kind === 'stop') {
      const stoppedReason = scalingReason(action.task.deploymentId ?? action.task.group);
      requestStop(tx, platform, action.task, {
        stopCode: 'ServiceSchedulerInitiated',
        stoppedReason,
        because: 'instance-draining',
      });
      continue;
    }
    const instance = tx.tables.instances.get(key) as Instance;
    tx.put(tx.tables.instances, key, { ...instance, drainedAt: action.kind === 'drained' ? tx.now : undefined });
    if (action.kind === 'drained') {
      tx.event({
        subject: instance.containerInstanceArn,
        type: 'instance.drained',
        because: 'instance-draining',
        text: 'No task is left on it. It stays DRAINING until it is set ACTIVE or deregistered.',
      });
    }
  }
}
