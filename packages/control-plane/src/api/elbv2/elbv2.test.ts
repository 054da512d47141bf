import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Action, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import { refused } from '../ecs/testing/world.ts';
import { anElb, type ElbWorld } from './testing/world.ts';

let elb: ElbWorld;
beforeEach(async () => {
  elb = await anElb([80]);
});

const PATH: RuleCondition[] = [{ Field: 'path-pattern', Values: ['/api/*'] }];
const forward = (TargetGroupArn: string): Action[] => [{ Type: 'forward', TargetGroupArn }];

describe('load balancers', () => {
  it('are made once, described by name and ARN, in pages, and deleted', async () => {
    const arn = await elb.balancer('web');
    assert.match(arn, /^arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer\/app\/web\/[0-9a-f]{16}$/);
    assert.equal(await elb.balancer('web'), arn, 'the same settings: the same balancer');
    const [made] = (await elb.call('DescribeLoadBalancers', { Names: ['web'] })).LoadBalancers ?? [];
    assert.deepEqual(made?.State, { Code: 'active' });
    assert.match(made?.DNSName ?? '', /^web-[0-9a-f]{16}\.elb\.localhost$/);
    assert.equal(made?.AvailabilityZones?.length, 2);
    const different = elb.call('CreateLoadBalancer', { Name: 'web', Type: 'network' });
    await refused(
      different,
      'DuplicateLoadBalancerNameException',
      "same name 'web' exists, but with different settings",
    );
    await elb.balancer('other', 'network');
    const first = await elb.call('DescribeLoadBalancers', { PageSize: 1 });
    const second = await elb.call('DescribeLoadBalancers', { PageSize: 1, Marker: first.NextMarker });
    assert.deepEqual(
      [...(first.LoadBalancers ?? []), ...(second.LoadBalancers ?? [])]
        .map((each) => each.LoadBalancerName ?? '')
        .toSorted((a, b) => (a < b ? -1 : 1)),
      ['other', 'web'],
    );
    assert.equal(second.NextMarker, undefined);
    await elb.call('DeleteLoadBalancer', { LoadBalancerArn: arn });
    await elb.call('DeleteLoadBalancer', { LoadBalancerArn: arn });
    await refused(elb.call('DescribeLoadBalancers', { Names: ['web'] }), 'LoadBalancerNotFoundException', '[web]');
    await refused(elb.call('DescribeLoadBalancers', { Marker: 'x' }), 'ValidationError', 'marker is not valid');
  });

  it('keep attributes, and are kept by deletion protection', async () => {
    const LoadBalancerArn = await elb.balancer();
    const set = (Key: string, Value: string) =>
      elb.call('ModifyLoadBalancerAttributes', { LoadBalancerArn, Attributes: [{ Key, Value }] });
    await set('deletion_protection.enabled', 'true');
    await refused(elb.call('DeleteLoadBalancer', { LoadBalancerArn }), 'OperationNotPermittedException', 'protection');
    await refused(set('idle_timeout.timeout_seconds', '0'), 'ValidationError', 'not a valid value');
    await refused(set('nonsense', '0'), 'ValidationError', "'nonsense' is not recognized");
    await refused(set('access_logs.s3.enabled', 'true'), 'ValidationError', 'does not serve');
    await set('idle_timeout.timeout_seconds', '120');
    const { Attributes } = await elb.call('DescribeLoadBalancerAttributes', { LoadBalancerArn });
    assert.equal(Attributes?.find(({ Key }) => Key === 'idle_timeout.timeout_seconds')?.Value, '120');
  });

  const refusals: [string, object, string, string][] = [
    ['gateway', { Type: 'gateway' }, 'InvalidConfigurationRequestException', 'gateway'],
    ['a long name', { Name: 'a'.repeat(33) }, 'ValidationError', "cannot be longer than '32' characters"],
    ['a bad name', { Name: 'a_b' }, 'ValidationError', 'alphanumeric characters and hyphens(-)'],
    ['an unknown subnet', { Subnets: ['subnet-x'] }, 'SubnetNotFoundException', "'subnet-x' does not exist"],
    ['IPv6', { IpAddressType: 'dualstack' }, 'InvalidConfigurationRequestException', 'dualstack'],
    ['tags of AWS', { Tags: [{ Key: 'aws:x', Value: '' }] }, 'ValidationError', 'reserved'],
  ];
  for (const [name, more, code, text] of refusals)
    it(`refuse ${name}`, async () => {
      await refused(elb.call('CreateLoadBalancer', { Name: 'web', ...more }), code, text);
    });
});

describe('target groups', () => {
  it("have ELB's defaults, are changed, and not deleted while in use", async () => {
    const TargetGroupArn = await elb.group();
    const [made] = (await elb.call('DescribeTargetGroups', { Names: ['blue'] })).TargetGroups ?? [];
    const { HealthCheckIntervalSeconds, HealthCheckTimeoutSeconds, HealthyThresholdCount, Matcher } = made ?? {};
    assert.deepEqual(
      [HealthCheckIntervalSeconds, HealthCheckTimeoutSeconds, HealthyThresholdCount, Matcher?.HttpCode],
      [30, 5, 5, '200'],
    );
    await elb.call('ModifyTargetGroup', {
      TargetGroupArn,
      HealthCheckPath: '/health',
      Matcher: { HttpCode: '200-299' },
    });
    const LoadBalancerArn = await elb.balancer();
    await elb.listener(LoadBalancerArn, TargetGroupArn);
    const [used] = (await elb.call('DescribeTargetGroups', { LoadBalancerArn })).TargetGroups ?? [];
    assert.deepEqual([used?.HealthCheckPath, used?.LoadBalancerArns], ['/health', [LoadBalancerArn]]);
    await refused(elb.call('DeleteTargetGroup', { TargetGroupArn }), 'ResourceInUseException', 'currently in use');
    const other = await elb.balancer('other');
    await refused(elb.listener(other, TargetGroupArn), 'TargetGroupAssociationLimitException', TargetGroupArn);
    await elb.call('DeleteLoadBalancer', { LoadBalancerArn });
    await elb.call('DeleteTargetGroup', { TargetGroupArn });
  });

  const refusals: [string, object, string, string][] = [
    ['lambda', { TargetType: 'lambda' }, 'InvalidConfigurationRequestException', 'lambda'],
    ['UDP', { Protocol: 'UDP' }, 'InvalidConfigurationRequestException', 'UDP'],
    ['HTTP/2', { ProtocolVersion: 'HTTP2' }, 'InvalidConfigurationRequestException', 'HTTP2'],
    [
      'a slow check',
      { HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 5 },
      'ValidationError',
      'must be smaller',
    ],
    ['a bad matcher', { Matcher: { HttpCode: '200-' } }, 'ValidationError', '200-499'],
    ['a bad path', { HealthCheckPath: 'health' }, 'ValidationError', "begin with '/'"],
  ];
  for (const [name, more, code, text] of refusals)
    it(`refuse ${name}`, async () => {
      await refused(elb.group('blue', more as never), code, text);
    });
});

describe('targets', () => {
  it('are unused, initial, draining, and new when they come back', async () => {
    const TargetGroupArn = await elb.group();
    const Targets = [{ Id: '10.0.0.4' }, { Id: '10.0.0.4', Port: 81 }];
    await elb.call('RegisterTargets', { TargetGroupArn, Targets });
    const health = async () =>
      (await elb.call('DescribeTargetHealth', { TargetGroupArn })).TargetHealthDescriptions?.map(
        ({ Target, TargetHealth }) => `${Target?.Port} ${TargetHealth?.State} ${TargetHealth?.Reason}`,
      );
    assert.deepEqual(await health(), ['80 unused Target.NotInUse', '81 unused Target.NotInUse']);
    await elb.listener(await elb.balancer(), TargetGroupArn);
    const registering = 'initial Elb.RegistrationInProgress';
    assert.deepEqual(await health(), [`80 ${registering}`, `81 ${registering}`]);
    await elb.call('DeregisterTargets', { TargetGroupArn, Targets: [{ Id: '10.0.0.4', Port: 81 }] });
    assert.deepEqual(await health(), [`80 ${registering}`, '81 draining Target.DeregistrationInProgress']);
    await elb.call('RegisterTargets', { TargetGroupArn, Targets });
    assert.deepEqual(await health(), [`80 ${registering}`, `81 ${registering}`]);
    const { TargetHealthDescriptions: gone } = await elb.call('DescribeTargetHealth', {
      TargetGroupArn,
      Targets: [{ Id: '10.0.0.9' }],
    });
    assert.equal(gone?.[0]?.TargetHealth?.Reason, 'Target.NotRegistered');
    const name = elb.call('RegisterTargets', { TargetGroupArn, Targets: [{ Id: 'i-1' }] });
    await refused(name, 'ValidationError', "'i-1' is not a valid IPv4 address");
    const instances = await elb.group('green', { TargetType: 'instance' });
    const unknown = elb.call('RegisterTargets', { TargetGroupArn: instances, Targets: [{ Id: 'i-1' }] });
    await refused(unknown, 'InvalidTargetException', "cannot be registered: 'i-1'");
  });
});

describe('listeners and rules', () => {
  let [balancer, blue, green, listener] = ['', '', '', ''];
  beforeEach(async () => {
    [balancer, blue, green] = [await elb.balancer(), await elb.group('blue'), await elb.group('green')];
    listener = await elb.listener(balancer, blue);
  });
  const rule = (Priority: number, Conditions: RuleCondition[], Actions: Action[]) =>
    elb.call('CreateRule', { ListenerArn: listener, Priority, Conditions, Actions });

  it('has the port that is asked for, or one that is free', async () => {
    const port = async (ListenerArn: string) =>
      (await elb.call('DescribeListenerAttributes', { ListenerArn })).Attributes?.[0]?.Value;
    assert.equal(await port(listener), '20000', 'somebody else has 80');
    assert.equal(await port(await elb.listener(balancer, blue, 81)), '81');
    assert.equal(await port(await elb.listener(await elb.balancer('two'), await elb.group('two'), 81)), '20001');
    await refused(elb.listener(balancer, blue, 81), 'DuplicateListenerException', 'already exists on this port');
  });

  it('orders rules, moves them together, and ends with the default one', async () => {
    const first = (await rule(10, PATH, forward(green))).Rules?.[0]?.RuleArn ?? '';
    const second = (await rule(5, [{ Field: 'host-header', Values: ['*.example.com'] }], forward(green))).Rules?.[0];
    await refused(rule(10, PATH, forward(green)), 'PriorityInUseException', "Priority '10' is currently in use");
    const priorities = async () =>
      (await elb.call('DescribeRules', { ListenerArn: listener })).Rules?.map(({ Priority }) => Priority);
    assert.deepEqual(await priorities(), ['5', '10', 'default']);
    const swap = [
      { RuleArn: first, Priority: 5 },
      { RuleArn: second?.RuleArn, Priority: 10 },
    ];
    await elb.call('SetRulePriorities', { RulePriorities: swap });
    assert.deepEqual(await priorities(), ['5', '10', 'default']);
    const clash = elb.call('SetRulePriorities', { RulePriorities: [{ RuleArn: first, Priority: 10 }] });
    await refused(clash, 'PriorityInUseException', "'10'");
    const { Rules } = await elb.call('DescribeRules', { ListenerArn: listener });
    const RuleArn = Rules?.at(-1)?.RuleArn ?? '';
    assert.equal(Rules?.at(-1)?.IsDefault, true);
    await refused(elb.call('DeleteRule', { RuleArn }), 'OperationNotPermittedException', 'Default rule');
    await elb.call('DeleteRule', { RuleArn: first });
    await refused(elb.call('DescribeRules', { RuleArns: [first] }), 'RuleNotFoundException', 'not found');
  });

  it('forwards by weight, redirects and answers itself', async () => {
    const weighted: Action[] = [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: blue, Weight: 80 },
            { TargetGroupArn: green, Weight: 20 },
          ],
          TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
        },
      },
    ];
    const [made] = (await rule(1, PATH, weighted)).Rules ?? [];
    assert.deepEqual(made?.Actions, weighted);
    const redirect: Action[] = [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', StatusCode: 'HTTP_301' } }];
    const [redirected] = (await rule(2, PATH, redirect)).Rules ?? [];
    assert.equal(redirected?.Actions?.[0]?.RedirectConfig?.Path, '/#{path}');
    const fixed: Action[] = [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404', MessageBody: 'no' } }];
    assert.deepEqual((await rule(3, PATH, fixed)).Rules?.[0]?.Actions, fixed);
  });

  const odd: [string, RuleCondition[], (group: string) => Action[], string, string][] = [
    ['no condition', [], forward, 'ValidationError', 'A condition must be specified'],
    ['an unknown field', [{ Field: 'moon' }], forward, 'ValidationError', "'moon' must be one of"],
    ['two paths', [...PATH, ...PATH], forward, 'ValidationError', "only have one 'path-pattern'"],
    [
      'six values',
      [{ Field: 'path-pattern', Values: ['a', 'b', 'c', 'd', 'e', 'f'] }],
      forward,
      'ValidationError',
      "'5' condition values",
    ],
    ['a quote', [{ Field: 'host-header', Values: ["a'b"] }], forward, 'ValidationError', 'not valid'],
    [
      'no network',
      [{ Field: 'source-ip', SourceIpConfig: { Values: ['1.2.3.4'] } }],
      forward,
      'ValidationError',
      'CIDR',
    ],
    [
      'expressions',
      [{ Field: 'path-pattern', PathPatternConfig: { RegexValues: ['.*'] } }],
      forward,
      'InvalidConfigurationRequestException',
      'RegexValues',
    ],
    ['no action', PATH, () => [], 'ValidationError', 'At least one action'],
    ['two actions', PATH, (g) => [...forward(g), ...forward(g)], 'InvalidLoadBalancerActionException', 'exactly one'],
    [
      'authentication',
      PATH,
      () => [{ Type: 'authenticate-oidc' }],
      'InvalidConfigurationRequestException',
      'authenticate-oidc',
    ],
    [
      'a redirect to itself',
      PATH,
      () => [{ Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_302' } }],
      'InvalidLoadBalancerActionException',
      'loop',
    ],
    ['no group', PATH, (g) => forward(`${g}0`), 'TargetGroupNotFoundException', 'not found'],
    ['what is no ARN', PATH, () => forward('blue'), 'ValidationError', 'not a valid target group ARN'],
  ];
  for (const [name, conditions, actions, code, text] of odd)
    it(`refuses ${name}`, async () => {
      await refused(rule(1, conditions, actions(green)), code, text);
    });

  it('refuses TLS by name', async () => {
    const LoadBalancerArn = balancer;
    const tls = { LoadBalancerArn, Port: 443, Protocol: 'HTTPS', DefaultActions: forward(blue) } as const;
    await refused(elb.call('CreateListener', tls), 'InvalidConfigurationRequestException', 'HTTPS');
    const certified = { ...tls, Certificates: [{ CertificateArn: 'arn:aws:acm:us-east-1:1:certificate/1' }] };
    await refused(elb.call('CreateListener', certified), 'InvalidConfigurationRequestException', 'Certificates');
  });

  it('tags everything', async () => {
    const RuleArn = (await rule(1, PATH, forward(green))).Rules?.[0]?.RuleArn ?? '';
    const ResourceArns = [balancer, blue, listener, RuleArn];
    const Tags = [
      { Key: 'team', Value: 'a' },
      { Key: 'env', Value: 'b' },
    ];
    await elb.call('AddTags', { ResourceArns, Tags });
    await elb.call('RemoveTags', { ResourceArns, TagKeys: ['env'] });
    const { TagDescriptions } = await elb.call('DescribeTags', { ResourceArns });
    assert.deepEqual(
      TagDescriptions,
      ResourceArns.map((ResourceArn) => ({ ResourceArn, Tags: [{ Key: 'team', Value: 'a' }] })),
    );
  });
});
