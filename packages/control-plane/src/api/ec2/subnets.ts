import type { Subnet as WireSubnet } from '@aws-sdk/client-ec2';
import { arnOf, type Scope, type Subnet, type Tag, type Task } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import { contains, isBlock, overlap, rangeOf } from '../../vpc/cidr.ts';
import { prefixOf } from '../../state/keys.ts';
import { subnetOf, subnetsOf, type KnownSubnet } from '../../vpc/subnets.ts';
import {
  dependencyViolation,
  invalidValue,
  missingParameter,
  noSubnet,
  notPermitted,
  unsupported,
} from './common/errors.ts';
import { chosen, filtered, paged } from './common/filters.ts';
import { explain, inNetworks, type Ec2Handlers } from './common/handler.ts';
import { newId } from './common/ids.ts';
import { tagsFor, wireTags } from './common/tags.ts';
import { vpcNamed } from './vpcs.ts';
import { zoneIdOf, zonesOf } from './zones.ts';

type Operations = 'CreateSubnet' | 'DeleteSubnet' | 'DescribeSubnets' | 'ModifySubnetAttribute';

/** Its first address is the network's, the second the gateway's, the last for all of them. */
const NOT_GIVEN = 3;
const FILTERS = [
  'availability-zone',
  'availability-zone-id',
  'availabilityZone',
  'availabilityZoneId',
  'available-ip-address-count',
  'cidr',
  'cidr-block',
  'cidrBlock',
  'default-for-az',
  'defaultForAz',
  'map-public-ip-on-launch',
  'owner-id',
  'state',
  'subnet-arn',
  'subnet-id',
  'vpc-id',
];

export function subnetHandlers(platform: Platform): Pick<Ec2Handlers, Operations> {
  const { ids, config } = platform;
  return {
    CreateSubnet: (input, context) => {
      const { CidrBlock, VpcId } = input;
      if (input.Ipv6CidrBlock !== undefined || input.Ipv6Native === true)
        throw unsupported('IPv6 is', 'Give CidrBlock alone.');
      if (CidrBlock === undefined) throw missingParameter('CidrBlock');
      const tags = tagsFor('subnet', input.TagSpecifications);
      return inNetworks(platform, context, (tx) => {
        const { scope } = context;
        const vpc = vpcNamed(tx, context, VpcId);
        const availabilityZone = zoneOf(input, zonesOf(config, scope.region));
        checkRange(tx.tables, config.subnets, vpc.cidrBlock, CidrBlock);
        const subnetId = newId(ids, 'subnet');
        const made = { scope, subnetId, vpcId: vpc.vpcId, availabilityZone, cidrBlock: CidrBlock };
        const subnet: Subnet = { ...made, mapPublicIpOnLaunch: false, tags, createdAt: tx.now };
        tx.put(tx.tables.subnets, `${prefixOf(scope)}${subnetId}`, subnet);
        explain(
          tx,
          context,
          subnetId,
          'subnet.created',
          `Subnet ${subnetId} was created: ${CidrBlock} in ${availabilityZone}.`,
        );
        return { Subnet: wireSubnet(platform, scope, { ...subnet, cidr: CidrBlock }) };
      });
    },

    DeleteSubnet: ({ SubnetId = '' }, context) =>
      inNetworks(platform, context, (tx) => {
        const { scope } = context;
        const subnet = subnetOf({ tables: tx.tables, config }, scope, SubnetId);
        if (subnet === undefined) throw noSubnet(SubnetId);
        if (isConfigured(platform, SubnetId))
          throw notPermitted(
            `The subnet ${SubnetId} is one this Gantry was started with (--subnet): it cannot be deleted.`,
          );
        if (interfacesIn(tx.tables, scope, SubnetId).length > 0 || isOfBalancer(tx, scope, SubnetId))
          throw dependencyViolation(`The subnet '${SubnetId}' has dependencies and cannot be deleted.`);
        tx.delete(tx.tables.subnets, `${prefixOf(scope)}${SubnetId}`);
        explain(tx, context, SubnetId, 'subnet.deleted', `Subnet ${SubnetId} was deleted.`);
        return {};
      }),
    ...readers(platform),
  };
}

function readers(platform: Platform): Pick<Ec2Handlers, 'DescribeSubnets' | 'ModifySubnetAttribute'> {
  const { config } = platform;
  return {
    DescribeSubnets: (input, context) =>
      inNetworks(platform, context, ({ tables }) => {
        const { scope } = context;
        const all = subnetsOf({ tables, config }, scope).map((subnet) => ({
          ...subnet,
          ...settingsOf(tables, scope, subnet),
        }));
        const named = chosen(all, input.SubnetIds, ({ subnetId }) => subnetId, noSubnet);
        const found = filtered(named, input.Filters, FILTERS, (subnet) =>
          fieldsOf(wireSubnet(platform, scope, subnet)),
        );
        const { items, end } = paged(found, input, 'DescribeSubnets', ({ subnetId }) => subnetId);
        return { Subnets: items.map((subnet) => wireSubnet(platform, scope, subnet)), ...end };
      }),

    ModifySubnetAttribute: ({ SubnetId = '', MapPublicIpOnLaunch, ...others }, context) => {
      const other = Object.keys(others).find((member) => (others as Record<string, unknown>)[member] !== undefined);
      if (other !== undefined) throw unsupported(`${other} is`, 'MapPublicIpOnLaunch alone can be set.');
      return inNetworks(platform, context, (tx) => {
        const { scope } = context;
        const stored = storedSubnet(platform, tx, scope, SubnetId);
        const mapPublicIpOnLaunch = MapPublicIpOnLaunch?.Value ?? stored.mapPublicIpOnLaunch;
        tx.put(tx.tables.subnets, `${prefixOf(scope)}${SubnetId}`, { ...stored, mapPublicIpOnLaunch });
        explain(
          tx,
          context,
          SubnetId,
          'subnet.modified',
          `MapPublicIpOnLaunch: ${mapPublicIpOnLaunch}. It changes nothing here.`,
        );
        return {};
      });
    },
  };
}

/** Its document; of a configured subnet one that begins now. @throws ServiceError InvalidSubnetID.NotFound */
export function storedSubnet({ config }: Platform, tx: Tx, scope: Scope, subnetId: string): Subnet {
  const stored = tx.tables.subnets.get(`${prefixOf(scope)}${subnetId}`);
  if (stored !== undefined) return stored;
  const known = subnetOf({ tables: tx.tables, config }, scope, subnetId);
  if (known === undefined) throw noSubnet(subnetId);
  const { vpcId, availabilityZone, cidr: cidrBlock } = known;
  const settings = { mapPublicIpOnLaunch: true, tags: [] };
  return { scope, subnetId, vpcId, availabilityZone, cidrBlock, ...settings, createdAt: tx.now };
}

/** Tasks with an address in it. */
export function interfacesIn(tables: Tables, scope: Scope, subnetId: string): readonly Task[] {
  return [...tables.tasks.withPrefix(prefixOf(scope))].filter(
    (task) => task.lastStatus !== 'STOPPED' && task.networkInterface?.subnetId === subnetId,
  );
}

const isConfigured = ({ config }: Platform, subnetId: string): boolean =>
  config.subnets.some((subnet) => subnet.subnetId === subnetId);

const isOfBalancer = ({ tables }: Tx, scope: Scope, subnetId: string): boolean =>
  [...tables.loadBalancers.withPrefix(prefixOf(scope))].some(({ subnetIds }) => subnetIds.includes(subnetId));

function zoneOf(
  given: { readonly AvailabilityZone?: string | undefined; readonly AvailabilityZoneId?: string | undefined },
  zones: readonly string[],
): string {
  const { AvailabilityZone, AvailabilityZoneId } = given;
  if (AvailabilityZone === undefined && AvailabilityZoneId === undefined) return zones[0] as string;
  const found = zones.find((zone) => zone === AvailabilityZone || zoneIdOf(zone) === AvailabilityZoneId);
  if (found !== undefined) return found;
  throw invalidValue(
    `Value (${AvailabilityZone ?? AvailabilityZoneId}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${zones.join(', ')}.`,
  );
}

/** Whoever's they are, no two subnets may share an address: they are addresses of the same hosts. */
function checkRange(tables: Tables, configured: Platform['config']['subnets'], vpc: string, block: string): void {
  if (!isBlock(block, 16, 28) || !contains(vpc, block))
    throw new ServiceError(
      'InvalidSubnet.Range',
      `The CIDR '${block}' is invalid: it is a block from /16 to /28 within ${vpc}.`,
    );
  const taken = [
    ...configured.map(({ cidr }) => cidr),
    ...[...tables.subnets.withPrefix('')].map(({ cidrBlock }) => cidrBlock),
  ];
  const clash = taken.find((other) => overlap(other, block));
  if (clash !== undefined)
    throw new ServiceError(
      'InvalidSubnet.Conflict',
      `The CIDR '${block}' conflicts with another subnet: ${clash} is taken. All accounts and VPCs of a Gantry share the addresses of its hosts; choose another block.`,
    );
}

type Shown = KnownSubnet & { readonly tags: readonly Tag[]; readonly mapPublicIpOnLaunch: boolean };

function settingsOf(
  tables: Tables,
  scope: Scope,
  { subnetId }: KnownSubnet,
): Pick<Shown, 'tags' | 'mapPublicIpOnLaunch'> {
  const stored = tables.subnets.get(`${prefixOf(scope)}${subnetId}`);
  return { tags: stored?.tags ?? [], mapPublicIpOnLaunch: stored?.mapPublicIpOnLaunch ?? true };
}

function wireSubnet(platform: Platform, scope: Scope, subnet: Shown): WireSubnet {
  const { subnetId, vpcId, availabilityZone, cidr, tags, mapPublicIpOnLaunch } = subnet;
  const taken = interfacesIn(platform.state.tables, scope, subnetId).length;
  return {
    SubnetId: subnetId,
    SubnetArn: arnOf(scope, 'ec2', `subnet/${subnetId}`),
    VpcId: vpcId,
    OwnerId: scope.account,
    State: 'available',
    CidrBlock: cidr,
    Ipv6CidrBlockAssociationSet: [],
    AvailabilityZone: availabilityZone,
    AvailabilityZoneId: zoneIdOf(availabilityZone),
    AvailableIpAddressCount: rangeOf(cidr).size - NOT_GIVEN - taken,
    DefaultForAz: isConfigured(platform, subnetId),
    MapPublicIpOnLaunch: mapPublicIpOnLaunch,
    AssignIpv6AddressOnCreation: false,
    EnableDns64: false,
    Ipv6Native: false,
    MapCustomerOwnedIpOnLaunch: false,
    PrivateDnsNameOptionsOnLaunch: {
      HostnameType: 'ip-name',
      EnableResourceNameDnsARecord: false,
      EnableResourceNameDnsAAAARecord: false,
    },
    Tags: wireTags(tags),
  };
}

const fieldsOf = (wire: WireSubnet) => ({
  'availability-zone': wire.AvailabilityZone,
  availabilityZone: wire.AvailabilityZone,
  'availability-zone-id': wire.AvailabilityZoneId,
  availabilityZoneId: wire.AvailabilityZoneId,
  'available-ip-address-count': wire.AvailableIpAddressCount,
  cidr: wire.CidrBlock,
  'cidr-block': wire.CidrBlock,
  cidrBlock: wire.CidrBlock,
  'default-for-az': wire.DefaultForAz,
  defaultForAz: wire.DefaultForAz,
  'map-public-ip-on-launch': wire.MapPublicIpOnLaunch,
  'owner-id': wire.OwnerId,
  state: wire.State,
  'subnet-arn': wire.SubnetArn,
  'subnet-id': wire.SubnetId,
  'vpc-id': wire.VpcId,
});
