import type { FakeContainer } from './fake-container.ts';
import type { FakeImage } from './fake-script.ts';
import { EngineError, type ContainerState } from './port.ts';

const FIRST_DYNAMIC_PORT = 32_768;

/** What Docker would say no to at the start of this container, given the others there are. */
export function whyNotStart(
  container: FakeContainer,
  script: FakeImage | undefined,
  all: readonly FakeContainer[],
): EngineError | undefined {
  if (script?.startFails !== undefined) return new EngineError('failed', script.startFails);
  const { joins, ports } = container.view;
  if (joins !== undefined) {
    const target = all.find((other) => other.id === joins || other.name === joins);
    if (target === undefined) return new EngineError('not-found', `No such container: ${joins}`);
    if (!target.running) {
      return new EngineError('conflict', `cannot join network of a non running container: ${target.id}`);
    }
  }
  const used = usedPorts(all);
  const taken = ports.find((port) => used.has(port.hostPort));
  if (taken === undefined) return undefined;
  const binding = `Bind for ${taken.hostIp}:${taken.hostPort} failed: port is already allocated`;
  return new EngineError(
    'failed',
    `driver failed programming external connectivity on endpoint ${container.name}: ${binding}`,
  );
}

/** The container's ports with numbers for those the engine chooses. */
export function givePorts(container: FakeContainer, all: readonly FakeContainer[]): ContainerState['ports'] {
  const used = usedPorts(all);
  return container.view.ports.map((port) => {
    let hostPort = port.hostPort;
    if (hostPort === 0) for (hostPort = FIRST_DYNAMIC_PORT; used.has(hostPort);) hostPort += 1;
    used.add(hostPort);
    return { ...port, hostPort };
  });
}

function usedPorts(all: readonly FakeContainer[]): Set<number> {
  return new Set(all.flatMap((container) => container.state().ports.map((port) => port.hostPort)));
}
