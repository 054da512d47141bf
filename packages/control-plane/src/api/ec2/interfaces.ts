import type { NetworkInterface } from '@aws-sdk/client-ec2';
import { arnOf, shortName, type Task, type TaskNetworkInterface } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { groupIdsOf, groupOf } from '../../vpc/groups.ts';
import { prefixOf } from '../../state/keys.ts';
import { vpcIdOf } from '../../vpc/subnets.ts';
import { chosen, filtered, paged } from './common/filters.ts';
import { inNetworks, type Ec2Handlers } from './common/handler.ts';
import { wireTags } from './common/tags.ts';

const FILTERS = [
  'addresses.primary',
  'addresses.private-ip-address',
  'attachment.attachment-id',
  'attachment.status',
  'availability-zone',
  'description',
  'group-id',
  'group-name',
  'interface-type',
  'mac-address',
  'network-interface-id',
  'owner-id',
  'private-dns-name',
  'private-ip-address',
  'requester-managed',
  'status',
  'subnet-id',
  'vpc-id',
];

/** The network interfaces there are: those of tasks that have an address of their own. */
export function interfaceHandlers(platform: Platform): Pick<Ec2Handlers, 'DescribeNetworkInterfaces'> {
  return {
    DescribeNetworkInterfaces: (input, context) =>
      inNetworks(platform, context, ({ tables }) => {
        const all = [...tables.tasks.withPrefix(prefixOf(context.scope))]
          .flatMap((task) => {
            const own = task.networkInterface;
            if (own === undefined || task.lastStatus === 'STOPPED') return [];
            return [{ id: own.networkInterfaceId, tags: tagsOf(task), wire: wireInterface(tables, task, own) }];
          })
          .toSorted((a, b) => (a.id < b.id ? -1 : 1));
        const named = chosen(all, input.NetworkInterfaceIds, ({ id }) => id, unknown);
        const found = filtered(named, input.Filters, FILTERS, ({ wire }) => fieldsOf(wire));
        const { items, end } = paged(found, input, 'DescribeNetworkInterfaces', ({ id }) => id);
        return { NetworkInterfaces: items.map(({ wire }) => wire), ...end };
      }),
  };
}

const unknown = (id: string): ServiceError =>
  new ServiceError('InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${id}' does not exist`);

function tagsOf(task: Task) {
  const service = task.serviceKey === undefined ? undefined : shortName(task.serviceKey.replaceAll(/.*\//g, ''));
  return [
    { key: 'aws:ecs:clusterName', value: task.cluster },
    ...(service === undefined ? [] : [{ key: 'aws:ecs:serviceName', value: service }]),
  ];
}

function wireInterface(tables: Tables, task: Task, own: TaskNetworkInterface): NetworkInterface {
  const { scope } = task;
  const { networkInterfaceId, subnetId, macAddress, privateDnsName, privateIPv4Address, attachmentId } = own;
  return {
    NetworkInterfaceId: networkInterfaceId,
    SubnetId: subnetId,
    VpcId: vpcIdOf(tables, scope, subnetId),
    AvailabilityZone: task.availabilityZone,
    OwnerId: scope.account,
    // ECS's own: whoever looks for a task's interface looks for its attachment.
    Description: arnOf(scope, 'ecs', `attachment/${attachmentId}`),
    InterfaceType: 'interface',
    RequesterManaged: true,
    SourceDestCheck: true,
    Status: 'in-use',
    Attachment: {
      AttachmentId: `eni-attach-${networkInterfaceId.replace('eni-', '')}`,
      DeleteOnTermination: true,
      DeviceIndex: 1,
      InstanceOwnerId: scope.account,
      Status: own.status === 'ATTACHED' ? 'attached' : own.status === 'DETACHING' ? 'detaching' : 'attaching',
    },
    Groups: groupIdsOf(tables, task).map((GroupId) => ({
      GroupId,
      GroupName: groupOf(tables, scope, GroupId)?.groupName,
    })),
    MacAddress: macAddress,
    PrivateDnsName: privateDnsName,
    PrivateIpAddress: privateIPv4Address,
    PrivateIpAddresses: [{ Primary: true, PrivateDnsName: privateDnsName, PrivateIpAddress: privateIPv4Address }],
    Ipv6Addresses: [],
    TagSet: wireTags(tagsOf(task)),
  };
}

const fieldsOf = (wire: NetworkInterface) => ({
  'addresses.primary': true,
  'addresses.private-ip-address': wire.PrivateIpAddress,
  'attachment.attachment-id': wire.Attachment?.AttachmentId,
  'attachment.status': wire.Attachment?.Status,
  'availability-zone': wire.AvailabilityZone,
  description: wire.Description,
  'group-id': (wire.Groups ?? []).map(({ GroupId }) => GroupId ?? ''),
  'group-name': (wire.Groups ?? []).map(({ GroupName }) => GroupName ?? ''),
  'interface-type': wire.InterfaceType,
  'mac-address': wire.MacAddress,
  'network-interface-id': wire.NetworkInterfaceId,
  'owner-id': wire.OwnerId,
  'private-dns-name': wire.PrivateDnsName,
  'private-ip-address': wire.PrivateIpAddress,
  'requester-managed': wire.RequesterManaged,
  status: wire.Status,
  'subnet-id': wire.SubnetId,
  'vpc-id': wire.VpcId,
});
