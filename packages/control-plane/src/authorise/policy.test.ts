import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextOf, evaluate } from './evaluate.ts';
import { parsePolicy, PolicyError, type PolicyKind } from './policy.ts';

const ok = { Effect: 'Allow', Action: 'ecs:*', Resource: '*' };
const trusted = { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' };

const of = (statement: unknown, more: object = { Version: '2012-10-17' }): string =>
  JSON.stringify({ ...more, Statement: statement });
const without = (name: string): string => of(Object.fromEntries(Object.entries(ok).filter(([key]) => key !== name)));

const REFUSED: readonly (readonly [kind: PolicyKind, text: string, message: string])[] = [
  ['identity', '{', 'This policy contains invalid Json'],
  ['identity', '[]', 'Syntax errors in policy.'],
  ['identity', 'null', 'Syntax errors in policy.'],
  ['identity', '{"Version":"2012-10-17"}', 'Syntax errors in policy.'],
  ['identity', of([]), 'Syntax errors in policy.'],
  ['identity', of(ok, { Version: '2012-10-18' }), 'The policy must contain a valid version string'],
  ['identity', of(ok, { Version: 2012 }), 'Syntax errors in policy.'],
  ['identity', of(ok, { version: '2012-10-17' }), 'Syntax errors in policy.'],
  ['identity', of({ ...ok, Actions: '*' }), 'Syntax errors in policy.'],
  ['identity', of({ ...ok, Action: 7 }), 'Syntax errors in policy.'],
  ['identity', of({ ...ok, NotAction: 'ecs:*' }), 'Syntax errors in policy.'],
  ['identity', of({ ...ok, Sid: 'a b' }), 'Statement IDs (SID) must be alpha-numeric.'],
  [
    'identity',
    of([
      { ...ok, Sid: 'a' },
      { ...ok, Sid: 'a' },
    ]),
    'Statement IDs (SID) in a single policy must be unique.',
  ],
  ['identity', of({ ...ok, Effect: 'allow' }), 'Invalid effect: allow'],
  ['identity', without('Effect'), 'Missing required field Effect'],
  ['identity', without('Action'), 'Policy statement must contain actions.'],
  ['identity', of({ ...ok, Action: [] }), 'Policy statement must contain actions.'],
  [
    'identity',
    of({ ...ok, Action: 'RunTask' }),
    'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
  ],
  ['identity', of({ ...ok, Action: 'ecs:Run:Task' }), 'Actions/Condition can contain only one colon.'],
  ['identity', of({ ...ok, Action: 'ec*:RunTask' }), 'Vendor ec* is not valid'],
  ['identity', without('Resource'), 'Policy statement must contain resources.'],
  ['identity', of({ ...ok, Resource: 'web' }), 'Resource web must be in ARN format or "*".'],
  [
    'identity',
    of({ ...ok, Resource: 'arn:aws' }),
    'Resource vendor must be fully qualified and cannot contain regexes.',
  ],
  ['identity', of({ ...ok, Principal: '*' }), 'Policy document should not specify a principal.'],
  ['identity', of({ ...ok, Condition: { StringSame: { 'a:b': 'c' } } }), 'Invalid Condition type : StringSame.'],
  ['identity', of({ ...ok, Condition: { IpAddress: { 'aws:SourceIp': 'x' } } }), 'The policy failed legacy parsing'],
  [
    'identity',
    of({ ...ok, Condition: { StringEquals: { b: 'c' } } }),
    'Actions/Conditions must be prefaced by a vendor',
  ],
  ['identity', of({ ...ok, Condition: { StringEquals: { 'a:b': {} } } }), 'Syntax errors in policy.'],
  ['identity', of({ ...ok, Condition: [] }), 'Syntax errors in policy.'],
  ['trust', of({ ...trusted, Resource: '*' }), 'Has prohibited field Resource'],
  ['trust', of({ ...trusted, Action: '*' }), 'AssumeRole policy may only specify STS AssumeRole actions.'],
  ['trust', of({ ...trusted, Action: 'ecs:RunTask' }), 'AssumeRole policy may only specify STS AssumeRole actions.'],
  ['trust', of({ Effect: 'Allow', Action: 'sts:AssumeRole' }), 'Missing required field Principal'],
  ['trust', of({ ...trusted, Principal: { AWS: 'me' } }), 'Invalid principal in policy: "AWS":"me"'],
  [
    'trust',
    of({ ...trusted, Principal: { AWS: 'arn:aws:iam::111122223333:user/*' } }),
    'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/*"',
  ],
  ['trust', of({ ...trusted, Principal: { Service: 'ecs' } }), 'Invalid principal in policy: "SERVICE":"ecs"'],
  ['trust', of({ ...trusted, Principal: 'me' }), 'Invalid principal in policy: "STRING":"me"'],
  [
    'resource',
    of({ Effect: 'Allow', Principal: '*', Action: 'secretsmanager:GetSecretValue' }),
    'Policy statement must contain resources.',
  ],
];

test('what is no policy is refused in the words of IAM', () => {
  for (const [kind, text, message] of REFUSED) {
    assert.throws(
      () => parsePolicy(text, kind),
      (error) => error instanceof PolicyError && error.message.startsWith(message),
      `${kind} ${text}`,
    );
  }
});

const ACCEPTED: readonly (readonly [kind: PolicyKind, text: string])[] = [
  ['identity', of(ok, {})],
  ['identity', of([ok, { ...ok, Sid: '' }], { Version: '2008-10-17', Id: 'x' })],
  ['identity', of({ ...ok, Resource: ['arn:aws:ecs:*', 'arn:aws:s3:::${aws:username}/*'] })],
  [
    'identity',
    of({ ...ok, Condition: { NumericLessThan: { 'ecs:task-cpu': 512 }, Bool: { 'aws:SecureTransport': true } } }),
  ],
  ['trust', of({ ...trusted, Action: ['sts:AssumeRole', 'sts:TagSession'] }, { Version: '2008-10-17' })],
  [
    'trust',
    of({
      ...trusted,
      Principal: { Service: ['ecs-tasks.amazonaws.com'], AWS: ['111122223333', 'AROAEXAMPLEEXAMPLE12'] },
    }),
  ],
  [
    'trust',
    of({
      ...trusted,
      Principal: { Federated: 'cognito-identity.amazonaws.com' },
      Action: 'sts:AssumeRoleWithWebIdentity',
    }),
  ],
  ['resource', of({ ...ok, Sid: 'with spaces', Principal: { AWS: '*' } })],
];

test('what IAM takes is taken', () => {
  for (const [kind, text] of ACCEPTED) assert.doesNotThrow(() => parsePolicy(text, kind), text);
});

const WEB = 'arn:aws:ecs:us-east-1:111122223333:cluster/web';
const MATCHES: readonly (readonly [statement: object, action: string, resource: string, fits: boolean])[] = [
  [{ Action: 'ECS:describe*', Resource: '*' }, 'ecs:DescribeTasks', WEB, true],
  [{ Action: '*', Resource: '*' }, 'ecs:DescribeTasks', '*', true],
  [{ Action: '*:*', Resource: '*' }, 'ecs:DescribeTasks', '*', true],
  [{ Action: 'ecs:DescribeTask', Resource: '*' }, 'ecs:DescribeTasks', '*', false],
  [{ NotAction: 'ecs:Delete*', Resource: '*' }, 'ecs:DescribeTasks', '*', true],
  [{ NotAction: ['iam:*', 'ecs:Delete*'], Resource: '*' }, 'ecs:DeleteCluster', WEB, false],
  [{ Action: 'ecs:*', Resource: WEB }, 'ecs:DeleteCluster', WEB, true],
  [{ Action: 'ecs:*', Resource: WEB }, 'ecs:ListClusters', '*', false],
  [{ Action: 'ecs:*', Resource: WEB.replace('web', 'Web') }, 'ecs:DeleteCluster', WEB, false],
  [{ Action: 'ecs:*', Resource: 'arn:aws:ecs:*:*:cluster/w?b' }, 'ecs:DeleteCluster', WEB, true],
  // No wildcard reaches over a colon, but what is left out at the end is any.
  [{ Action: 'ecs:*', Resource: 'arn:aws:ecs:*:cluster/web' }, 'ecs:DeleteCluster', WEB, false],
  [{ Action: 'ecs:*', Resource: 'arn:aws:ecs:*' }, 'ecs:DeleteCluster', WEB, true],
  [{ Action: 'ecs:*', Resource: 'arn:aws:ecs:*:*:*' }, 'ecs:DeleteCluster', WEB, true],
  [{ Action: 'ecs:*', Resource: 'arn:aws:ecs:*:*:*' }, 'ecs:ListClusters', '*', false],
  [{ Action: 'ecs:*', NotResource: 'arn:aws:ecs:*:*:cluster/web' }, 'ecs:DeleteCluster', WEB, false],
  [{ Action: 'ecs:*', NotResource: 'arn:aws:ecs:*:*:cluster/api' }, 'ecs:DeleteCluster', WEB, true],
  [{ Action: 'ecs:*', Resource: 'arn:aws:ecs:*:*:cluster/${aws:username}' }, 'ecs:DeleteCluster', WEB, true],
];

test('actions without regard to case, resources with it, part by part', () => {
  for (const [statement, action, resource, fits] of MATCHES) {
    const identity = [parsePolicy(of({ Effect: 'Allow', ...statement }), 'identity')];
    const context = contextOf({ 'aws:username': 'web' });
    const { effect } = evaluate({ identity, tags: {} }, { action, resource, context });
    assert.equal(effect === 'allow', fits, `${JSON.stringify(statement)} ${action} ${resource}`);
  }
});
