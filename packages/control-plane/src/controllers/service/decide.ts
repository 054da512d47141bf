import {
  epochMs,
  type Because,
  type Deployment,
  type Service,
  type ServiceDeployment,
  type Task,
} from '@gantry/domain';
import { assignProviders, launchTypeOf } from '../scheduler/capacity.ts';
import { breakCircuit } from './breaker.ts';
import { complained, REPEAT_AFTER_MS } from './complaint.ts';
import { daemonStanding, daemonStarts } from './daemon.ts';
import { decideShift, shiftUnderWay, type Shift } from './decide-shift.ts';
import { accountEndings, isThrottled } from './failures.ts';
import { isReady, SHORT_RUN_MS } from './health.ts';
import { isHeldByProtection, nextMoment, standingOf, startable, stopsOf, type Standing } from './rollout.ts';
import { followDeployments, learnDigests } from './service-deployment.ts';
import { expireHooks } from './shift.ts';
import { completedText, protectedText, scalingReason, steadyText, stuckText } from './texts.ts';
import type { ServiceAction, ServiceView, StartAction } from './view.ts';

/** A transaction starts or stops at most so many tasks; the rest follows in the next. */
export const MOST_AT_ONCE = 100;

/**
 * What to do about a service now (ecs-semantics 5.3 to 5.7): a function of the view alone. Applied to its own outcome it
 * has nothing more to do but wait: no actions, or `wake-at`.
 */
export function decideService(given: ServiceView): readonly ServiceAction[] {
  const view = withExpiredHooks(given);
  const { service } = view;
  if (service.status === 'INACTIVE') return [];
  const accounted = accountEndings(view, service);
  if (service.status === 'DRAINING') return drained(view, accounted.service, accounted.actions);
  const broken = breakCircuit(view, accounted.service);
  const current = withoutEmpty(view, broken.service);
  const shift = shiftUnderWay(view, current);
  if (shift !== undefined) return shifting({ ...view, service: current }, shift, accounted.actions, service);
  const next = { ...view, service: current };
  const primary = current.deployments.find((deployment) => deployment.status === 'PRIMARY');
  if (primary === undefined) return accounted.actions;
  const standing = isDaemon(service) ? daemonStanding(next, primary) : standingOf(next, primary);
  const starts = startsOf(next, standing);
  const allStops = stopsOf(next, standing, MOST_AT_ONCE);
  const stops = allStops.slice(0, MOST_AT_ONCE);
  const idle = starts.length === 0 && stops.length === 0;
  const said = idle ? settle(next, standing) : { service: unsettled(current), actions: [] };
  const updated = withCounts(next, withDesired(said.service, standing), standing);
  const actions: ServiceAction[] = [...accounted.actions, ...broken.actions, ...said.actions, ...starts, ...stops];
  if (updated !== service) actions.push({ kind: 'update', service: updated });
  actions.push(
    ...followDeployments({ view, service: updated, judged: broken.service.deployments }),
    ...learnDigests(view),
  );
  const wake = wakeOf(next, standing, updated, starts.length === MOST_AT_ONCE || allStops.length >= MOST_AT_ONCE);
  if (wake !== undefined) actions.push(wake);
  return actions;
}

/** Lifecycle hooks whose time is over have ended. */
function withExpiredHooks(view: ServiceView): ServiceView {
  if (!view.serviceDeployments.some(({ shift }) => shift !== undefined)) return view;
  const serviceDeployments = view.serviceDeployments.map((one) => {
    const shift = expireHooks(one, view.now);
    return shift === one.shift ? one : { ...one, shift };
  });
  return { ...view, serviceDeployments };
}

/** While traffic is shifted; `before` is the service as it is stored. */
function shifting(
  view: ServiceView,
  shift: Shift,
  accounted: readonly ServiceAction[],
  before: Service,
): readonly ServiceAction[] {
  const decided = decideShift(view, shift, startsOf, MOST_AT_ONCE);
  const { deployment, starts } = decided;
  const service = withShiftCounts(view, unsettled(view.service), deployment);
  const serviceDeployments = view.serviceDeployments.map((one) => (one.id === deployment.id ? deployment : one));
  const followed = followDeployments({
    view: { ...view, serviceDeployments },
    service,
    judged: view.service.deployments,
  });
  const isTold = followed.some((action) => action.kind === 'deployment' && action.deployment.id === deployment.id);
  const actions: ServiceAction[] = [...accounted, ...decided.actions, ...starts];
  if (service !== before) actions.push({ kind: 'update', service });
  if (!isTold && deployment !== shift.deployment) actions.push({ kind: 'deployment', deployment });
  actions.push(...followed, ...learnDigests(view));
  const more = starts.length >= MOST_AT_ONCE || decided.actions.length >= MOST_AT_ONCE;
  const at = more ? view.now : Math.min(...decided.moments.filter((moment) => moment > view.now));
  if (Number.isFinite(at)) actions.push({ kind: 'wake-at', at: epochMs(at), because: 'new-deployment' });
  return actions;
}

/** Both revisions are wanted whole; green from when it grows. */
function withShiftCounts(view: ServiceView, service: Service, { shift, target }: ServiceDeployment): Service {
  const deployments = service.deployments.map((deployment) => {
    const waits = deployment.id === target.deploymentId && shift?.stage === 'PRE_SCALE_UP';
    const wanted = deployment.id === target.deploymentId || deployment.id === service.lastCompletedDeployment?.id;
    const desiredCount = waits || !wanted ? 0 : service.desiredCount;
    return desiredCount === deployment.desiredCount ? deployment : { ...deployment, desiredCount, updatedAt: view.now };
  });
  const same = deployments.every((deployment, at) => deployment === service.deployments[at]);
  return same ? service : { ...service, deployments };
}

const isDaemon = ({ schedulingStrategy }: Service): boolean => schedulingStrategy === 'DAEMON';

/** Of a DAEMON service nobody says how many tasks it has: its instances do. */
function withDesired(service: Service, { desired }: Standing): Service {
  return service.desiredCount === desired ? service : { ...service, desiredCount: desired };
}

/** A deleted service stops everything, and is INACTIVE when the last task is gone. */
function drained(view: ServiceView, service: Service, before: readonly ServiceAction[]): readonly ServiceAction[] {
  const actions = [...before];
  for (const task of view.tasks.filter((one) => one.desiredStatus === 'RUNNING').slice(0, MOST_AT_ONCE)) {
    const stoppedReason = scalingReason(task.deploymentId ?? service.deployments[0]?.id ?? service.serviceName);
    actions.push({
      kind: 'stop',
      task,
      stopCode: 'ServiceSchedulerInitiated',
      stoppedReason,
      because: 'service-deleted',
    });
  }
  const gone = view.tasks.every((task) => task.lastStatus === 'STOPPED');
  const next: Service = gone ? { ...service, status: 'INACTIVE', deployments: [], inactiveAt: view.now } : service;
  if (next !== view.service) actions.push({ kind: 'update', service: next });
  actions.push(...followDeployments({ view, service: next, judged: service.deployments }));
  return actions;
}

/** Older deployments leave the list with their last task. */
function withoutEmpty(view: ServiceView, service: Service): Service {
  if (service.deployments.length === 1) return service;
  const busy = new Set(view.tasks.filter((task) => task.lastStatus !== 'STOPPED').map((task) => task.deploymentId));
  // What carries the traffic until it is shifted is not over, whatever has happened to its tasks.
  if (view.serviceDeployments.some(({ shift }) => shift !== undefined && shift.stage !== 'CLEAN_UP'))
    busy.add(service.lastCompletedDeployment?.id);
  const deployments = service.deployments.filter(({ status, id }) => status === 'PRIMARY' || busy.has(id));
  return deployments.length === service.deployments.length ? service : { ...service, deployments };
}

function startsOf(view: ServiceView, standing: Standing): StartAction[] {
  const { primary } = standing;
  if (isThrottled(primary, view.now) || primary.rolloutState === 'FAILED') return [];
  if (isDaemon(view.service)) return daemonStarts(view, standing, MOST_AT_ONCE);
  const count = Math.min(startable(standing), MOST_AT_ONCE);
  const because = standing.leaving.length > 0 ? 'new-deployment' : startReason(view);
  const strategy = primary.capacityProviderStrategy ?? [];
  if (strategy.length === 0) {
    const launchType = primary.launchType ?? view.service.launchType ?? 'EC2';
    return Array.from({ length: count }, () => ({ kind: 'start', deployment: primary, launchType, because }));
  }
  return assignProviders(strategy, countsByProvider(standing.live), count).map((capacityProviderName) => ({
    kind: 'start',
    deployment: primary,
    launchType: launchTypeOf(capacityProviderName),
    capacityProviderName,
    because,
  }));
}

function startReason(view: ServiceView): StartAction['because'] {
  return view.tasks.some((task) => task.desiredStatus === 'STOPPED') ? 'replace-stopped' : 'scale-out';
}

function countsByProvider(tasks: readonly Task[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { capacityProviderName = '' } of tasks)
    counts.set(capacityProviderName, (counts.get(capacityProviderName) ?? 0) + 1);
  return counts;
}

/** Nothing to start or stop: is it done, waiting, or stuck? */
function settle(
  view: ServiceView,
  standing: Standing,
): { readonly service: Service; readonly actions: readonly ServiceAction[] } {
  const { service } = view;
  const present = view.tasks.filter((task) => task.lastStatus !== 'STOPPED');
  const steady =
    service.deployments.length === 1 &&
    present.length === standing.desired &&
    standing.keep.length === standing.desired &&
    standing.keep.every(isReady);
  if (steady) return settled(view, service, standing.primary);
  const calm = unsettled(service);
  if (isHeldByProtection(view, standing)) {
    return complain(view, calm, protectedText(service.serviceName, standing.primary.id), 'protected');
  }
  if (!isStuck(view, standing)) return { service: calm, actions: [] };
  return complain(view, calm, stuckText(service.serviceName), 'deployment-configuration');
}

function settled(
  view: ServiceView,
  service: Service,
  primary: Deployment,
): { readonly service: Service; readonly actions: readonly ServiceAction[] } {
  const actions: ServiceAction[] = [];
  let next = service;
  if (primary.rolloutState === 'IN_PROGRESS') {
    const completed: Deployment = {
      ...primary,
      rolloutState: 'COMPLETED',
      rolloutStateReason: `ECS deployment ${primary.id} completed.`,
      updatedAt: view.now,
    };
    next = { ...next, deployments: [completed], lastCompletedDeployment: completed };
    actions.push({
      kind: 'say',
      message: completedText(service.serviceName, primary.id),
      because: 'deployment-complete',
    });
  }
  if (service.steadySince === undefined || view.now - service.steadySince >= REPEAT_AFTER_MS) {
    next = { ...next, steadySince: view.now, lastPlacementFailure: undefined };
    actions.push({ kind: 'say', message: steadyText(service.serviceName), because: 'settled' });
  }
  return { service: next, actions };
}

function unsettled(service: Service): Service {
  return service.steadySince === undefined ? service : { ...service, steadySince: undefined };
}

/** The bounds allow neither a start nor a stop, and no amount of waiting will change that. */
function isStuck(view: ServiceView, standing: Standing): boolean {
  const { primary, keep, desired, leaving, live, maximum } = standing;
  if (primary.rolloutState === 'FAILED' || leaving.length === 0 || keep.length >= desired) return false;
  return live.length >= maximum && live.every(isReady) && nextMoment(view, standing) === undefined;
}

function complain(
  view: ServiceView,
  service: Service,
  text: string,
  because: Because,
): { readonly service: Service; readonly actions: readonly ServiceAction[] } {
  const after = complained(service, text, view.now);
  if (after === undefined) return { service, actions: [] };
  return { service: after, actions: [{ kind: 'say', message: text, because }] };
}

/** PRIMARY wants what the service wants; an older one wants the tasks it still has. */
function withCounts(view: ServiceView, service: Service, standing: Standing): Service {
  const deployments = service.deployments.map((deployment) => {
    const own = standing.live.filter((task) => task.deploymentId === deployment.id).length;
    const desiredCount = deployment.status === 'PRIMARY' ? standing.desired : own;
    return desiredCount === deployment.desiredCount ? deployment : { ...deployment, desiredCount, updatedAt: view.now };
  });
  return deployments.every((deployment, at) => deployment === service.deployments[at])
    ? service
    : { ...service, deployments };
}

function wakeOf(view: ServiceView, standing: Standing, service: Service, more: boolean): ServiceAction | undefined {
  if (more) return { kind: 'wake-at', at: view.now, because: 'scale-out' };
  const { primary } = standing;
  const moments: number[] = [];
  const wanting = standing.keep.length < standing.desired && primary.rolloutState !== 'FAILED';
  if (wanting && primary.notBefore !== undefined && primary.notBefore > view.now) moments.push(primary.notBefore);
  const next = nextMoment(view, standing);
  if (next !== undefined) moments.push(next);
  if (primary.lastFailureAt !== undefined)
    for (const task of standing.keep) moments.push((task.startedAt ?? view.now) + SHORT_RUN_MS);
  if (service.steadySince !== undefined) moments.push(service.steadySince + REPEAT_AFTER_MS);
  const at = Math.min(...moments.filter((moment) => moment > view.now));
  if (!Number.isFinite(at)) return undefined;
  return { kind: 'wake-at', at: epochMs(at), because: at === primary.notBefore ? 'start-throttled' : 'settled' };
}
