import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { IpPermission } from '@aws-sdk/client-ec2';
import { refused } from '../ecs/testing/world.ts';
import { anEc2, type Ec2World } from './testing/world.ts';

let { ec2, stranger, aGroup, aVpc } = {} as Ec2World;

const ingressOf = async (GroupId: string): Promise<readonly IpPermission[]> =>
  (await ec2('DescribeSecurityGroups', { GroupIds: [GroupId] })).SecurityGroups?.[0]?.IpPermissions ?? [];

describe('security groups', () => {
  let GroupId: string;
  beforeEach(async () => {
    ({ ec2, stranger, aGroup, aVpc } = await anEc2());
    GroupId = await aGroup();
  });

  it('take rules in both forms, once each, and give them back as permissions and one by one', async () => {
    await ec2('AuthorizeSecurityGroupIngress', {
      GroupId,
      IpProtocol: 'tcp',
      FromPort: 80,
      ToPort: 80,
      CidrIp: '10.1.2.3/16',
    });
    const IpPermissions = [
      { IpProtocol: '6', FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId, Description: 'its own' }] },
      { IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
      { IpProtocol: 'icmp', FromPort: 8, ToPort: -1, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
    ];
    await ec2('AuthorizeSecurityGroupIngress', { GroupId, IpPermissions });
    const permissions = await ingressOf(GroupId);
    assert.deepEqual(
      permissions.map((one) => [
        one.IpProtocol,
        one.FromPort,
        one.ToPort,
        one.IpRanges?.length,
        one.UserIdGroupPairs?.length,
      ]),
      [
        ['tcp', 80, 80, 1, 1],
        ['-1', undefined, undefined, 0, 0],
        ['icmp', 8, -1, 1, 0],
      ],
    );
    assert.equal(permissions[0]?.IpRanges?.[0]?.CidrIp, '10.1.0.0/16');
    const twice = ec2('AuthorizeSecurityGroupIngress', {
      GroupId,
      IpProtocol: 'tcp',
      FromPort: 80,
      ToPort: 80,
      CidrIp: '10.1.0.0/16',
    });
    await refused(twice, 'InvalidPermission.Duplicate', 'peer: 10.1.0.0/16, TCP, from port: 80, to port: 80, ALLOW');
    const { SecurityGroupRules = [] } = await ec2('DescribeSecurityGroupRules', {
      Filters: [{ Name: 'group-id', Values: [GroupId] }],
    });
    assert.equal(SecurityGroupRules.length, 5);
    assert.equal(SecurityGroupRules.filter(({ IsEgress }) => IsEgress).length, 1);
  });

  it('lose rules by what they say or by their ids', async () => {
    const IpPermissions = [
      { IpProtocol: 'tcp', FromPort: 1, ToPort: 9, IpRanges: [{ CidrIp: '10.0.0.0/8' }, { CidrIp: '11.0.0.0/8' }] },
    ];
    const { SecurityGroupRules = [] } = await ec2('AuthorizeSecurityGroupIngress', { GroupId, IpPermissions });
    await ec2('RevokeSecurityGroupIngress', {
      GroupId,
      IpProtocol: 'tcp',
      FromPort: 1,
      ToPort: 9,
      CidrIp: '10.0.0.0/8',
    });
    const [, second] = SecurityGroupRules;
    await ec2('RevokeSecurityGroupIngress', { GroupId, SecurityGroupRuleIds: [second?.SecurityGroupRuleId ?? ''] });
    assert.deepEqual(await ingressOf(GroupId), []);
    await refused(
      ec2('RevokeSecurityGroupIngress', { GroupId, IpPermissions }),
      'InvalidPermission.NotFound',
      'does not exist',
    );
    await ec2('RevokeSecurityGroupEgress', {
      GroupId,
      IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    });
    assert.deepEqual(
      (await ec2('DescribeSecurityGroups', { GroupIds: [GroupId] })).SecurityGroups?.[0]?.IpPermissionsEgress,
      [],
    );
  });

  it('change rules and what is written about them', async () => {
    const { SecurityGroupRules: [rule] = [] } = await ec2('AuthorizeSecurityGroupEgress', {
      GroupId,
      IpPermissions: [{ IpProtocol: 'udp', FromPort: 53, ToPort: 53, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }],
    });
    const SecurityGroupRuleId = rule?.SecurityGroupRuleId;
    const SecurityGroupRule = {
      IpProtocol: 'udp',
      FromPort: 54,
      ToPort: 54,
      CidrIpv4: '10.0.0.0/8',
      Description: 'names',
    };
    await ec2('ModifySecurityGroupRules', {
      GroupId,
      SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule }],
    });
    const read = async () =>
      (await ec2('DescribeSecurityGroupRules', { SecurityGroupRuleIds: [SecurityGroupRuleId ?? ''] }))
        .SecurityGroupRules?.[0];
    assert.deepEqual(
      [(await read())?.FromPort, (await read())?.Description, (await read())?.IsEgress],
      [54, 'names', true],
    );
    const SecurityGroupRuleDescriptions = [{ SecurityGroupRuleId, Description: 'other words' }];
    await ec2('UpdateSecurityGroupRuleDescriptionsEgress', { GroupId, SecurityGroupRuleDescriptions });
    assert.equal((await read())?.Description, 'other words');
  });

  it('hold sixty rules a direction', async () => {
    const IpRanges = Array.from({ length: 60 }, (_, n) => ({ CidrIp: `10.${n}.0.0/16` }));
    await ec2('AuthorizeSecurityGroupIngress', { GroupId, IpPermissions: [{ IpProtocol: '-1', IpRanges }] });
    const more = ec2('AuthorizeSecurityGroupIngress', {
      GroupId,
      IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '10.99.0.0/16' }] }],
    });
    await refused(more, 'RulesPerSecurityGroupLimitExceeded', 'maximum number of rules');
    await ec2('AuthorizeSecurityGroupIngress', {
      GroupId,
      IpPermissions: [{ IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '::/0' }] }],
    });
  });

  it('stay while another group names them; the default one always', async () => {
    const other = await aGroup('other');
    await ec2('AuthorizeSecurityGroupIngress', {
      GroupId: other,
      IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupName: 'web' }] }],
    });
    await refused(ec2('DeleteSecurityGroup', { GroupId }), 'DependencyViolation', other);
    await ec2('DeleteSecurityGroup', { GroupName: 'other' });
    await ec2('DeleteSecurityGroup', { GroupId });
    await refused(ec2('DeleteSecurityGroup', { GroupId }), 'InvalidGroup.NotFound', GroupId);
    await refused(ec2('DeleteSecurityGroup', { GroupName: 'default' }), 'CannotDelete', 'default');
  });

  it('are found by filters, in pages, and by nobody else', async () => {
    for (const name of ['one', 'two', 'three', 'four', 'five']) await aGroup(name);
    await ec2('AuthorizeSecurityGroupIngress', {
      GroupId,
      IpProtocol: 'tcp',
      FromPort: 8080,
      ToPort: 8080,
      CidrIp: '0.0.0.0/0',
    });
    const names = async (...Filters: { Name: string; Values: string[] }[]) =>
      (await ec2('DescribeSecurityGroups', { Filters })).SecurityGroups?.map((group) => group.GroupName).toSorted();
    assert.deepEqual(await names({ Name: 'ip-permission.from-port', Values: ['8080'] }), ['web']);
    assert.deepEqual(await names({ Name: 'group-name', Values: ['t*', 'fo?r'] }), ['four', 'three', 'two']);
    const first = await ec2('DescribeSecurityGroups', { MaxResults: 5 });
    const second = await ec2('DescribeSecurityGroups', { MaxResults: 5, NextToken: first.NextToken });
    assert.deepEqual(
      [first.SecurityGroups?.length, second.SecurityGroups?.length, second.NextToken],
      [5, 2, undefined],
    );
    await refused(ec2('DescribeSecurityGroups', { MaxResults: 5, NextToken: 'nonsense' }), 'InvalidNextToken', 'token');
    await refused(stranger('DescribeSecurityGroups', { GroupIds: [GroupId] }), 'InvalidGroup.NotFound', GroupId);
  });

  it('and VPCs, subnets and rules have tags', async () => {
    const Tags = [{ Key: 'team', Value: 'shop' }];
    const VpcId = (await ec2('DescribeVpcs', {})).Vpcs?.[0]?.VpcId ?? '';
    const rule = (await ec2('DescribeSecurityGroupRules', {})).SecurityGroupRules?.[0]?.SecurityGroupRuleId ?? '';
    await ec2('CreateTags', { Resources: [GroupId, 'subnet-a', VpcId, rule], Tags });
    const all = (await ec2('DescribeTags', { Filters: [{ Name: 'key', Values: ['team'] }] })).Tags ?? [];
    assert.deepEqual(all.map((tag) => String(tag.ResourceType)).toSorted(), [
      'security-group',
      'security-group-rule',
      'subnet',
      'vpc',
    ]);
    const tagged = (await ec2('DescribeSubnets', { Filters: [{ Name: 'tag:team', Values: ['shop'] }] })).Subnets ?? [];
    assert.deepEqual(
      tagged.map(({ SubnetId }) => SubnetId),
      ['subnet-a'],
    );
    await ec2('DeleteTags', { Resources: [GroupId], Tags: [{ Key: 'team', Value: 'other' }] });
    await ec2('DeleteTags', { Resources: ['subnet-a'], Tags: [{ Key: 'team' }] });
    assert.equal((await ec2('DescribeTags', {})).Tags?.length, 3);
    await refused(
      ec2('CreateTags', { Resources: [GroupId], Tags: [{ Key: 'aws:x', Value: '' }] }),
      'InvalidParameterValue',
      'aws:',
    );
    await refused(ec2('CreateTags', { Resources: ['i-1'], Tags }), 'InvalidID', 'i-1');
  });

  const permit = (permission: IpPermission) =>
    ec2('AuthorizeSecurityGroupIngress', { GroupId, IpPermissions: [permission] });
  const anywhere = { IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
  const rows: readonly (readonly [string, () => Promise<unknown>, string, string])[] = [
    ['a second of the name', () => aGroup(), 'InvalidGroup.Duplicate', "'web' already exists for VPC"],
    ['the reserved name', () => aGroup('default'), 'InvalidParameterValue', 'reserved'],
    ['a name like an id', () => aGroup('sg-1'), 'InvalidParameterValue', 'sg-'],
    [
      'no description',
      () => ec2('CreateSecurityGroup', { GroupName: 'x' } as never),
      'MissingParameter',
      'Description',
    ],
    ['an unknown VPC', () => aGroup('x', { VpcId: 'vpc-0' }), 'InvalidVpcID.NotFound', 'vpc-0'],
    [
      'ports turned round',
      () => permit({ IpProtocol: 'tcp', FromPort: 90, ToPort: 80, ...anywhere }),
      'InvalidParameterValue',
      '(90:80)',
    ],
    ['no ports', () => permit({ IpProtocol: 'tcp', ...anywhere }), 'InvalidParameterValue', 'both from and to ports'],
    ['a protocol of no name', () => permit({ IpProtocol: 'smoke', ...anywhere }), 'InvalidParameterValue', 'smoke'],
    ['no source', () => permit({ IpProtocol: '-1' }), 'MissingParameter', 'CidrIp'],
    [
      'a block that is none',
      () => permit({ IpProtocol: '-1', IpRanges: [{ CidrIp: '10.0.0.0/33' }] }),
      'InvalidParameterValue',
      'malformed',
    ],
    [
      'an unknown group',
      () => permit({ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: 'sg-0' }] }),
      'InvalidGroup.NotFound',
      'sg-0',
    ],
    [
      'prefix lists',
      () => permit({ IpProtocol: '-1', PrefixListIds: [{ PrefixListId: 'pl-1' }] }),
      'UnsupportedOperation',
      'Prefix lists',
    ],
    ['what is no id', () => ec2('DeleteSecurityGroup', { GroupId: 'web' }), 'InvalidGroupId.Malformed', 'sg-'],
  ];
  for (const [name, call, code, text] of rows)
    it(`refuse ${name}`, () => refused(call(), code, text).then(() => undefined));

  it('of another VPC are no peers', async () => {
    const elsewhere = await aGroup('far', { VpcId: await aVpc() });
    await refused(
      permit({ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: elsewhere }] }),
      'InvalidGroup.NotFound',
      'different networks',
    );
  });
});
