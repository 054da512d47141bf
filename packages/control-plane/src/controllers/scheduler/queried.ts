import type { Instance } from '@gantry/domain';
import type { PoolIndex } from './pool-index.ts';
import type { Queried } from './query/evaluate.ts';

/** Groups of the tasks on an instance that are not STOPPED, by the instance's key. */
export type GroupsOn = (instanceKey: string) => readonly string[];

/** An instance as the cluster query language sees it. */
export function queriedAt(pool: PoolIndex, slot: number, groups: GroupsOn): Queried {
  const instance = pool.instanceAt(slot) as Instance;
  return {
    attribute: (name) => pool.classAt(slot).attributes.get(name),
    agentConnected: instance.agentConnected,
    agentVersion: instance.versionInfo.agentVersion,
    ec2InstanceId: instance.ec2InstanceId,
    registeredAt: instance.registeredAt,
    runningTasksCount: pool.running[slot] as number,
    taskGroups: () => groups(pool.keyAt(slot)),
  };
}
