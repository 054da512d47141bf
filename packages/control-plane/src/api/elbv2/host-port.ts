import type { Tables } from '../../state/tables.ts';

/** Ports of this host that are chosen where the one asked for is taken. */
const [FIRST, LAST] = [20_000, 29_999];

export interface HostPorts {
  /** The port asked for where nobody has it, else another that is free. `taken`: by other listeners. */
  choose(wanted: number, taken: ReadonlySet<number>): Promise<number>;
}

/** @param isFree whether this process could listen on it now */
export function hostPorts(isFree: (port: number) => Promise<boolean>): HostPorts {
  return {
    async choose(wanted, taken) {
      if (!taken.has(wanted) && (await isFree(wanted))) return wanted;
      for (let port = FIRST; port <= LAST; port += 1) if (!taken.has(port) && (await isFree(port))) return port;
      return wanted;
    },
  };
}

export function takenPorts(tables: Tables): ReadonlySet<number> {
  return new Set([...tables.listeners.values()].map(({ hostPort }) => hostPort));
}

/** The chosen port, or the next that no other listener has taken meanwhile. */
export function freshPort(chosen: number, taken: ReadonlySet<number>): number {
  if (!taken.has(chosen)) return chosen;
  let port = FIRST;
  while (taken.has(port)) port += 1;
  return port;
}
