import type { NetworkAcl, RouteTable } from '@aws-sdk/client-ec2';
import type { Vpc } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Platform } from '../../platform.ts';
import type { Tables } from '../../state/tables.ts';
import { prefixOf } from '../../state/keys.ts';
import { subnetsOf, type KnownSubnet } from '../../vpc/subnets.ts';
import { chosen, filtered, paged } from './common/filters.ts';
import { inNetworks, type Ec2Handlers } from './common/handler.ts';

// What is around a VPC's subnets, as it is: every VPC reaches the world by its host, under the host's address. The tables say so in
// EC2's shapes, and nobody can change them.

type Operations = 'DescribeInternetGateways' | 'DescribeNatGateways' | 'DescribeNetworkAcls' | 'DescribeRouteTables';

interface Around {
  readonly vpc: Vpc;
  readonly subnets: readonly KnownSubnet[];
  readonly tags: readonly [];
}

const idOf = (prefix: string, { vpcId }: Vpc): string => `${prefix}-${vpcId.replace('vpc-', '')}`;
const notThere = (kind: string, what: string) => (id: string) =>
  new ServiceError(`Invalid${kind}ID.NotFound`, `The ${what} ID '${id}' does not exist`);

export function surroundingsHandlers(platform: Platform): Pick<Ec2Handlers, Operations> {
  return { ...gateways(platform), ...tables(platform) };
}

function around({ config }: Platform, tables: Tables, scope: Vpc['scope']): readonly Around[] {
  const subnets = subnetsOf({ tables, config }, scope);
  return [...tables.vpcs.withPrefix(prefixOf(scope))].map((vpc) => ({
    vpc,
    subnets: subnets.filter(({ vpcId }) => vpcId === vpc.vpcId),
    tags: [],
  }));
}

function gateways(platform: Platform): Pick<Ec2Handlers, 'DescribeInternetGateways' | 'DescribeNatGateways'> {
  return {
    DescribeInternetGateways: (input, context) =>
      inNetworks(platform, context, ({ tables }) => {
        const all = around(platform, tables, context.scope);
        const named = chosen(
          all,
          input.InternetGatewayIds,
          ({ vpc }) => idOf('igw', vpc),
          notThere('InternetGateway', 'internetGateway'),
        );
        const names = ['attachment.state', 'attachment.vpc-id', 'internet-gateway-id', 'owner-id'];
        const found = filtered(named, input.Filters, names, ({ vpc }) => ({
          'attachment.state': 'available',
          'attachment.vpc-id': vpc.vpcId,
          'internet-gateway-id': idOf('igw', vpc),
          'owner-id': vpc.scope.account,
        }));
        const { items, end } = paged(found, input, 'DescribeInternetGateways', ({ vpc }) => idOf('igw', vpc));
        const InternetGateways = items.map(({ vpc }) => ({
          InternetGatewayId: idOf('igw', vpc),
          OwnerId: vpc.scope.account,
          Attachments: [{ State: 'available' as never, VpcId: vpc.vpcId }],
          Tags: [],
        }));
        return { InternetGateways, ...end };
      }),

    DescribeNatGateways: async (input) => {
      const [id] = input.NatGatewayIds ?? [];
      if (id !== undefined) throw new ServiceError('NatGatewayNotFound', `NatGateway ${id} was not found`);
      return { NatGateways: [] };
    },
  };
}

function tables(platform: Platform): Pick<Ec2Handlers, 'DescribeRouteTables' | 'DescribeNetworkAcls'> {
  return {
    DescribeRouteTables: (input, context) =>
      inNetworks(platform, context, ({ tables }) => {
        const named = chosen(
          around(platform, tables, context.scope),
          input.RouteTableIds,
          ({ vpc }) => idOf('rtb', vpc),
          notThere('RouteTable', 'routeTable'),
        );
        const names = [
          'association.main',
          'association.route-table-association-id',
          'association.route-table-id',
          'association.subnet-id',
          'owner-id',
          'route-table-id',
          'vpc-id',
        ];
        const found = filtered(named, input.Filters, names, ({ vpc }) => ({
          'association.main': true,
          'association.route-table-association-id': idOf('rtbassoc', vpc),
          'association.route-table-id': idOf('rtb', vpc),
          'owner-id': vpc.scope.account,
          'route-table-id': idOf('rtb', vpc),
          'vpc-id': vpc.vpcId,
        }));
        const { items, end } = paged(found, input, 'DescribeRouteTables', ({ vpc }) => idOf('rtb', vpc));
        return { RouteTables: items.map(wireRoutes), ...end };
      }),

    DescribeNetworkAcls: (input, context) =>
      inNetworks(platform, context, ({ tables }) => {
        const named = chosen(
          around(platform, tables, context.scope),
          input.NetworkAclIds,
          ({ vpc }) => idOf('acl', vpc),
          notThere('NetworkAcl', 'networkAcl'),
        );
        const names = [
          'association.network-acl-id',
          'association.subnet-id',
          'default',
          'network-acl-id',
          'owner-id',
          'vpc-id',
        ];
        const found = filtered(named, input.Filters, names, ({ vpc, subnets }) => ({
          'association.network-acl-id': idOf('acl', vpc),
          'association.subnet-id': subnets.map(({ subnetId }) => subnetId),
          default: true,
          'network-acl-id': idOf('acl', vpc),
          'owner-id': vpc.scope.account,
          'vpc-id': vpc.vpcId,
        }));
        const { items, end } = paged(found, input, 'DescribeNetworkAcls', ({ vpc }) => idOf('acl', vpc));
        return { NetworkAcls: items.map(wireAcl), ...end };
      }),
  };
}

function wireRoutes({ vpc }: Around): RouteTable {
  return {
    RouteTableId: idOf('rtb', vpc),
    VpcId: vpc.vpcId,
    OwnerId: vpc.scope.account,
    Associations: [
      {
        Main: true,
        RouteTableAssociationId: idOf('rtbassoc', vpc),
        RouteTableId: idOf('rtb', vpc),
        AssociationState: { State: 'associated' },
      },
    ],
    PropagatingVgws: [],
    Routes: [
      { DestinationCidrBlock: vpc.cidrBlock, GatewayId: 'local', Origin: 'CreateRouteTable', State: 'active' },
      { DestinationCidrBlock: '0.0.0.0/0', GatewayId: idOf('igw', vpc), Origin: 'CreateRoute', State: 'active' },
    ],
    Tags: [],
  };
}

/** The default ACL lets everything pass, and so does the host. */
function wireAcl({ vpc, subnets }: Around): NetworkAcl {
  const rule = { CidrBlock: '0.0.0.0/0', Protocol: '-1' };
  const both = [false, true].flatMap((Egress) => [
    { ...rule, Egress, RuleAction: 'allow' as const, RuleNumber: 100 },
    { ...rule, Egress, RuleAction: 'deny' as const, RuleNumber: 32_767 },
  ]);
  return {
    NetworkAclId: idOf('acl', vpc),
    VpcId: vpc.vpcId,
    OwnerId: vpc.scope.account,
    IsDefault: true,
    Associations: subnets.map(({ subnetId }) => ({
      NetworkAclAssociationId: subnetId.replace('subnet-', 'aclassoc-'),
      NetworkAclId: idOf('acl', vpc),
      SubnetId: subnetId,
    })),
    Entries: both,
    Tags: [],
  };
}
