import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  epochMs,
  type Listener,
  type ListenerAction,
  type ListenerCondition,
  type LoadBalancer,
  type Target,
  type TargetGroup,
} from '@gantry/domain';
import fc from 'fast-check';
import { SCOPE } from '../controllers/testing/builders.ts';
import { renderConfig } from './render.ts';
import type { BalancingView } from './view.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-render-'));
after(() => rmSync(folder, { recursive: true }));

let skip: string | false = false;
try {
  execFileSync('haproxy', ['-v'], { stdio: 'ignore' });
} catch {
  skip = 'haproxy is not installed';
}

const ELB = 'arn:aws:elasticloadbalancing:us-east-1:123456789012';
const groupArn = (n: number): string => `${ELB}:targetgroup/g${n}/${String(n).padStart(16, '0')}`;
const SETTINGS = { address: '127.0.0.1', socketPath: join(folder, 'h.sock'), statePath: join(folder, 'h.state') };

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const ascii = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 });
const texts = fc.array(ascii, { minLength: 1, maxLength: 5 });
const anyCondition: fc.Arbitrary<ListenerCondition> = fc.oneof(
  fc.record({ field: fc.constantFrom('host-header' as const, 'path-pattern' as const), values: texts }),
  fc.record({ field: fc.constant('http-request-method' as const), values: fc.constant(['GET', 'PURGE']) }),
  fc.record({ field: fc.constant('source-ip' as const), values: fc.constant(['10.0.0.0/8', '::1/128']) }),
  fc.record({
    field: fc.constant('http-header' as const),
    name: fc.constantFrom('User-Agent', 'x_y-1.2'),
    values: texts,
  }),
  fc.record({
    field: fc.constant('query-string' as const),
    values: fc.array(fc.record({ key: fc.option(ascii, { nil: undefined }), value: ascii }), { minLength: 1 }),
  }),
);
const part = (name: string): fc.Arbitrary<string> => fc.oneof(fc.constant(`#{${name}}`), ascii);
const anyAction: fc.Arbitrary<ListenerAction> = fc.oneof(
  fc.record({
    type: fc.constant('forward' as const),
    targetGroups: fc.uniqueArray(fc.record({ targetGroupArn: fc.nat(4).map(groupArn), weight: fc.nat(999) }), {
      minLength: 1,
      selector: (each) => each.targetGroupArn,
    }),
    stickySeconds: fc.option(fc.integer({ min: 1, max: 604_800 }), { nil: undefined }),
  }),
  fc.record({
    type: fc.constant('redirect' as const),
    statusCode: fc.constantFrom('HTTP_301' as const, 'HTTP_302' as const),
    protocol: fc.constantFrom('#{protocol}', 'HTTP', 'HTTPS'),
    host: part('host'),
    port: fc.constantFrom('#{port}', '443'),
    path: part('path').map((path) => `/${path}`),
    query: fc.oneof(fc.constant(''), part('query')),
  }),
  fc.record({
    type: fc.constant('fixed-response' as const),
    statusCode: fc.constantFrom('200', '404', '503', '299', '599'),
    contentType: fc.constantFrom(undefined, 'text/html', 'application/json'),
    messageBody: fc.option(text, { nil: undefined }),
  }),
);

const balancer: LoadBalancer = {
  scope: SCOPE,
  name: 'web',
  arn: `${ELB}:loadbalancer/app/web/1`,
  type: 'application',
  scheme: 'internal',
  dnsName: 'web',
  subnetIds: [],
  securityGroups: [],
  createdAt: epochMs(0),
  attributes: {},
  tags: [],
};

const aTarget = (n: number, arn: string): Target => ({
  targetGroupArn: arn,
  id: `10.0.0.${n}`,
  port: 80,
  serial: `s${n}`,
  registeredAt: epochMs(0),
  state: 'healthy',
});

const anyGroup = (n: number): fc.Arbitrary<TargetGroup> =>
  fc.record({
    scope: fc.constant(SCOPE),
    name: fc.constant(`g${n}`),
    arn: fc.constant(groupArn(n)),
    protocol: fc.constant('HTTP' as const),
    port: fc.constant(80),
    vpcId: fc.constant('vpc-1'),
    targetType: fc.constantFrom('ip' as const, 'instance' as const),
    healthCheck: fc.record({
      enabled: fc.constant(true),
      protocol: fc.constant('HTTP' as const),
      port: fc.constantFrom('traffic-port', '8081'),
      path: ascii.map((path) => `/${path}`),
      intervalSeconds: fc.integer({ min: 5, max: 300 }),
      timeoutSeconds: fc.integer({ min: 2, max: 4 }),
      healthyThreshold: fc.integer({ min: 2, max: 10 }),
      unhealthyThreshold: fc.integer({ min: 2, max: 10 }),
      httpCode: fc.constantFrom('200', '200,202', '200-299', '200-299,301,400-499'),
    }),
    attributes: fc.constantFrom<Readonly<Record<string, string>>>(
      {},
      { 'stickiness.enabled': 'true' },
      { 'slow_start.duration_seconds': '30' },
      {
        'stickiness.enabled': 'true',
        'stickiness.type': 'app_cookie',
        'stickiness.app_cookie.cookie_name': 's_1-2.3',
      },
      { 'load_balancing.algorithm.type': 'least_outstanding_requests' },
      { 'load_balancing.algorithm.type': 'weighted_random' },
    ),
    tags: fc.constant([]),
    createdAt: fc.constant(epochMs(0)),
  });

const anyListener = (n: number) =>
  fc
    .record({
      defaultAction: anyAction,
      rules: fc.array(fc.tuple(fc.array(anyCondition, { minLength: 1, maxLength: 4 }), anyAction), { maxLength: 6 }),
    })
    .map(({ defaultAction, rules }) => {
      const arn = `${ELB}:listener/app/web/1/${n}`;
      const listener: Listener = {
        scope: SCOPE,
        arn,
        loadBalancerArn: balancer.arn,
        protocol: 'HTTP',
        port: 80,
        hostPort: 20_000 + n,
        defaultAction,
        defaultRuleArn: '',
        attributes: {},
        tags: [],
      };
      const made = rules.map(([conditions, action], at) => ({
        scope: SCOPE,
        arn: `${arn}/${at}`,
        listenerArn: arn,
        priority: at + 1,
        conditions,
        action,
        tags: [],
      }));
      return { balancer, listener, rules: made };
    });

const anyView: fc.Arbitrary<BalancingView> = fc.record({
  listeners: fc.tuple(anyListener(0), anyListener(1)),
  groups: fc.tuple(anyGroup(0), anyGroup(1), anyGroup(2), anyGroup(3), anyGroup(4)).map((groups) =>
    groups.map((group) => ({
      group,
      idleTimeoutSeconds: 60,
      targets: [aTarget(1, group.arn), aTarget(2, group.arn)],
    })),
  ),
});

test('whatever the documents say, HAProxy takes the configuration', { skip }, () => {
  const file = join(folder, 'haproxy.cfg');
  fc.assert(
    fc.property(anyView, (view) => {
      writeFileSync(file, renderConfig(view, SETTINGS, () => true).text);
      const { status, stderr } = spawnSync('haproxy', ['-c', '-f', file], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    }),
    { numRuns: 60 },
  );
});

test('targets come and go in one generation; anything else is another', () => {
  fc.assert(
    fc.property(anyView, (view) => {
      const { generation } = renderConfig(view, SETTINGS, () => true);
      const without = { ...view, groups: view.groups.map((each) => ({ ...each, targets: [] })) };
      assert.equal(renderConfig(without, SETTINGS, () => false).generation, generation);
      const fewer = { ...view, listeners: view.listeners.slice(1) };
      assert.notEqual(renderConfig(fewer, SETTINGS, () => true).generation, generation);
    }),
    { numRuns: 60 },
  );
});
