import {
  clusterArn,
  isDeploymentOver,
  type RevisionCounts,
  type RevisionPart,
  type ServiceDeployment,
  type ServiceRevision,
  type TrafficShift,
} from '@gantry/domain';
import type {
  ServiceDeployment as WireServiceDeployment,
  ServiceDeploymentBrief,
  ServiceDeploymentCircuitBreaker,
  ServiceRevision as WireServiceRevision,
  ServiceRevisionSummary,
} from '@aws-sdk/client-ecs';
import { wireDate } from '../common/handler.ts';
import { describeDeploymentConfiguration, infrastructureMembers, networkOf } from './service.ts';

/** What the description of a service deployment that is not over takes from other documents. */
export interface DeploymentSurroundings {
  readonly countsOf: (deploymentId: string) => RevisionCounts;
  /** Failures in a row of its own tasks, and how many fail it. */
  readonly breaker: { readonly failureCount: number; readonly threshold: number };
}

/** A service deployment as DescribeServiceDeployments shows it (ecs-semantics 5.9). Pure. */
export function describeServiceDeployment(
  deployment: ServiceDeployment,
  surroundings: DeploymentSurroundings,
): WireServiceDeployment {
  const summary = (part: RevisionPart): ServiceRevisionSummary => {
    const counts = part.counts ?? surroundings.countsOf(part.deploymentId);
    return {
      arn: part.serviceRevisionArn,
      requestedTaskCount: counts.requested,
      runningTaskCount: counts.running,
      pendingTaskCount: counts.pending,
    };
  };
  const { rollback } = deployment;
  return {
    ...common(deployment),
    stoppedAt: wireDate(deployment.stoppedAt),
    updatedAt: wireDate(deployment.updatedAt),
    sourceServiceRevisions: deployment.sources.map(summary),
    targetServiceRevision: summary(deployment.target),
    deploymentConfiguration: describeDeploymentConfiguration(deployment.deploymentConfiguration),
    rollback: rollback === undefined ? undefined : { ...rollback, startedAt: wireDate(rollback.startedAt) },
    deploymentCircuitBreaker: breakerOf(deployment, surroundings),
    alarms: { status: 'DISABLED' },
    ...(deployment.shift === undefined ? {} : lifecycleOf(deployment, deployment.shift)),
  };
}

/** Where it is, with the hooks of that stage. What comes before a step of production traffic is shown as part of it, as ECS does. */
function lifecycleOf(
  { deploymentConfiguration: { lifecycleHooks = [] } }: ServiceDeployment,
  { stage, hooks }: TrafficShift,
): Pick<WireServiceDeployment, 'lifecycleStage' | 'lifecycleHookDetails'> {
  return {
    lifecycleStage: stage === 'PRE_PRODUCTION_TRAFFIC_SHIFT' ? 'PRODUCTION_TRAFFIC_SHIFT' : stage,
    lifecycleHookDetails: hooks.map(({ hookId, index, status, expiresAt }) => {
      const { targetType, hookTargetArn, timeoutAction = 'ROLLBACK' } = lifecycleHooks[index] ?? {};
      return { hookId, targetType, targetArn: hookTargetArn, status, expiresAt: wireDate(expiresAt), timeoutAction };
    }),
  };
}

/** The numbers of a deployment under way are live; those of one that is over, or failed, are as they were then. */
function breakerOf(
  deployment: ServiceDeployment,
  { breaker }: DeploymentSurroundings,
): ServiceDeploymentCircuitBreaker {
  const { status, failureCount, threshold } = deployment.circuitBreaker;
  const kept = isDeploymentOver(deployment) || status === 'TRIGGERED';
  return kept ? { status, failureCount: failureCount ?? 0, threshold } : { status, ...breaker };
}

/** A service deployment as ListServiceDeployments shows it. Pure. */
export function describeBriefly(deployment: ServiceDeployment): ServiceDeploymentBrief {
  return { ...common(deployment), targetServiceRevisionArn: deployment.target.serviceRevisionArn };
}

function common(deployment: ServiceDeployment) {
  return {
    serviceDeploymentArn: deployment.serviceDeploymentArn,
    serviceArn: deployment.serviceArn,
    clusterArn: clusterArn(deployment.scope, deployment.cluster),
    createdAt: wireDate(deployment.createdAt),
    startedAt: wireDate(deployment.startedAt),
    finishedAt: wireDate(deployment.finishedAt),
    status: deployment.status,
    statusReason: deployment.statusReason,
  };
}

/** A service revision as DescribeServiceRevisions shows it (ecs-semantics 5.9). Pure. */
export function describeServiceRevision(revision: ServiceRevision): WireServiceRevision {
  return {
    serviceRevisionArn: revision.serviceRevisionArn,
    serviceArn: revision.serviceArn,
    clusterArn: clusterArn(revision.scope, revision.cluster),
    taskDefinition: revision.taskDefinitionArn,
    ...infrastructureMembers(revision),
    loadBalancers: (revision.loadBalancers ?? []).map((each) => ({ ...each })),
    serviceRegistries: [],
    networkConfiguration: networkOf(revision.awsvpcConfiguration),
    containerImages: revision.containerImages.map(({ containerName, image, imageDigest }) => ({
      containerName,
      image,
      imageDigest,
    })),
    guardDutyEnabled: false,
    ...resolvedOf(revision),
    volumeConfigurations: [],
    vpcLatticeConfigurations: [],
    createdAt: wireDate(revision.createdAt),
  };
}

/** Which group of each pair is its own, and what sends traffic there. */
function resolvedOf({
  resolvedLoadBalancers = [],
}: ServiceRevision): Pick<WireServiceRevision, 'resolvedConfiguration'> {
  const loadBalancers = resolvedLoadBalancers.flatMap(({ targetGroupArn, advancedConfiguration: advanced }) =>
    advanced === undefined ? [] : [{ targetGroupArn, productionListenerRule: advanced.productionListenerRule }],
  );
  return loadBalancers.length === 0 ? {} : { resolvedConfiguration: { loadBalancers } };
}
