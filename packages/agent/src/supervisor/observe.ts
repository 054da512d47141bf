import { isBefore, withContainer, withResource, containerOf } from './model.ts';
import type { ContainerModel, PortBinding, Reported, Resource, TaskModel } from './model.ts';
import type { TaskPlan } from './plan.ts';
import { foldRanges } from './port-ranges.ts';

/** Something that was seen: the answer to a call, an event of the engine, a word of the control plane. */
export type Fact =
  | { readonly kind: 'stop-wanted' }
  | { readonly kind: 'admitted' }
  | {
      readonly kind: 'resource-ready';
      readonly resource: Resource;
      readonly cgroupParent?: string | undefined;
      readonly pauseContainerId?: string | undefined;
    }
  | { readonly kind: 'resource-failed'; readonly resource: Resource; readonly reason: string }
  | { readonly kind: 'resource-released'; readonly resource: Resource }
  /** It took more of the disk than its share. */
  | { readonly kind: 'storage-exceeded'; readonly reason: string }
  | ContainerFact
  | {
      readonly kind: 'sent';
      readonly task: Reported;
      readonly containers: Readonly<Record<string, Reported>>;
      readonly cleanUpAtMs?: number | undefined;
    }
  | { readonly kind: 'cleaned' };

export type ContainerFact = { readonly container: string } & (
  | {
      readonly kind: 'image-ready';
      readonly digest?: string | undefined;
      readonly pull?: { readonly startedAtMs: number; readonly stoppedAtMs: number } | undefined;
      /** A pull failed but an older copy is here: the container runs and carries this as its reason. */
      readonly warning?: string | undefined;
    }
  | { readonly kind: 'image-gone' }
  | { readonly kind: 'created'; readonly dockerId: string }
  | { readonly kind: 'started'; readonly atMs: number; readonly ports?: readonly PortBinding[] | undefined }
  /** The call will never succeed: the container ends here. */
  | {
      readonly kind: 'call-failed';
      readonly reason: string;
      readonly pull?: { readonly startedAtMs: number } | undefined;
    }
  /** The engine could not be asked: the same call again, later. */
  | { readonly kind: 'call-delayed' }
  | { readonly kind: 'pull-cancelled' }
  | { readonly kind: 'stop-failed'; readonly reason: string; readonly engineAway: boolean }
  | {
      readonly kind: 'died';
      readonly exitCode: number | undefined;
      readonly atMs: number;
      readonly oomKilled: boolean;
      /** False: it died while nobody watched. Such a container is not restarted in place. */
      readonly watched: boolean;
      /**
       * Which run ended: the engine's own word for when it began. The moment of the end does not name it: an event
       * is some 20 ms later than the end an inspection shows.
       */
      readonly runStartedAtMs?: number | undefined;
    }
  | { readonly kind: 'vanished'; readonly atMs: number }
  /** It was stopped, and had not run (again). */
  | { readonly kind: 'never-ran'; readonly atMs: number }
  | { readonly kind: 'health'; readonly health: 'starting' | 'healthy' | 'unhealthy'; readonly atMs: number }
);

/** With the last of them the container is removed by force. */
export const MOST_STOP_ATTEMPTS = 5;
const AWAY_RETRY_MS = 2_000;
const LONGEST_REASON = 1024;
const retryDelayMs = (attempts: number): number => Math.min(250 * 2 ** attempts, 10_000);

/** The model after a fact. Late and repeated facts change nothing. Pure. */
export function observe(plan: TaskPlan, model: TaskModel, fact: Fact, nowMs: number): TaskModel {
  switch (fact.kind) {
    case 'stop-wanted':
      return model.desired === 'STOPPED' ? model : { ...model, desired: 'STOPPED' };
    case 'admitted':
      return { ...model, admitted: true };
    case 'resource-ready': {
      const { cgroupParent = model.cgroupParent, pauseContainerId = model.pauseContainerId } = fact;
      return { ...withResource(model, fact.resource, 'ready'), cgroupParent, pauseContainerId };
    }
    case 'resource-failed': {
      const reason = model.reason ?? fact.reason.slice(0, LONGEST_REASON);
      return { ...withResource(model, fact.resource, 'failed'), reason };
    }
    case 'storage-exceeded':
      if (model.desired === 'STOPPED') return model;
      return { ...model, desired: 'STOPPED', reason: model.reason ?? fact.reason };
    case 'resource-released':
      return withResource(model, fact.resource, 'released');
    case 'sent':
      return {
        ...model,
        sent: fact.task,
        cleanUpAtMs: fact.cleanUpAtMs ?? model.cleanUpAtMs,
        containers: model.containers.map((c) => ({ ...c, sent: fact.containers[c.name] ?? c.sent })),
      };
    case 'cleaned':
      return { ...model, cleaning: 'done' };
    default:
      return observeContainer(plan, model, fact, nowMs);
  }
}

function observeContainer(plan: TaskPlan, model: TaskModel, fact: ContainerFact, nowMs: number): TaskModel {
  const container = containerOf(model, fact.container);
  if (container === undefined || container.known === 'STOPPED') return model;
  const name = container.name;
  const put = (change: Partial<ContainerModel>): TaskModel => withContainer(model, name, change);
  switch (fact.kind) {
    case 'image-ready':
      if (!isBefore(container.known, 'PULLED')) return model;
      return withPull(
        put({
          known: 'PULLED',
          applied: 'PULLED',
          retryAtMs: undefined,
          imageDigest: fact.digest,
          reason: container.reason ?? short(fact.warning),
        }),
        fact.pull,
      );
    case 'image-gone':
      return put({ known: 'NONE', applied: 'NONE', attempts: container.attempts + 1, retryAtMs: undefined });
    case 'created':
      if (!isBefore(container.known, 'CREATED')) return model;
      return put({ known: 'CREATED', applied: 'CREATED', ...FRESH, dockerId: fact.dockerId });
    case 'started':
      if (!isBefore(container.known, 'RUNNING') || isEndedRun(container, fact.atMs)) return model;
      return put(startedNow(plan, container, fact));
    case 'call-failed':
      return withPull(stop(put({ reason: container.reason ?? short(fact.reason) }), name, nowMs), fact.pull);
    case 'call-delayed': {
      const retryAtMs = nowMs + retryDelayMs(container.attempts);
      const maybeStarted = container.applied === 'RUNNING' || container.maybeStarted === true ? true : undefined;
      return put({ applied: container.known, attempts: container.attempts + 1, retryAtMs, maybeStarted });
    }
    case 'pull-cancelled':
      return put({ applied: container.known });
    case 'stop-failed':
      return stopFailed(plan, model, container, fact, nowMs);
    case 'vanished': {
      const gone = put({ reason: container.reason ?? VANISHED, finishedAtMs: fact.atMs });
      return noteExecutionStop(plan, stop(gone, name, fact.atMs), name, fact.atMs);
    }
    case 'never-ran':
      return stop(model, name, fact.atMs);
    case 'health':
      if (container.known !== 'RUNNING' || container.health === fact.health) return model;
      return put({ health: fact.health, healthSinceMs: fact.atMs });
    case 'died':
      return isEndedRun(container, fact.runStartedAtMs) ? model : died(plan, model, container, fact, nowMs);
  }
}

/** The end of this run was answered with a restart: what is told of it now is told again. */
export function isEndedRun(container: ContainerModel | undefined, runStartedAtMs: number | undefined): boolean {
  return runStartedAtMs !== undefined && runStartedAtMs === container?.endedRunStartedAtMs;
}

function startedNow(
  plan: TaskPlan,
  container: ContainerModel,
  fact: ContainerFact & { kind: 'started' },
): Partial<ContainerModel> {
  const { portRanges = [] } = plan.containers.find(({ name }) => name === container.name) ?? {};
  return {
    known: 'RUNNING',
    applied: 'RUNNING',
    ...FRESH,
    maybeStarted: undefined,
    startedAtMs: fact.atMs,
    ports: fact.ports === undefined ? container.ports : foldRanges(portRanges, fact.ports),
    exitCode: undefined,
    finishedAtMs: undefined,
    health: undefined,
    healthSinceMs: undefined,
  };
}

/** After a few tries the container is taken for stopped; an engine that is away does not count as a try. */
function stopFailed(
  plan: TaskPlan,
  model: TaskModel,
  container: ContainerModel,
  fact: ContainerFact & { kind: 'stop-failed' },
  nowMs: number,
): TaskModel {
  const { name, known } = container;
  const attempts = container.attempts + (fact.engineAway ? 0 : 1);
  if (attempts < MOST_STOP_ATTEMPTS) {
    const retryAtMs = nowMs + (fact.engineAway ? AWAY_RETRY_MS : retryDelayMs(attempts));
    return withContainer(model, name, { applied: known, attempts, retryAtMs });
  }
  const givenUp = withContainer(model, name, { reason: container.reason ?? short(fact.reason) });
  return noteExecutionStop(plan, stop(givenUp, name, nowMs), name, nowMs);
}

const FRESH = { attempts: 0, retryAtMs: undefined } as const;
const VANISHED = 'ContainerVanishedError: The container is no longer known to the container engine';
const OUT_OF_MEMORY = 'OutOfMemoryError: Container killed due to memory usage';

function died(
  plan: TaskPlan,
  model: TaskModel,
  container: ContainerModel,
  fact: ContainerFact & { kind: 'died' },
  nowMs: number,
): TaskModel {
  const { name } = container;
  const ran = {
    exitCode: fact.exitCode,
    finishedAtMs: fact.atMs,
    oomKilled: fact.oomKilled || container.oomKilled,
    // It ran, even when its start was never seen: the agent was away.
    startedAtMs: container.startedAtMs ?? fact.atMs,
  };
  if (fact.watched && restartsInPlace(plan, model, container, fact.exitCode, nowMs)) {
    const again = {
      known: 'CREATED',
      applied: 'CREATED',
      restarts: container.restarts + 1,
      restartedAtMs: nowMs,
      endedRunStartedAtMs: fact.runStartedAtMs,
      maybeStarted: undefined,
    } as const;
    return withContainer(model, name, { ...ran, ...again, ...FRESH, oomKilled: undefined });
  }
  const reason = container.reason ?? (ran.oomKilled === true ? OUT_OF_MEMORY : undefined);
  return noteExecutionStop(
    plan,
    stop(withContainer(model, name, { ...ran, reason }), name, fact.atMs),
    name,
    fact.atMs,
  );
}

/** ecs-semantics 3.7. */
function restartsInPlace(
  plan: TaskPlan,
  model: TaskModel,
  container: ContainerModel,
  exitCode: number | undefined,
  nowMs: number,
): boolean {
  const policy = plan.containers.find(({ name }) => name === container.name)?.restart;
  if (policy === undefined || model.desired === 'STOPPED' || container.desired === 'STOPPED') return false;
  if (exitCode === undefined || policy.ignoredExitCodes.includes(exitCode)) return false;
  const since = container.restartedAtMs ?? container.startedAtMs;
  return since !== undefined && nowMs - since >= policy.periodMs;
}

function stop(model: TaskModel, name: string, atMs: number): TaskModel {
  const finishedAtMs = containerOf(model, name)?.finishedAtMs ?? atMs;
  return withContainer(model, name, {
    known: 'STOPPED',
    applied: 'STOPPED',
    finishedAtMs,
    ...FRESH,
    maybeStarted: undefined,
  });
}

/** executionStoppedAt: the first essential container that stopped. */
function noteExecutionStop(plan: TaskPlan, model: TaskModel, name: string, atMs: number): TaskModel {
  const essential = plan.containers.find((container) => container.name === name)?.essential === true;
  if (!essential || model.executionStoppedAtMs !== undefined) return model;
  return { ...model, executionStoppedAtMs: atMs };
}

function withPull(
  model: TaskModel,
  pull: { readonly startedAtMs: number; readonly stoppedAtMs?: number } | undefined,
): TaskModel {
  if (pull === undefined) return model;
  return {
    ...model,
    pullStartedAtMs: Math.min(model.pullStartedAtMs ?? pull.startedAtMs, pull.startedAtMs),
    pullStoppedAtMs:
      pull.stoppedAtMs === undefined ? model.pullStoppedAtMs : Math.max(model.pullStoppedAtMs ?? 0, pull.stoppedAtMs),
  };
}

function short(reason: string | undefined): string | undefined {
  return reason?.slice(0, LONGEST_REASON);
}
