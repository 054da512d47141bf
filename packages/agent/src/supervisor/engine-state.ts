import type { ContainerState } from '../engine/port.ts';
import type { PortBinding } from './model.ts';
import type { ContainerFact } from './observe.ts';

/** What an inspection tells of a container that was started once. */
export function factsOfState(
  container: string,
  state: ContainerState,
  nowMs: number,
  watched: boolean,
): readonly ContainerFact[] {
  const facts: ContainerFact[] = [];
  if (state.startedAtMs !== undefined) {
    facts.push({ kind: 'started', container, atMs: state.startedAtMs, ports: portsOfState(state) });
  }
  if (isUp(state)) {
    if (state.health !== undefined) facts.push({ kind: 'health', container, health: state.health, atMs: nowMs });
    return facts;
  }
  return [...facts, ...endOfRun(container, state, nowMs, watched)];
}

/** How the last run of a container that is not up ended. */
export function endOfRun(
  container: string,
  state: ContainerState,
  nowMs: number,
  watched: boolean,
): readonly ContainerFact[] {
  const { startedAtMs: runStartedAtMs, finishedAtMs: atMs = nowMs, exitCode, oomKilled } = state;
  if (runStartedAtMs === undefined) return [];
  return [{ kind: 'died', container, exitCode, atMs, oomKilled, watched, runStartedAtMs }];
}

export function isUp(state: ContainerState): boolean {
  return state.status === 'running' || state.status === 'paused' || state.status === 'restarting';
}

export function portsOfState(state: ContainerState): readonly PortBinding[] {
  return state.ports
    .filter(({ hostIp }) => !hostIp.includes(':'))
    .map(({ hostIp, containerPort, hostPort, protocol }) => ({ bindIP: hostIp, containerPort, hostPort, protocol }));
}
