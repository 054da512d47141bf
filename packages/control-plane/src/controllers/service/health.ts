import { epochMs, isLive, isOver, type EpochMs, type Task } from '@gantry/domain';
import type { ServiceView } from './view.ts';

/** A task that ended by itself sooner than this after it started has not really run. */
export const SHORT_RUN_MS = 10_000;

export function primaryOf(view: ServiceView) {
  return view.service.deployments.find((deployment) => deployment.status === 'PRIMARY');
}

export function liveTasks(view: ServiceView): Task[] {
  return view.tasks.filter(isLive);
}

function isChecked(task: Task): boolean {
  return task.containers.some((container) => container.essential && container.hasHealthCheck);
}

/** It serves: RUNNING, HEALTHY if anyone checks, and healthy in every target group. */
export function isReady(task: Task): boolean {
  if (!isLive(task) || task.lastStatus !== 'RUNNING') return false;
  const inGroups = task.targetHealth === undefined || task.targetHealth === 'healthy';
  return inGroups && (!isChecked(task) || task.healthStatus === 'HEALTHY');
}

/** It counts for minimumHealthyPercent: HEALTHY, or RUNNING long enough where nobody checks (ecs-semantics 5.3). */
export function isHealthy(view: ServiceView, task: Task): boolean {
  return isReady(task) && (isChecked(task) || task.targetHealth !== undefined || isMature(view, task));
}

function isMature(view: ServiceView, task: Task): boolean {
  return isOver(maturesAt(view, task), view.now, view.healthyAfterRunningMs);
}

/** When a RUNNING task without health checks starts to count as healthy. */
export function maturesAt(view: ServiceView, task: Task): EpochMs {
  return epochMs((task.startedAt ?? view.now) + view.healthyAfterRunningMs);
}

/** Verdicts before this moment are ignored. */
export function graceEndsAt(view: ServiceView, task: Task): EpochMs {
  return epochMs((task.startedAt ?? view.now) + (view.service.healthCheckGracePeriodSeconds ?? 0) * 1000);
}

export function isUnhealthy(view: ServiceView, task: Task): boolean {
  const graceMs = (view.service.healthCheckGracePeriodSeconds ?? 0) * 1000;
  return task.lastStatus === 'RUNNING' && isFailing(task) && isOver(graceEndsAt(view, task), view.now, graceMs);
}

/** A check says so: the container's, or a load balancer's. */
export function isFailing({ healthStatus, targetHealth }: Task): boolean {
  return healthStatus === 'UNHEALTHY' || targetHealth === 'unhealthy';
}
