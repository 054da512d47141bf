import type { Deployment, Service } from '@gantry/domain';
import { NO_FAILURES } from './failures.ts';
import { failedText, rollbackText } from './texts.ts';
import type { ServiceAction, ServiceView } from './view.ts';

/** Failures in a row that fail a deployment: half of the desired count, at least 3, at most 200 (ecs-semantics 5.7). */
export function breakerThreshold(desiredCount: number): number {
  return Math.min(200, Math.max(3, Math.ceil(desiredCount / 2)));
}

/**
 * Fails a rollout whose tasks keep failing, and goes back to the newest COMPLETED deployment when asked to: that
 * one becomes PRIMARY again, its tasks that still run stay.
 */
export function breakCircuit(
  view: ServiceView,
  service: Service,
): { readonly service: Service; readonly actions: readonly ServiceAction[] } {
  const { enable, rollback } = service.deploymentConfiguration.deploymentCircuitBreaker;
  const primary = service.deployments.find((deployment) => deployment.status === 'PRIMARY');
  const broken =
    enable && primary?.rolloutState === 'IN_PROGRESS' && primary.failedTasks >= breakerThreshold(service.desiredCount);
  if (!broken) return { service, actions: [] };
  const failed: Deployment = {
    ...primary,
    rolloutState: 'FAILED',
    rolloutStateReason: 'ECS deployment circuit breaker: task failed to start.',
    updatedAt: view.now,
  };
  const say = (message: string): ServiceAction => ({ kind: 'say', message, because: 'failed-to-start' });
  const actions = [say(failedText(service.serviceName, primary.id))];
  const target = service.lastCompletedDeployment;
  if (!rollback || target === undefined || target.id === primary.id) {
    const deployments = service.deployments.map((deployment) => (deployment === primary ? failed : deployment));
    return { service: { ...service, deployments }, actions };
  }
  actions.push(say(rollbackText(service.serviceName, target.id)));
  return { service: rolledBack(view, service, failed, target), actions };
}

function rolledBack(view: ServiceView, service: Service, failed: Deployment, target: Deployment): Service {
  const again: Deployment = {
    ...target,
    status: 'PRIMARY',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment circuit breaker: rolling back to deploymentId ${target.id}.`,
    desiredCount: service.desiredCount,
    ...NO_FAILURES,
    updatedAt: view.now,
  };
  const older = service.deployments.filter(({ id }) => id !== target.id && id !== failed.id);
  return {
    ...service,
    taskDefinitionArn: target.taskDefinitionArn,
    deployments: [again, { ...failed, status: 'ACTIVE' }, ...older],
    // It may not be fallen back to again until it has completed once more.
    lastCompletedDeployment: undefined,
  };
}
