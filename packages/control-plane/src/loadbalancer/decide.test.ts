import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { epochMs, type Target, type TargetGroup, type TargetState } from '@gantry/domain';
import fc from 'fast-check';
import { SCOPE } from '../controllers/testing/builders.ts';
import { decideBalancing } from './decide.ts';
import type { ServerStat } from './stats.ts';

const ARN = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/g/0000000000000001';
const BACKEND = 'tg-0000000000000001';
const GROUP: TargetGroup = {
  scope: SCOPE,
  name: 'g',
  arn: ARN,
  protocol: 'HTTP',
  port: 80,
  vpcId: 'vpc-1',
  targetType: 'ip',
  healthCheck: {
    enabled: true,
    protocol: 'HTTP',
    port: 'traffic-port',
    path: '/',
    intervalSeconds: 30,
    timeoutSeconds: 5,
    healthyThreshold: 5,
    unhealthyThreshold: 2,
    httpCode: '200',
  },
  attributes: {},
  tags: [],
  createdAt: epochMs(0),
};
const aTarget = (state: TargetState, serial = 's', more: Partial<Target> = {}): Target => ({
  targetGroupArn: ARN,
  id: '10.0.0.4',
  port: 80,
  serial,
  registeredAt: epochMs(0),
  state,
  ...(state === 'draining' ? { drainUntil: epochMs(300_000) } : {}),
  ...more,
});
const stat = (server: string, more: Partial<ServerStat> = {}): ServerStat => ({
  backend: BACKEND,
  server,
  isUp: true,
  inMaintenance: false,
  sessions: 0,
  ...more,
});
const [PASSED, FAILED] = [
  { passed: true, status: 'L7OK', code: '200' },
  { passed: false, status: 'L7STS', code: '502' },
];

function plan(targets: readonly Target[], servers: readonly ServerStat[], now = 1000, oldWorkers = 0) {
  const view = { listeners: [], groups: [{ group: GROUP, idleTimeoutSeconds: 60, targets }] };
  const { commands, changes } = decideBalancing({ view, servers, oldWorkers, now });
  return {
    commands: commands.map((text) => text.replaceAll(`${BACKEND}/`, '').split(' ').slice(0, 5).join(' ')),
    changes: changes.map((change) =>
      change.kind === 'gone' ? 'gone' : `${change.to.state} ${change.to.reason ?? ''}`.trim(),
    ),
  };
}

const ADD_PROBE = ['add server p-s 10.0.0.4:80 check', 'set server p-s state drain', 'enable health p-s'];
const ADD = ['add server t-s 10.0.0.4:80 check', 'set server t-s state ready', 'enable health t-s'];
const removed = (name: string) => [
  `set server ${name} state maint`,
  `shutdown sessions server ${name}`,
  `del server ${name}`,
];

describe('what becomes of a target', () => {
  const cases: [string, Target, ServerStat[], string[], string[], number?, number?][] = [
    ['a new one is checked first', aTarget('initial'), [], ADD_PROBE, ['initial Elb.InitialHealthChecking']],
    ['waits for its first check', aTarget('initial'), [stat('p-s')], [], []],
    [
      'gets requests after one success',
      aTarget('initial'),
      [stat('p-s', { check: PASSED })],
      [...ADD, ...removed('p-s')],
      ['healthy'],
    ],
    ['may fail for a while', aTarget('initial'), [stat('p-s', { check: FAILED })], [], [], 59_999],
    [
      'and not longer',
      aTarget('initial'),
      [stat('p-s', { check: FAILED })],
      [],
      ['unhealthy Target.ResponseCodeMismatch'],
      60_000,
    ],
    ['recovers', aTarget('unhealthy'), [stat('p-s', { check: PASSED })], [...ADD, ...removed('p-s')], ['healthy']],
    [
      'fails later',
      aTarget('healthy'),
      [stat('t-s', { isUp: false, check: FAILED })],
      [],
      ['unhealthy Target.ResponseCodeMismatch'],
    ],
    [
      'is slow',
      aTarget('healthy'),
      [stat('t-s', { isUp: false, check: { passed: false, status: 'L4TOUT', code: '' } })],
      [],
      ['unhealthy Target.Timeout'],
    ],
    ['is steady', aTarget('healthy'), [stat('t-s', { check: PASSED })], [], []],
    ['comes back after the proxy', aTarget('healthy'), [], ADD, []],
    ['an unhealthy one is checked after the proxy came back', aTarget('unhealthy'), [], ADD_PROBE, []],
    ['is taken out', aTarget('draining'), [stat('t-s', { sessions: 1 })], ['set server t-s state maint'], []],
    ['finishes', aTarget('draining'), [stat('t-s', { inMaintenance: true, sessions: 1 })], [], []],
    ['has finished', aTarget('draining'), [stat('t-s', { inMaintenance: true })], removed('t-s'), ['gone']],
    ['unless an old worker has some', aTarget('draining'), [stat('t-s', { inMaintenance: true })], [], [], 1000, 1],
    [
      'is ended when its time is over',
      aTarget('draining'),
      [stat('t-s', { inMaintenance: true, sessions: 1 })],
      removed('t-s'),
      ['gone'],
      300_000,
      1,
    ],
    ['had not begun', aTarget('draining'), [stat('p-s')], removed('p-s'), ['gone']],
    [
      'is another one',
      aTarget('initial', 'new'),
      [stat('t-s')],
      ['add server p-new 10.0.0.4:80 check', 'set server p-new state drain', 'enable health p-new', ...removed('t-s')],
      ['initial Elb.InitialHealthChecking'],
    ],
  ];
  for (const [name, target, servers, commands, changes, now, oldWorkers] of cases)
    it(name, () => assert.deepEqual(plan([target], servers, now, oldWorkers), { commands, changes }));

  it('what nobody registered is removed', () =>
    assert.deepEqual(plan([], [stat('t-x')]), { commands: removed('t-x'), changes: [] }));
});

it('a target that gets requests was found healthy, and is not draining', () => {
  const anyState = fc.constantFrom<TargetState>('initial', 'healthy', 'unhealthy', 'draining');
  const anyStat = fc.record({
    server: fc.constantFrom('t-s', 'p-s', 't-other'),
    isUp: fc.boolean(),
    inMaintenance: fc.boolean(),
    sessions: fc.nat(2),
    check: fc.constantFrom(undefined, PASSED, FAILED),
  });
  fc.assert(
    fc.property(
      anyState,
      fc.uniqueArray(anyStat, { selector: (each) => each.server }),
      fc.nat(400_000),
      (state, stats, now) => {
        const servers = stats.map((each) => ({ ...each, backend: BACKEND }));
        const { commands, changes } = plan([aTarget(state)], servers, now);
        const isSent = commands.includes('set server t-s state ready');
        const hasPassed = servers.some(({ server, check }) => server === 'p-s' && check?.passed === true);
        const wasServing = servers.some(({ server }) => server === 't-s');
        if (isSent) assert.ok(state !== 'draining' && (state === 'healthy' || hasPassed || wasServing));
        if (state === 'draining') assert.ok(changes.every((change) => change === 'gone'));
      },
    ),
  );
});
