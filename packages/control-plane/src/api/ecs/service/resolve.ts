import type {
  AwsVpcConfiguration,
  Cluster,
  LaunchType,
  PlacementConstraint,
  PlacementStrategyRule,
  TaskDefinition,
} from '@gantry/domain';
import type { CapacityProviderStrategyItem, NetworkConfiguration } from '@aws-sdk/client-ecs';
import { invalidParameter } from '@gantry/protocol';
import { checkLaunchable } from '../task-definition/launchable.ts';
import { checkCompatible, checkPlacement, checkPlatformVersion, chooseLaunch, type Launch } from '../task/launch.ts';
import { checkNetwork, type NetworkView } from '../task/network.ts';

/** How a service's tasks shall run, as asked for or as it is already. */
export interface Wish {
  readonly definition: TaskDefinition;
  readonly launchType?: LaunchType | undefined;
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[] | undefined;
  readonly platformVersion?: string | undefined;
  readonly networkConfiguration?: NetworkConfiguration | undefined;
  readonly placementConstraints: readonly PlacementConstraint[];
  readonly placementStrategy: readonly PlacementStrategyRule[];
}

/** The same, checked and completed: the terms its tasks are started on. */
export interface Terms {
  readonly definition: TaskDefinition;
  readonly launch: Launch;
  readonly platformVersion: string | undefined;
  readonly awsvpcConfiguration: AwsVpcConfiguration | undefined;
}

/** Checks a wish as a whole (ecs-semantics 4.1, 5.1). Pure; throws what RunTask would throw for it. */
export function resolveTerms(cluster: Cluster, wish: Wish, networks: NetworkView): Terms {
  const { definition } = wish;
  const launch = chooseLaunch(cluster, wish);
  checkCompatible(definition, launch.infrastructure);
  checkPlatformVersion(wish.platformVersion, launch.infrastructure);
  checkPlacement(launch.infrastructure, definition, wish.placementConstraints, wish.placementStrategy);
  const awsvpcConfiguration = checkNetwork(definition, launch.infrastructure, wish.networkConfiguration, networks);
  checkLaunchable(definition);
  if (launch.strategy !== undefined && launch.strategy.every((item) => (item.weight ?? 0) === 0)) {
    throw invalidParameter(
      'The capacity provider strategy places no task beyond its base: no capacity provider in it has a weight above 0.',
    );
  }
  return {
    definition,
    launch,
    platformVersion: launch.infrastructure === 'FARGATE' ? wish.platformVersion || 'LATEST' : undefined,
    awsvpcConfiguration,
  };
}
