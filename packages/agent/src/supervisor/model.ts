/**
 * What the agent remembers of a task: plain JSON, written to the checkpoint after every change.
 * The payload (what shall be) never changes and is kept beside it; this is what was done and seen.
 */

/** In order; a container only moves forward, but for a restart in place (RUNNING back to CREATED). */
export const KNOWN_STATES = ['NONE', 'PULLED', 'CREATED', 'RUNNING', 'STOPPED'] as const;
export type Known = (typeof KNOWN_STATES)[number];
export type Reported = 'NONE' | 'PENDING' | 'RUNNING' | 'STOPPED';
export type Desired = 'RUNNING' | 'STOPPED';

export function isBefore(a: Known, b: Known): boolean {
  return KNOWN_STATES.indexOf(a) < KNOWN_STATES.indexOf(b);
}

/** Of one port, or of a range of them. */
export interface PortBinding {
  readonly bindIP: string;
  readonly containerPort?: number | undefined;
  readonly hostPort?: number | undefined;
  readonly containerPortRange?: string | undefined;
  readonly hostPortRange?: string | undefined;
  readonly protocol: 'tcp' | 'udp';
}

/** The four statuses of a container: desired (wanted), known (seen), applied (asked of the engine), sent (reported). */
export interface ContainerModel {
  readonly name: string;
  readonly desired: Desired;
  readonly known: Known;
  /** Unlike `known` while a call is in flight: the state that call leads to. */
  readonly applied: Known;
  readonly sent: Reported;
  readonly dockerId?: string | undefined;
  readonly imageDigest?: string | undefined;
  readonly exitCode?: number | undefined;
  /** `Name: text`; the first one sticks. */
  readonly reason?: string | undefined;
  readonly oomKilled?: boolean | undefined;
  /** Of the last start. Set once and for all: the container has run. */
  readonly startedAtMs?: number | undefined;
  readonly finishedAtMs?: number | undefined;
  readonly health?: 'starting' | 'healthy' | 'unhealthy' | undefined;
  readonly healthSinceMs?: number | undefined;
  readonly ports?: readonly PortBinding[] | undefined;
  readonly restarts: number;
  readonly restartedAtMs?: number | undefined;
  /** The run whose end led to the last restart, by the name `runStartedAtMs` gives it. */
  readonly endedRunStartedAtMs?: number | undefined;
  /** Failed attempts of the call that comes next, and not before when it may be tried again. */
  readonly attempts: number;
  readonly retryAtMs?: number | undefined;
  /** It was told to start and nobody answered: it may run, whatever `known` says. */
  readonly maybeStarted?: boolean | undefined;
  /** The pull of this container was told to end. */
  readonly pullCancelled?: boolean | undefined;
}

/**
 * `unneeded`; `wanted` (to be made), `asked` (call in flight), `ready`, `failed` (it cannot be had; something of it may be there);
 * `releasing` (call in flight), `released`.
 */
export type ResourceState = 'unneeded' | 'wanted' | 'asked' | 'ready' | 'failed' | 'releasing' | 'released';

export const RESOURCES = ['cgroup', 'network', 'volumes', 'secrets', 'logs'] as const;
export type Resource = (typeof RESOURCES)[number];

export interface TaskModel {
  readonly arn: string;
  /** Number of arrival: admission is first come, first served. */
  readonly order: number;
  readonly desired: Desired;
  /** Its resources are reserved on the instance (or it needs none). */
  readonly admitted: boolean;
  readonly containers: readonly ContainerModel[];
  readonly resources: Readonly<Record<Resource, ResourceState>>;
  /** An earlier process had this task: what is `wanted` now may have been made by then. */
  readonly inherited?: true | undefined;
  readonly cgroupParent?: string | undefined;
  readonly pauseContainerId?: string | undefined;
  /** Why the task itself failed; empty for normal stops. */
  readonly reason?: string | undefined;
  readonly sent: Reported;
  /** All its containers have run at the same time, or had run by then. Sticky. */
  readonly everRunning: boolean;
  readonly pullStartedAtMs?: number | undefined;
  readonly pullStoppedAtMs?: number | undefined;
  readonly executionStoppedAtMs?: number | undefined;
  /** When nothing was left of it but stopped containers. */
  readonly stoppedAtMs?: number | undefined;
  /** Its traces are removed from then on; set when the control plane accepted STOPPED. */
  readonly cleanUpAtMs?: number | undefined;
  readonly cleaning?: 'asked' | 'done' | undefined;
}

export function containerOf(model: TaskModel, name: string): ContainerModel | undefined {
  return model.containers.find((container) => container.name === name);
}

export function withContainer(model: TaskModel, name: string, change: Partial<ContainerModel>): TaskModel {
  return {
    ...model,
    containers: model.containers.map((container) =>
      container.name === name ? { ...container, ...change } : container,
    ),
  };
}

export function withResource(model: TaskModel, resource: Resource, state: ResourceState): TaskModel {
  if (model.resources[resource] === state) return model;
  return { ...model, resources: { ...model.resources, [resource]: state } };
}

export function isInFlight(container: ContainerModel): boolean {
  return container.applied !== container.known;
}

/** May be there: it is given back before the task is told STOPPED. */
export function maybeMade(model: TaskModel, resource: 'cgroup' | 'network'): boolean {
  const state = model.resources[resource];
  return state === 'ready' || state === 'failed' || (state === 'wanted' && model.inherited === true);
}

/** Every container is STOPPED and what they stood on is given back: the task may be reported STOPPED. */
export function isQuiet(model: TaskModel): boolean {
  const busy = (['cgroup', 'network'] as const).some(
    (resource) => maybeMade(model, resource) || ['asked', 'releasing'].includes(model.resources[resource]),
  );
  return model.containers.every((container) => container.known === 'STOPPED') && !busy;
}

/** How a container is told to the control plane. A restart in place is not a step back. */
export function reportedStatus(container: ContainerModel): Reported {
  if (container.known === 'STOPPED') return 'STOPPED';
  return container.startedAtMs === undefined ? 'PENDING' : 'RUNNING';
}

export function taskStatus(model: TaskModel): Reported {
  if (isQuiet(model)) return 'STOPPED';
  return model.everRunning ? 'RUNNING' : 'PENDING';
}
