import type { HostRoute } from '@gantry/protocol';
import { parseAddress } from './address.ts';

/** The ways to other hosts as they are in the kernel, or should be. */
export interface Ways {
  /** Host by address of a task. */
  readonly routes: ReadonlyMap<string, string>;
  readonly hosts: ReadonlySet<string>;
}

export const NO_WAYS: Ways = { routes: new Map(), hosts: new Set() };

/** Commands for `ip -batch` and `bridge -batch`, in this order. */
export interface Commands {
  readonly ip: readonly string[];
  readonly bridge: readonly string[];
}

/** IANA's port of VXLAN. */
export const VXLAN_PORT = 4789;
/** Who made the route, in `ip route`. */
export const ROUTE_PROTOCOL = 71;
/** IPv4, UDP, VXLAN and Ethernet headers. */
export const VXLAN_BYTES = 50;

/** Interface names have at most 15 characters; a bridge's are `gantry0` or the user's. */
export function overlayName(bridge: string): string {
  return `${bridge.slice(0, 12)}-vx`;
}

/** A host's card in the network between hosts: locally administered, and known from its address. */
export function cardOf(hostAddress: string): string {
  const bytes = hostAddress.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return ['0a', '48', ...bytes].join(':');
}

/** @throws Error for what is no IPv4 address: these texts become commands */
export function waysOf(routes: readonly HostRoute[]): Ways {
  for (const { ipv4Address, via } of routes) {
    parseAddress(ipv4Address);
    parseAddress(via);
  }
  return {
    routes: new Map(routes.map(({ ipv4Address, via }) => [ipv4Address, via])),
    hosts: new Set(routes.map(({ via }) => via)),
  };
}

/**
 * From what is there to what should be. A host is one neighbour and one entry of the card's table, a task is one route: nothing is ever asked
 * or learned by broadcast. Pure.
 */
export function changeWays(device: string, before: Ways, after: Ways): Commands {
  const [ip, bridge]: [string[], string[]] = [[], []];
  for (const host of after.hosts) {
    if (before.hosts.has(host)) continue;
    ip.push(`neigh replace ${host} lladdr ${cardOf(host)} dev ${device} nud permanent`);
    bridge.push(`fdb replace ${cardOf(host)} dev ${device} dst ${host} self permanent`);
  }
  for (const [address, via] of after.routes) {
    if (before.routes.get(address) === via) continue;
    ip.push(`route replace ${address}/32 via ${via} dev ${device} onlink proto ${ROUTE_PROTOCOL}`);
  }
  for (const address of before.routes.keys()) {
    if (!after.routes.has(address)) ip.push(`route del ${address}/32 dev ${device}`);
  }
  for (const host of before.hosts) {
    if (after.hosts.has(host)) continue;
    ip.push(`neigh del ${host} dev ${device}`);
    bridge.push(`fdb del ${cardOf(host)} dev ${device} dst ${host} self`);
  }
  return { ip, bridge };
}

/** What `ip -o route show dev …` and `ip -o neigh show dev …` tell. */
export function readWays(routes: string, neighbours: string): Ways {
  const found = [...routes.matchAll(/^(\d+\.\d+\.\d+\.\d+) via (\d+\.\d+\.\d+\.\d+) /gm)];
  const known = [...neighbours.matchAll(/^(\d+\.\d+\.\d+\.\d+) lladdr \S+ PERMANENT/gm)];
  return {
    routes: new Map(found.map(([, address = '', via = '']) => [address, via])),
    hosts: new Set(known.map(([, host = '']) => host)),
  };
}

/** Number of the network and own address of a device, from `ip -o -d link show`. */
export function readDevice(text: string): { readonly networkId: number; readonly hostAddress: string } | undefined {
  const match = /vxlan id (\d+) .*?local (\d+\.\d+\.\d+\.\d+) /s.exec(text);
  return match === null ? undefined : { networkId: Number(match[1]), hostAddress: match[2] ?? '' };
}

export interface Guard {
  readonly bridge: string;
  readonly networkId: number;
  readonly hosts: ReadonlySet<string>;
}

export const guardTable = (bridge: string): string => `ip gantryvx-${bridge}`;

/**
 * Input of `nft -f`. The packets between hosts are not encrypted or signed, so: none of this network's is taken from anyone but its hosts, none is
 * sent for a container (it would pose as its host), and what comes out of them goes to tasks, or answers this host. Pure.
 */
export function guardText({ bridge, networkId, hosts }: Guard): string {
  const [table, device] = [guardTable(bridge), overlayName(bridge)];
  // The number of the network is in the second word behind the UDP header.
  const ours = `udp dport ${VXLAN_PORT} @th,96,24 ${networkId}`;
  return [
    `add table ${table}`,
    `delete table ${table}`,
    `table ${table} {`,
    `  set hosts { type ipv4_addr; elements = { ${[...hosts].join(', ')} }; }`,
    '  chain input {',
    '    type filter hook input priority -10; policy accept;',
    `    ${ours} ip saddr != @hosts drop`,
    `    iifname "${device}" ct state != { established, related } drop`,
    '  }',
    '  chain forward {',
    '    type filter hook forward priority -10; policy accept;',
    `    ${ours} drop`,
    `    iifname "${device}" oifname != "${bridge}" ct state != { established, related } drop`,
    '  }',
    '}',
    '',
  ].join('\n');
}
