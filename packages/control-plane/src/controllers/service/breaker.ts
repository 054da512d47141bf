import { epochMs, type Deployment, type Service, type ServiceDeployment, type TrafficShift } from '@gantry/domain';
import { NO_FAILURES } from './failures.ts';
import { currentDeployment } from './service-deployment.ts';
import { rollbackReason } from './rollback-reason.ts';
import { TRAFFIC_SETTLES_MS } from './shift.ts';
import { failedText, rollbackText } from './texts.ts';
import { trafficOrders } from './traffic.ts';
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
      : (verdict.reason ?? 'ECS deployment circuit breaker: task failed to start.'),
    updatedAt: view.now,
  };
  const say = (message: string): ServiceAction => {
    return { kind: 'say', message, because: byUser ? 'user-request' : 'failed-to-start' };
  };
  const said = verdict.reason === undefined ? failedText(service.serviceName, primary.id) : verdict.reason;
  const actions = byUser ? [] : [say(said)];
  const target = service.lastCompletedDeployment;
  if (!rollback || target === undefined || target.id === primary.id) {
    const deployments = service.deployments.map((deployment) => (deployment === primary ? failed : deployment));
    return { service: { ...service, deployments }, actions };
  }
  actions.push(say(rollbackText(service.serviceName, target.id)));
  // Traffic first: what is rolled back loses its tasks a moment later.
  if (verdict.shift !== undefined)
    actions.push({ kind: 'traffic', orders: trafficOrders(primary.loadBalancers ?? [], NO_SHIFT) });
  return { service: rolledBack(view, service, keptFor(verdict, failed, view), target, verdict), actions };
}

const NO_SHIFT = { productionPercent: 0, testShifted: false } as const;

interface Verdict {
  /** Of a deployment that shifts traffic: that always goes back. */
  readonly shift?: TrafficShift | undefined;
  /** What a person is told, where it is neither the breaker nor a user. */
  readonly reason?: string | undefined;
  readonly rollback: boolean;
  readonly byUser: boolean;
}

/** Whether a rollout under way has to end: its tasks keep failing, or a user said so (StopServiceDeployment). */
function verdictOn(view: ServiceView, service: Service, primary: Deployment): Verdict | undefined {
  const current = currentDeployment(view, service);
  const shift = shiftOf(current, primary, service);
  // Nothing is left to go back to: blue has no traffic any more, and is being stopped.
  if (shift?.stage === 'CLEAN_UP') return undefined;
  if (current?.status === 'ROLLBACK_REQUESTED') return { rollback: true, byUser: true, shift };
  if (current?.status === 'STOP_REQUESTED') return { rollback: shift !== undefined, byUser: true, shift };
  const reason = shift === undefined || current === undefined ? undefined : rollbackReason(view, current);
  if (reason !== undefined) return { rollback: true, byUser: false, shift, reason };
  const breaker = service.deploymentConfiguration.deploymentCircuitBreaker;
  const { enable, rollback } = breaker;
  const threshold = breakerThreshold(service.desiredCount, breaker.thresholdConfiguration);
  const broken = enable && breakerCount(breaker, primary) >= threshold;
  return broken ? { rollback: rollback || shift !== undefined, byUser: false, shift } : undefined;
}

/** The shift of PRIMARY, if traffic may have moved already and can be moved back. */
function shiftOf(
  current: ServiceDeployment | undefined,
  primary: Deployment,
  service: Service,
): TrafficShift | undefined {
  const isOwn = current?.target.deploymentId === primary.id && service.lastCompletedDeployment !== undefined;
  return isOwn ? current.shift : undefined;
}

function rolledBack(
  view: ServiceView,
  service: Service,
  failed: Deployment,
  target: Deployment,
  { byUser, reason }: Verdict,
): Service {
  const who = byUser || reason !== undefined ? 'ECS deployment' : 'ECS deployment circuit breaker';
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
    loadBalancers: declaredBefore(target, service),
    deployments: [again, { ...failed, status: 'ACTIVE' }, ...older],
    // It may not be fallen back to again until it has completed once more.
    lastCompletedDeployment: undefined,
  };
}

/** Where traffic has been its tasks stay until it has moved. */
function keptFor({ shift }: Verdict, failed: Deployment, { now }: ServiceView): Deployment {
  if (shift === undefined || (shift.productionPercent === 0 && !shift.testShifted)) return failed;
  return { ...failed, keepUntil: epochMs(now + TRAFFIC_SETTLES_MS) };
}

/** The service's load balancers as they were declared: which group of a pair the tasks are in is no part of that. */
function declaredBefore({ loadBalancers: before }: Deployment, service: Service): Service['loadBalancers'] {
  const groups = (all: Service['loadBalancers'] = []): string =>
    JSON.stringify(
      all.map((each) => [each.targetGroupArn, each.advancedConfiguration?.alternateTargetGroupArn ?? ''].toSorted()),
    );
  return before === undefined || groups(before) === groups(service.loadBalancers) ? service.loadBalancers : before;
}
