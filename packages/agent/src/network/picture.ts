import type {
  EnforcedRule,
  HostRoute,
  MappedAddress,
  MappedRule,
  MappedSecurityGroup,
  NetworkMap,
  NetworkMapMessage,
} from '@gantry/protocol';

/** The network as one instance was told it, message after message. */
export class NetworkPicture {
  readonly #hostAddress: string | undefined;
  #generation: number | undefined;
  #networkId = 0;
  readonly #addresses = new Map<string, MappedAddress>();
  readonly #groups = new Map<string, MappedSecurityGroup>();

  /** `hostAddress`: what this host registered; addresses behind it need no route. */
  constructor(hostAddress: string | undefined) {
    this.#hostAddress = hostAddress;
  }

  /** `false`: it goes on from a message that did not come. A whole one will. */
  take(message: NetworkMapMessage): boolean {
    if (message.since === undefined) {
      this.#addresses.clear();
      this.#groups.clear();
    } else if (message.since !== this.#generation) {
      return false;
    }
    this.#generation = message.generation;
    this.#networkId = message.networkId;
    for (const entry of message.addresses) this.#addresses.set(entry.ipv4Address, entry);
    for (const address of message.goneAddresses) this.#addresses.delete(address);
    for (const group of message.securityGroups) this.#groups.set(group.groupId, group);
    for (const id of message.goneSecurityGroups) this.#groups.delete(id);
    return true;
  }

  /** `undefined`: nothing was told yet. */
  map(): NetworkMap | undefined {
    if (this.#generation === undefined) return undefined;
    const entries = [...this.#addresses.values()];
    const members = membersOf(entries);
    return {
      generation: this.#generation,
      networkId: this.#networkId,
      endpoints: entries.flatMap(({ taskArn, ipv4Address, securityGroupIds }) =>
        taskArn === undefined ? [] : [{ taskArn, ipv4Address, securityGroupIds }],
      ),
      securityGroups: [...this.#groups.values()].map(({ groupId, rules }) => ({
        groupId,
        rules: rules.map((rule) => enforced(rule, members)),
      })),
      routes: entries.flatMap(({ ipv4Address, host }) =>
        host === undefined || host === this.#hostAddress ? [] : [{ ipv4Address, via: host }],
      ),
      hosts: entries.flatMap(({ ofHost, ipv4Address }) => (ofHost === true ? [ipv4Address] : [])),
      ownAddress: entries.find(({ ofHost, host }) => ofHost === true && host === this.#hostAddress)?.ipv4Address,
    };
  }
}

/** Addresses by security group. */
function membersOf(entries: readonly MappedAddress[]): ReadonlyMap<string, readonly string[]> {
  const members = new Map<string, string[]>();
  for (const { ipv4Address, securityGroupIds } of entries) {
    for (const id of securityGroupIds) {
      const known = members.get(id);
      if (known === undefined) members.set(id, [ipv4Address]);
      else known.push(ipv4Address);
    }
  }
  return members;
}

function enforced({ peer, ...rule }: MappedRule, members: ReadonlyMap<string, readonly string[]>): EnforcedRule {
  return { ...rule, peers: 'cidrIpv4' in peer ? [peer.cidrIpv4] : (members.get(peer.groupId) ?? []) };
}

/** The routes of all instances of a host. What one was told later counts; an address that is here needs none. Pure. */
export function routesOf(maps: readonly NetworkMap[]): readonly HostRoute[] {
  const routes = new Map<string, HostRoute>();
  for (const map of maps.toSorted((a, b) => a.generation - b.generation)) {
    for (const route of map.routes) routes.set(route.ipv4Address, route);
  }
  for (const { endpoints } of maps) for (const { ipv4Address } of endpoints) routes.delete(ipv4Address);
  return [...routes.values()];
}
