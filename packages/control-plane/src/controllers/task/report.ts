import { epochMs, isForward, type EpochMs, type HealthStatus, type Task, type TaskContainer } from '@gantry/domain';
import type { EventInput } from '../../state/state.ts';
import { reportContainers, type ContainerReport } from './report-containers.ts';
import { isStartError, verdictOf } from './verdict.ts';

/** SubmitTaskStateChange as its handler gets it; members spelled as on the wire. Unknown statuses are ignored. */
export interface TaskReport {
  readonly status?: string | undefined;
  readonly reason?: string | undefined;
  readonly containers?: readonly ContainerReport[] | undefined;
  readonly pullStartedAt?: Date | undefined;
  readonly pullStoppedAt?: Date | undefined;
  readonly executionStoppedAt?: Date | undefined;
}

export interface Reported {
  readonly task: Task;
  readonly events: readonly EventInput[];
  /** Whether there is anything to store. A duplicate or a late report changes nothing and is no error. */
  readonly changed: boolean;
}

/**
 * What a task is after its agent's report. States only move forward, so doubled and late reports fall through.
 * A report may hold several events of one container in order, and may jump to STOPPED from anywhere.
 *
 * An `awsvpc` task that has stopped is DEPROVISIONING until the lifecycle controller has released its address.
 * The caller puts the task and stores the events in one transaction when `changed`.
 */
export function applyReport(task: Task, report: TaskReport, now: EpochMs): Reported {
  if (!isForward(task.lastStatus, 'DEPROVISIONING')) return { task, events: [], changed: false };
  const containers = reportContainers(task.containers, report.containers ?? []);
  let next: Task = {
    ...task,
    containers,
    pullStartedAt: task.pullStartedAt ?? momentOf(report.pullStartedAt),
    pullStoppedAt: momentOf(report.pullStoppedAt) ?? task.pullStoppedAt,
    executionStoppedAt: task.executionStoppedAt ?? momentOf(report.executionStoppedAt),
  };
  const events: EventInput[] = [];
  if (report.status === 'STOPPED') next = stopped(next, report, now, events);
  else if (report.status === 'RUNNING') next = running(next, now, events);
  else if (report.status === 'PENDING') next = activating(next, events);
  next = { ...next, healthStatus: taskHealth(next.containers) };
  const changed = !same(task, next);
  return changed ? { task: { ...next, version: task.version + 1 }, events, changed } : { task, events: [], changed };
}

/**
 * What a task is after a health verdict on one of its containers (PublishHealth, ecs-semantics 3.8).
 * Verdicts on unknown or stopped containers, on ones without a health check, and repeated ones change nothing.
 */
export function applyHealth(task: Task, containerName: string, health: HealthStatus, now: EpochMs): Reported {
  const found = task.containers.find((container) => container.name === containerName);
  const deaf = task.lastStatus === 'STOPPED' || found === undefined || found.lastStatus === 'STOPPED';
  if (deaf || !found.hasHealthCheck || found.healthStatus === health) return { task, events: [], changed: false };
  const containers = task.containers.map((container) =>
    container === found ? { ...container, healthStatus: health } : container,
  );
  const healthStatus = taskHealth(containers);
  const text = `Container ${containerName} is ${health} since ${new Date(now).toISOString()}; the task is ${healthStatus}.`;
  return {
    task: { ...task, containers, healthStatus, version: task.version + 1 },
    events: [{ subject: task.taskArn, type: 'task.healthChanged', because: 'reported', text }],
    changed: true,
  };
}

/** Over the essential containers that have a health check: the worst of them counts; UNKNOWN when there is none. */
export function taskHealth(containers: readonly TaskContainer[]): HealthStatus {
  const checked = containers.filter((container) => container.essential && container.hasHealthCheck);
  if (checked.length === 0) return 'UNKNOWN';
  if (checked.some((container) => container.healthStatus === 'UNHEALTHY')) return 'UNHEALTHY';
  return checked.every((container) => container.healthStatus === 'HEALTHY') ? 'HEALTHY' : 'UNKNOWN';
}

/** An `awsvpc` task shows ACTIVATING once its agent works on it; others go straight from PENDING to RUNNING. */
function activating(task: Task, events: EventInput[]): Task {
  if (task.networkInterface === undefined || !isForward(task.lastStatus, 'ACTIVATING')) return task;
  events.push({
    subject: task.taskArn,
    type: 'task.activating',
    because: 'network-ready',
    text: `Its network interface ${task.networkInterface.privateIPv4Address} is attached and its containers are coming up.`,
  });
  return { ...attached(task), lastStatus: 'ACTIVATING' };
}

function running(task: Task, now: EpochMs, events: EventInput[]): Task {
  if (!isForward(task.lastStatus, 'RUNNING')) return task;
  events.push({
    subject: task.taskArn,
    type: 'task.running',
    because: 'reported',
    text: `All of its containers have started, ${now - task.createdAt} ms after it was created.`,
  });
  const because = task.desiredStatus === 'RUNNING' ? 'reported' : task.because;
  return { ...attached(task), lastStatus: 'RUNNING', startedAt: task.startedAt ?? now, because };
}

function stopped(task: Task, report: TaskReport, now: EpochMs, events: EventInput[]): Task {
  const ran = task.startedAt !== undefined || task.containers.every((container) => hasRun(container, report));
  const verdict = verdictOf(task, { ran, reason: report.reason });
  const releases = task.networkInterface !== undefined;
  events.push({
    subject: task.taskArn,
    type: releases ? 'task.deprovisioning' : 'task.stopped',
    because: verdict.because,
    text: verdict.text,
  });
  return {
    ...task,
    ...verdict.stop,
    because: verdict.because,
    desiredStatus: 'STOPPED',
    lastStatus: releases ? 'DEPROVISIONING' : 'STOPPED',
    containers: task.containers.map((container) => ({ ...container, lastStatus: 'STOPPED' as const })),
    networkInterface:
      task.networkInterface === undefined ? undefined : { ...task.networkInterface, status: 'DETACHING' },
    // It ran between two reports: when, nobody said; the stop is the latest it can have been.
    startedAt: task.startedAt ?? (ran ? now : undefined),
    stoppingAt: task.stoppingAt ?? now,
    executionStoppedAt: task.executionStoppedAt ?? (ran ? now : undefined),
    stoppedAt: releases ? undefined : now,
  };
}

/** A container has run when its RUNNING was ever reported, or when it ended with a code and without a start error. */
function hasRun(container: TaskContainer, report: TaskReport): boolean {
  const events = (report.containers ?? []).filter((event) => event.containerName === container.name);
  if (events.some((event) => event.status === 'RUNNING')) return true;
  return container.exitCode !== undefined && !isStartError(container.reason);
}

function attached(task: Task): Task {
  if (task.networkInterface === undefined || task.networkInterface.status === 'ATTACHED') return task;
  return { ...task, networkInterface: { ...task.networkInterface, status: 'ATTACHED' } };
}

function momentOf(date: Date | undefined): EpochMs | undefined {
  const ms = date?.getTime();
  return ms === undefined || Number.isNaN(ms) ? undefined : epochMs(ms);
}

function same(a: Task, b: Task): boolean {
  return (Object.keys(b) as (keyof Task)[]).every((member) =>
    member === 'networkInterface' ? a.networkInterface?.status === b.networkInterface?.status : a[member] === b[member],
  );
}
