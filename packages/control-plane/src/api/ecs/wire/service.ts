import {
  clusterArn,
  type AwsVpcConfiguration,
  type Deployment,
  type DeploymentConfiguration,
  type LifecycleHook,
  type Service,
  type ServiceEvents,
} from '@gantry/domain';
import type {
  Deployment as WireDeployment,
  DeploymentConfiguration as WireDeploymentConfiguration,
  DeploymentLifecycleHook,
  NetworkConfiguration,
  Service as WireService,
  ServiceField,
} from '@aws-sdk/client-ecs';
import { wireDate, wireList } from '../common/handler.ts';

export interface DeploymentCounts {
  readonly running: number;
  readonly pending: number;
}

/** What a service's description takes from other documents. */
export interface ServiceSurroundings {
  /** By deployment id. */
  readonly countsOf: (deployment: Deployment) => DeploymentCounts;
  readonly events: ServiceEvents['events'];
}

/** A service as CreateService, UpdateService and DescribeServices show it (ecs-semantics 5.2, 5.4, 12). Pure. */
export function describeService(
  service: Service,
  { countsOf, events }: ServiceSurroundings,
  include: readonly ServiceField[] = [],
): WireService {
  const counts = service.deployments.map(countsOf);
  const sum = (member: keyof DeploymentCounts): number => counts.reduce((total, one) => total + one[member], 0);
  return {
    serviceArn: service.serviceArn,
    serviceName: service.serviceName,
    clusterArn: clusterArn(service.scope, service.cluster),
    loadBalancers: (service.loadBalancers ?? []).map((each) => ({ ...each })),
    serviceRegistries: [],
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: sum('running'),
    pendingCount: sum('pending'),
    ...infrastructureMembers(service),
    taskDefinition: service.taskDefinitionArn,
    deploymentConfiguration: describeDeploymentConfiguration(service.deploymentConfiguration),
    deployments: service.deployments.map((deployment) => describeDeployment(deployment, countsOf(deployment))),
    currentServiceDeployment: service.currentServiceDeployment,
    currentServiceRevisions: currentRevisions(service, countsOf),
    roleArn: service.roleArn,
    events: events.map(({ id, createdAt, message }) => ({ id, createdAt: new Date(createdAt), message })),
    createdAt: wireDate(service.createdAt),
    placementConstraints: wireList(service.placementConstraints),
    placementStrategy: wireList(service.placementStrategy),
    networkConfiguration: networkOf(service.awsvpcConfiguration),
    healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds,
    schedulingStrategy: service.schedulingStrategy,
    deploymentController: service.deploymentController,
    tags: include.includes('TAGS') ? wireList(service.tags) : undefined,
    createdBy: service.createdBy,
    enableECSManagedTags: service.enableECSManagedTags,
    propagateTags: service.propagateTags,
    enableExecuteCommand: service.enableExecuteCommand,
    availabilityZoneRebalancing: service.availabilityZoneRebalancing,
  };
}

/** What its tasks run now. Nothing for a service older than service revisions. */
function currentRevisions(
  service: Service,
  countsOf: ServiceSurroundings['countsOf'],
): WireService['currentServiceRevisions'] {
  if (service.currentServiceDeployment === undefined) return undefined;
  return service.deployments.flatMap((deployment) => {
    const { running, pending } = countsOf(deployment);
    const { serviceRevisionArn: arn, desiredCount } = deployment;
    if (arn === undefined) return [];
    return [{ arn, requestedTaskCount: desiredCount, runningTaskCount: running, pendingTaskCount: pending }];
  });
}

export function describeDeploymentConfiguration(configuration: DeploymentConfiguration): WireDeploymentConfiguration {
  const { minimumHealthyPercent, maximumPercent, deploymentCircuitBreaker, strategy = 'ROLLING' } = configuration;
  const { linearConfiguration, canaryConfiguration, lifecycleHooks = [] } = configuration;
  return {
    deploymentCircuitBreaker,
    maximumPercent,
    minimumHealthyPercent,
    strategy,
    bakeTimeInMinutes: configuration.bakeTimeInMinutes ?? 0,
    ...(linearConfiguration === undefined ? {} : { linearConfiguration }),
    ...(canaryConfiguration === undefined ? {} : { canaryConfiguration }),
    ...(lifecycleHooks.length === 0 ? {} : { lifecycleHooks: lifecycleHooks.map(describeHook) }),
  };
}

function describeHook(hook: LifecycleHook): DeploymentLifecycleHook {
  const { timeoutInMinutes, timeoutAction: action, hookDetails, lifecycleStages, ...rest } = hook;
  return {
    ...rest,
    lifecycleStages: lifecycleStages as DeploymentLifecycleHook['lifecycleStages'],
    hookDetails: hookDetails as DeploymentLifecycleHook['hookDetails'],
    timeoutConfiguration:
      timeoutInMinutes === undefined && action === undefined ? undefined : { timeoutInMinutes, action },
  };
}

function describeDeployment(deployment: Deployment, counts: DeploymentCounts): WireDeployment {
  return {
    id: deployment.id,
    status: deployment.status,
    taskDefinition: deployment.taskDefinitionArn,
    desiredCount: deployment.desiredCount,
    pendingCount: counts.pending,
    runningCount: counts.running,
    failedTasks: deployment.failedTasks,
    createdAt: wireDate(deployment.createdAt),
    updatedAt: wireDate(deployment.updatedAt),
    ...infrastructureMembers(deployment),
    networkConfiguration: networkOf(deployment.awsvpcConfiguration),
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
  };
}

/** Exactly one of launchType and capacityProviderStrategy, and the platform where there is one. */
export function infrastructureMembers(
  owner: Pick<Service, 'launchType' | 'capacityProviderStrategy' | 'platformVersion'>,
): Pick<WireService, 'launchType' | 'capacityProviderStrategy' | 'platformVersion' | 'platformFamily'> {
  const { launchType, capacityProviderStrategy: strategy, platformVersion } = owner;
  const platform = platformVersion === undefined ? {} : { platformVersion, platformFamily: 'Linux' };
  return strategy === undefined
    ? { launchType, ...platform }
    : { capacityProviderStrategy: wireList(strategy), ...platform };
}

export function networkOf(configuration: AwsVpcConfiguration | undefined): NetworkConfiguration | undefined {
  if (configuration === undefined) return undefined;
  const { subnets, securityGroups, assignPublicIp } = configuration;
  return {
    awsvpcConfiguration: { subnets: wireList(subnets), securityGroups: wireList(securityGroups), assignPublicIp },
  };
}
