import type { ContainerState, NetworkBinding, TaskContainer } from '@gantry/domain';

/** One container event of a report, spelled as on the wire. */
export interface ContainerReport {
  readonly containerName?: string | undefined;
  readonly runtimeId?: string | undefined;
  readonly status?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly imageDigest?: string | undefined;
  readonly reason?: string | undefined;
  readonly networkBindings?: readonly NetworkBinding[] | undefined;
}

const LONGEST_REASON = 1024;
const ORDER: readonly ContainerState[] = ['PENDING', 'RUNNING', 'STOPPED'];

/**
 * The containers after the events, in the events' order. A state never moves back, what is known is not forgotten,
 * and events of containers the task does not have are dropped.
 * @returns the same array when nothing changed.
 */
export function reportContainers(
  containers: readonly TaskContainer[],
  reports: readonly ContainerReport[],
): readonly TaskContainer[] {
  let result = containers;
  for (const report of reports) {
    const at = result.findIndex((container) => container.name === report.containerName);
    const before = result[at];
    if (before === undefined) continue;
    const after = merge(before, report);
    if (after !== before) result = result.with(at, after);
  }
  return result;
}

function merge(container: TaskContainer, report: ContainerReport): TaskContainer {
  const after: TaskContainer = {
    ...container,
    lastStatus: later(container.lastStatus, report.status),
    runtimeId: report.runtimeId || container.runtimeId,
    imageDigest: report.imageDigest || container.imageDigest,
    // The first exit is the one that counts: a doubled report must not rewrite history.
    exitCode: container.exitCode ?? report.exitCode,
    reason: container.reason ?? (report.reason ? report.reason.slice(0, LONGEST_REASON) : undefined),
    networkBindings: bindingsOf(container, report),
  };
  return same(container, after) ? container : after;
}

function later(from: ContainerState, reported: string | undefined): ContainerState {
  const to = ORDER.find((state) => state === reported);
  return to !== undefined && ORDER.indexOf(to) > ORDER.indexOf(from) ? to : from;
}

function bindingsOf(container: TaskContainer, report: ContainerReport): readonly NetworkBinding[] {
  const given = report.networkBindings;
  if (given === undefined || given.length === 0) return container.networkBindings;
  if (JSON.stringify(given) === JSON.stringify(container.networkBindings)) return container.networkBindings;
  return given.map((binding) => ({ ...binding }));
}

function same(a: TaskContainer, b: TaskContainer): boolean {
  return (Object.keys(b) as (keyof TaskContainer)[]).every((member) => a[member] === b[member]);
}
