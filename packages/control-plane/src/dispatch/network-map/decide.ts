import type { SecurityGroup } from '@gantry/domain';
import type { MappedAddress, NetworkMapMessage } from '@gantry/protocol';
import type { AddressDirectory, Touched } from './directory.ts';
import { groupIdOf, mapGroup } from './groups.ts';

/** Documents of security groups as an agent has them, by key. One that is not there is told, too. */
export type SentGroups = ReadonlyMap<string, SecurityGroup | undefined>;

export interface MapView {
  readonly directory: Pick<AddressDirectory, 'addresses' | 'get' | 'hostOf' | 'hostCalled' | 'addressesOf'>;
  readonly groupOf: (groupKey: string) => SecurityGroup | undefined;
  readonly instanceKey: string;
}

export interface MapContent {
  readonly content: Pick<NetworkMapMessage, 'addresses' | 'goneAddresses' | 'securityGroups' | 'goneSecurityGroups'>;
  /** What the agent has when it has taken it. */
  readonly groups: SentGroups;
}

/** The whole picture for an instance. Pure. */
export function wholeMap(view: MapView): MapContent {
  const addresses = view.directory.addresses().flatMap((address) => mapAddress(view, address) ?? []);
  const groups = groupsOfTasks(view);
  return {
    content: {
      addresses,
      goneAddresses: [],
      securityGroups: [...groups].map(([key, group]) => mapGroup(key, group)),
      goneSecurityGroups: [],
    },
    groups,
  };
}

/** What an instance has to be told after a change; `sent`: the groups it knows. Pure. */
export function changedMap(view: MapView, touched: Touched, sent: SentGroups): MapContent {
  const [addresses, goneAddresses]: [MappedAddress[], string[]] = [[], []];
  for (const address of touched.addresses) {
    const mapped = mapAddress(view, address);
    if (mapped === undefined) goneAddresses.push(address);
    else addresses.push(mapped);
  }
  const groups = groupsOfTasks(view);
  const news = [...groups].filter(([key, group]) => !sent.has(key) || sent.get(key) !== group);
  return {
    content: {
      addresses,
      goneAddresses,
      securityGroups: news.map(([key, group]) => mapGroup(key, group)),
      goneSecurityGroups: [...sent.keys()].filter((key) => !groups.has(key)).map(groupIdOf),
    },
    groups,
  };
}

/** Those that the instance's own tasks have: nobody else's rules are its agent's to keep. */
function groupsOfTasks({ directory, groupOf, instanceKey }: MapView): SentGroups {
  const groups = new Map<string, SecurityGroup | undefined>();
  for (const address of directory.addressesOf(instanceKey))
    for (const key of directory.get(address)?.groupKeys ?? []) if (!groups.has(key)) groups.set(key, groupOf(key));
  return groups;
}

function mapAddress({ directory, instanceKey }: MapView, address: string): MappedAddress | undefined {
  const called = directory.hostCalled(address);
  if (called !== undefined) return { ipv4Address: address, host: called, ofHost: true, securityGroupIds: [] };
  const placed = directory.get(address);
  if (placed === undefined) return undefined;
  const host = directory.hostOf(placed.instanceKey);
  return {
    ipv4Address: address,
    ...(placed.instanceKey === instanceKey ? { taskArn: placed.taskArn } : {}),
    ...(host === undefined ? {} : { host }),
    securityGroupIds: placed.groupKeys.map(groupIdOf),
  };
}

/**
 * The number of the network between hosts: the first 24 bits of the lowest subnet, so that several Gantries, whose subnets are
 * apart, can share hosts. Pure.
 */
export function networkIdOf(cidrs: readonly string[]): number {
  const numbers = cidrs.map((cidr) => {
    const [a = 0, b = 0, c = 0] = cidr.split('.').map(Number);
    return (a * 256 + b) * 256 + c;
  });
  return Math.min(...numbers, 2 ** 24 - 1);
}
