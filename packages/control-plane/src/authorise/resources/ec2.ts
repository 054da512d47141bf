import { arnOf, type Tag } from '@gantry/domain';
import type { Ec2Operations } from '@gantry/protocol';
import { defaultVpcId } from '../../vpc/default-vpc.ts';
import { any, listed, type Demand, type Place, type RulesOf } from '../demand.ts';
import { iamTags } from './tags.ts';

const keyOf = ({ scope }: Place, id: string): string => `${scope.account}/${scope.region}/${id}`;
const vpcArn = ({ scope }: Place, vpcId: string): string => arnOf(scope, 'ec2', `vpc/${vpcId}`);
const region = ({ scope }: Place) => ({ 'ec2:Region': scope.region });

function group(at: Place, groupId: string | undefined): Demand {
  const found = groupId === undefined ? undefined : at.tables.securityGroups.get(keyOf(at, groupId));
  return {
    resource: arnOf(at.scope, 'ec2', `security-group/${groupId ?? '*'}`),
    keys: {
      ...region(at),
      'ec2:SecurityGroupID': groupId,
      'ec2:Vpc': found === undefined ? undefined : vpcArn(at, found.vpcId),
    },
    tags: () => found?.tags,
  };
}

function subnet(at: Place, subnetId: string | undefined): Demand {
  const found = subnetId === undefined ? undefined : at.tables.subnets.get(keyOf(at, subnetId));
  return {
    resource: arnOf(at.scope, 'ec2', `subnet/${subnetId ?? '*'}`),
    keys: {
      ...region(at),
      'ec2:SubnetID': subnetId,
      'ec2:AvailabilityZone': found?.availabilityZone,
      'ec2:Vpc': found === undefined ? undefined : vpcArn(at, found.vpcId),
    },
    tags: () => found?.tags,
  };
}

function vpc(at: Place, vpcId: string | undefined): Demand {
  const found = vpcId === undefined ? undefined : at.tables.vpcs.get(keyOf(at, vpcId));
  const keys = { ...region(at), 'ec2:VpcID': vpcId, 'ec2:Tenancy': 'default' };
  return { resource: vpcArn(at, vpcId ?? '*'), keys, tags: () => found?.tags };
}

const KINDS: Readonly<Record<string, string | undefined>> = {
  eni: 'network-interface',
  sg: 'security-group',
  sgr: 'security-group-rule',
  subnet: 'subnet',
  vpc: 'vpc',
};

/** What an id is the id of, by its first letters. */
function tagged(at: Place, id: string | undefined): Demand {
  const kind = KINDS[(id ?? '').split('-')[0] ?? ''];
  if (kind === 'security-group') return group(at, id);
  if (kind === 'subnet') return subnet(at, id);
  if (kind === 'vpc') return vpc(at, id);
  const resource = arnOf(at.scope, 'ec2', `${kind ?? 'security-group-rule'}/${id ?? '*'}`);
  return { resource, keys: region(at), tags: () => undefined };
}

type Specifications = readonly { readonly Tags?: Parameters<typeof iamTags>[0] }[] | undefined;

/** Making something with tags needs leave to tag, too. */
function made(at: Place, kind: string, specifications: Specifications, action: string): readonly Demand[] {
  const resource = arnOf(at.scope, 'ec2', `${kind}/*`);
  const requestTags: readonly Tag[] = (specifications ?? []).flatMap(({ Tags }) => iamTags(Tags) ?? []);
  const demand: Demand = { resource, requestTags, keys: region(at), tags: () => undefined };
  if (requestTags.length === 0) return [demand];
  return [demand, { ...demand, keys: { ...region(at), 'ec2:CreateAction': action }, action: 'ec2:CreateTags' }];
}

type OfGroup = { readonly GroupId?: string | undefined };
const ofGroup = ({ GroupId }: OfGroup, at: Place): Demand => group(at, GroupId);
const authorised =
  (action: string) =>
  (input: OfGroup & { readonly TagSpecifications?: Specifications }, at: Place): readonly Demand[] => {
    const [, ...tagging] = made(at, 'security-group-rule', input.TagSpecifications, action);
    return [group(at, input.GroupId), ...tagging];
  };

/** EC2's networks. Its Describe operations are about everything, as IAM has it. */
export const ec2Rules: RulesOf<Ec2Operations> = {
  AuthorizeSecurityGroupEgress: authorised('AuthorizeSecurityGroupEgress'),
  AuthorizeSecurityGroupIngress: authorised('AuthorizeSecurityGroupIngress'),
  CreateDefaultVpc: any,
  CreateSecurityGroup: ({ VpcId, TagSpecifications }, at) => [
    ...made(at, 'security-group', TagSpecifications, 'CreateSecurityGroup'),
    vpc(at, VpcId ?? defaultVpcId(at.scope)),
  ],
  CreateSubnet: ({ VpcId, TagSpecifications }, at) => [
    ...made(at, 'subnet', TagSpecifications, 'CreateSubnet'),
    vpc(at, VpcId),
  ],
  CreateTags: ({ Resources, Tags }, at) =>
    listed(Resources).map((id) => ({ ...tagged(at, id), requestTags: iamTags(Tags) })),
  CreateVpc: ({ TagSpecifications }, at) => made(at, 'vpc', TagSpecifications, 'CreateVpc'),
  DeleteSecurityGroup: ofGroup,
  DeleteSubnet: ({ SubnetId }, at) => subnet(at, SubnetId),
  DeleteTags: ({ Resources, Tags }, at) =>
    listed(Resources).map((id) => ({ ...tagged(at, id), requestTags: iamTags(Tags) })),
  DeleteVpc: ({ VpcId }, at) => vpc(at, VpcId),
  DescribeAvailabilityZones: any,
  DescribeInternetGateways: any,
  DescribeNatGateways: any,
  DescribeNetworkAcls: any,
  DescribeNetworkInterfaces: any,
  DescribeRegions: any,
  DescribeRouteTables: any,
  DescribeSecurityGroupRules: any,
  DescribeSecurityGroups: any,
  DescribeSubnets: any,
  DescribeTags: any,
  DescribeVpcAttribute: ({ VpcId }, at) => vpc(at, VpcId),
  DescribeVpcs: any,
  ModifySecurityGroupRules: ofGroup,
  ModifySubnetAttribute: ({ SubnetId }, at) => subnet(at, SubnetId),
  ModifyVpcAttribute: ({ VpcId }, at) => vpc(at, VpcId),
  RevokeSecurityGroupEgress: ofGroup,
  RevokeSecurityGroupIngress: ofGroup,
  UpdateSecurityGroupRuleDescriptionsEgress: ofGroup,
  UpdateSecurityGroupRuleDescriptionsIngress: ofGroup,
};
