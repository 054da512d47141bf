import type { DeploymentConfiguration, Service } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type { CreateServiceRequest, UpdateServiceRequest } from '@aws-sdk/client-ecs';

/** What ECS takes for a DAEMON service when nothing is said (ecs-semantics 5.3). */
export const DAEMON_DEPLOYMENT: DeploymentConfiguration = {
  minimumHealthyPercent: 0,
  maximumPercent: 100,
  deploymentCircuitBreaker: { enable: false, rollback: false },
};

/** What a DAEMON service can not have (ecs-semantics 5.12). Pure; throws InvalidParameterException, in ECS's words where they are known. */
export function checkCreateDaemon(input: CreateServiceRequest): void {
  checkDaemon(input);
  if (input.launchType === 'FARGATE')
    throw invalidParameter(
      'The daemon scheduling strategy does not support the launch type FARGATE. Use EC2 or EXTERNAL.',
    );
  if ((input.capacityProviderStrategy ?? []).length > 0) throw noCapacityProviders();
  if (input.availabilityZoneRebalancing === 'ENABLED') throw noRebalancing();
}

/** The same of an UpdateService for a service that is one. */
export function checkUpdateDaemon(service: Service, input: UpdateServiceRequest): void {
  if (service.schedulingStrategy !== 'DAEMON') return;
  checkDaemon(input);
  if ((input.capacityProviderStrategy ?? []).length > 0) throw noCapacityProviders();
  if (input.availabilityZoneRebalancing === 'ENABLED') throw noRebalancing();
}

function checkDaemon(input: CreateServiceRequest | UpdateServiceRequest): void {
  if (input.desiredCount !== undefined)
    throw invalidParameter(
      'The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again',
    );
  if ((input.placementStrategy ?? []).length > 0)
    throw invalidParameter(
      'The daemon scheduling strategy does not support placement strategies. Remove the placement strategy and try again',
    );
  if ((input.placementConstraints ?? []).some(({ type }) => type !== 'memberOf'))
    throw invalidParameter(
      'The daemon scheduling strategy supports placement constraints of type memberOf only: there is one task on an instance anyway.',
    );
  const most = input.deploymentConfiguration?.maximumPercent;
  if (most !== undefined && most !== 100)
    throw invalidParameter(
      `maximumPercent must be 100 for a service with the daemon scheduling strategy, not ${most}: a task is stopped before its successor starts.`,
    );
}

/** Also said when the cluster's default strategy would hold: a launch type keeps it away. */
export function noCapacityProviders(): Error {
  return invalidParameter(
    'Specifying a capacity provider strategy is not supported when you create a service using the DAEMON scheduling strategy.',
  );
}

function noRebalancing(): Error {
  return invalidParameter(
    'availabilityZoneRebalancing can not be ENABLED: the scheduling strategy must be REPLICA. Change that, or use DISABLED.',
  );
}
