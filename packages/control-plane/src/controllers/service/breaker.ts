import type { Deployment, Service } from '@gantry/domain';
import { NO_FAILURES } from './failures.ts';
import { currentDeployment } from './service-deployment.ts';
import { failedText, rollbackText } from './texts.ts';
import { breakerCount, breakerThreshold } from './threshold.ts';
import type { ServiceAction, ServiceView } from './view.ts';

/**
 * Fails a rollout whose tasks keep failing, and goes back to the newest COMPLETED deployment when asked to: that
 * one becomes PRIMARY again, its tasks that still run stay.
 */
export function breakCircuit(
  view: ServiceView,
  service: Service,
): { readonly service: Service; readonly actions: readonly ServiceAction[] } {
  const primary = service.deployments.find((deployment) => deployment.status === 'PRIMARY');
  const verdict = primary?.rolloutState === 'IN_PROGRESS' ? verdictOn(view, service, primary) : undefined;
  if (primary === undefined || verdict === undefined) return { service, actions: [] };
  const { rollback, byUser } = verdict;
  const failed: Deployment = {
    ...primary,
    rolloutState: 'FAILED',
    rolloutStateReason: byUser
      ? `ECS deployment ${primary.id} was stopped by a user.`
      : 'ECS deployment circuit breaker: task failed to start.',
    updatedAt: view.now,
  };
  const say = (message: string): ServiceAction => {
    return { kind: 'say', message, because: byUser ? 'user-request' : 'failed-to-start' };
  };
  const actions = byUser ? [] : [say(failedText(service.serviceName, primary.id))];
  const target = service.lastCompletedDeployment;
  if (!rollback || target === undefined || target.id === primary.id) {
    const deployments = service.deployments.map((deployment) => (deployment === primary ? failed : deployment));
    return { service: { ...service, deployments }, actions };
  }
  actions.push(say(rollbackText(service.serviceName, target.id)));
  return { service: rolledBack(view, service, failed, target, byUser), actions };
}

interface Verdict {
  readonly rollback: boolean;
  readonly byUser: boolean;
}

/** Whether a rollout under way has to end: its tasks keep failing, or a user said so (StopServiceDeployment). */
function verdictOn(view: ServiceView, service: Service, primary: Deployment): Verdict | undefined {
  const current = currentDeployment(view, service);
  if (current?.status === 'ROLLBACK_REQUESTED') return { rollback: true, byUser: true };
  if (current?.status === 'STOP_REQUESTED') return { rollback: false, byUser: true };
  const breaker = service.deploymentConfiguration.deploymentCircuitBreaker;
  const { enable, rollback } = breaker;
  const threshold = breakerThreshold(service.desiredCount, breaker.thresholdConfiguration);
  const broken = enable && breakerCount(breaker, primary) >= threshold;
  return broken ? { rollback, byUser: false } : undefined;
}

function rolledBack(
  view: ServiceView,
  service: Service,
  failed: Deployment,
  target: Deployment,
  byUser: boolean,
): Service {
  const who = byUser ? 'ECS deployment' : 'ECS deployment circuit breaker';
  const again: Deployment = {
    ...target,
    status: 'PRIMARY',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `${who}: rolling back to deploymentId ${target.id}.`,
    desiredCount: service.desiredCount,
    ...NO_FAILURES,
    failuresInAll: undefined,
    updatedAt: view.now,
  };
  const older = service.deployments.filter(({ id }) => id !== target.id && id !== failed.id);
  return {
    ...service,
    // What a new deployment would bring goes back with it.
    taskDefinitionArn: target.taskDefinitionArn,
    awsvpcConfiguration: target.awsvpcConfiguration,
    platformVersion: service.platformVersion === 'LATEST' ? 'LATEST' : target.platformVersion,
    loadBalancers: target.loadBalancers ?? service.loadBalancers,
    deployments: [again, { ...failed, status: 'ACTIVE' }, ...older],
    // It may not be fallen back to again until it has completed once more.
    lastCompletedDeployment: undefined,
  };
}
