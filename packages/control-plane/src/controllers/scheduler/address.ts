import type { Ids, Task, TaskNetworkInterface } from '@gantry/domain';
import type { SubnetConfig } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { dotted, rangeOf } from '../../vpc/cidr.ts';
import type { PlacementIndex } from './placement-index.ts';

/** The host numbers of a subnet that tasks may have: the first usable address is the gateway's. */
const FIRST_HOST = 2;

/** The lowest address of the subnet that no task has, and no host. @returns undefined when all are taken. */
export function freeAddress(tables: Tables, index: PlacementIndex, subnet: SubnetConfig): string | undefined {
  const { base, size } = rangeOf(subnet.cidr);
  for (let host = Math.max(FIRST_HOST, index.addressHint(subnet.subnetId)); host < size - 1; host += 1) {
    const address = dotted(base + host);
    const key = `${subnet.subnetId}/${address}`;
    if (tables.tasks.countBy('address', key) + tables.networkHosts.countBy('address', key) > 0) continue;
    index.raiseAddressHint(subnet.subnetId, host);
    return address;
  }
  index.raiseAddressHint(subnet.subnetId, size);
  return undefined;
}

/** A network interface of its own for a task, in the shape and spelling of EC2's. */
export function newInterface(
  ids: Ids,
  task: Pick<Task, 'scope' | 'attachmentId'>,
  subnetId: string,
  address: string,
): TaskNetworkInterface {
  const { region } = task.scope;
  const hex = ids.hex32();
  const octets = hex.slice(17, 27).match(/../g) ?? [];
  const domain = region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
  return {
    // A task of an earlier version was not told one.
    attachmentId: task.attachmentId ?? ids.uuid(),
    networkInterfaceId: `eni-${hex.slice(0, 17)}`,
    subnetId,
    privateIPv4Address: address,
    // Locally administered: 0a:… is also what EC2 gives out.
    macAddress: ['0a', ...octets].join(':'),
    privateDnsName: `ip-${address.replaceAll('.', '-')}.${domain}`,
    status: 'ATTACHING',
  };
}
