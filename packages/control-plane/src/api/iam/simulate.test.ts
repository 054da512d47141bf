import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refused } from '../ecs/testing/world.ts';
import { ACCOUNT, anIam, policy } from './testing/world.ts';

const ECS = `arn:aws:ecs:us-east-1:${ACCOUNT}`;
const describeWeb = { Effect: 'Allow', Action: 'ecs:Describe*', Resource: `${ECS}:cluster/web` };

test('a policy of one’s own is tried on actions and resources', async () => {
  const { iam } = await anIam();
  const document = policy(describeWeb, {
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  });
  const input = {
    PolicyInputList: [document],
    ActionNames: ['ecs:DescribeClusters', 'ecs:DeleteCluster'],
    ResourceArns: [`${ECS}:cluster/web`, `${ECS}:cluster/api`],
  };
  const decisions = async (more: object = {}): Promise<unknown> => {
    const { EvaluationResults } = await iam.SimulateCustomPolicy({ ...input, ...more });
    return EvaluationResults?.map((result) => result.EvalDecision);
  };
  assert.deepEqual(await decisions(), ['allowed', 'implicitDeny', 'implicitDeny', 'implicitDeny']);
  const plain = { ContextKeyName: 'AWS:SecureTransport', ContextKeyValues: ['false'], ContextKeyType: 'boolean' };
  assert.deepEqual(await decisions({ ContextEntries: [plain] }), Array(4).fill('explicitDeny'));
  const boundary = { PermissionsBoundaryPolicyInputList: [policy({ Effect: 'Allow', Action: 's3:*', Resource: '*' })] };
  assert.deepEqual(await decisions(boundary), Array(4).fill('implicitDeny'));
  const { EvaluationResults } = await iam.SimulateCustomPolicy({ ...input, ...boundary, MaxItems: 1 });
  assert.deepEqual(EvaluationResults?.[0]?.PermissionsBoundaryDecisionDetail, { AllowedByPermissionsBoundary: false });
});

test('a result says which statement decided and which keys it lacked', async () => {
  const { iam } = await anIam();
  const denies = {
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  const { EvaluationResults: [result] = [] } = await iam.SimulateCustomPolicy({
    PolicyInputList: [policy(denies), policy(describeWeb)],
    ActionNames: ['ecs:DescribeClusters'],
    ResourceArns: [`${ECS}:cluster/web`],
  });
  const matched = [
    {
      SourcePolicyId: 'PolicyInputList.2',
      SourcePolicyType: undefined,
      StartPosition: { Line: 1, Column: 38 },
      EndPosition: { Line: 1, Column: policy(describeWeb).length - 1 },
    },
  ];
  const found = { MatchedStatements: matched, MissingContextValues: ['aws:SecureTransport'] };
  assert.deepEqual(result, {
    EvalActionName: 'ecs:DescribeClusters',
    EvalResourceName: `${ECS}:cluster/web`,
    EvalDecision: 'allowed',
    ...found,
    ResourceSpecificResults: [{ EvalResourceName: `${ECS}:cluster/web`, EvalResourceDecision: 'allowed', ...found }],
  });
});

test('a principal is tried with all its policies: its own, its groups’, managed ones and its boundary', async () => {
  const { iam } = await anIam();
  await iam.CreateUser({ UserName: 'ann', Path: '/team/', Tags: [{ Key: 'team', Value: 'web' }] });
  const arn = `arn:aws:iam::${ACCOUNT}:user/team/ann`;
  const mine = { ...describeWeb, Resource: `${ECS}:cluster/\${aws:PrincipalTag/team}` };
  await iam.PutUserPolicy({ UserName: 'ann', PolicyName: 'mine', PolicyDocument: policy(mine) });
  await iam.CreateGroup({ GroupName: 'ops' });
  await iam.AddUserToGroup({ UserName: 'ann', GroupName: 'ops' });
  const stop = policy({ Effect: 'Allow', Action: 'ecs:StopTask', Resource: '*' });
  await iam.PutGroupPolicy({ GroupName: 'ops', PolicyName: 'stop', PolicyDocument: stop });
  const ids = async (action: string, resource: string, more: object = {}): Promise<string> => {
    const { EvaluationResults: [result] = [] } = await iam.SimulatePrincipalPolicy({
      PolicySourceArn: arn,
      ActionNames: [action],
      ResourceArns: [resource],
      ...more,
    });
    const sources = result?.MatchedStatements?.map(
      ({ SourcePolicyId, SourcePolicyType }) => `${SourcePolicyType} ${SourcePolicyId}`,
    );
    return [result?.EvalDecision, ...(sources ?? [])].join(', ');
  };
  assert.match(await ids('ecs:DescribeClusters', `${ECS}:cluster/web`), /^allowed, user user_ann_mine/);
  assert.equal(await ids('ecs:StopTask', '*'), 'allowed, group group_ops_stop');
  const full = { UserName: 'ann', PolicyArn: 'arn:aws:iam::aws:policy/AmazonECS_FullAccess' };
  await iam.AttachUserPolicy(full);
  assert.equal(await ids('ecs:DeleteCluster', `${ECS}:cluster/web`), 'allowed, aws-managed AmazonECS_FullAccess');
  await iam.DetachUserPolicy(full);
  assert.equal(await ids('ecs:DeleteCluster', `${ECS}:cluster/web`), 'implicitDeny');
  const more = { PolicyInputList: [policy({ Effect: 'Allow', Action: 'ecs:*', Resource: '*' })] };
  assert.equal(await ids('ecs:DeleteCluster', `${ECS}:cluster/web`, more), 'allowed, undefined PolicyInputList.1');
  const onIt = policy({ Effect: 'Allow', Principal: { AWS: arn }, Action: 'ecs:DeleteCluster', Resource: '*' });
  assert.equal(await ids('ecs:DeleteCluster', '*', { ResourcePolicy: onIt }), 'allowed, resource ResourcePolicy');
  const { PolicyArn } = {
    PolicyArn: (await iam.CreatePolicy({ PolicyName: 'limit', PolicyDocument: stop })).Policy?.Arn,
  };
  await iam.PutUserPermissionsBoundary({ UserName: 'ann', PermissionsBoundary: PolicyArn });
  assert.equal(await ids('ecs:DescribeClusters', `${ECS}:cluster/web`), 'implicitDeny');
});

test('what cannot be simulated is refused by name', async () => {
  const { iam } = await anIam();
  const custom = { PolicyInputList: [policy(describeWeb)], ActionNames: ['ecs:RunTask'] };
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ PolicyInputList: ['{}'] }, /^Invalid input PolicyInputList\.1: Syntax errors in policy\./],
    [{ ActionNames: ['ecs:Run*'] }, /^Invalid action name: ecs:Run\*/],
    [{ ResourcePolicy: policy({ ...describeWeb, Principal: '*' }) }, /^CallerArn is required/],
    [{ CallerArn: `arn:aws:iam::${ACCOUNT}:role/r` }, /^CallerArn must be the ARN of an IAM user/],
    [{ ResourceHandlingOption: 'EC2-VPC' }, /^ResourceHandlingOption is not served/],
  ];
  for (const [more, text] of wrong)
    await refused(iam.SimulateCustomPolicy({ ...custom, ...more }), 'InvalidInputException', text);
  const asked = (PolicySourceArn: string) =>
    iam.SimulatePrincipalPolicy({ PolicySourceArn, ActionNames: ['ecs:RunTask'] });
  await refused(asked(`arn:aws:iam::${ACCOUNT}:user/nobody`), 'NoSuchEntityException', 'nobody cannot be found');
  await refused(asked(`arn:aws:iam::${ACCOUNT}:policy/p`), 'InvalidInputException', /^Invalid Entity Arn/);
});
