import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Principal } from '../identity/principal.ts';
import { allow, ANN, callerOf, deny, openCalls, policy, SESSION, type Asked, type Calls } from './testing/calls.ts';

const ECS = 'arn:aws:ecs:us-east-1:123456789012';
const USER = 'User: arn:aws:iam::123456789012:user/ann';
const ALL = policy(allow('*', '*'));
let calls: Calls;

before(async () => {
  calls = await openCalls();
  const { ecs } = calls.api;
  await ecs.CreateCluster({ clusterName: 'blue', tags: [{ key: 'Team', value: 'blue' }] });
  await ecs.CreateCluster({ clusterName: 'plain' });
  await ecs.RegisterTaskDefinition({
    family: 'job',
    taskRoleArn: 'arn:aws:iam::123456789012:role/task',
    containerDefinitions: [{ name: 'a', image: 'i', memory: 64, privileged: true }],
    cpu: '512',
    memory: '1024',
    tags: [{ key: 'stage', value: 'test' }],
  });
});

const said = (result: string): string => result.replace(/^(\w+): User: \S+ is not authorized to perform: /, '$1 ');

test('a refusal says who, what, on which resource and why, in the words of AWS', () => {
  const { ask } = calls;
  const input = { clusters: ['blue'] };
  const text = `AccessDeniedException: ${USER} is not authorized to perform: ecs:DescribeClusters on resource: ${ECS}:cluster/blue`;
  const action = 'the ecs:DescribeClusters action';
  const denies = policy(deny('ecs:*', '*'));
  const cases = [
    [{}, `because no identity-based policy allows ${action}`],
    [{ identity: [ALL, denies] }, 'with an explicit deny in an identity-based policy'],
    [{ identity: [ALL], boundary: policy(allow('s3:*', '*')) }, `because no permissions boundary allows ${action}`],
    [{ identity: [ALL], boundary: denies }, 'with an explicit deny in a permissions boundary'],
    [{ identity: [ALL], session: [] }, `because no session policy allows ${action}`],
    [{ identity: [ALL], session: [denies] }, 'with an explicit deny in a session policy'],
  ] as const;
  for (const [policies, why] of cases) assert.equal(ask(policies, 'ecs:DescribeClusters', input), `${text} ${why}`);
  assert.equal(ask({ identity: [ALL] }, 'ecs:DescribeClusters', input), 'ok');
});

test('a refusal tells nothing of what is there', () => {
  const { ask } = calls;
  const pairs = [
    ['ecs:DescribeClusters', { clusters: ['blue'] }, { clusters: ['nope'] }],
    ['ecs:RunTask', { taskDefinition: 'job' }, { taskDefinition: 'nope' }],
    ['ecs:RunTask', { taskDefinition: 'job:1' }, { taskDefinition: 'nope:1' }],
    ['ecs:CreateService', { taskDefinition: 'job', serviceName: 's' }, { taskDefinition: 'nope', serviceName: 's' }],
  ] as const;
  const tagged = policy(allow('ecs:*', '*', { StringEquals: { 'aws:ResourceTag/owner': 'ann' } }));
  for (const [call, there, gone] of pairs)
    for (const policies of [{}, { identity: [tagged] }, { identity: [policy(deny('*', '*'))] }]) {
      const [one, other] = [ask(policies, call, there), ask(policies, call, gone)];
      assert.equal(one.replaceAll(/job|blue/g, 'nope'), other, call);
    }
});

const team = (value: string): object => ({ StringEquals: { 'aws:ResourceTag/team': value } });
const key = (name: string, value: string | boolean): object => ({ StringEquals: { [name]: value } });
const tags = [{ key: 'team', value: 'blue' }];
const WEB = `${ECS}:cluster/web`;
const RUN = { taskDefinition: 'job', cluster: 'web' };
const passTo = (service: string): object =>
  allow('iam:PassRole', 'arn:aws:iam::123456789012:role/task', key('iam:PassedToService', service));
const runs = (condition: object): object[] => [
  allow('ecs:RunTask', `${ECS}:task-definition/job:*`, condition),
  allow(['iam:PassRole', 'ecs:TagResource'], '*'),
];

type Row = readonly [name: string, statements: readonly object[], call: string, input: object, refusedFor?: string];
const CONDITIONS: readonly Row[] = [
  ['tags of the resource', [allow('ecs:*', '*', team('blue'))], 'ecs:DeleteCluster', { cluster: 'blue' }],
  ['other tags', [allow('ecs:*', '*', team('red'))], 'ecs:DeleteCluster', { cluster: 'blue' }, 'ecs:DeleteCluster'],
  ['no tags', [allow('ecs:*', '*', team('blue'))], 'ecs:DeleteCluster', { cluster: 'plain' }, 'ecs:DeleteCluster'],
  [
    'ecs:ResourceTag',
    [allow('ecs:*', '*', key('ecs:ResourceTag/Team', 'blue'))],
    'ecs:DeleteCluster',
    { cluster: 'blue' },
  ],
  [
    'every one of several',
    [allow('ecs:*', '*', team('blue'))],
    'ecs:DescribeClusters',
    { clusters: ['blue', 'plain'] },
    'ecs:DescribeClusters',
  ],
  [
    'ecs:cluster',
    [allow('ecs:ListTasks', '*', { ArnEquals: { 'ecs:cluster': WEB } })],
    'ecs:ListTasks',
    { cluster: 'web' },
  ],
  [
    'another ecs:cluster',
    [allow('ecs:ListTasks', '*', { ArnEquals: { 'ecs:cluster': WEB } })],
    'ecs:ListTasks',
    {},
    'ecs:ListTasks',
  ],
  ['ecs:cluster of RunTask', runs({ ArnEquals: { 'ecs:cluster': WEB } }), 'ecs:RunTask', RUN],
  ['tags of the task definition', runs(key('aws:ResourceTag/stage', 'test')), 'ecs:RunTask', RUN],
  [
    'size of the definition',
    runs({ NumericLessThanEquals: { 'ecs:task-cpu': '512', 'ecs:task-memory': '1024' } }),
    'ecs:RunTask',
    RUN,
  ],
  [
    'size of the overrides',
    runs({ NumericLessThanEquals: { 'ecs:task-cpu': '512' } }),
    'ecs:RunTask',
    { ...RUN, overrides: { cpu: '1 vCPU' } },
    'ecs:RunTask',
  ],
  ['execute command is off', runs(key('ecs:enable-execute-command', 'false')), 'ecs:RunTask', RUN],
  [
    'execute command is on',
    runs(key('ecs:enable-execute-command', 'false')),
    'ecs:RunTask',
    { ...RUN, enableExecuteCommand: true },
    'ecs:RunTask',
  ],
  [
    'capacity providers',
    runs({ 'ForAllValues:ArnLike': { 'ecs:capacity-provider': `${ECS}:capacity-provider/FARGATE*` } }),
    'ecs:RunTask',
    { ...RUN, capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT' }] },
  ],
  [
    'tags of the request',
    runs({ ...key('aws:RequestTag/team', 'blue'), 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'] } }),
    'ecs:RunTask',
    { ...RUN, tags },
  ],
  [
    'a tag too many',
    runs({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['stage'] } }),
    'ecs:RunTask',
    { ...RUN, tags },
    'ecs:RunTask',
  ],
  [
    'privileged',
    [allow('ecs:*', '*', key('ecs:privileged', 'false'))],
    'ecs:RegisterTaskDefinition',
    { family: 'x', containerDefinitions: [{ privileged: true }] },
    'ecs:RegisterTaskDefinition',
  ],
  [
    'tagging while creating',
    [allow('ecs:CreateCluster', '*'), allow('ecs:TagResource', '*', key('ecs:CreateAction', 'CreateCluster'))],
    'ecs:CreateCluster',
    { clusterName: 'new', tags },
  ],
  [
    'tagging while creating is tagging',
    [allow('ecs:CreateCluster', '*')],
    'ecs:CreateCluster',
    { clusterName: 'new', tags },
    'ecs:TagResource',
  ],
  ['but not without tags', [allow('ecs:CreateCluster', '*')], 'ecs:CreateCluster', { clusterName: 'new' }],
  [
    'tagging later is another thing',
    [allow('ecs:TagResource', '*', key('ecs:CreateAction', 'CreateCluster'))],
    'ecs:TagResource',
    { resourceArn: `${ECS}:cluster/blue`, tags },
    'ecs:TagResource',
  ],
  [
    'passing the role of the definition',
    [allow('ecs:RunTask', '*'), passTo('ecs-tasks.amazonaws.com')],
    'ecs:RunTask',
    RUN,
  ],
  [
    'passing it to another service',
    [allow('ecs:RunTask', '*'), passTo('ec2.amazonaws.com')],
    'ecs:RunTask',
    RUN,
    'iam:PassRole',
  ],
  ['passing no role', [allow('ecs:RunTask', '*')], 'ecs:RunTask', RUN, 'iam:PassRole'],
  [
    'the role and what it is for',
    [
      allow('ecs:*', '*'),
      allow('iam:PassRole', '*', { ArnLike: { 'iam:AssociatedResourceArn': `${ECS}:task-definition/x:*` } }),
    ],
    'ecs:RegisterTaskDefinition',
    { family: 'x', taskRoleArn: 'task' },
  ],
  [
    'account settings',
    [allow('ecs:PutAccountSetting', '*', key('ecs:account-setting', 'containerInsights'))],
    'ecs:PutAccountSetting',
    { name: 'awsvpcTrunking' },
    'ecs:PutAccountSetting',
  ],
];

test('the keys of ECS, from the request and from the state', () => {
  for (const [name, statements, call, input, refusedFor] of CONDITIONS) {
    const answer = said(calls.ask({ identity: [policy(...statements)] }, call, input));
    if (refusedFor === undefined) assert.equal(answer, 'ok', name);
    else assert.ok(answer.startsWith(`AccessDeniedException ${refusedFor} on resource: `), `${name}: ${answer}`);
  }
});

const TEMPORARY: Principal = { ...ANN, temporary: true, issuedAtMs: Date.UTC(2026, 0, 1) };
const TLS = { from: { address: '2001:db8::7', secure: true } };
const GLOBAL: readonly (readonly [condition: object, holds: boolean, asked?: Asked])[] = [
  [key('aws:username', 'ann'), true],
  [key('aws:userid', 'AIDAEXAMPLEANN'), true],
  [key('aws:PrincipalArn', 'arn:aws:iam::123456789012:user/ann'), true],
  [key('aws:PrincipalAccount', '123456789012'), true],
  [key('aws:PrincipalType', 'User'), true],
  [key('aws:PrincipalTag/cost', 'low'), true],
  [key('aws:RequestedRegion', 'us-east-1'), true],
  [key('aws:ResourceAccount', '123456789012'), true],
  [{ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, true],
  [{ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, false, TLS],
  [{ Bool: { 'aws:SecureTransport': 'false' } }, true],
  [{ Bool: { 'aws:SecureTransport': 'true' } }, true, TLS],
  [{ StringLike: { 'aws:UserAgent': 'aws-cli/*' } }, true, { userAgent: 'aws-cli/2' }],
  [{ Null: { 'aws:UserAgent': 'true' } }, true],
  [{ DateLessThan: { 'aws:CurrentTime': '2026-01-02' } }, true],
  [{ DateGreaterThan: { 'aws:EpochTime': '2026-01-02' } }, false],
  [{ Bool: { 'aws:ViaAWSService': 'false' } }, true],
  [{ Null: { 'aws:TokenIssueTime': 'true', 'aws:MultiFactorAuthPresent': 'true' } }, true],
  [{ DateEquals: { 'aws:TokenIssueTime': '2026-01-01' } }, true, { principal: SESSION }],
  [{ DateEquals: { 'aws:TokenIssueTime': '2026-01-01' } }, true, { principal: TEMPORARY }],
  [{ Bool: { 'aws:MultiFactorAuthPresent': 'false' } }, true, { principal: SESSION }],
  [key('aws:PrincipalArn', 'arn:aws:iam::123456789012:role/ci/deployer'), true, { principal: SESSION }],
  [key('aws:userid', 'AROAEXAMPLE:build-7'), true, { principal: SESSION }],
  [{ Null: { 'aws:username': 'true' } }, true, { principal: SESSION }],
];

test('the keys every request has', () => {
  for (const [condition, holds, asked] of GLOBAL) {
    const identity = [policy(allow('ecs:*', '*', condition))];
    const answer = calls.ask(
      { identity, tags: { Cost: 'low' } },
      'ecs:DescribeClusters',
      { clusters: ['blue'] },
      asked,
    );
    assert.equal(answer === 'ok', holds, JSON.stringify(condition));
  }
});

test('a variable stands for who asks', () => {
  const identity = [policy(allow('ecs:*', `${ECS}:cluster/\${aws:PrincipalTag/team}-*`))];
  const asked = (team: string): string =>
    calls.ask({ identity, tags: { team } }, 'ecs:DeleteCluster', { cluster: 'blue-1' });
  assert.equal(asked('blue'), 'ok');
  assert.notEqual(asked('b*'), 'ok');
});

test('the administrator passes, an agent does what agents do, and knowing oneself needs no permission', () => {
  const nobody = {};
  const asked = (kind: 'administrator' | 'agent', call: string): string =>
    said(calls.ask(nobody, call, {}, { principal: { kind } }));
  assert.equal(asked('administrator', 'ecs:DeleteCluster'), 'ok');
  assert.equal(asked('agent', 'ecs:Poll'), 'ok');
  assert.match(asked('agent', 'ecs:DeleteCluster'), /^AccessDeniedException ecs:DeleteCluster/);
  assert.equal(calls.ask({ identity: [policy(deny('*', '*'))] }, 'sts:GetCallerIdentity'), 'ok');
  assert.equal(calls.ask(nobody, 'sts:GetSessionToken'), 'ok');
  assert.match(calls.ask(nobody, 'sts:GetAccessKeyInfo'), /sts:GetAccessKeyInfo on resource: \*/);
});

test('credentials of GetSessionToken open neither IAM nor more of STS', () => {
  const asked = (call: string): string => calls.ask({ identity: [ALL] }, call, {}, { principal: TEMPORARY });
  for (const call of ['iam:ListUsers', 'sts:GetSessionToken', 'sts:GetAccessKeyInfo'])
    assert.equal(
      asked(call),
      'UnrecognizedClientException: The security token included in the request is invalid.',
      call,
    );
  for (const call of ['ecs:ListClusters', 'sts:GetCallerIdentity', 'sts:AssumeRole'])
    assert.equal(asked(call), 'ok', call);
});

test('no call takes long, however much it names', () => {
  const identity = [
    policy(
      allow('ecs:*', `${ECS}:task/*${'a'.repeat(1000)}b*`),
      allow('ecs:*', '*', { 'ForAllValues:StringLike': { 'ecs:subnet': '*' } }),
    ),
  ];
  const many = (count: number): string[] => Array.from({ length: count }, (_, index) => `t${index}`);
  const ask = (call: string, input: object): string => calls.ask({ identity }, call, input);
  assert.equal(ask('ecs:DescribeTasks', { tasks: many(1000) }), 'ok');
  assert.match(ask('ecs:DescribeTasks', { tasks: many(500_000) }), /on more than 1000 resources/);
  const subnets = { networkConfiguration: { awsvpcConfiguration: { subnets: many(500_000) } } };
  assert.match(ask('ecs:UpdateService', { service: 's', ...subnets }), /more than 1000 values/);
  const long = 'a'.repeat(4_000_000);
  const denied = calls.ask({}, 'ecs:StopTask', { task: long });
  assert.ok(denied.length < 3000);
  assert.equal(ask('ecs:StopTask', { task: long }), 'ok');
});

test('what nobody knows is refused to all but those who may everything', () => {
  for (const call of ['ecs:constructor', 'nothing:RunTask', '__proto__:toString']) {
    assert.match(calls.ask({}, call), /on resource: \* because no identity-based policy allows/);
    assert.equal(calls.ask({ identity: [ALL] }, call), 'ok');
  }
  assert.ok(callerOf(SESSION).principalArn.endsWith(':assumed-role/deployer/build-7'));
});
