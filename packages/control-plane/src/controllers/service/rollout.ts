import { isProtected, type Because, type Deployment, type Task } from '@gantry/domain';
import { graceEndsAt, isFailing, isHealthy, isReady, isUnhealthy, liveTasks, maturesAt } from './health.ts';
import { chooseStops, worthOf } from './scale-in.ts';
import { scalingReason, unhealthyReason } from './texts.ts';
import type { ServiceView, StopAction } from './view.ts';

/** Live tasks by what shall become of them. */
export interface Standing {
  readonly primary: Deployment;
  readonly desired: number;
  readonly live: readonly Task[];
  /** Of PRIMARY, fine where they are. */
  readonly keep: readonly Task[];
  /** Of PRIMARY, unhealthy: replaced. */
  readonly sick: readonly Task[];
  /** Of older deployments, or on DRAINING instances: replaced. */
  readonly leaving: readonly Task[];
  /** Bounds of ecs-semantics 5.3. */
  readonly minimum: number;
  readonly maximum: number;
  readonly healthy: number;
}

export function standingOf(view: ServiceView, primary: Deployment): Standing {
  const { desiredCount, deploymentConfiguration } = view.service;
  const live = liveTasks(view);
  const keep: Task[] = [];
  const sick: Task[] = [];
  const leaving: Task[] = [];
  let healthy = 0;
  for (const task of live) {
    if (isHealthy(view, task) && !isBesideTraffic(primary, task)) healthy += 1;
    const draining = task.instanceKey !== undefined && view.draining(task.instanceKey);
    if (task.deploymentId !== primary.id || draining) leaving.push(task);
    else if (isUnhealthy(view, task)) sick.push(task);
    else keep.push(task);
  }
  return {
    primary,
    desired: desiredCount,
    live,
    keep,
    sick,
    leaving,
    minimum: Math.ceil((desiredCount * deploymentConfiguration.minimumHealthyPercent) / 100),
    maximum: Math.floor((desiredCount * deploymentConfiguration.maximumPercent) / 100),
    healthy,
  };
}

/** It is in the other group of a pair: all traffic goes to the one PRIMARY is in. */
function isBesideTraffic({ loadBalancers = [] }: Deployment, task: Task): boolean {
  return loadBalancers.some(({ advancedConfiguration: advanced }) =>
    (task.loadBalancers ?? []).some((own) => own.targetGroupArn === advanced?.alternateTargetGroupArn),
  );
}

/** How many tasks PRIMARY may start now, throttle and failure aside. */
export function startable({ desired, keep, maximum, live }: Standing): number {
  return Math.max(0, Math.min(desired - keep.length, maximum - live.length));
}

/** Which tasks go now, and why; a little more than `most` when there are more. */
export function stopsOf(view: ServiceView, standing: Standing, most: number): StopAction[] {
  if (standing.primary.rolloutState === 'FAILED') return stopsAfterFailure(view, standing, most);
  const excess = Math.min(standing.keep.length - standing.desired, most);
  const surplus = surplusOf(view, standing, [standing.keep], excess);
  const stops = surplus.map((task) => stop(standing, task, 'scale-in'));
  const lost = surplus.filter((task) => isHealthy(view, task)).length;
  for (const task of leavers(view, standing, standing.healthy - lost, most)) {
    stops.push(stop(standing, task, leavingBecause(view, standing, task)));
  }
  for (const task of sickStops(standing)) stops.push(stop(standing, task, sickness(task)));
  return stops;
}

/**
 * A deployment that failed and has nothing to go back to replaces nothing: what runs is all there is. Only what is more
 * than asked for goes, the older tasks last.
 */
function stopsAfterFailure(view: ServiceView, standing: Standing, most: number): StopAction[] {
  const { primary, live, keep, sick, leaving, desired } = standing;
  const isOld = (task: Task): boolean => task.deploymentId !== primary.id;
  const isBeside = (task: Task): boolean => isBesideTraffic(primary, task);
  const old = leaving.filter((task) => isOld(task) && !isBeside(task));
  const groups = [sick, leaving.filter(isBeside), leaving.filter((task) => !isOld(task) && !isBeside(task)), keep, old];
  const surplus = surplusOf(view, standing, groups, Math.min(live.length - desired, most));
  return surplus.map((task) => stop(standing, task, 'scale-in'));
}

/**
 * Which of the groups' tasks go when there are `excess` too many, the first group's first: none that is protected, and
 * no healthy one that the minimum needs (protection may leave others than scale-in would have chosen).
 */
function surplusOf(
  view: ServiceView,
  standing: Standing,
  groups: readonly (readonly Task[])[],
  excess: number,
): readonly Task[] {
  const { live, healthy, minimum, desired } = standing;
  let spare = healthy - Math.min(minimum, desired);
  const surplus: Task[] = [];
  for (const group of groups) {
    for (const task of chooseStops(view, unprotected(view, group), excess - surplus.length, live)) {
      if (isHealthy(view, task) && !isBesideTraffic(standing.primary, task)) {
        if (spare <= 0) break;
        spare -= 1;
      }
      surplus.push(task);
    }
  }
  return surplus;
}

/** Tasks that scale-in may take. */
function unprotected(view: ServiceView, tasks: readonly Task[]): readonly Task[] {
  return tasks.filter((task) => !isProtected(task, view.now));
}

/** Protection keeps it from being replaced; not on an instance that drains, and not when it is unhealthy (3.10). */
export function mustStay(view: ServiceView, { primary }: Standing, task: Task): boolean {
  const own = view.service.deployments.find(({ id }) => id === task.deploymentId);
  if (own?.keepUntil !== undefined && view.now < own.keepUntil) return true;
  if (!isProtected(task, view.now) || task.deploymentId === primary.id) return false;
  const draining = task.instanceKey !== undefined && view.draining(task.instanceKey);
  return !draining && !isUnhealthy(view, task);
}

function leavingBecause(view: ServiceView, { primary }: Standing, task: Task): Because {
  const draining = task.instanceKey !== undefined && view.draining(task.instanceKey);
  if (task.deploymentId === primary.id) return draining ? 'instance-draining' : 'daemon-misplaced';
  if (!isProtected(task, view.now)) return 'old-revision';
  return draining ? 'instance-draining' : sickness(task);
}

/** Whether protection alone keeps more tasks than the service wants. */
export function isHeldByProtection(view: ServiceView, { live, desired }: Standing): boolean {
  return live.filter((task) => isProtected(task, view.now)).length > desired;
}

/** Old tasks that may go without taking the service below its minimum; the ones that do not serve go first. */
function leavers(view: ServiceView, standing: Standing, healthy: number, most: number): readonly Task[] {
  const { live, minimum } = standing;
  const leaving = standing.leaving.filter((task) => !mustStay(view, standing, task));
  // Not RUNNING, unhealthy, or without traffic: nobody misses it.
  const worth = (task: Task): number => (isBesideTraffic(standing.primary, task) ? 0 : worthOf(view, task));
  const idle = leaving.filter((task) => worth(task) <= 1);
  const young = leaving.filter((task) => worth(task) === 2);
  const serving = leaving.filter((task) => worth(task) === 3);
  const spare = healthy - minimum;
  const count = Math.min(spare, serving.length, most);
  return [...idle, ...(spare >= 0 ? young : []), ...chooseStops(view, serving, count, live)];
}

/**
 * Unhealthy tasks are replaced first and stopped when their replacement is ready; where the maximum leaves no room for
 * that, they go one at a time (ecs-semantics 5.6).
 */
function sickStops({ desired, keep, sick, live, maximum }: Standing): readonly Task[] {
  if (sick.length === 0) return [];
  const replaced = Math.max(0, keep.filter(isReady).length + sick.length - desired);
  const inTransit = keep.some((task) => !isReady(task));
  const noRoom = keep.length < desired && live.length >= maximum && !inTransit;
  return sick.slice(0, Math.max(replaced, noRoom ? 1 : 0));
}

/** The next moment at which waiting alone changes what may be done. */
export function nextMoment(view: ServiceView, standing: Standing): number | undefined {
  const moments: number[] = [];
  const mayGo = standing.leaving.length > 0 || standing.live.length > standing.desired;
  if (mayGo) {
    for (const task of standing.live) if (isReady(task) && !isHealthy(view, task)) moments.push(maturesAt(view, task));
  }
  if (mayGo) {
    for (const { protectedUntil } of standing.live) if (protectedUntil !== undefined) moments.push(protectedUntil);
  }
  for (const { keepUntil } of view.service.deployments) if (keepUntil !== undefined) moments.push(keepUntil);
  for (const task of standing.live)
    if (isFailing(task) && graceEndsAt(view, task) > view.now) moments.push(graceEndsAt(view, task));
  const next = Math.min(...moments.filter((moment) => moment > view.now));
  return Number.isFinite(next) ? next : undefined;
}

function sickness({ healthStatus }: Task): 'container-unhealthy' | 'target-unhealthy' {
  return healthStatus === 'UNHEALTHY' ? 'container-unhealthy' : 'target-unhealthy';
}

function stop({ primary }: Standing, task: Task, because: Because): StopAction {
  const sick = because === 'container-unhealthy' || because === 'target-unhealthy';
  return {
    kind: 'stop',
    task,
    stopCode: 'ServiceSchedulerInitiated',
    stoppedReason: sick
      ? unhealthyReason(because === 'target-unhealthy' ? task.unhealthyIn : undefined)
      : scalingReason(because === 'old-revision' ? primary.id : ownDeployment(task, primary)),
    because,
  };
}

function ownDeployment(task: Task, primary: Deployment): string {
  return task.deploymentId ?? primary.id;
}
