import type { EnforcedRule, EnforcedSecurityGroup, NetworkEndpoint, NetworkMap } from '@gantry/protocol';
import { formatNetwork, networkOf } from './address.ts';
import { overlayName } from './overlay-plan.ts';
import type { NftChain, NftSet, NftTable } from './ruleset.ts';

/** A task's end of a wire: what may come out of it. */
export interface Wire {
  /** The host's end. */
  readonly device: string;
  readonly macAddress: string;
  readonly ipv4Address: string;
}

/** Where containers find metadata, credentials and the API: no security group is asked about it. */
const LINK_LOCAL = '169.254.170.2';
/** Before Docker's rules: what is dropped here nobody can accept. */
const PRIORITY = -5;
/** Before br_netfilter lends the frames to others. */
const FRAME_PRIORITY = -300;

/** Names of the tables of one bridge. */
export const tableNames = (bridge: string): { readonly packets: string; readonly frames: string } => ({
  packets: `ip gantrysg-${bridge}`,
  frames: `bridge gantrysg-${bridge}`,
});

/**
 * What may come out of each wire: packets with its own address and MAC address, and nothing but IPv4 and ARP. `group`: the
 * device group of all wires of the bridge; those without an address may send nothing. Pure.
 */
export function frameTable(bridge: string, group: number, wires: readonly Wire[]): NftTable {
  const key = ({ device, macAddress, ipv4Address }: Wire): string =>
    `"${device}" . ${macAddress.toLowerCase()} . ${ipv4Address}`;
  return {
    name: tableNames(bridge).frames,
    sets: new Map([['wires', setOf('ifname . ether_addr . ipv4_addr', wires.map(key))]]),
    chains: new Map<string, NftChain>([
      [
        'prerouting',
        {
          hook: `type filter hook prerouting priority ${FRAME_PRIORITY}; policy accept;`,
          rules: [
            `iifgroup != ${group} accept`,
            'iifname . ether saddr . ip saddr @wires accept',
            'iifname . ether saddr . arp saddr ip @wires iifname . arp saddr ether . arp saddr ip @wires accept',
            'drop',
          ],
        },
      ],
    ]),
  };
}

/**
 * What the security groups let through. Every packet costs two looks into a hash and its connection's state; the first of
 * a connection also the rules of the groups at both of its ends, however many others there are. Pure.
 */
export function packetTable(bridge: string, maps: readonly NetworkMap[]): NftTable {
  const endpoints = maps.flatMap((map) => map.endpoints).filter((endpoint) => isAddress(endpoint.ipv4Address));
  const groups = new Map(maps.flatMap((map) => map.securityGroups).map((group) => [group.groupId, group]));
  const sets = new Map<string, NftSet>([
    ['hosts', setOf('ipv4_addr', maps.flatMap(({ hosts = [] }) => hosts).filter(isAddress))],
    [
      'tasks',
      setOf(
        'ipv4_addr',
        endpoints.map((endpoint) => endpoint.ipv4Address),
      ),
    ],
  ]);
  const chains = new Map<string, NftChain>(baseChains(bridge));
  /** Names of sets by what is in them. */
  const shared = new Map<string, string>();
  for (const group of groups.values()) if (isGroupId(group.groupId)) addGroup(sets, chains, shared, group);
  for (const direction of DIRECTIONS) {
    const entries = endpoints.map(
      (endpoint) => [endpoint.ipv4Address, admit(chains, direction, endpoint, groups)] as const,
    );
    sets.set(direction, { kind: 'map', type: 'ipv4_addr : verdict', elements: new Map(entries) });
  }
  return { name: tableNames(bridge).packets, sets, chains };
}

const DIRECTIONS = ['ingress', 'egress'] as const;
type Direction = (typeof DIRECTIONS)[number];

/** Who is let out is looked at again at `arrive`: a task's packet to another needs both. */
function baseChains(bridge: string): [string, NftChain][] {
  const state = 'ct state vmap { established : accept, related : accept, invalid : drop }';
  const filter = (hook: string): string => `type filter hook ${hook} priority ${PRIORITY}; policy accept;`;
  return [
    [
      'arrive',
      {
        rules: [
          `oifname != "${bridge}" accept`,
          // Other hosts by the way between hosts: a load balancer there is let in as one here is.
          `iifname "${overlayName(bridge)}" ip saddr @hosts accept`,
          'ip daddr vmap @ingress',
          'drop',
        ],
      },
    ],
    [
      'forward',
      {
        hook: filter('forward'),
        rules: [
          `iifname != "${bridge}" oifname != "${bridge}" accept`,
          `iifname "${bridge}" ip saddr != @tasks drop`,
          `oifname "${bridge}" ip daddr != @tasks drop`,
          state,
          `iifname "${bridge}" ip saddr vmap @egress`,
          `iifname "${bridge}" drop`,
          'goto arrive',
        ],
      },
    ],
    [
      'input',
      {
        hook: filter('input'),
        rules: [
          `iifname != "${bridge}" accept`,
          'ip saddr != @tasks drop',
          `ip daddr ${LINK_LOCAL} accept`,
          'meta l4proto { tcp, udp } th dport 53 accept',
          state,
          'ip saddr vmap @egress',
          'drop',
        ],
      },
    ],
    // Tasks of one subnet reach each other through the host: nobody shall be told of a shorter way.
    ['output', { hook: filter('output'), rules: [`oifname "${bridge}" icmp type redirect drop`] }],
  ];
}

/** A verdict for the address: its groups' rules, and no other. */
function admit(
  chains: Map<string, NftChain>,
  direction: Direction,
  endpoint: NetworkEndpoint,
  groups: ReadonlyMap<string, EnforcedSecurityGroup>,
): string {
  const own = [...new Set(endpoint.securityGroupIds)].filter((id) => groups.has(id) && isGroupId(id)).toSorted();
  if (own.length === 0) return 'drop';
  const chain = chainOf(direction, own.join('.'));
  if (own.length > 1 && !chains.has(chain)) {
    chains.set(chain, { rules: own.map((id) => `jump ${chainOf(direction, id)}`) });
  }
  return `jump ${chain}`;
}

const chainOf = (direction: Direction, ids: string): string => `${direction === 'ingress' ? 'in' : 'out'}-${ids}`;

function addGroup(
  sets: Map<string, NftSet>,
  chains: Map<string, NftChain>,
  shared: Map<string, string>,
  group: EnforcedSecurityGroup,
): void {
  for (const direction of DIRECTIONS) {
    const rules: string[] = [];
    for (const [index, rule] of group.rules.entries()) {
      const what = matchOf(rule);
      if (rule.direction !== direction || what === undefined) continue;
      const peers = rule.peers.flatMap(peerOf);
      const field = direction === 'ingress' ? 'ip saddr' : 'ip daddr';
      const [verdict, networks] = [
        direction === 'ingress' ? 'accept' : 'goto arrive',
        peers.filter((peer) => peer.includes('/')),
      ];
      const say = (whom: string): void =>
        void rules.push([whom, what, verdict].filter((part) => part !== '').join(' '));
      for (const network of networks) say(network.endsWith('/0') ? '' : `${field} ${network}`);
      if (networks.length === peers.length) continue;
      // Members of a group come and go: they are elements, and the rule stays. Rules with the same members share them.
      const addresses = peers.filter((peer) => !peer.includes('/')).toSorted();
      const content = addresses.join();
      const name = shared.get(content) ?? `peers-${group.groupId}-${index}`;
      if (!shared.has(content)) sets.set(name, setOf('ipv4_addr', addresses));
      shared.set(content, name);
      say(`${field} @${name}`);
    }
    chains.set(chainOf(direction, group.groupId), { rules });
  }
}

/** `10.0.0.5` as it is, `10.0.0.7/24` as a network, `10.0.0.5/32` as the address; nothing else. */
function peerOf(text: string): readonly string[] {
  if (isAddress(text)) return [text];
  try {
    const network = formatNetwork(networkOf(text));
    return [network.endsWith('/32') ? network.slice(0, -3) : network];
  } catch {
    return [];
  }
}

/** `undefined`: no IPv4 packet is meant. */
function matchOf({ protocol, fromPort, toPort }: EnforcedRule): string | undefined {
  if (protocol === '-1') return '';
  if (protocol === 'tcp' || protocol === 'udp') return portsOf(protocol, fromPort, toPort);
  if (protocol === 'icmp') {
    const type = fromPort === undefined || fromPort < 0 ? '' : ` icmp type ${whole(fromPort)}`;
    const code = type === '' || toPort === undefined || toPort < 0 ? '' : ` icmp code ${whole(toPort)}`;
    return `meta l4proto icmp${type}${code}`;
  }
  return /^\d{1,3}$/.test(protocol) && protocol !== '58' ? `meta l4proto ${protocol}` : undefined;
}

function portsOf(protocol: 'tcp' | 'udp', from: number | undefined, to: number | undefined): string {
  if (from === undefined || from < 0 || (from === 0 && to === 65_535)) return `meta l4proto ${protocol}`;
  return `${protocol} dport ${to === undefined || to === from ? whole(from) : `${whole(from)}-${whole(to)}`}`;
}

function whole(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new Error(`Not a port or an ICMP type: ${value}`);
  return value;
}

// These texts become commands: nothing but what they should be may pass.
const isGroupId = (text: string): boolean => /^sg-[0-9a-z]{1,17}$/.test(text);
const isAddress = (text: string): boolean =>
  /^(\d{1,3}\.){3}\d{1,3}$/.test(text) && text.split('.').every((part) => Number(part) < 256);

const setOf = (type: string, keys: readonly string[]): NftSet => ({
  kind: 'set',
  type,
  elements: new Map(keys.map((key) => [key, ''])),
});
