import {
  arnOf,
  serviceArn,
  type Cluster,
  type EpochMs,
  type Ids,
  type Scope,
  type Service,
  type ServiceLoadBalancer,
  type Tag,
} from '@gantry/domain';
import type { CreateServiceRequest } from '@aws-sdk/client-ecs';
import { newDeployment } from '../../../controllers/service/create.ts';
import { LATEST_PLATFORM_VERSION } from '../../../controllers/task/create.ts';
import { fingerprintOf } from '../common/fingerprint.ts';
import { definitionKey } from '../task-definition/reference.ts';
import { DAEMON_DEPLOYMENT, noCapacityProviders } from './daemon.ts';
import { keptStrategy, rebalancingOf } from './placement.ts';
import type { Terms } from './resolve.ts';
import { checkShiftable } from './strategy.ts';
import { checkGracePeriod, DEFAULT_DEPLOYMENT, mergeDeployment } from './validate.ts';

/** The deployment that brings a service's tasks onto these terms. Ids are drawn; nothing is written. */
export function deploymentOn(
  terms: Terms,
  given: {
    readonly ids: Ids;
    readonly now: EpochMs;
    readonly desiredCount: number;
    readonly loadBalancers: readonly ServiceLoadBalancer[];
  },
): ReturnType<typeof newDeployment> {
  const { definition, launch } = terms;
  return newDeployment({
    ...given,
    taskDefinitionArn: definition.taskDefinitionArn,
    taskDefinitionKey: definitionKey(definition.scope, definition.family, definition.revision),
    launchType: launch.launchType,
    capacityProviderStrategy: launch.strategy,
    platformVersion: deployedPlatform(terms.platformVersion),
    awsvpcConfiguration: terms.awsvpcConfiguration,
  });
}

/** A deployment keeps the version `LATEST` stood for when it was made. */
function deployedPlatform(version: string | undefined): string | undefined {
  return version === 'LATEST' ? LATEST_PLATFORM_VERSION : version;
}

/** What makes two CreateService calls the same: every parameter but the token. Pure. */
export function serviceFingerprint(input: CreateServiceRequest, cluster: string): string {
  const { clientToken: _token, cluster: _reference, ...parameters } = input;
  return fingerprintOf({ ...parameters, cluster });
}

/** The document of a new service that has no deployment yet. Throws InvalidParameterException. */
export function newService(given: {
  readonly now: EpochMs;
  readonly scope: Scope;
  readonly cluster: Cluster;
  readonly input: CreateServiceRequest;
  readonly terms: Terms;
  readonly tags: readonly Tag[];
  readonly createdBy: string;
  readonly loadBalancers?: readonly ServiceLoadBalancer[] | undefined;
}): Service {
  const { now, scope, cluster, input, terms } = given;
  const serviceName = input.serviceName as string;
  const desiredCount = input.desiredCount ?? 0;
  checkGracePeriod(input.healthCheckGracePeriodSeconds, terms.definition, given.loadBalancers);
  const daemon = input.schedulingStrategy === 'DAEMON';
  if (daemon && terms.launch.strategy !== undefined) throw noCapacityProviders();
  const defaults = daemon ? DAEMON_DEPLOYMENT : DEFAULT_DEPLOYMENT;
  const deploymentConfiguration = mergeDeployment(defaults, input.deploymentConfiguration);
  checkShiftable(deploymentConfiguration, given.loadBalancers);
  const placementStrategy = keptStrategy(input.placementStrategy ?? []);
  const placementConstraints = input.placementConstraints ?? [];
  return {
    scope,
    cluster: cluster.clusterName,
    serviceName,
    serviceArn: serviceArn(scope, cluster.clusterName, serviceName),
    status: 'ACTIVE',
    desiredCount,
    schedulingStrategy: daemon ? 'DAEMON' : 'REPLICA',
    launchType: terms.launch.launchType,
    capacityProviderStrategy: terms.launch.strategy,
    platformVersion: terms.platformVersion,
    taskDefinitionArn: terms.definition.taskDefinitionArn,
    awsvpcConfiguration: terms.awsvpcConfiguration,
    deploymentConfiguration,
    deploymentController: input.deploymentController === undefined ? undefined : { type: 'ECS' },
    deployments: [],
    placementConstraints,
    placementStrategy,
    loadBalancers: given.loadBalancers,
    healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds,
    enableECSManagedTags: input.enableECSManagedTags === true,
    propagateTags: input.propagateTags ?? 'NONE',
    enableExecuteCommand: input.enableExecuteCommand === true,
    availabilityZoneRebalancing: rebalancingOf(input.availabilityZoneRebalancing, {
      deploymentConfiguration,
      placementStrategy,
      placementConstraints,
    }),
    roleArn: arnOf(
      { ...scope, region: '' as Scope['region'] },
      'iam',
      'role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS',
    ),
    tags: given.tags,
    createdAt: now,
    createdBy: given.createdBy,
    clientToken: input.clientToken,
    createFingerprint: serviceFingerprint(input, cluster.clusterName),
  };
}
