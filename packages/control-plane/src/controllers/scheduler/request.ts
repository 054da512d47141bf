import {
  FARGATE_POOL_CLUSTER,
  type Attribute,
  type PlacementConstraint,
  type PlacementStrategyRule,
  type Reservation,
  type Task,
  type TaskDefinition,
} from '@gantry/domain';
import { EXEC_ATTRIBUTE } from '@gantry/protocol';
import type { PlatformConfig, SubnetConfig } from '../../platform.ts';
import { clusterKey } from '../../state/tables.ts';
import { roleOf } from '../task/roles.ts';
import { groupKeyOf } from './placement-index.ts';

/** What one task asks of an instance. */
export interface PlaceRequest {
  readonly kind: 'ec2' | 'external' | 'fargate';
  readonly capacityProviderName?: string | undefined;
  readonly reservation: Reservation;
  readonly requires: readonly Attribute[];
  /** Zones of its subnets (awsvpc); undefined: anywhere. */
  readonly zones?: readonly string[] | undefined;
  readonly constraints: readonly PlacementConstraint[];
  readonly strategy: readonly PlacementStrategyRule[];
  readonly group: string;
  /** Service tasks and standalone tasks have different default strategies. */
  readonly ofService: boolean;
}

/** Key of the cluster whose instances can run the task: its own, or the hidden Fargate pool. */
export function poolKeyOf(task: Pick<Task, 'scope' | 'cluster' | 'launchType'>, config: PlatformConfig): string {
  if (task.launchType !== 'FARGATE') return clusterKey(task);
  return clusterKey({ scope: config.defaultScope, cluster: FARGATE_POOL_CLUSTER });
}

/** What of a task, or of tasks that a service would start, decides where they can be. */
export type Asker = Pick<
  Task,
  | 'scope'
  | 'cluster'
  | 'launchType'
  | 'capacityProviderName'
  | 'reservation'
  | 'networkMode'
  | 'placementConstraints'
  | 'placementStrategy'
  | 'group'
  | 'serviceKey'
  | 'enableExecuteCommand'
  | 'overrides'
>;

/**
 * What the task asks for. `subnets`: those of its subnets that still have an address. `anywhere`: whatever zone an instance is in, one
 * of them can be there.
 */
export function requestOf(
  task: Asker,
  definition: TaskDefinition,
  subnets: readonly SubnetConfig[],
  anywhere = false,
): PlaceRequest {
  const fargate = task.launchType === 'FARGATE';
  const platform = platformAttributes(definition);
  return {
    kind: fargate ? 'fargate' : task.launchType === 'EXTERNAL' ? 'external' : 'ec2',
    capacityProviderName: fargate ? undefined : task.capacityProviderName,
    reservation: task.reservation,
    requires: [
      ...(fargate ? [] : definition.requiresAttributes),
      ...roleAttributes(task, definition),
      ...(task.enableExecuteCommand ? [{ name: EXEC_ATTRIBUTE }] : []),
      ...platform,
    ],
    zones:
      task.networkMode === 'awsvpc' && !anywhere
        ? [...new Set(subnets.map((subnet) => subnet.availabilityZone))]
        : undefined,
    constraints: task.placementConstraints,
    strategy: task.placementStrategy,
    group: groupKeyOf(task),
    ofService: task.serviceKey !== undefined,
  };
}

/** An instance that cannot show containers their credentials gets no task with a role, also not one with the run's own. */
function roleAttributes(task: Asker, definition: TaskDefinition): Attribute[] {
  const name = 'com.amazonaws.ecs.capability.task-iam-role';
  const known = task.launchType !== 'FARGATE' && definition.requiresAttributes.some((one) => one.name === name);
  return known || roleOf('TaskApplication', definition, task.overrides) === undefined ? [] : [{ name }];
}

/** What runtimePlatform asks of the host, in the words of the built-in attributes. */
function platformAttributes(definition: TaskDefinition): Attribute[] {
  const { cpuArchitecture, operatingSystemFamily } = definition.runtimePlatform ?? {};
  const wanted: Attribute[] = [];
  if (cpuArchitecture !== undefined)
    wanted.push({ name: 'ecs.cpu-architecture', value: cpuArchitecture.toLowerCase() });
  if (operatingSystemFamily !== undefined)
    wanted.push({ name: 'ecs.os-type', value: /^windows/i.test(operatingSystemFamily) ? 'windows' : 'linux' });
  return wanted;
}
