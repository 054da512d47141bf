import type { Vpc as WireVpc, VpcAttributeName } from '@aws-sdk/client-ec2';
import type { Vpc } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Platform, RequestContext } from '../../platform.ts';
import type { Tx } from '../../state/state.ts';
import { isBlock } from '../../vpc/cidr.ts';
import { newVpc, putDefaultGroup } from '../../vpc/default-vpc.ts';
import { prefixOf } from '../../state/keys.ts';
import { dependencyViolation, missingParameter, notPermitted, noVpc, unsupported } from './common/errors.ts';
import { chosen, filtered, paged } from './common/filters.ts';
import { explain, inNetworks, type Ec2Handlers } from './common/handler.ts';
import { newId } from './common/ids.ts';
import { tagsFor, wireTags } from './common/tags.ts';

type Operations =
  | 'CreateDefaultVpc'
  | 'CreateVpc'
  | 'DeleteVpc'
  | 'DescribeVpcAttribute'
  | 'DescribeVpcs'
  | 'ModifyVpcAttribute';

const MOST = 100;
const FILTERS = [
  'cidr',
  'cidr-block-association.cidr-block',
  'dhcp-options-id',
  'is-default',
  'isDefault',
  'owner-id',
  'state',
  'vpc-id',
];

export function vpcHandlers(platform: Platform): Pick<Ec2Handlers, Operations> {
  return { ...changes(platform), ...readers(platform), ...attributes(platform) };
}

function changes(platform: Platform): Pick<Ec2Handlers, 'CreateDefaultVpc' | 'CreateVpc' | 'DeleteVpc'> {
  const { ids } = platform;
  return {
    CreateDefaultVpc: (_input, context) =>
      inNetworks(platform, context, () => {
        throw new ServiceError(
          'DefaultVpcAlreadyExists',
          'A Default VPC already exists for this account in this region.',
        );
      }),

    CreateVpc: (input, context) => {
      const { CidrBlock } = input;
      for (const member of ['Ipv4IpamPoolId', 'Ipv6Pool', 'Ipv6CidrBlock', 'Ipv6IpamPoolId'] as const)
        if (input[member] !== undefined) throw unsupported(`${member} is`, 'Give CidrBlock.');
      if (input.AmazonProvidedIpv6CidrBlock === true) throw unsupported('IPv6 is', 'Give CidrBlock alone.');
      if (CidrBlock === undefined) throw missingParameter('CidrBlock');
      if (!isBlock(CidrBlock, 16, 28))
        throw new ServiceError(
          'InvalidVpc.Range',
          `The CIDR '${CidrBlock}' is invalid: it is a block from /16 to /28.`,
        );
      const tags = tagsFor('vpc', input.TagSpecifications);
      return inNetworks(platform, context, (tx) => {
        const prefix = prefixOf(context.scope);
        if ([...tx.tables.vpcs.withPrefix(prefix)].length >= MOST)
          throw new ServiceError('VpcLimitExceeded', 'The maximum number of VPCs has been reached.');
        const vpc = { ...newVpc(context.scope, newId(ids, 'vpc'), CidrBlock, tx.now), tags };
        tx.put(tx.tables.vpcs, `${prefix}${vpc.vpcId}`, vpc);
        const digits = (): string => newId(ids, '').slice(1);
        putDefaultGroup(tx, context.scope, vpc.vpcId, digits(), [digits(), digits()]);
        explain(tx, context, vpc.vpcId, 'vpc.created', `VPC ${vpc.vpcId} was created with ${CidrBlock}.`);
        return { Vpc: wireVpc(vpc) };
      });
    },

    DeleteVpc: (input, context) =>
      inNetworks(platform, context, (tx) => {
        const vpc = vpcNamed(tx, context, input.VpcId);
        if (vpc.isDefault)
          throw notPermitted(
            `The default VPC ${vpc.vpcId} holds the subnets this Gantry was started with: it cannot be deleted.`,
          );
        const prefix = prefixOf(context.scope);
        const groups = tx.tables.securityGroups.by('vpc', `${prefix}${vpc.vpcId}`);
        if (tx.tables.subnets.by('vpc', `${prefix}${vpc.vpcId}`).length > 0 || groups.length > 1)
          throw dependencyViolation(`The vpc '${vpc.vpcId}' has dependencies and cannot be deleted.`);
        for (const { groupId } of groups) tx.delete(tx.tables.securityGroups, `${prefix}${groupId}`);
        tx.delete(tx.tables.vpcs, `${prefix}${vpc.vpcId}`);
        explain(tx, context, vpc.vpcId, 'vpc.deleted', `VPC ${vpc.vpcId} was deleted.`);
        return {};
      }),
  };
}

function readers(platform: Platform): Pick<Ec2Handlers, 'DescribeVpcs'> {
  return {
    DescribeVpcs: (input, context) =>
      inNetworks(platform, context, ({ tables }) => {
        const all = [...tables.vpcs.withPrefix(prefixOf(context.scope))];
        const named = chosen(all, input.VpcIds, ({ vpcId }) => vpcId, noVpc);
        const found = filtered(named, input.Filters, FILTERS, (vpc) => ({
          cidr: vpc.cidrBlock,
          'cidr-block-association.cidr-block': vpc.cidrBlock,
          'dhcp-options-id': 'default',
          'is-default': vpc.isDefault,
          isDefault: vpc.isDefault,
          'owner-id': vpc.scope.account,
          state: 'available',
          'vpc-id': vpc.vpcId,
        }));
        const { items, end } = paged(found, input, 'DescribeVpcs', ({ vpcId }) => vpcId);
        return { Vpcs: items.map(wireVpc), ...end };
      }),
  };
}

function attributes(platform: Platform): Pick<Ec2Handlers, 'DescribeVpcAttribute' | 'ModifyVpcAttribute'> {
  return {
    DescribeVpcAttribute: (input, context) =>
      inNetworks(platform, context, (tx) => {
        const vpc = vpcNamed(tx, context, input.VpcId);
        const values: Readonly<Record<VpcAttributeName, object>> = {
          enableDnsSupport: { EnableDnsSupport: { Value: vpc.enableDnsSupport } },
          enableDnsHostnames: { EnableDnsHostnames: { Value: vpc.enableDnsHostnames } },
          enableNetworkAddressUsageMetrics: { EnableNetworkAddressUsageMetrics: { Value: false } },
        };
        if (input.Attribute === undefined) throw missingParameter('Attribute');
        return { VpcId: vpc.vpcId, ...values[input.Attribute] };
      }),

    ModifyVpcAttribute: (input, context) =>
      inNetworks(platform, context, (tx) => {
        const vpc = vpcNamed(tx, context, input.VpcId);
        const { EnableDnsSupport, EnableDnsHostnames, EnableNetworkAddressUsageMetrics } = input;
        if (EnableNetworkAddressUsageMetrics?.Value === true)
          throw unsupported('Address usage metrics are', 'Leave EnableNetworkAddressUsageMetrics out.');
        const changed: Vpc = {
          ...vpc,
          enableDnsSupport: EnableDnsSupport?.Value ?? vpc.enableDnsSupport,
          enableDnsHostnames: EnableDnsHostnames?.Value ?? vpc.enableDnsHostnames,
        };
        tx.put(tx.tables.vpcs, `${prefixOf(context.scope)}${vpc.vpcId}`, changed);
        explain(tx, context, vpc.vpcId, 'vpc.modified', 'Its DNS attributes were set. They change nothing here.');
        return {};
      }),
  };
}

/** @throws ServiceError InvalidVpcID.NotFound */
export function vpcNamed({ tables }: Pick<Tx, 'tables'>, { scope }: Pick<RequestContext, 'scope'>, vpcId = ''): Vpc {
  const vpc = tables.vpcs.get(`${prefixOf(scope)}${vpcId}`);
  if (vpc === undefined) throw noVpc(vpcId);
  return vpc;
}

function wireVpc({ scope, vpcId, cidrBlock, isDefault, tags }: Vpc): WireVpc {
  const AssociationId = vpcId.replace('vpc-', 'vpc-cidr-assoc-');
  return {
    VpcId: vpcId,
    OwnerId: scope.account,
    State: 'available',
    CidrBlock: cidrBlock,
    CidrBlockAssociationSet: [{ AssociationId, CidrBlock: cidrBlock, CidrBlockState: { State: 'associated' } }],
    Ipv6CidrBlockAssociationSet: [],
    DhcpOptionsId: 'default',
    InstanceTenancy: 'default',
    IsDefault: isDefault,
    Tags: wireTags(tags),
  };
}
