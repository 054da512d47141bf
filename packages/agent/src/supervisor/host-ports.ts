import type { Clock } from '@gantry/domain';
import { readFile } from 'node:fs/promises';

type Protocol = 'tcp' | 'udp';

/** The host's ports, as blocks of them are chosen by. */
export interface PortsInUse {
  /** Those the kernel gives out by itself, first and last. */
  dynamicRange(): Promise<readonly [first: number, last: number]>;
  inUse(protocol: Protocol): Promise<ReadonlySet<number>>;
}

/** As many ports next to each other are not free. */
export class NoBlock extends Error {
  override readonly name = 'NoBlock';
}

/** A block chosen for a container that has not started yet is nobody else's for this long. */
const HELD_MS = 60_000;

/** Blocks of host ports, for the port ranges of containers in bridge mode. */
export class HostPorts {
  readonly #host: PortsInUse;
  readonly #clock: Clock;
  readonly #held = new Map<string, number>();

  constructor(host: PortsInUse, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
  }

  /** The first port of the block. @throws NoBlock */
  async take(count: number, protocol: Protocol): Promise<number> {
    const [[first, last], used] = await Promise.all([this.#host.dynamicRange(), this.#host.inUse(protocol)]);
    const now = this.#clock.elapsedMs();
    for (const [key, until] of this.#held) if (until <= now) this.#held.delete(key);
    const key = (port: number): string => `${protocol} ${port}`;
    const start = highestBlock(count, [first, last], (port) => !used.has(port) && !this.#held.has(key(port)));
    if (start === undefined) {
      throw new NoBlock(`${count} contiguous host ports unavailable for ${protocol} within ${first}-${last}`);
    }
    for (let port = start; port < start + count; port += 1) this.#held.set(key(port), now + HELD_MS);
    return start;
  }
}

/** From above: the engine chooses single ports from below. Pure. */
export function highestBlock(
  count: number,
  [first, last]: readonly [number, number],
  isFree: (port: number) => boolean,
): number | undefined {
  let free = 0;
  for (let port = last; port >= first; port -= 1) {
    free = isFree(port) ? free + 1 : 0;
    if (free === count) return port;
  }
  return undefined;
}

/** What Linux tells of its own ports. What runs in other network namespaces has ports of its own. */
export const linuxPorts: PortsInUse = {
  async dynamicRange() {
    const text = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
    const [first = 32_768, last = 60_999] = text.trim().split(/\s+/).map(Number);
    return [first, last];
  },
  async inUse(protocol) {
    const files = [`/proc/net/${protocol}`, `/proc/net/${protocol}6`];
    // A kernel without IPv6 has no second one.
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
    return new Set(texts.flatMap(localPorts));
  },
};

/** Local ports in a table of sockets below /proc/net. Pure. */
export function localPorts(table: string): readonly number[] {
  return table.split('\n').flatMap((line) => {
    const port = /^\s*\d+:\s+[0-9A-F]+:([0-9A-F]{4})\s/.exec(line)?.[1];
    return port === undefined ? [] : [Number.parseInt(port, 16)];
  });
}
