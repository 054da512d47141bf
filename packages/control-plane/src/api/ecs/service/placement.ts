import type { PlacementStrategyRule, Service } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';

type Rebalancing = Service['availabilityZoneRebalancing'];
type Placed = Pick<Service, 'deploymentConfiguration' | 'placementStrategy' | 'placementConstraints'>;
const ZONE = 'attribute:ecs.availability-zone';

/** A strategy as ECS keeps it: `host` is another word for `instanceId`. Pure. */
export function keptStrategy(rules: readonly PlacementStrategyRule[]): readonly PlacementStrategyRule[] {
  return rules.map((rule) =>
    rule.type === 'spread' && rule.field === 'host' ? { ...rule, field: 'instanceId' } : rule,
  );
}

/**
 * Whether zones shall be balanced (ecs-semantics 5.14): what was asked for; when nothing was, ENABLED where the service
 * may have it. Pure. Throws InvalidParameterException when it is asked for and the service may not.
 */
export function rebalancingOf(asked: Rebalancing | undefined, service: Placed): Rebalancing {
  const obstacle = obstacleOf(service);
  if (asked === 'ENABLED' && obstacle !== undefined) {
    throw invalidParameter(
      `availabilityZoneRebalancing can not be ENABLED: ${obstacle}. Change that, or use DISABLED.`,
    );
  }
  return asked ?? (obstacle === undefined ? 'ENABLED' : 'DISABLED');
}

function obstacleOf({
  deploymentConfiguration,
  placementStrategy: [first],
  placementConstraints,
}: Placed): string | undefined {
  if (deploymentConfiguration.maximumPercent <= 100) return 'maximumPercent must be above 100';
  if (first !== undefined && (first.type !== 'spread' || first.field !== ZONE)) {
    return `the first placement strategy must be spread by ${ZONE}`;
  }
  if (placementConstraints.some(({ expression }) => expression?.includes(ZONE))) {
    return `no placement constraint may be about ${ZONE}`;
  }
  return undefined;
}
