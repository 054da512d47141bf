/** What stands between a task and its neighbours, strongest first: a kernel of its own (a machine's, or one in user space), or the host's. */
export const ISOLATION_CLASSES = ['kata', 'runsc', 'crun', 'runc'] as const;
export type IsolationClass = (typeof ISOLATION_CLASSES)[number];

/** Attribute of an instance whose tasks run in a runtime that was chosen for them. */
export const ISOLATION_ATTRIBUTE = 'gantry.isolation';

/** gVisor with one sandbox a task: `gantry-runsc` of this folder, as the engine knows it. */
export const SANDBOX_RUNTIME = 'gantry-runsc';

/** The runtime of an instance's tasks. */
export interface TaskRuntime {
  readonly class: IsolationClass;
  /** As the engine knows it; `undefined`: its default. */
  readonly runtime: string | undefined;
}

/** The engine's default, which needs no trial: everything else runs in it, too. */
export const DEFAULT_RUNTIME: TaskRuntime = { class: 'runc', runtime: undefined };

/** Containers of a task see each other and nobody else: they are in one sandbox, whose root is made before them. */
export function isSandbox({ class: name }: TaskRuntime): boolean {
  return name === 'kata' || name === 'runsc';
}

/**
 * What the containers of one task run in; `undefined`: the engine's default. A log router's socket has to be the host's, and
 * what is in a sandbox cannot make one: a task with a router is in none.
 */
export function runtimeOf(
  taskRuntime: TaskRuntime | undefined,
  containers: readonly { readonly firelensConfiguration?: unknown }[],
): TaskRuntime | undefined {
  if (taskRuntime === undefined || !isSandbox(taskRuntime)) return taskRuntime;
  return containers.some((one) => one.firelensConfiguration !== undefined) ? undefined : taskRuntime;
}

/**
 * What to try, strongest first. `wanted`: `auto`, a class, or the name of a runtime of the engine; for a name there is
 * no second choice. `runtimes`: the engine's.
 */
export function candidates(wanted: string, runtimes: readonly string[]): readonly TaskRuntime[] {
  const known = runtimes.flatMap((runtime) => {
    const name = classOf(runtime);
    return name === undefined ? [] : [{ class: name, runtime }];
  });
  const sorted = known.toSorted((a, b) => ISOLATION_CLASSES.indexOf(a.class) - ISOLATION_CLASSES.indexOf(b.class));
  if (wanted === 'auto') return [...sorted.filter(({ class: name }) => name !== 'runc'), DEFAULT_RUNTIME];
  return sorted.filter(({ class: name, runtime }) => runtime === wanted || name === wanted);
}

/** runsc without the wrapper gives every container a sandbox of its own, and two cannot share a network. */
function classOf(runtime: string): IsolationClass | undefined {
  if (runtime.startsWith('kata')) return 'kata';
  if (runtime.startsWith(SANDBOX_RUNTIME)) return 'runsc';
  return runtime === 'crun' || runtime === 'runc' ? runtime : undefined;
}

/** A task whose containers come and go needs a root that stays; a lone container is its own. */
export function needsRoot(containers: readonly { readonly restart: unknown }[]): boolean {
  return containers.length > 1 || containers.some(({ restart }) => restart !== undefined);
}
