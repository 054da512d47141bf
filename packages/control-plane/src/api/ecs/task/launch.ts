import type {
  CapacityProviderStrategyItem,
  Cluster,
  LaunchType,
  PlacementConstraint,
  PlacementStrategyRule,
  TaskDefinition,
} from '@gantry/domain';
import { invalidParameter, ServiceError } from '@gantry/protocol';
import { checkStrategy } from '../cluster/validate.ts';
import { parseExpression } from '../common/expression.ts';

export type Infrastructure = 'EC2' | 'FARGATE' | 'EXTERNAL';

/** How tasks of a call or a service get their infrastructure (ecs-semantics 4.1). All functions here are pure. */
export interface Launch {
  /** The infrastructure, also when a strategy chose it. */
  readonly infrastructure: Infrastructure;
  /** Set when there is no strategy. */
  readonly launchType: Infrastructure | undefined;
  readonly strategy: readonly CapacityProviderStrategyItem[] | undefined;
}

/**
 * `launchType` or `capacityProviderStrategy`, never both; neither: the cluster's default strategy; none: EC2.
 * Throws InvalidParameterException.
 */
export function chooseLaunch(
  cluster: Cluster,
  asked: {
    readonly launchType?: LaunchType | undefined;
    readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[] | undefined;
  },
): Launch {
  const items = asked.capacityProviderStrategy ?? [];
  if (asked.launchType !== undefined) {
    if (items.length > 0) {
      throw invalidParameter('Specify either Launch Type or Capacity Provider Strategy, but not both.');
    }
    return ofLaunchType(asked.launchType);
  }
  const strategy = items.length > 0 ? items : cluster.defaultCapacityProviderStrategy;
  if (strategy.length === 0) return ofLaunchType('EC2');
  return {
    infrastructure: 'FARGATE',
    launchType: undefined,
    strategy: checkStrategy(strategy, cluster.capacityProviders),
  };
}

function ofLaunchType(launchType: LaunchType): Launch {
  switch (launchType) {
    case 'EC2':
    case 'FARGATE':
    case 'EXTERNAL':
      return { infrastructure: launchType, launchType, strategy: undefined };
    case 'MANAGED_INSTANCES':
      throw invalidParameter(
        'The launch type MANAGED_INSTANCES can only be used through a capacity provider strategy. Use EC2 or FARGATE.',
      );
  }
}

/** Refuses a definition that does not validate for the infrastructure. Throws InvalidParameterException. */
export function checkCompatible(definition: TaskDefinition, infrastructure: Infrastructure): void {
  if (definition.compatibilities.includes(infrastructure)) return;
  throw invalidParameter(
    `Task definition does not support launch_type ${infrastructure}. It is compatible with ${definition.compatibilities.join(', ')}.`,
  );
}

const PLATFORM_VERSIONS: readonly string[] = ['LATEST', '1.4.0'];

/** Throws InvalidParameterException (only Fargate has any) or PlatformUnknownException. */
export function checkPlatformVersion(version: string | undefined, infrastructure: Infrastructure): void {
  if (version === undefined || version === '') return;
  if (infrastructure !== 'FARGATE') {
    throw invalidParameter(`The platform version must be null when specifying an ${infrastructure} launch type.`);
  }
  if (!PLATFORM_VERSIONS.includes(version)) {
    throw new ServiceError(
      'PlatformUnknownException',
      `The specified platform version '${version}' does not exist. Use ${PLATFORM_VERSIONS.join(' or ')}.`,
    );
  }
}

const MAX_CONSTRAINTS = 10;
const MAX_STRATEGY_RULES = 5;

/** Constraints and strategy of tasks (ecs-semantics 4.8, 4.9). Throws InvalidParameterException. */
export function checkPlacement(
  infrastructure: Infrastructure,
  definition: TaskDefinition,
  constraints: readonly PlacementConstraint[],
  strategy: readonly PlacementStrategyRule[],
): void {
  if (infrastructure === 'FARGATE' && constraints.length + strategy.length > 0) {
    const what = strategy.length > 0 ? 'strategies' : 'constraints';
    throw invalidParameter(`Placement ${what} are not supported with FARGATE launch type.`);
  }
  if (constraints.length + definition.placementConstraints.length > MAX_CONSTRAINTS) {
    throw invalidParameter(
      `At most ${MAX_CONSTRAINTS} placement constraints are allowed, those of the task definition included.`,
    );
  }
  for (const { type, expression } of constraints) checkConstraint(type, expression);
  if (strategy.length > MAX_STRATEGY_RULES) {
    throw invalidParameter(`At most ${MAX_STRATEGY_RULES} placement strategy rules are allowed.`);
  }
  for (const rule of strategy) checkRule(rule);
}

function checkConstraint(type: PlacementConstraint['type'], expression: string | undefined): void {
  if (type === 'distinctInstance') {
    if (expression !== undefined && expression !== '') {
      throw invalidParameter('A distinctInstance placement constraint has no expression.');
    }
    return;
  }
  if (type !== 'memberOf') {
    throw invalidParameter("The type of a placement constraint must be 'distinctInstance' or 'memberOf'.");
  }
  if (expression === undefined || expression === '') {
    throw invalidParameter("A placement constraint of type 'memberOf' needs an expression.");
  }
  parseExpression('placement constraint expression', expression);
}

function checkRule({ type, field }: PlacementStrategyRule): void {
  if (type === 'random') {
    if (field !== undefined && field !== '') throw invalidParameter("A 'random' placement strategy has no field.");
    return;
  }
  if (type === 'binpack') {
    if (/^(cpu|memory)$/i.test(field ?? '')) return;
    throw invalidParameter("The field of a 'binpack' placement strategy must be cpu or memory.");
  }
  if (type === 'spread') {
    if (/^(instanceId|host)$/i.test(field ?? '') || /^attribute:[A-Za-z0-9_.\-/\\]{1,128}$/.test(field ?? '')) return;
    throw invalidParameter("The field of a 'spread' placement strategy must be instanceId, host or attribute:<name>.");
  }
  throw invalidParameter("The type of a placement strategy must be 'random', 'spread' or 'binpack'.");
}
