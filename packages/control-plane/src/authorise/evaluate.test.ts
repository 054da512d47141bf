import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextOf, evaluate, evaluateTrust, type Decision, type PrincipalPolicies } from './evaluate.ts';
import { parsePolicy, type PolicyDocument } from './policy.ts';

const CLUSTER = 'arn:aws:ecs:us-east-1:111122223333:cluster/web';

type Values = Readonly<Record<string, string | readonly string[]>>;

/** A document of one kind from statements. */
function policy(...statements: readonly object[]): PolicyDocument {
  return parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'identity');
}

function may(
  policies: Partial<PrincipalPolicies>,
  action = 'ecs:DescribeClusters',
  resource = CLUSTER,
  values: Values = {},
): string {
  const decision: Decision = evaluate(
    { identity: [], tags: {}, ...policies },
    { action, resource, context: contextOf(values) },
  );
  return decision.effect === 'allow' ? 'allow' : `${decision.effect} by ${decision.by}`;
}

const allowAll = { Effect: 'Allow', Action: '*', Resource: '*' };
const describe = { Effect: 'Allow', Action: 'ecs:DescribeClusters', Resource: CLUSTER };

const KINDS: readonly [string, Partial<PrincipalPolicies>, string][] = [
  ['nobody said anything', {}, 'implicit-deny by identity'],
  ['one allows', { identity: [policy(describe)] }, 'allow'],
  [
    'a deny wins',
    { identity: [policy(allowAll), policy({ ...describe, Effect: 'Deny' })] },
    'explicit-deny by identity',
  ],
  ['a boundary is not permission', { boundary: policy(allowAll) }, 'implicit-deny by identity'],
  [
    'a boundary narrows',
    { identity: [policy(allowAll)], boundary: policy({ ...allowAll, Action: 's3:*' }) },
    'implicit-deny by boundary',
  ],
  ['a boundary denies', { boundary: policy({ ...describe, Effect: 'Deny' }) }, 'explicit-deny by boundary'],
  ['a session may all', { identity: [policy(describe)], session: undefined }, 'allow'],
  ['a session may nothing', { identity: [policy(describe)], session: [] }, 'implicit-deny by session'],
  [
    'one session policy is enough',
    { identity: [policy(allowAll)], session: [policy({ ...allowAll, Action: 's3:*' }), policy(describe)] },
    'allow',
  ],
  [
    'the identity comes first',
    { identity: [], session: [], boundary: policy({ ...allowAll, Action: 's3:*' }) },
    'implicit-deny by identity',
  ],
  [
    'the boundary comes second',
    { identity: [policy(allowAll)], session: [], boundary: policy({ ...allowAll, Action: 's3:*' }) },
    'implicit-deny by boundary',
  ],
];

test('each kind of policy has its say', () => {
  for (const [name, policies, expected] of KINDS) assert.equal(may(policies), expected, name);
});

const trust = (principal: unknown, more: object = {}): PolicyDocument =>
  parsePolicy(
    JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole', ...more },
    }),
    'trust',
  );

const ME = ['arn:aws:iam::111122223333:user/me', '111122223333'];
const TRUST: readonly [string, PolicyDocument, readonly string[], string][] = [
  ['named', trust({ AWS: ME[0] }), ME, 'allow'],
  ['another is named', trust({ AWS: 'arn:aws:iam::111122223333:user/you' }), ME, 'implicit-deny'],
  ['the account', trust({ AWS: 'arn:aws:iam::111122223333:root' }), ME, 'allow delegated'],
  ['the account by number', trust({ AWS: ['111122223333'] }), ME, 'allow delegated'],
  ['another account', trust({ AWS: '999999999999' }), ME, 'implicit-deny'],
  ['everybody', trust('*'), ME, 'allow'],
  ['everybody of AWS', trust({ AWS: '*' }), ME, 'allow'],
  ['a service', trust({ Service: ['ecs-tasks.amazonaws.com'] }), ['ecs-tasks.amazonaws.com'], 'allow'],
  ['another service', trust({ Service: 'ec2.amazonaws.com' }), ['ecs-tasks.amazonaws.com'], 'implicit-deny'],
  ['denied', trust('*', { Effect: 'Deny' }), ME, 'explicit-deny'],
  ['another action', trust('*', { Action: 'sts:TagSession' }), ME, 'implicit-deny'],
];

test('a trust policy says who may take the role', () => {
  for (const [name, document, principals, expected] of TRUST) {
    const { effect, delegated } = evaluateTrust(document, {
      principals,
      action: 'sts:AssumeRole',
      context: contextOf({}),
    });
    assert.equal(delegated === true ? `${effect} delegated` : effect, expected, name);
  }
});
