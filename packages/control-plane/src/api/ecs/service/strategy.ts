import {
  LIFECYCLE_STAGES,
  type DeploymentConfiguration,
  type LifecycleHook,
  type ServiceLoadBalancer,
} from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type {
  DeploymentConfiguration as WireDeploymentConfiguration,
  DeploymentLifecycleHook as WireLifecycleHook,
} from '@aws-sdk/client-ecs';
import { checkRange } from '../common/names.ts';
import { notSupported } from './unsupported.ts';

type Strategy = Pick<
  DeploymentConfiguration,
  'strategy' | 'bakeTimeInMinutes' | 'linearConfiguration' | 'canaryConfiguration' | 'lifecycleHooks'
>;

const MOST_MINUTES = 1440;
const MOST_HOOK_MINUTES = 20_160;

/** How traffic is shifted: `given` laid over what holds (ecs-semantics 5.8). Pure; throws InvalidParameterException. */
export function mergeStrategy(current: DeploymentConfiguration, given: WireDeploymentConfiguration): Strategy {
  const strategy = given.strategy ?? current.strategy ?? 'ROLLING';
  if (strategy === 'ROLLING') {
    refuseWithout(given, strategy, ['linearConfiguration', 'canaryConfiguration']);
    if ((given.bakeTimeInMinutes ?? 0) > 0)
      throw notSupported('A bake time of rolling deployments', 'deploymentConfiguration.bakeTimeInMinutes');
    if ((given.lifecycleHooks ?? []).length > 0)
      throw notSupported('Lifecycle hooks of rolling deployments', 'deploymentConfiguration.lifecycleHooks');
    return {};
  }
  if (strategy !== 'LINEAR') refuseWithout(given, strategy, ['linearConfiguration']);
  if (strategy !== 'CANARY') refuseWithout(given, strategy, ['canaryConfiguration']);
  const bakeTimeInMinutes = given.bakeTimeInMinutes ?? current.bakeTimeInMinutes;
  if (strategy === 'BLUE_GREEN' && bakeTimeInMinutes === undefined)
    throw invalidParameter('bakeTimeInMinutes must be given for the deployment strategy BLUE_GREEN.');
  checkRange('bakeTimeInMinutes', bakeTimeInMinutes, 0, MOST_MINUTES);
  return {
    strategy,
    bakeTimeInMinutes: bakeTimeInMinutes ?? 0,
    ...(strategy === 'LINEAR' ? { linearConfiguration: linearOf(current, given) } : {}),
    ...(strategy === 'CANARY' ? { canaryConfiguration: canaryOf(current, given) } : {}),
    lifecycleHooks: given.lifecycleHooks?.map(hookOf) ?? current.lifecycleHooks ?? [],
  };
}

function refuseWithout(
  given: WireDeploymentConfiguration,
  strategy: string,
  members: readonly ('linearConfiguration' | 'canaryConfiguration')[],
): void {
  const member = members.find((each) => given[each] !== undefined);
  if (member !== undefined)
    throw invalidParameter(`${member} can not be given for the deployment strategy ${strategy}.`);
}

function linearOf(
  { linearConfiguration: held }: DeploymentConfiguration,
  { linearConfiguration: given }: WireDeploymentConfiguration,
): DeploymentConfiguration['linearConfiguration'] {
  const stepPercent = given?.stepPercent ?? held?.stepPercent ?? 10;
  const stepBakeTimeInMinutes = given?.stepBakeTimeInMinutes ?? held?.stepBakeTimeInMinutes ?? 6;
  checkPercent('linearConfiguration.stepPercent', stepPercent, 3);
  checkRange('linearConfiguration.stepBakeTimeInMinutes', stepBakeTimeInMinutes, 0, MOST_MINUTES);
  return { stepPercent, stepBakeTimeInMinutes };
}

function canaryOf(
  { canaryConfiguration: held }: DeploymentConfiguration,
  { canaryConfiguration: given }: WireDeploymentConfiguration,
): DeploymentConfiguration['canaryConfiguration'] {
  const canaryPercent = given?.canaryPercent ?? held?.canaryPercent ?? 5;
  const canaryBakeTimeInMinutes = given?.canaryBakeTimeInMinutes ?? held?.canaryBakeTimeInMinutes ?? 10;
  checkPercent('canaryConfiguration.canaryPercent', canaryPercent, 0.1);
  checkRange('canaryConfiguration.canaryBakeTimeInMinutes', canaryBakeTimeInMinutes, 0, MOST_MINUTES);
  return { canaryPercent, canaryBakeTimeInMinutes };
}

/** Multiples of a tenth. */
function checkPercent(member: string, percent: number, least: number): void {
  const tenths = percent * 10;
  if (percent >= least && percent <= 100 && Math.abs(tenths - Math.round(tenths)) < 1e-6) return;
  throw invalidParameter(`${member} must be a multiple of 0.1 between ${least} and 100, not ${percent}.`);
}

function hookOf(given: WireLifecycleHook): LifecycleHook {
  const {
    targetType = 'AWS_LAMBDA',
    hookTargetArn,
    roleArn,
    lifecycleStages = [],
    hookDetails,
    timeoutConfiguration,
  } = given;
  if (lifecycleStages.length === 0) throw invalidParameter('A lifecycle hook needs at least one of lifecycleStages.');
  if (targetType === 'AWS_LAMBDA' && (hookTargetArn === undefined || roleArn === undefined))
    throw invalidParameter('A lifecycle hook of type AWS_LAMBDA needs hookTargetArn and roleArn.');
  if (targetType === 'PAUSE' && hookTargetArn !== undefined)
    throw invalidParameter('A lifecycle hook of type PAUSE has no hookTargetArn.');
  const moving = lifecycleStages.find(
    (stage) => stage === 'TEST_TRAFFIC_SHIFT' || stage === 'PRODUCTION_TRAFFIC_SHIFT',
  );
  if (targetType === 'PAUSE' && moving !== undefined)
    throw invalidParameter(`A lifecycle hook of type PAUSE can not be at the stage ${moving}.`);
  checkRange('timeoutInMinutes', timeoutConfiguration?.timeoutInMinutes, 1, MOST_HOOK_MINUTES);
  return {
    targetType,
    hookTargetArn,
    roleArn,
    lifecycleStages: LIFECYCLE_STAGES.filter((stage) => (lifecycleStages as readonly string[]).includes(stage)),
    hookDetails,
    timeoutInMinutes: timeoutConfiguration?.timeoutInMinutes,
    timeoutAction: timeoutConfiguration?.action,
  };
}

/** Traffic that is shifted in parts needs something that carries it. Pure; throws InvalidParameterException. */
export function checkShiftable(
  { strategy = 'ROLLING' }: DeploymentConfiguration,
  loadBalancers: readonly ServiceLoadBalancer[] = [],
): void {
  if (strategy === 'ROLLING') return;
  const plain = loadBalancers.find(({ advancedConfiguration }) => advancedConfiguration === undefined);
  if (plain !== undefined)
    throw invalidParameter(
      `advancedConfiguration must be given for the target group ${plain.targetGroupArn}: the deployment strategy is ${strategy}.`,
    );
  if (strategy !== 'BLUE_GREEN' && loadBalancers.length === 0)
    throw invalidParameter(`The deployment strategy ${strategy} needs a load balancer with an advancedConfiguration.`);
}
