import { dependentsStopped, gateOf } from './dependencies.ts';
import { containerOf, isInFlight, isQuiet, maybeMade, withContainer, withResource } from './model.ts';
import type { ContainerModel, Known, Resource, TaskModel } from './model.ts';
import type { ContainerPlan, TaskPlan } from './plan.ts';

/** One call to be made. Its answer comes back as a fact; until then nothing else is asked of that container or resource. */
export type Action =
  | { readonly kind: 'make'; readonly resource: Resource }
  | { readonly kind: 'release'; readonly resource: 'cgroup' | 'network' }
  | { readonly kind: 'prepare-image' | 'cancel-pull' | 'create' | 'start'; readonly container: string }
  | { readonly kind: 'stop'; readonly container: string; readonly timeoutS: number }
  | { readonly kind: 'clean-up' };

export interface Step {
  readonly model: TaskModel;
  readonly actions: readonly Action[];
  /** Step again at this moment even if nothing is seen until then. */
  readonly wakeAtMs?: number | undefined;
}

/**
 * What is known of a task -> what to do next: at most one call per container and resource. The model it returns has
 * the calls marked as in flight, so the same step twice asks for nothing twice. Pure.
 */
export function step(plan: TaskPlan, before: TaskModel, nowMs: number): Step {
  let model = settle(plan, before, nowMs);
  const actions: Action[] = [];
  const wakes: number[] = [];
  const progress: Progress = {
    plan,
    nowMs,
    ask: (action, next) => {
      actions.push(action);
      model = next(model);
    },
    wakeAt: (atMs) => wakes.push(atMs),
  };
  if (model.desired === 'STOPPED') goDown(progress, model);
  else if (model.admitted) goUp(progress, model);
  if (model.stoppedAtMs === undefined && isQuiet(model)) model = { ...model, stoppedAtMs: nowMs };
  return { model, actions, wakeAtMs: wakes.length === 0 ? undefined : Math.min(...wakes) };
}

interface Progress {
  readonly plan: TaskPlan;
  readonly nowMs: number;
  ask(action: Action, next: (model: TaskModel) => TaskModel): void;
  wakeAt(atMs: number): void;
}

/** The rules that follow from what is known, without asking anyone. */
function settle(plan: TaskPlan, before: TaskModel, nowMs: number): TaskModel {
  let model = stopForEssential(plan, before);
  if (model.desired === 'RUNNING') model = stopForDependencies(plan, model, nowMs);
  if (model.desired === 'STOPPED') return { ...model, containers: model.containers.map((c) => windDown(c, nowMs)) };
  const up = (c: ContainerModel): boolean => c.known === 'RUNNING' || c.known === 'STOPPED';
  if (!model.everRunning && model.containers.every(up)) model = { ...model, everRunning: true };
  return model;
}

/** An essential container that stopped, all that stopped, or a resource that cannot be had: the task is over. */
function stopForEssential(plan: TaskPlan, model: TaskModel): TaskModel {
  if (model.desired === 'STOPPED') return model;
  const stopped = (name: string): boolean => containerOf(model, name)?.known === 'STOPPED';
  const over =
    plan.containers.some(({ name, essential }) => essential && stopped(name)) ||
    plan.containers.every(({ name }) => stopped(name)) ||
    Object.values(model.resources).includes('failed');
  return over ? { ...model, desired: 'STOPPED' } : model;
}

/** A dependency that can never be met ends the container that waits for it, and the task. */
function stopForDependencies(plan: TaskPlan, model: TaskModel, nowMs: number): TaskModel {
  for (const container of plan.containers) {
    if (containerOf(model, container.name)?.known !== 'NONE') continue;
    const gate = gateOf(plan, container, model, nowMs);
    if (gate.kind !== 'never') continue;
    const reason = `CannotStartContainerError: ${gate.reason}`;
    const ended = { known: 'STOPPED', applied: 'STOPPED', exitCode: 143, reason, finishedAtMs: nowMs } as const;
    return {
      ...withContainer(model, container.name, ended),
      desired: 'STOPPED',
      reason: `TaskDependencyError: ${gate.reason}`,
    };
  }
  return model;
}

/**
 * Nothing runs in it and nothing is being asked: it is STOPPED. One that waits for its restart had an exit code already;
 * one that may have been started is stopped like those that run.
 */
function windDown(container: ContainerModel, nowMs: number): ContainerModel {
  const wanted = container.desired === 'STOPPED' ? container : { ...container, desired: 'STOPPED' as const };
  const maybeUp = wanted.known === 'RUNNING' || wanted.maybeStarted === true;
  if (isInFlight(wanted) || maybeUp || wanted.known === 'STOPPED') return wanted;
  return { ...wanted, known: 'STOPPED', applied: 'STOPPED', finishedAtMs: wanted.finishedAtMs ?? nowMs };
}

const TO_CREATE: readonly Resource[] = ['cgroup', 'network', 'volumes', 'secrets'];

function goUp(progress: Progress, model: TaskModel): void {
  for (const [resource, state] of Object.entries(model.resources) as [Resource, TaskModel['resources'][Resource]][]) {
    if (state === 'wanted') progress.ask({ kind: 'make', resource }, (m) => withResource(m, resource, 'asked'));
  }
  const have = (resource: Resource): boolean => ['ready', 'unneeded'].includes(model.resources[resource]);
  for (const containerPlan of progress.plan.containers) {
    const container = containerOf(model, containerPlan.name);
    if (container === undefined || isInFlight(container) || !isDue(progress, container)) continue;
    if (container.known === 'NONE') {
      if (!containerPlan.needsLogin || have('secrets')) goPull(progress, containerPlan, model);
    } else if (container.known === 'PULLED' && TO_CREATE.every(have)) {
      call(progress, 'create', container.name, 'CREATED');
    } else if (container.known === 'CREATED' && have('logs')) call(progress, 'start', container.name, 'RUNNING');
  }
}

function goPull(progress: Progress, container: ContainerPlan, model: TaskModel): void {
  const gate = gateOf(progress.plan, container, model, progress.nowMs);
  if (gate.kind === 'open') call(progress, 'prepare-image', container.name, 'PULLED');
  else if (gate.kind === 'wait' && gate.untilMs !== undefined) progress.wakeAt(gate.untilMs);
}

function goDown(progress: Progress, model: TaskModel): void {
  for (const container of model.containers) {
    if (container.known === 'STOPPED') continue;
    if (isInFlight(container)) {
      if (container.applied !== 'PULLED' || container.pullCancelled === true) continue;
      const cancelled = { pullCancelled: true } as const;
      progress.ask({ kind: 'cancel-pull', container: container.name }, (m) =>
        withContainer(m, container.name, cancelled),
      );
    } else if (dependentsStopped(progress.plan, container.name, model) && isDue(progress, container)) {
      const timeoutS = progress.plan.containers.find(({ name }) => name === container.name)?.stopTimeoutS ?? 30;
      const action = { kind: 'stop', container: container.name, timeoutS } as const;
      progress.ask(action, (m) => withContainer(m, container.name, { applied: 'STOPPED' }));
    }
  }
  if (model.containers.every(({ known }) => known === 'STOPPED')) giveBack(progress, model);
}

function giveBack(progress: Progress, model: TaskModel): void {
  for (const resource of ['network', 'cgroup'] as const) {
    if (!maybeMade(model, resource)) continue;
    progress.ask({ kind: 'release', resource }, (m) => withResource(m, resource, 'releasing'));
  }
  if (model.cleanUpAtMs === undefined || model.cleaning !== undefined) return;
  // A volume made after the clean-up would stay for ever.
  if (model.resources.volumes === 'asked') return;
  if (progress.nowMs < model.cleanUpAtMs) progress.wakeAt(model.cleanUpAtMs);
  else progress.ask({ kind: 'clean-up' }, (m) => ({ ...m, cleaning: 'asked' }));
}

function call(progress: Progress, kind: 'prepare-image' | 'create' | 'start', name: string, applied: Known): void {
  progress.ask({ kind, container: name }, (m) => withContainer(m, name, { applied, retryAtMs: undefined }));
}

function isDue(progress: Progress, container: ContainerModel): boolean {
  if (container.retryAtMs === undefined || container.retryAtMs <= progress.nowMs) return true;
  progress.wakeAt(container.retryAtMs);
  return false;
}
