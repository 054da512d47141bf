import type { ContainerState } from '../engine/port.ts';
import { insist } from '../engine/insist.ts';
import { isBefore, RESOURCES, type ContainerModel, type ResourceState, type TaskModel } from './model.ts';
import { CONTAINER_NAME_LABEL, OWNER_LABEL, TASK_ARN_LABEL } from './naming.ts';
import type { Fact } from './observe.ts';
import { factsOfState } from './engine-state.ts';
import { messageOf, type PerformPorts, type TaskView } from './perform.ts';
import { taskVolumesOf } from './task-resources.ts';

export interface Reconciled {
  /** With nothing in flight: those calls died with the last process. */
  readonly task: TaskView;
  readonly facts: readonly Fact[];
}

/**
 * After a restart: what the checkpoint says against what the engine has. Containers that were created but not
 * written down are adopted; those of tasks nobody knows are removed, and so are their network leases (their payload
 * was never acked: it comes again).
 */
export async function reconcile(
  ports: PerformPorts,
  owner: string,
  restored: readonly TaskView[],
  signal: AbortSignal,
): Promise<readonly Reconciled[]> {
  const found = await listOwn(ports, owner, signal);
  const byTask = Map.groupBy(found, (state) => state.labels[TASK_ARN_LABEL] ?? '');
  const known = new Set(restored.map(({ plan }) => plan.arn));
  for (const [arn, states] of byTask) if (!known.has(arn)) await removeStrays(ports, arn, states, signal);
  await removeStrayVolumes(ports, owner, restored, signal);
  await releaseStrayDirectories(ports, restored);
  const results: Reconciled[] = [];
  for (const task of restored) results.push(await compare(ports, task, byTask.get(task.plan.arn) ?? [], signal));
  return results;
}

function listOwn(ports: PerformPorts, owner: string, signal: AbortSignal): Promise<readonly ContainerState[]> {
  return untilAnswered(ports, signal, [], () => ports.engine.listContainers(`${OWNER_LABEL}=${owner}`));
}

/** An engine that does not answer tells nothing about its containers: ask until it does. */
function untilAnswered<T>(ports: PerformPorts, signal: AbortSignal, otherwise: T, ask: () => Promise<T>): Promise<T> {
  const onFailure = (error: unknown): void => ports.log('warn', `the engine does not answer: ${messageOf(error)}`);
  return insist({ clock: ports.clock, signal, tries: Infinity, onFailure }, ask).catch(() => otherwise);
}

async function removeStrays(
  ports: PerformPorts,
  arn: string,
  states: readonly ContainerState[],
  signal: AbortSignal,
): Promise<void> {
  ports.log('info', `removing ${states.length} container(s) of ${arn}, which was never acknowledged`);
  const jobs = states.map(
    ({ id }) =>
      () =>
        ports.engine.removeContainer(id),
  );
  for (const job of [...jobs, () => ports.network.release(arn)]) {
    await insist({ clock: ports.clock, signal }, job).catch((error: unknown) => {
      if (!signal.aborted) ports.log('error', `removing what is left of ${arn}: ${messageOf(error)}`);
    });
  }
}

/** Volumes of tasks that are over and forgotten: removing them failed at the time. What is still in use stays for the next start. */
async function removeStrayVolumes(
  ports: PerformPorts,
  owner: string,
  restored: readonly TaskView[],
  signal: AbortSignal,
): Promise<void> {
  const wanted = new Set(restored.flatMap(({ payload }) => taskVolumesOf(payload)));
  const found = await untilAnswered(ports, signal, [], () => ports.engine.listVolumes(`${OWNER_LABEL}=${owner}`));
  for (const name of found) {
    if (wanted.has(name) || signal.aborted) continue;
    ports.log('info', `removing volume ${name}, whose task is over`);
    await ports.engine.removeVolume(name).catch((error: unknown) => {
      ports.log('warn', `removing volume ${name}: ${messageOf(error)}; the next start of the agent tries again`);
    });
  }
}

/** Mounts of tasks that are over and forgotten. */
async function releaseStrayDirectories(
  { directories, log }: PerformPorts,
  restored: readonly TaskView[],
): Promise<void> {
  const known = new Set(restored.map(({ plan }) => plan.taskId));
  try {
    for (const taskId of (await directories?.prepared()) ?? []) {
      if (!known.has(taskId)) await directories?.release(taskId);
    }
  } catch (error) {
    log('warn', `giving back file systems of tasks that are over: ${messageOf(error)}; the next start tries again`);
  }
}

async function compare(
  ports: PerformPorts,
  task: TaskView,
  states: readonly ContainerState[],
  signal: AbortSignal,
): Promise<Reconciled> {
  const facts: Fact[] = [];
  const containers: ContainerModel[] = [];
  for (const before of task.model.containers) {
    const listed = states.find((state) => state.labels[CONTAINER_NAME_LABEL] === before.name);
    const id = before.dockerId ?? listed?.id;
    containers.push(atRest(before, id));
    if (before.known === 'STOPPED' || id === undefined) continue;
    // A list does not tell exit codes, an inspection does.
    const state = await untilAnswered(ports, signal, undefined, () => ports.engine.inspectContainer(id));
    const nowMs = ports.clock.now();
    if (signal.aborted) break;
    if (state === undefined) facts.push({ kind: 'vanished', container: before.name, atMs: nowMs });
    else
      facts.push(
        { kind: 'created', container: before.name, dockerId: state.id },
        ...factsOfState(before.name, state, nowMs, false),
      );
  }
  const inherited = task.model.stoppedAtMs === undefined ? (true as const) : undefined;
  const model = { ...task.model, containers, resources: resourcesAtRest(task.model), inherited, cleaning: undefined };
  return { task: { ...task, model }, facts };
}

function atRest(container: ContainerModel, dockerId: string | undefined): ContainerModel {
  return {
    ...container,
    dockerId,
    applied: container.known,
    attempts: 0,
    retryAtMs: undefined,
    // Its start may have been under way when the last process ended.
    maybeStarted: dockerId !== undefined && isBefore(container.known, 'RUNNING') ? true : undefined,
    pullCancelled: undefined,
  };
}

/**
 * A task that goes down gives back what may have been made; one that goes up asks for it again (every such call may be
 * repeated). Secrets are kept in memory alone: who still has to make a container fetches them anew.
 */
function resourcesAtRest(model: TaskModel): TaskModel['resources'] {
  const asked: ResourceState = model.desired === 'STOPPED' ? 'ready' : 'wanted';
  const back: Partial<Record<ResourceState, ResourceState>> = { asked, releasing: 'ready' };
  const unmade = model.containers.some(({ known }) => isBefore(known, 'CREATED'));
  return Object.fromEntries(
    RESOURCES.map((resource) => {
      // A checkpoint of an older version may not have it.
      const state = model.resources[resource] ?? 'unneeded';
      const gone = resource === 'secrets' && state === 'ready' && unmade && model.desired === 'RUNNING';
      return [resource, gone ? 'wanted' : (back[state] ?? state)];
    }),
  ) as TaskModel['resources'];
}
