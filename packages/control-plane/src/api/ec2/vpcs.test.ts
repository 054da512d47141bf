import assert from 'node:assert/strict';
import { before, beforeEach, describe, it } from 'node:test';
import { aTask, SCOPE } from '../../controllers/testing/builders.ts';
import { taskKey } from '../../state/keys.ts';
import { refused } from '../ecs/testing/world.ts';
import { anEc2, type Ec2World } from './testing/world.ts';

let { world, ec2, stranger, aGroup, aVpc } = {} as Ec2World;

describe('VPCs and subnets', () => {
  beforeEach(async () => {
    ({ world, ec2, stranger, aGroup, aVpc } = await anEc2());
  });

  it('every account has a default VPC with the configured subnets, under ids that stay', async () => {
    const [vpc, ...more] = (await ec2('DescribeVpcs', {})).Vpcs ?? [];
    assert.deepEqual([vpc?.IsDefault, vpc?.CidrBlock, more], [true, '10.0.0.0/23', []]);
    const { Subnets = [] } = await ec2('DescribeSubnets', { Filters: [{ Name: 'default-for-az', Values: ['true'] }] });
    assert.deepEqual(
      Subnets.map((one) => [one.SubnetId, one.VpcId, one.AvailabilityZone, one.AvailableIpAddressCount]),
      [
        ['subnet-a', vpc?.VpcId, 'us-east-1a', 13],
        ['subnet-b', vpc?.VpcId, 'us-east-1b', 13],
      ],
    );
    const [own] = (await ec2('DescribeSecurityGroups', { GroupNames: ['default'] })).SecurityGroups ?? [];
    assert.deepEqual(own?.IpPermissions?.[0]?.UserIdGroupPairs, [{ UserId: SCOPE.account, GroupId: own?.GroupId }]);
    assert.deepEqual(own?.IpPermissionsEgress?.[0]?.IpRanges, [{ CidrIp: '0.0.0.0/0' }]);
    const [theirs] = (await stranger('DescribeVpcs', {})).Vpcs ?? [];
    assert.notEqual(theirs?.VpcId, vpc?.VpcId);
    await refused(ec2('DeleteVpc', { VpcId: vpc?.VpcId }), 'OperationNotPermitted', 'default VPC');
    await refused(ec2('DeleteSubnet', { SubnetId: 'subnet-a' }), 'OperationNotPermitted', '--subnet');
    await refused(ec2('CreateDefaultVpc', {}), 'DefaultVpcAlreadyExists', 'already exists');
  });

  it('a VPC comes with a group, and goes when nothing else is in it', async () => {
    const VpcId = await aVpc();
    const { Subnet } = await ec2('CreateSubnet', { VpcId, CidrBlock: '10.50.1.0/24', AvailabilityZone: 'us-east-1b' });
    assert.deepEqual(
      [Subnet?.AvailabilityZoneId, Subnet?.DefaultForAz, Subnet?.AvailableIpAddressCount],
      ['use1-az2', false, 253],
    );
    const inVpc = [{ Name: 'vpc-id', Values: [VpcId] }];
    assert.equal((await ec2('DescribeSecurityGroups', { Filters: inVpc })).SecurityGroups?.[0]?.GroupName, 'default');
    assert.equal((await ec2('DescribeRouteTables', { Filters: inVpc })).RouteTables?.length, 1);
    await refused(ec2('DeleteVpc', { VpcId }), 'DependencyViolation', VpcId);
    await ec2('DeleteSubnet', { SubnetId: Subnet?.SubnetId });
    await ec2('DeleteVpc', { VpcId });
    await refused(ec2('DescribeVpcs', { VpcIds: [VpcId] }), 'InvalidVpcID.NotFound', VpcId);
    assert.deepEqual((await ec2('DescribeSecurityGroups', { Filters: inVpc })).SecurityGroups, []);
  });

  it('no two subnets share an address, whoever’s they are', async () => {
    const VpcId = await aVpc();
    await ec2('CreateSubnet', { VpcId, CidrBlock: '10.50.1.0/24' });
    const theirs = (await stranger('CreateVpc', { CidrBlock: '10.50.0.0/16' })).Vpc?.VpcId;
    await refused(
      stranger('CreateSubnet', { VpcId: theirs, CidrBlock: '10.50.1.128/25' }),
      'InvalidSubnet.Conflict',
      '10.50.1.0/24',
    );
    await stranger('CreateSubnet', { VpcId: theirs, CidrBlock: '10.50.2.0/24' });
    const isDefault = [{ Name: 'is-default', Values: ['true'] }];
    const [own] = (await ec2('DescribeVpcs', { Filters: isDefault })).Vpcs ?? [];
    await refused(
      ec2('CreateSubnet', { VpcId: own?.VpcId, CidrBlock: '10.0.1.0/28' }),
      'InvalidSubnet.Conflict',
      '10.0.1.0/28',
    );
  });

  it('a subnet with a task in it stays, and the task’s interface is shown as ECS has it', async () => {
    const VpcId = await aVpc();
    const { Subnet: { SubnetId = '' } = {} } = await ec2('CreateSubnet', { VpcId, CidrBlock: '10.50.1.0/24' });
    const GroupId = await aGroup('tasks', { VpcId });
    const awsvpcConfiguration = { subnets: [SubnetId], securityGroups: [GroupId], assignPublicIp: 'DISABLED' as const };
    const networkInterface = {
      attachmentId: 'a1',
      networkInterfaceId: 'eni-1',
      subnetId: SubnetId,
      privateIPv4Address: '10.50.1.2',
      macAddress: '0a:00:00:00:00:01',
      privateDnsName: 'ip-10-50-1-2.ec2.internal',
      status: 'ATTACHED' as const,
    };
    const task = aTask({ networkMode: 'awsvpc', awsvpcConfiguration, networkInterface, lastStatus: 'RUNNING' });
    await world.run((tx) => tx.put(tx.tables.tasks, taskKey(task), task));
    const ask = { Filters: [{ Name: 'description', Values: ['*attachment/a1'] }] };
    const [shown] = (await ec2('DescribeNetworkInterfaces', ask)).NetworkInterfaces ?? [];
    assert.deepEqual(
      [shown?.PrivateIpAddress, shown?.VpcId, shown?.Groups, shown?.Attachment?.Status],
      ['10.50.1.2', VpcId, [{ GroupId, GroupName: 'tasks' }], 'attached'],
    );
    assert.deepEqual((await stranger('DescribeNetworkInterfaces', {})).NetworkInterfaces, []);
    await refused(ec2('DeleteSubnet', { SubnetId }), 'DependencyViolation', SubnetId);
    await refused(ec2('DeleteSecurityGroup', { GroupId }), 'DependencyViolation', 'eni-1');
    await world.run((tx) => tx.put(tx.tables.tasks, taskKey(task), { ...task, lastStatus: 'STOPPED' as const }));
    await ec2('DeleteSecurityGroup', { GroupId });
    await ec2('DeleteSubnet', { SubnetId });
  });

  const rows: readonly (readonly [string, () => Promise<unknown>, string, string])[] = [
    ['a VPC too large', () => aVpc('10.0.0.0/8'), 'InvalidVpc.Range', '10.0.0.0/8'],
    ['a VPC with host bits', () => aVpc('10.0.0.1/16'), 'InvalidVpc.Range', '10.0.0.1/16'],
    ['a VPC without a block', () => ec2('CreateVpc', {}), 'MissingParameter', 'CidrBlock'],
    [
      'IPv6',
      () => ec2('CreateVpc', { CidrBlock: '10.50.0.0/16', AmazonProvidedIpv6CidrBlock: true }),
      'UnsupportedOperation',
      'IPv6',
    ],
    [
      'a subnet nowhere',
      () => ec2('CreateSubnet', { VpcId: 'vpc-0', CidrBlock: '10.50.0.0/24' }),
      'InvalidVpcID.NotFound',
      'vpc-0',
    ],
    [
      'a subnet outside',
      async () => ec2('CreateSubnet', { VpcId: await aVpc(), CidrBlock: '10.51.0.0/24' }),
      'InvalidSubnet.Range',
      '10.51.0.0/24',
    ],
    [
      'a zone elsewhere',
      async () =>
        ec2('CreateSubnet', { VpcId: await aVpc(), CidrBlock: '10.50.0.0/24', AvailabilityZone: 'eu-west-1a' }),
      'InvalidParameterValue',
      'eu-west-1a',
    ],
    [
      'an unknown subnet',
      () => ec2('DescribeSubnets', { SubnetIds: ['subnet-0'] }),
      'InvalidSubnetID.NotFound',
      'subnet-0',
    ],
    [
      'a filter there is not',
      () => ec2('DescribeSubnets', { Filters: [{ Name: 'colour', Values: ['red'] }] }),
      'InvalidParameterValue',
      'colour',
    ],
    [
      'a dry run',
      () => ec2('CreateVpc', { CidrBlock: '10.50.0.0/16', DryRun: true }),
      'DryRunOperation',
      'would have succeeded',
    ],
  ];
  for (const [name, call, code, text] of rows)
    it(`refuses ${name}`, () => refused(call(), code, text).then(() => undefined));
});

describe('what is around', () => {
  before(async () => {
    ({ ec2 } = await anEc2());
  });

  it('a default VPC reads as Terraform and CDK read one', async () => {
    const VpcId =
      (await ec2('DescribeVpcs', { Filters: [{ Name: 'is-default', Values: ['true'] }] })).Vpcs?.[0]?.VpcId ?? '';
    const of = (Name: string) => ({ Filters: [{ Name, Values: [VpcId] }] });
    const [igw] = (await ec2('DescribeInternetGateways', of('attachment.vpc-id'))).InternetGateways ?? [];
    const main = [...of('vpc-id').Filters, { Name: 'association.main', Values: ['true'] }];
    const [routes] = (await ec2('DescribeRouteTables', { Filters: main })).RouteTables ?? [];
    assert.equal(routes?.Routes?.[1]?.GatewayId, igw?.InternetGatewayId);
    const [acl] = (await ec2('DescribeNetworkAcls', of('vpc-id'))).NetworkAcls ?? [];
    assert.deepEqual(
      acl?.Associations?.map(({ SubnetId }) => SubnetId),
      ['subnet-a', 'subnet-b'],
    );
    assert.deepEqual((await ec2('DescribeNatGateways', {})).NatGateways, []);
    const { EnableDnsHostnames } = await ec2('DescribeVpcAttribute', { VpcId, Attribute: 'enableDnsHostnames' });
    assert.equal(EnableDnsHostnames?.Value, true);
    await ec2('ModifyVpcAttribute', { VpcId, EnableDnsHostnames: { Value: false } });
    const again = await ec2('DescribeVpcAttribute', { VpcId, Attribute: 'enableDnsHostnames' });
    assert.equal(again.EnableDnsHostnames?.Value, false);
    const zones = (await ec2('DescribeAvailabilityZones', {})).AvailabilityZones ?? [];
    assert.deepEqual(
      zones.map(({ ZoneName, ZoneId }) => `${ZoneName} ${ZoneId}`),
      ['us-east-1a use1-az1', 'us-east-1b use1-az2', 'us-east-1c use1-az3'],
    );
    assert.equal((await ec2('DescribeRegions', {})).Regions?.[0]?.RegionName, 'us-east-1');
  });
});
