import type { PayloadContainer } from '@gantry/protocol';
import type { PortBinding } from './model.ts';

type Mapping = PayloadContainer['portMappings'][number];

/** One port of a container, with the host's where that is given (0: the engine chooses). */
export interface SinglePort {
  readonly containerPort: number;
  readonly hostPort: number;
  readonly protocol: 'tcp' | 'udp';
}

/** `8000-8003`: 8000, and four of them. Undefined for text that is no range of ports. */
export function readRange(text: string): { readonly first: number; readonly count: number } | undefined {
  const [, from = '', to = ''] = /^(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  return from !== '' && first >= 1 && first <= last && last <= 65_535 ? { first, count: last - first + 1 } : undefined;
}

/**
 * The ports of a container one by one. `blocks`: where on the host the block of a range begins; without one the ports
 * are exposed, and where they get to is not said. Pure.
 */
export function singlePorts(
  mappings: readonly Mapping[],
  blocks: ReadonlyMap<string, number> = new Map(),
): readonly SinglePort[] {
  return mappings.flatMap(({ containerPort = 0, hostPort = 0, containerPortRange, protocol }) => {
    if (containerPortRange === undefined) return [{ containerPort, hostPort, protocol }];
    const { first, count } = readRange(containerPortRange) ?? { first: 0, count: 0 };
    const block = blocks.get(rangeKey({ containerPortRange, protocol }));
    return Array.from({ length: count }, (_, n) => ({
      containerPort: first + n,
      hostPort: block === undefined ? 0 : block + n,
      protocol,
    }));
  });
}

export function rangeKey({ containerPortRange, protocol }: Pick<Mapping, 'containerPortRange' | 'protocol'>): string {
  return `${containerPortRange}/${protocol}`;
}

/** Bindings as they are told: of a range one, with the block on the host it is bound to. Pure. */
export function foldRanges(mappings: readonly Mapping[], bindings: readonly PortBinding[]): readonly PortBinding[] {
  const ranges = mappings.flatMap(({ containerPortRange, protocol }) => {
    const range = readRange(containerPortRange ?? '');
    return range === undefined || containerPortRange === undefined ? [] : [{ ...range, containerPortRange, protocol }];
  });
  const inRange = (range: (typeof ranges)[number], { containerPort = 0, protocol }: PortBinding): boolean =>
    protocol === range.protocol && containerPort >= range.first && containerPort < range.first + range.count;
  const single = bindings.filter((binding) => !ranges.some((range) => inRange(range, binding)));
  const folded = ranges.flatMap((range): readonly PortBinding[] => {
    const own = bindings.filter((binding) => inRange(range, binding));
    const hostPorts = own.flatMap(({ hostPort }) => hostPort ?? []);
    const { containerPortRange, protocol } = range;
    if (own[0] === undefined || hostPorts.length === 0) return [];
    const hostPortRange = `${Math.min(...hostPorts)}-${Math.max(...hostPorts)}`;
    return [{ bindIP: own[0].bindIP, containerPortRange, hostPortRange, protocol }];
  });
  return [...single, ...folded];
}
