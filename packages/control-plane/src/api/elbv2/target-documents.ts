import { targetKey, type Target, type TargetGroup } from '@gantry/domain';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { drainUntil } from './targets.ts';

/** Registers a target, or takes back its deregistration. One that is registered stays as it is. */
export function registerTarget(
  tx: Tx,
  { ids }: Pick<Platform, 'ids'>,
  group: TargetGroup,
  { id, port, availabilityZone, taskKey }: Pick<Target, 'id' | 'port' | 'availabilityZone' | 'taskKey'>,
): void {
  const key = targetKey(group.arn, id, port);
  const before = tx.tables.targets.get(key);
  if (before !== undefined && before.state !== 'draining') return;
  tx.put(tx.tables.targets, key, {
    targetGroupArn: group.arn,
    id,
    port,
    availabilityZone,
    taskKey,
    serial: ids.hex32().slice(0, 12),
    registeredAt: tx.now,
    state: 'initial',
    reason: 'Elb.RegistrationInProgress',
    description: 'Target registration is in progress',
  });
}

/** Takes it from the ones that get new requests; it is gone when it has drained. */
export function startDraining(tx: Tx, group: TargetGroup, target: Target): void {
  if (target.state === 'draining') return;
  tx.put(tx.tables.targets, targetKey(group.arn, target.id, target.port), {
    ...target,
    state: 'draining',
    reason: 'Target.DeregistrationInProgress',
    description: 'Target deregistration is in progress',
    drainUntil: drainUntil(group, tx.now),
  });
}
