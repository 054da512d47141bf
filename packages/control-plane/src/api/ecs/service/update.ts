import type { Cluster, Service, ServiceLoadBalancer, TaskDefinition } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type { UpdateServiceRequest } from '@aws-sdk/client-ecs';
import { checkUpdateDaemon } from './daemon.ts';
import type { NetworkView } from '../task/network.ts';
import { keptStrategy, rebalancingOf } from './placement.ts';
import { resolveTerms, type Terms, type Wish } from './resolve.ts';
import { checkShiftable } from './strategy.ts';
import { checkDesiredCount, checkGracePeriod, mergeDeployment } from './validate.ts';

export interface UpdateView {
  readonly service: Service;
  readonly cluster: Cluster;
  /** The revision asked for, when one was; ACTIVE. */
  readonly asked: TaskDefinition | undefined;
  /** The revision the service runs. */
  readonly current: TaskDefinition;
  readonly networks: NetworkView;
  readonly loadBalancers?: readonly ServiceLoadBalancer[] | undefined;
}

export interface UpdateDecision {
  /** The service as it shall be, its deployments untouched but for the desired count. */
  readonly service: Service;
  /** Set when a new deployment has to bring its tasks onto these terms. */
  readonly deploy: Terms | undefined;
  /** What changes, in words, for the history. */
  readonly changes: readonly string[];
}

/** What an UpdateService means (ecs-semantics 5.4). Members that are not given stay. Pure. */
export function decideUpdate(view: UpdateView, input: UpdateServiceRequest): UpdateDecision {
  const { service, cluster, asked, current, networks } = view;
  checkDesiredCount(input.desiredCount);
  checkUpdateDaemon(service, input);
  const definition = asked ?? current;
  const reverted = revertedStrategy(service, input);
  refuseQuietSwitch(service, input);
  const strategy = reverted
    ? undefined
    : (nonEmpty(input.capacityProviderStrategy) ?? service.capacityProviderStrategy);
  const onEc2 = strategy === undefined && service.launchType === 'EC2';
  const wish: Wish = {
    definition,
    launchType: strategy === undefined ? service.launchType : undefined,
    capacityProviderStrategy: strategy,
    platformVersion: input.platformVersion || (onEc2 ? undefined : service.platformVersion),
    networkConfiguration: networkOf(service, definition, input),
    placementConstraints: input.placementConstraints ?? service.placementConstraints,
    placementStrategy: keptStrategy(input.placementStrategy ?? service.placementStrategy),
  };
  const terms = resolveTerms(cluster, wish, networks);
  const grace = input.healthCheckGracePeriodSeconds ?? service.healthCheckGracePeriodSeconds;
  if (input.healthCheckGracePeriodSeconds !== undefined) checkGracePeriod(grace, definition, view.loadBalancers);
  const deploymentConfiguration = mergeDeployment(service.deploymentConfiguration, input.deploymentConfiguration);
  checkShiftable(deploymentConfiguration, view.loadBalancers);
  const updated: Service = {
    ...service,
    desiredCount: input.desiredCount ?? service.desiredCount,
    capacityProviderStrategy: terms.launch.strategy,
    platformVersion: terms.platformVersion,
    taskDefinitionArn: definition.taskDefinitionArn,
    awsvpcConfiguration: terms.awsvpcConfiguration,
    deploymentConfiguration,
    placementConstraints: wish.placementConstraints,
    placementStrategy: wish.placementStrategy,
    loadBalancers: view.loadBalancers,
    healthCheckGracePeriodSeconds: grace,
    enableECSManagedTags: input.enableECSManagedTags ?? service.enableECSManagedTags,
    propagateTags: input.propagateTags ?? service.propagateTags,
    enableExecuteCommand: input.enableExecuteCommand ?? service.enableExecuteCommand,
    availabilityZoneRebalancing:
      input.availabilityZoneRebalancing === undefined
        ? service.availabilityZoneRebalancing
        : rebalancingOf(input.availabilityZoneRebalancing, { ...wish, deploymentConfiguration }),
  };
  const reasons = deployReasons(service, updated, input);
  return {
    service: withScaledPrimary(updated),
    deploy: reasons.length > 0 ? terms : undefined,
    changes: [...reasons, ...quietChanges(service, updated)],
  };
}

/** The changes that start a new deployment. */
function deployReasons(before: Service, after: Service, input: UpdateServiceRequest): readonly string[] {
  const reasons: string[] = [];
  if (input.forceNewDeployment === true) reasons.push('a new deployment was forced');
  if (before.taskDefinitionArn !== after.taskDefinitionArn) {
    reasons.push(
      `the task definition is ${after.taskDefinitionArn.slice(after.taskDefinitionArn.lastIndexOf('/') + 1)}`,
    );
  }
  if (!same(before.awsvpcConfiguration, after.awsvpcConfiguration)) reasons.push('the network configuration changed');
  if (!same(before.loadBalancers ?? [], after.loadBalancers ?? [])) reasons.push('the load balancers changed');
  if (before.platformVersion !== after.platformVersion)
    reasons.push(`the platform version is ${after.platformVersion}`);
  return reasons;
}

/** The changes that wait for the next task, or only for the next decision. */
function quietChanges(before: Service, after: Service): readonly string[] {
  const changes: string[] = [];
  if (before.desiredCount !== after.desiredCount) {
    changes.push(`the desired count went from ${before.desiredCount} to ${after.desiredCount}`);
  }
  const members = [
    'deploymentConfiguration',
    'capacityProviderStrategy',
    'placementConstraints',
    'placementStrategy',
    'healthCheckGracePeriodSeconds',
    'enableECSManagedTags',
    'propagateTags',
    'enableExecuteCommand',
    'availabilityZoneRebalancing',
  ] as const;
  for (const member of members) if (!same(before[member], after[member])) changes.push(`${member} changed`);
  return changes;
}

/** The PRIMARY deployment follows the desired count, and a strategy that changed holds for its next tasks. */
function withScaledPrimary(service: Service): Service {
  const deployments = service.deployments.map((deployment) =>
    deployment.status === 'PRIMARY'
      ? {
          ...deployment,
          desiredCount: service.desiredCount,
          capacityProviderStrategy: service.capacityProviderStrategy ?? deployment.capacityProviderStrategy,
        }
      : deployment,
  );
  return { ...service, deployments };
}

/** An empty strategy means: back to the launch type the service was created with. */
function revertedStrategy(service: Service, input: UpdateServiceRequest): boolean {
  if (input.capacityProviderStrategy?.length !== 0 || service.capacityProviderStrategy === undefined) return false;
  if (service.launchType !== undefined) return true;
  throw invalidParameter(
    'No launch type to fall back to for empty capacity provider strategy. Your service was not created with a launch type.',
  );
}

/** Tasks of both kinds side by side need a deployment that ends the old kind. */
function refuseQuietSwitch(service: Service, input: UpdateServiceRequest): void {
  const asked = input.capacityProviderStrategy;
  if (asked === undefined || input.forceNewDeployment === true) return;
  const switches = asked.length > 0 !== (service.capacityProviderStrategy !== undefined);
  if (!switches) return;
  throw invalidParameter(
    'When switching between launch type and capacity provider strategy on an existing service, you must force a new deployment.',
  );
}

/** What holds stays, unless the new revision has no network of its own. */
function networkOf(
  service: Service,
  definition: TaskDefinition,
  input: UpdateServiceRequest,
): Wish['networkConfiguration'] {
  if (input.networkConfiguration !== undefined) return input.networkConfiguration;
  const held = service.awsvpcConfiguration;
  if (held === undefined || definition.networkMode !== 'awsvpc') return undefined;
  const { subnets, securityGroups, assignPublicIp } = held;
  return { awsvpcConfiguration: { subnets: [...subnets], securityGroups: [...securityGroups], assignPublicIp } };
}

function nonEmpty<T>(list: readonly T[] | undefined): readonly T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
