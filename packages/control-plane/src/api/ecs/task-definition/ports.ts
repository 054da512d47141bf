import type { NetworkMode } from '@gantry/domain';
import { clientException } from '@gantry/protocol';
import type { ContainerDefinition, PortMapping } from '@aws-sdk/client-ecs';

const MAX_RANGES = 100;

interface Interval {
  readonly container: string;
  readonly first: number;
  readonly last: number;
  readonly protocol: string;
  readonly ranged: boolean;
}

/** Port mappings of all containers of a definition (ecs-semantics 2.6). Pure; throws ClientException. */
export function checkPorts(containers: readonly ContainerDefinition[], networkMode: NetworkMode): void {
  const all: Interval[] = [];
  for (const container of containers) {
    const name = container.name ?? '';
    const mappings = container.portMappings ?? [];
    if (networkMode === 'none' && mappings.length > 0) {
      throw clientException(
        `Invalid setting for container '${name}'. Networking is disabled: 'portMappings' must be empty.`,
      );
    }
    const own = mappings.map((mapping) => intervalOf(name, mapping, networkMode));
    checkWithinContainer(name, own);
    // Only bridge gives each container its own ports.
    if (networkMode !== 'bridge') checkAgainst(all, own, networkMode);
    all.push(...own);
  }
  checkFixedHostPorts(containers, networkMode);
  checkNames(containers);
}

function checkWithinContainer(name: string, own: readonly Interval[]): void {
  const ranges = own.filter((interval) => interval.ranged).length;
  if (ranges > MAX_RANGES) {
    throw clientException(`Container '${name}' has ${ranges} port ranges; at most ${MAX_RANGES} are allowed.`);
  }
  own.forEach((interval, index) => {
    const other = own.slice(0, index).find((candidate) => overlap(candidate, interval));
    if (other === undefined) return;
    if (other.protocol !== interval.protocol) {
      throw clientException(
        `Invalid setting for container '${name}'. Container port ${interval.first} can not be exposed with several protocols.`,
      );
    }
    if (other.ranged || interval.ranged) {
      throw clientException(
        `Invalid setting for container '${name}'. Container port ${interval.first} is in several port mappings.`,
      );
    }
  });
}

function checkAgainst(others: readonly Interval[], own: readonly Interval[], networkMode: NetworkMode): void {
  for (const interval of own) {
    const other = others.find((candidate) => candidate.protocol === interval.protocol && overlap(candidate, interval));
    if (other === undefined) continue;
    throw clientException(
      `Invalid setting for container '${interval.container}'. Container port ${interval.first}/${interval.protocol} is already mapped by container '${other.container}'; containers share ports with networkMode '${networkMode}'.`,
    );
  }
}

function overlap(a: Interval, b: Interval): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** The container ports a mapping names, or an error about the mapping itself. */
function intervalOf(container: string, mapping: PortMapping, networkMode: NetworkMode): Interval {
  const protocol = mapping.protocol ?? 'tcp';
  if (mapping.containerPortRange !== undefined) {
    return { container, ...rangeOf(container, mapping, networkMode), protocol, ranged: true };
  }
  const { containerPort, hostPort } = mapping;
  if (containerPort === undefined || containerPort < 1 || containerPort > 65_535) {
    throw clientException(
      `Invalid 'containerPort' setting for container '${container}': it must be between 1 and 65535.`,
    );
  }
  if (hostPort !== undefined && (hostPort < 0 || hostPort > 65_535)) {
    throw clientException(`Invalid 'hostPort' setting for container '${container}': it must be between 0 and 65535.`);
  }
  const shared = networkMode === 'awsvpc' || networkMode === 'host';
  if (shared && hostPort !== undefined && hostPort !== 0 && hostPort !== containerPort) {
    throw clientException(
      `When networkMode=${networkMode}, the host ports and container ports in port mappings must match.`,
    );
  }
  return { container, first: containerPort, last: containerPort, protocol, ranged: false };
}

function rangeOf(
  container: string,
  mapping: PortMapping,
  networkMode: NetworkMode,
): { readonly first: number; readonly last: number } {
  const [, from = '', to = ''] = /^(\d{1,5})-(\d{1,5})$/.exec(mapping.containerPortRange ?? '') ?? [];
  const [first, last] = [Number(from), Number(to)];
  if (from === '' || first < 1 || last > 65_535 || first >= last) {
    throw clientException(
      `Invalid 'containerPortRange' setting for container '${container}': give '<first>-<last>' within 1 to 65535.`,
    );
  }
  if (networkMode === 'host') {
    throw clientException(
      `Invalid 'containerPortRange' setting for container '${container}': it needs networkMode awsvpc or bridge.`,
    );
  }
  if (mapping.containerPort !== undefined || mapping.hostPort !== undefined) {
    throw clientException(
      `Invalid 'containerPortRange' setting for container '${container}': 'containerPort' and 'hostPort' must not be given with it.`,
    );
  }
  return { first, last };
}

/** In bridge mode a fixed host port can be given out once per host, so once per task. */
function checkFixedHostPorts(containers: readonly ContainerDefinition[], networkMode: NetworkMode): void {
  if (networkMode !== 'bridge') return;
  const seen = new Map<string, string>();
  for (const container of containers) {
    for (const { hostPort, protocol } of container.portMappings ?? []) {
      if (hostPort === undefined || hostPort === 0) continue;
      const id = `${hostPort}/${protocol ?? 'tcp'}`;
      const other = seen.get(id);
      if (other !== undefined) {
        throw clientException(`Host port ${id} is mapped by containers '${other}' and '${container.name ?? ''}'.`);
      }
      seen.set(id, container.name ?? '');
    }
  }
}

function checkNames(containers: readonly ContainerDefinition[]): void {
  const seen = new Set<string>();
  for (const { portMappings } of containers) {
    for (const { name } of portMappings ?? []) {
      if (name === undefined) continue;
      if (!/^[a-z0-9_][a-z0-9_-]{0,63}$/.test(name)) {
        throw clientException(
          `Invalid port mapping name '${name.slice(0, 64)}': up to 64 lowercase letters, numbers, underscores and hyphens, not starting with a hyphen.`,
        );
      }
      if (seen.has(name)) throw clientException(`Port mapping name '${name}' is used more than once.`);
      seen.add(name);
    }
  }
}
