import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { anIam, type IamWorld } from '../../api/iam/testing/world.ts';
import { secretsManagerHandlers } from '../../api/secretsmanager/index.ts';
import { ssmHandlers } from '../../api/ssm/index.ts';
import { SCOPE } from '../../controllers/testing/builders.ts';
import { callerOf } from '../testing/calls.ts';
import { demandsOf } from '../authorise.ts';

const IAM = 'arn:aws:iam::123456789012';
const LOGS = 'arn:aws:logs:us-east-1:123456789012';
const SSM = 'arn:aws:ssm:us-east-1:123456789012';
const SECRET = 'arn:aws:secretsmanager:us-east-1:123456789012:secret';

let world: IamWorld;
let secretArn = '';
before(async () => {
  world = await anIam();
  const { iam, platform } = world;
  await iam.CreateUser({ UserName: 'ann', Path: '/team/' });
  await iam.CreateRole({
    RoleName: 'deploy',
    Path: '/ci/',
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' },
    }),
  });
  const context = { caller: callerOf({ kind: 'administrator' }), scope: SCOPE, requestId: 'r' };
  await ssmHandlers(platform).PutParameter?.({ Name: '/db/url', Value: 'x', Type: 'String' }, context);
  const made = await secretsManagerHandlers(platform).CreateSecret?.({ Name: 'db/key', SecretString: 'x' }, context);
  secretArn = made?.ARN ?? '';
});

type Case = readonly [call: string, input: object, needs: string | readonly string[]];

const CASES: readonly Case[] = [
  // Logs names a stream, also where a group is meant; operations on tags name the group.
  ['logs:CreateLogGroup', { logGroupName: '/ecs/web' }, `${LOGS}:log-group:/ecs/web:log-stream:`],
  [
    'logs:PutLogEvents',
    { logGroupName: '/ecs/web', logStreamName: 's/1' },
    `${LOGS}:log-group:/ecs/web:log-stream:s/1`,
  ],
  [
    'logs:FilterLogEvents',
    { logGroupIdentifier: `${LOGS}:log-group:/ecs/web:*` },
    `${LOGS}:log-group:/ecs/web:log-stream:`,
  ],
  ['logs:DescribeLogGroups', {}, `${LOGS}:log-group::log-stream:`],
  ['logs:TagResource', { resourceArn: `${LOGS}:log-group:/ecs/web:*` }, `${LOGS}:log-group:/ecs/web`],
  // A parameter is the same with its slash and without.
  ['ssm:GetParameter', { Name: '/db/url' }, `${SSM}:parameter/db/url`],
  ['ssm:GetParameter', { Name: ' /db/url:3 ' }, `${SSM}:parameter/db/url`],
  ['ssm:GetParameter', { Name: `${SSM}:parameter/db/url` }, `${SSM}:parameter/db/url`],
  ['ssm:GetParameter', { Name: `${SSM}:parameter//db/url` }, `${SSM}:parameter/db/url`],
  ['ssm:GetParameter', { Name: 'arn:x' }, `${SSM}:*`],
  ['ssm:GetParameters', { Names: ['a', '/b'] }, [`${SSM}:parameter/a`, `${SSM}:parameter/b`]],
  ['ssm:GetParametersByPath', { Path: '/db' }, `${SSM}:parameter/db`],
  ['ssm:GetParameter', { Name: '/aws/service/ecs/x' }, 'arn:aws:ssm:us-east-1::parameter/aws/service/ecs/x'],
  [
    'ssm:PutParameter',
    { Name: '/new', Tags: [{ Key: 'a', Value: 'b' }] },
    [`${SSM}:parameter/new`, `ssm:AddTagsToResource ${SSM}:parameter/new`],
  ],
  ['ssm:DescribeParameters', {}, '*'],
  // The six characters of a secret's ARN are known of one that is there.
  ['secretsmanager:GetSecretValue', { SecretId: 'db/key' }, 'THE SECRET'],
  ['secretsmanager:GetSecretValue', { SecretId: `${SECRET}:db/key` }, 'THE SECRET'],
  ['secretsmanager:GetSecretValue', { SecretId: 'gone' }, `${SECRET}:gone-??????`],
  [
    'secretsmanager:CreateSecret',
    { Name: 'new', Tags: [{ Key: 'a' }] },
    [`${SECRET}:new-??????`, `secretsmanager:TagResource ${SECRET}:new-??????`],
  ],
  [
    'secretsmanager:BatchGetSecretValue',
    { SecretIdList: ['db/key'] },
    ['*', 'secretsmanager:GetSecretValue THE SECRET'],
  ],
  [
    'secretsmanager:BatchGetSecretValue',
    { Filters: [] },
    ['*', 'secretsmanager:ListSecrets *', 'secretsmanager:GetSecretValue THE SECRET'],
  ],
  // IAM: with the path it has, or is to have.
  ['iam:GetUser', { UserName: 'ann' }, `${IAM}:user/team/ann`],
  ['iam:GetUser', { UserName: 'ANN' }, `${IAM}:user/ANN`],
  ['iam:GetUser', {}, `${IAM}:user/me`],
  [
    'iam:CreateUser',
    { UserName: 'new', Path: '/team/', Tags: [{ Key: 'a', Value: 'b' }] },
    [`${IAM}:user/team/new`, `iam:TagUser ${IAM}:user/team/new`],
  ],
  ['iam:UpdateUser', { UserName: 'ann', NewPath: '/admins/' }, [`${IAM}:user/team/ann`, `${IAM}:user/admins/ann`]],
  ['iam:UpdateUser', { UserName: 'ann', NewUserName: 'root' }, [`${IAM}:user/team/ann`, `${IAM}:user/team/root`]],
  ['iam:GetRole', { RoleName: 'deploy' }, `${IAM}:role/ci/deploy`],
  [
    'iam:AddRoleToInstanceProfile',
    { InstanceProfileName: 'p', RoleName: 'deploy' },
    [`${IAM}:instance-profile/p`, `iam:PassRole ${IAM}:role/ci/deploy`],
  ],
  [
    'iam:CreateServiceLinkedRole',
    { AWSServiceName: 'ecs.amazonaws.com' },
    `${IAM}:role/aws-service-role/ecs.amazonaws.com/*`,
  ],
  ['iam:ListRoles', { PathPrefix: '/ci/' }, `${IAM}:role/ci/`],
  ['iam:DeletePolicy', { PolicyArn: `${IAM}:policy/p` }, `${IAM}:policy/p`],
  ['sts:AssumeRole', { RoleArn: `${IAM}:role/ci/deploy` }, `${IAM}:role/ci/deploy`],
  ['cloudtrail:LookupEvents', {}, '*'],
  [
    'scheduler:CreateSchedule',
    { Name: 'n', Target: { RoleArn: `${IAM}:role/r` } },
    ['arn:aws:scheduler:us-east-1:123456789012:schedule/default/n', `iam:PassRole ${IAM}:role/r`],
  ],
  [
    'ecs:RegisterTaskDefinition',
    { family: 'f', taskRoleArn: 'deploy' },
    ['arn:aws:ecs:us-east-1:123456789012:task-definition/f:*', `iam:PassRole ${IAM}:role/ci/deploy`],
  ],
  [
    'ecs:RegisterTaskDefinition',
    { family: 'f', taskRoleArn: `${IAM}:role/deploy` },
    ['arn:aws:ecs:us-east-1:123456789012:task-definition/f:*', `iam:PassRole ${IAM}:role/deploy`],
  ],
];

test('what the operations of the neighbours are about', () => {
  const at = { scope: SCOPE, tables: world.platform.state.tables, principalArn: `${IAM}:user/me` };
  for (const [call, input, needs] of CASES) {
    const [signingName = '', operation = ''] = call.split(':');
    const found = demandsOf({ signingName, operation, input }, at).map(({ action, resource }) => {
      const named = resource === secretArn ? 'THE SECRET' : resource;
      return action === undefined ? named : `${action} ${named}`;
    });
    assert.deepEqual(found, typeof needs === 'string' ? [needs] : needs, `${call} ${JSON.stringify(input)}`);
  }
});

test('a refusal of IAM and of Secrets Manager calls things as the caller did', () => {
  const at = { scope: SCOPE, tables: world.platform.state.tables, principalArn: `${IAM}:user/me` };
  const shown = (signingName: string, operation: string, input: object): readonly (string | undefined)[] =>
    demandsOf({ signingName, operation, input }, at).map((demand) => demand.shown);
  assert.deepEqual(shown('iam', 'GetUser', { UserName: 'ann' }), ['user ann']);
  assert.deepEqual(shown('iam', 'DeleteInstanceProfile', { InstanceProfileName: 'p' }), ['instance profile p']);
  assert.deepEqual(shown('secretsmanager', 'GetSecretValue', { SecretId: 'db/key' }), ['db/key']);
  assert.deepEqual(shown('iam', 'GetAccessKeyLastUsed', { AccessKeyId: 'AKIA1' }), ['access key AKIA1']);
  assert.equal(shown('ecs', 'RegisterTaskDefinition', { family: 'f', taskRoleArn: 'deploy' })[1], `${IAM}:role/deploy`);
});
