import { epochMs, isOver, type Deployment, type Service, type Task } from '@gantry/domain';
import { isReady, SHORT_RUN_MS } from './health.ts';
import { throttledText } from './texts.ts';
import type { ServiceAction, ServiceView } from './view.ts';

/** From this many failures in a row on, attempts are spaced out (ecs-semantics 5.7). */
const FAILURES_BEFORE_THROTTLE = 3;
const START_THROTTLE = { firstMs: 10_000, mostMs: 27 * 60_000 };
/** Tasks that start and exit at once would otherwise be replaced as fast as the machine can. */
const RESTART_THROTTLE = { firstMs: 1000, mostMs: 30_000 };

/** Its attempts are spaced out, and it is not time for the next one. */
export function isThrottled({ notBefore, throttleLevel = 1 }: Deployment, now: number): boolean {
  // The longest of both kinds that this level may be: a clock that was set back does not hold a service up for hours.
  const longestMs = Math.min(START_THROTTLE.firstMs * 2 ** (throttleLevel - 1), START_THROTTLE.mostMs);
  return notBefore !== undefined && !isOver(notBefore, now, longestMs);
}

/** The counters of a deployment nothing has gone wrong with. */
export const NO_FAILURES = {
  failedTasks: 0,
  shortRuns: undefined,
  throttleLevel: undefined,
  lastFailureAt: undefined,
  notBefore: undefined,
} as const;

type Ending = 'failed-to-start' | 'unhealthy' | 'short-run' | 'other';

/** What the end of a task says about its deployment. Stops by order (of a user, of us) say nothing. */
export function endingOf(task: Task): Ending {
  if (task.because === 'container-unhealthy' || task.because === 'target-unhealthy') return 'unhealthy';
  if (task.stopCode !== 'TaskFailedToStart' && task.stopCode !== 'EssentialContainerExited') return 'other';
  if (task.startedAt === undefined) return 'failed-to-start';
  const endedAt = task.executionStoppedAt ?? task.stoppingAt ?? task.startedAt;
  return endedAt - task.startedAt < SHORT_RUN_MS && !wasKilled(task) ? 'short-run' : 'other';
}

/** Somebody killed a container of it: that is no fault of its own. Running out of memory is. */
function wasKilled(task: Task): boolean {
  return task.containers.some(
    ({ essential, exitCode, reason }) =>
      essential && (exitCode === 137 || exitCode === 143) && reason?.startsWith('OutOfMemoryError') !== true,
  );
}

/** Reported as over, address released or not. */
function hasEnded(task: Task): boolean {
  return task.lastStatus === 'STOPPED' || task.lastStatus === 'DEPROVISIONING';
}

/**
 * Draws the consequences of tasks that ended since the last look: failure counts and the start throttle of their
 * deployments. Each task is accounted for once.
 */
export function accountEndings(
  view: ServiceView,
  service: Service,
): { readonly service: Service; readonly actions: readonly ServiceAction[] } {
  const ended = view.tasks.filter((task) => hasEnded(task) && task.accounted !== true);
  const actions: ServiceAction[] = ended.map((task) => ({ kind: 'account', task }));
  const deployments = service.deployments.map((deployment) => {
    const recovered = withRecovery(view, deployment);
    const own = ended.filter((task) => task.deploymentId === deployment.id);
    const after = own.length === 0 ? recovered : withEndings(view, recovered, own.map(endingOf));
    const slower = (after.throttleLevel ?? 0) > (deployment.throttleLevel ?? 0);
    if (slower && after.failedTasks >= FAILURES_BEFORE_THROTTLE)
      actions.push({ kind: 'say', message: throttledText(service.serviceName), because: 'start-throttled' });
    return after;
  });
  const changed = deployments.some((deployment, at) => deployment !== service.deployments[at]);
  return { service: changed ? { ...service, deployments } : service, actions };
}

/** A task that started after the last failure and is ready (and lasted, after short runs) ends the series. */
function withRecovery(view: ServiceView, deployment: Deployment): Deployment {
  const { lastFailureAt } = deployment;
  if (lastFailureAt === undefined) return deployment;
  const mustLastMs = (deployment.shortRuns ?? 0) > 0 ? SHORT_RUN_MS : 0;
  const recovered = view.tasks.some(
    (task) =>
      task.deploymentId === deployment.id &&
      isReady(task) &&
      task.startedAt !== undefined &&
      // A failure that lies ahead was before the clock was set back.
      (task.startedAt >= lastFailureAt || lastFailureAt > view.now) &&
      isOver(task.startedAt + mustLastMs, view.now, mustLastMs),
  );
  if (!recovered) return deployment;
  return { ...deployment, ...NO_FAILURES, updatedAt: view.now };
}

function withEndings(view: ServiceView, deployment: Deployment, endings: readonly Ending[]): Deployment {
  const failed = endings.filter((ending) => ending === 'failed-to-start' || ending === 'unhealthy').length;
  const short = endings.filter((ending) => ending === 'short-run').length;
  if (failed + short === 0) return deployment;
  const failedTasks = deployment.failedTasks + failed;
  const shortRuns = (deployment.shortRuns ?? 0) + short;
  const failuresInAll = (deployment.failuresInAll ?? deployment.failedTasks) + failed;
  const counted: Deployment = {
    ...deployment,
    failedTasks,
    failuresInAll,
    shortRuns,
    lastFailureAt: view.now,
    updatedAt: view.now,
  };
  const startsFail = failedTasks >= FAILURES_BEFORE_THROTTLE;
  if (!startsFail && shortRuns < FAILURES_BEFORE_THROTTLE) return counted;
  // One attempt of many tasks that all fail is one step: while the throttle holds it does not grow.
  if (isThrottled(deployment, view.now)) return counted;
  const throttleLevel = (deployment.throttleLevel ?? 0) + 1;
  const { firstMs, mostMs } = startsFail ? START_THROTTLE : RESTART_THROTTLE;
  const delayMs = Math.min(firstMs * 2 ** (throttleLevel - 1), mostMs);
  return { ...counted, throttleLevel, notBefore: epochMs(view.now + delayMs) };
}
