import type { DeploymentConfiguration, TaskDefinition } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type {
  CreateServiceRequest,
  DeploymentCircuitBreaker as WireCircuitBreaker,
  DeploymentConfiguration as WireDeploymentConfiguration,
} from '@aws-sdk/client-ecs';
import { checkClientToken, checkName, checkRange } from '../common/names.ts';
import { checkCreateDaemon } from './daemon.ts';
import { mergeStrategy } from './strategy.ts';
import { refuseUnsupported } from './unsupported.ts';

const MAX_TASKS = 5000;
const MAX_GRACE_S = 2_147_483_647;

/** What ECS takes when nothing is said (ecs-semantics 5.3). */
export const DEFAULT_DEPLOYMENT: DeploymentConfiguration = {
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  deploymentCircuitBreaker: { enable: false, rollback: false },
};

/** What can be said of a CreateService without looking at any state (ecs-semantics 5.1). Pure. */
export function checkCreateService(input: CreateServiceRequest): void {
  checkName('Service name', input.serviceName ?? '');
  checkClientToken(input.clientToken, 36);
  refuseUnsupported(input);
  if (input.taskDefinition === undefined || input.taskDefinition === '') {
    throw invalidParameter('TaskDefinition can not be blank.');
  }
  if (input.schedulingStrategy === 'DAEMON') return checkCreateDaemon(input);
  if (input.desiredCount === undefined) {
    throw invalidParameter('The desired count can not be null for a service with scheduling strategy REPLICA.');
  }
  checkDesiredCount(input.desiredCount);
}

export function checkDesiredCount(count: number | undefined): void {
  checkRange('desiredCount', count, 0, MAX_TASKS);
}

/**
 * `given` laid over what holds: members that are not given stay. Pure. Throws InvalidParameterException for a
 * combination under which no deployment could ever move.
 */
export function mergeDeployment(
  current: DeploymentConfiguration,
  given: WireDeploymentConfiguration | undefined,
): DeploymentConfiguration {
  if (given === undefined) return current;
  const { minimumHealthyPercent = current.minimumHealthyPercent, maximumPercent = current.maximumPercent } = given;
  if (minimumHealthyPercent < 0) throw invalidParameter('minimumHealthyPercent must not be negative.');
  if (maximumPercent < 1) throw invalidParameter('maximumPercent must be above 0.');
  if (maximumPercent < minimumHealthyPercent) {
    throw invalidParameter(
      `maximumPercent (${maximumPercent}) must not be less than minimumHealthyPercent (${minimumHealthyPercent}).`,
    );
  }
  if (minimumHealthyPercent === 100 && maximumPercent === 100) {
    throw invalidParameter(
      'Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.',
    );
  }
  return {
    minimumHealthyPercent,
    maximumPercent,
    deploymentCircuitBreaker: breakerOf(given.deploymentCircuitBreaker) ?? current.deploymentCircuitBreaker,
    ...mergeStrategy(current, given),
  };
}

/** A circuit breaker that is given is given as a whole (ecs-semantics 5.7). */
function breakerOf(
  given: WireCircuitBreaker | undefined,
): DeploymentConfiguration['deploymentCircuitBreaker'] | undefined {
  if (given === undefined) return undefined;
  if (given.enable === undefined || given.rollback === undefined) {
    throw invalidParameter("deploymentCircuitBreaker needs both 'enable' and 'rollback'.");
  }
  const { enable, rollback, resetOnHealthyTask, thresholdConfiguration: threshold } = given;
  const breaker = { enable, rollback, ...(resetOnHealthyTask === undefined ? {} : { resetOnHealthyTask }) };
  if (threshold === undefined) return breaker;
  const { type = 'BOUNDED_PERCENT', value = 50 } = threshold;
  checkRange('thresholdConfiguration.value', value, 1, type === 'COUNT' ? MAX_TASKS : 100);
  return { ...breaker, thresholdConfiguration: { type, value } };
}

/** A grace period means something only where something is checked. Pure; throws InvalidParameterException. */
export function checkGracePeriod(
  seconds: number | undefined,
  definition: TaskDefinition,
  loadBalancers: readonly unknown[] | undefined,
): void {
  checkRange('healthCheckGracePeriodSeconds', seconds, 0, MAX_GRACE_S);
  if (seconds === undefined || seconds === 0) return;
  if ((loadBalancers ?? []).length > 0) return;
  if (definition.containerDefinitions.some((container) => container.healthCheck !== undefined)) return;
  throw invalidParameter(
    'Health check grace period is only valid for services configured to use load balancers, or whose containers have a health check.',
  );
}

const MAX_NAMESPACE = 1024;

/** A namespace's name or ARN (ecs-semantics 1.3). Pure; throws InvalidParameterException. */
export function checkNamespace(namespace: string | undefined): void {
  const text = namespace ?? '';
  if (text === '') throw invalidParameter('namespace can not be blank.');
  const name = /^arn:[^:]+:servicediscovery:[^:]*:[^:]*:namespace\/(.+)$/.exec(text)?.[1] ?? text;
  if (text.startsWith('arn:') && name === text) {
    throw invalidParameter(`Invalid identifier '${text.slice(0, 128)}'. Give the namespace's name or its full ARN.`);
  }
  if (name.length > MAX_NAMESPACE) throw invalidParameter(`namespace longer than ${MAX_NAMESPACE}.`);
  if (/[<>"/]/.test(name)) throw invalidParameter('A namespace can not contain <, >, " or /.');
}
