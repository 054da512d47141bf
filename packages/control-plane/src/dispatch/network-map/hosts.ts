import { HOST_ADDRESS_ATTRIBUTE } from '@gantry/protocol';
import type { Instance } from '@gantry/domain';
import type { SubnetConfig } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import type { NetworkHost } from '../../state/tables.ts';
import { dotted, rangeOf } from '../../vpc/cidr.ts';

/** Where other hosts reach the one of this instance; undefined: it did not say, or is gone. */
export function hostAddressOf(instance: Instance | undefined): string | undefined {
  if (instance === undefined || instance.status === 'INACTIVE') return undefined;
  return instance.attributes.find(({ name }) => name === HOST_ADDRESS_ATTRIBUTE)?.value || undefined;
}

/**
 * Gives every host an address among the tasks' as soon as there are two, from the upper end of a subnet, and takes back those of hosts that
 * no instance is on any more. A host speaks to tasks of others by it: the gateways' addresses are the same on all hosts.
 */
export function settleHosts(tx: Tx, subnets: readonly SubnetConfig[]): void {
  const { instances, networkHosts, tasks } = tx.tables;
  const hosts = new Set([...instances.values()].flatMap((instance) => hostAddressOf(instance) ?? []));
  const wanted = hosts.size > 1 ? hosts : new Set<string>();
  for (const key of Array.from(networkHosts.keys)) if (!wanted.has(key)) tx.delete(networkHosts, key);
  const isFree = (key: string): boolean => tasks.countBy('address', key) + networkHosts.countBy('address', key) === 0;
  for (const host of wanted) {
    if (networkHosts.get(host) !== undefined) continue;
    const found = highestFree(subnets, isFree);
    // Every subnet is full: its tasks are reached all the same, by other tasks.
    if (found !== undefined) tx.put(networkHosts, host, found);
  }
}

function highestFree(subnets: readonly SubnetConfig[], isFree: (key: string) => boolean): NetworkHost | undefined {
  for (const { subnetId, cidr } of subnets) {
    const { base, size } = rangeOf(cidr);
    for (let number = size - 2; number > 1; number -= 1) {
      const ipv4Address = dotted(base + number);
      if (isFree(`${subnetId}/${ipv4Address}`)) return { subnetId, ipv4Address };
    }
  }
  return undefined;
}
