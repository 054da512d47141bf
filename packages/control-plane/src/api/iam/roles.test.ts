import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ensureFirstClusters } from '../ecs/cluster/create.ts';
import { refused } from '../ecs/testing/world.ts';
import { ACCOUNT, ALLOW_ALL, anIam, policy, TRUST_ACCOUNT, trusting } from './testing/world.ts';

const ARN = `arn:aws:iam::${ACCOUNT}`;
const TASKS = trusting({ Service: 'ecs-tasks.amazonaws.com' });

describe('roles', () => {
  it('are made, shown, changed and deleted', async () => {
    const { iam } = await anIam();
    const made = await iam.CreateRole({
      RoleName: 'task',
      Path: '/app/',
      AssumeRolePolicyDocument: TASKS,
      Description: 'd',
      Tags: [{ Key: 'a', Value: 'b' }],
    });
    const { Role } = made;
    assert.match(Role?.RoleId ?? '', /^AROA[A-Z2-7]{17}$/);
    assert.equal(Role?.Arn, `${ARN}:role/app/task`);
    assert.equal(decodeURIComponent(Role.AssumeRolePolicyDocument ?? ''), TASKS);
    assert.doesNotMatch(Role.AssumeRolePolicyDocument ?? '', /[{}"!'()* ]/);
    assert.equal(Role.MaxSessionDuration, 3600);
    assert.deepEqual(await iam.GetRole({ RoleName: 'task' }), made);
    const { Tags: _tags, RoleLastUsed: _used, ...listed } = Role;
    assert.deepEqual(await iam.ListRoles({}), { Roles: [listed], IsTruncated: false });
    await iam.UpdateRole({ RoleName: 'task', MaxSessionDuration: 7200 });
    await iam.UpdateRoleDescription({ RoleName: 'task', Description: 'new' });
    await iam.UpdateAssumeRolePolicy({ RoleName: 'task', PolicyDocument: TRUST_ACCOUNT });
    const after = (await iam.GetRole({ RoleName: 'task' })).Role;
    assert.deepEqual([after?.MaxSessionDuration, after?.Description], [7200, 'new']);
    assert.equal(decodeURIComponent(after?.AssumeRolePolicyDocument ?? ''), TRUST_ACCOUNT);
    await iam.DeleteRole({ RoleName: 'task' });
    await refused(
      iam.GetRole({ RoleName: 'task' }),
      'NoSuchEntityException',
      'The role with name task cannot be found.',
    );
  });

  const bad: readonly (readonly [string, string, string, string | RegExp])[] = [
    ['no JSON', '{', 'MalformedPolicyDocumentException', 'invalid Json'],
    ['no principal', ALLOW_ALL, 'MalformedPolicyDocumentException', /./],
    [
      'a resource',
      trusting('*', { Resource: '*' }),
      'MalformedPolicyDocumentException',
      'Has prohibited field Resource',
    ],
    [
      'another action',
      trusting('*', { Action: 'ecs:*' }),
      'MalformedPolicyDocumentException',
      'AssumeRole policy may only',
    ],
    ['too long', trusting('*', { Sid: 'x'.repeat(2048) }), 'LimitExceededException', 'ACLSizePerRole: 2048'],
  ];
  for (const [name, document, code, text] of bad)
    it(`are not made with a trust policy that has ${name}`, async () => {
      const { iam } = await anIam();
      await refused(iam.CreateRole({ RoleName: 'r', AssumeRolePolicyDocument: document }), code, text);
      await iam.CreateRole({ RoleName: 'r', AssumeRolePolicyDocument: TASKS });
      await refused(iam.UpdateAssumeRolePolicy({ RoleName: 'r', PolicyDocument: document }), code, text);
    });

  it('are kept while something hangs on them', async () => {
    const { iam } = await anIam();
    const [RoleName, PolicyArn, InstanceProfileName] = ['r', 'arn:aws:iam::aws:policy/ReadOnlyAccess', 'i'];
    await iam.CreateRole({ RoleName, AssumeRolePolicyDocument: TASKS });
    await refused(
      iam.CreateRole({ RoleName: 'R', AssumeRolePolicyDocument: TASKS }),
      'EntityAlreadyExistsException',
      'R',
    );
    await iam.CreateInstanceProfile({ InstanceProfileName });
    await iam.AddRoleToInstanceProfile({ InstanceProfileName, RoleName });
    await iam.AttachRolePolicy({ RoleName, PolicyArn });
    await iam.PutRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: ALLOW_ALL });
    const gone: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['must remove roles from', () => iam.RemoveRoleFromInstanceProfile({ RoleName, InstanceProfileName })],
      ['must detach all policies first.', () => iam.DetachRolePolicy({ RoleName, PolicyArn })],
      ['must delete policies first.', () => iam.DeleteRolePolicy({ RoleName, PolicyName: 'p' })],
    ];
    for (const [text, remove] of gone) {
      await refused(iam.DeleteRole({ RoleName }), 'DeleteConflictException', `Cannot delete entity, ${text}`);
      await remove();
    }
    await iam.DeleteRole({ RoleName });
  });
});

describe('instance profiles', () => {
  it('hold one role', async () => {
    const { iam } = await anIam();
    const made = (await iam.CreateInstanceProfile({ InstanceProfileName: 'i', Path: '/a/' })).InstanceProfile;
    assert.match(made?.InstanceProfileId ?? '', /^AIPA[A-Z2-7]{17}$/);
    assert.deepEqual([made?.Arn, made?.Roles], [`${ARN}:instance-profile/a/i`, []]);
    await iam.CreateRole({ RoleName: 'r', AssumeRolePolicyDocument: TASKS });
    const both = { InstanceProfileName: 'i', RoleName: 'r' };
    await iam.AddRoleToInstanceProfile(both);
    await refused(
      iam.AddRoleToInstanceProfile(both),
      'LimitExceededException',
      'InstanceSessionsPerInstanceProfile: 1',
    );
    const shown = (await iam.GetInstanceProfile({ InstanceProfileName: 'i' })).InstanceProfile;
    assert.equal(shown?.Roles?.[0]?.Arn, `${ARN}:role/r`);
    assert.deepEqual((await iam.ListInstanceProfilesForRole({ RoleName: 'r' })).InstanceProfiles, [shown]);
    assert.deepEqual((await iam.ListInstanceProfiles({})).InstanceProfiles, [shown]);
    await refused(
      iam.DeleteInstanceProfile({ InstanceProfileName: 'i' }),
      'DeleteConflictException',
      'must remove roles',
    );
    await iam.RemoveRoleFromInstanceProfile(both);
    await refused(iam.RemoveRoleFromInstanceProfile(both), 'NoSuchEntityException', 'not in');
    await iam.DeleteInstanceProfile({ InstanceProfileName: 'i' });
    const lost = iam.GetInstanceProfile({ InstanceProfileName: 'i' });
    await refused(lost, 'NoSuchEntityException', 'Instance Profile i cannot be found.');
  });
});

describe('service-linked roles', () => {
  it('are made once, changed by nobody, and deleted when nothing needs them', async () => {
    const { iam, platform } = await anIam();
    const AWSServiceName = 'ecs.amazonaws.com';
    const { Role } = await iam.CreateServiceLinkedRole({ AWSServiceName });
    const RoleName = 'AWSServiceRoleForECS';
    assert.equal(Role?.Arn, `${ARN}:role/aws-service-role/ecs.amazonaws.com/${RoleName}`);
    const attached = (await iam.ListAttachedRolePolicies({ RoleName })).AttachedPolicies;
    assert.deepEqual(
      attached?.map(({ PolicyName }) => PolicyName),
      ['AmazonECSServiceRolePolicy'],
    );
    await refused(
      iam.CreateServiceLinkedRole({ AWSServiceName }),
      'InvalidInputException',
      `${RoleName} has been taken`,
    );
    await refused(
      iam.CreateServiceLinkedRole({ AWSServiceName: 'x.amazonaws.com' }),
      'InvalidInputException',
      'has no',
    );
    const suffixed = iam.CreateServiceLinkedRole({ AWSServiceName, CustomSuffix: 'x' });
    await refused(suffixed, 'InvalidInputException', 'Custom suffix is not allowed for ecs.amazonaws.com');
    const auto = { AWSServiceName: 'autoscaling.amazonaws.com', CustomSuffix: 'x' };
    assert.equal((await iam.CreateServiceLinkedRole(auto)).Role?.RoleName, 'AWSServiceRoleForAutoScaling_x');
    const protectedText = `protected role '${RoleName}'`;
    for (const change of [
      iam.DeleteRole({ RoleName }),
      iam.PutRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: ALLOW_ALL }),
      iam.DetachRolePolicy({ RoleName, PolicyArn: attached?.[0]?.PolicyArn }),
      iam.UpdateRole({ RoleName, MaxSessionDuration: 3600 }),
    ])
      await refused(change, 'UnmodifiableEntityException', protectedText);
    await ensureFirstClusters(platform);
    const { DeletionTaskId } = await iam.DeleteServiceLinkedRole({ RoleName });
    const failed = await iam.GetServiceLinkedRoleDeletionStatus({ DeletionTaskId });
    assert.equal(failed.Status, 'FAILED');
    assert.match(failed.Reason?.RoleUsageList?.[0]?.Resources?.[0] ?? '', /:cluster\/default$/);
    await platform.state.transact((tx) => {
      for (const key of Array.from(tx.tables.clusters.keys)) tx.delete(tx.tables.clusters, key);
    });
    const again = await iam.DeleteServiceLinkedRole({ RoleName });
    assert.deepEqual(await iam.GetServiceLinkedRoleDeletionStatus(again), { Status: 'SUCCEEDED' });
    await refused(iam.GetRole({ RoleName }), 'NoSuchEntityException', RoleName);
    const unknown = iam.GetServiceLinkedRoleDeletionStatus({ DeletionTaskId: `${again.DeletionTaskId}x` });
    await refused(unknown, 'NoSuchEntityException', 'cannot be found');
  });
});

describe('permissions boundaries', () => {
  it('are managed policies there are', async () => {
    const { iam } = await anIam();
    const own = (
      await iam.CreatePolicy({
        PolicyName: 'edge',
        PolicyDocument: policy({ Effect: 'Allow', Action: 'ecs:*', Resource: '*' }),
      })
    ).Policy?.Arn;
    await refused(
      iam.CreateUser({ UserName: 'a', PermissionsBoundary: `${ARN}:policy/nothing` }),
      'NoSuchEntityException',
      'Scope ARN:',
    );
    await refused(
      iam.CreateUser({ UserName: 'a', PermissionsBoundary: `${ARN}:user/nothing` }),
      'InvalidInputException',
      'is not valid.',
    );
    await iam.CreateUser({ UserName: 'a', PermissionsBoundary: own });
    await iam.CreateRole({ RoleName: 'r', AssumeRolePolicyDocument: TASKS });
    await iam.PutRolePermissionsBoundary({ RoleName: 'r', PermissionsBoundary: own });
    const expected = { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: own };
    assert.deepEqual((await iam.GetUser({ UserName: 'a' })).User?.PermissionsBoundary, expected);
    assert.deepEqual((await iam.GetRole({ RoleName: 'r' })).Role?.PermissionsBoundary, expected);
    assert.equal((await iam.GetPolicy({ PolicyArn: own })).Policy?.PermissionsBoundaryUsageCount, 2);
    await refused(iam.DeletePolicy({ PolicyArn: own }), 'DeleteConflictException', 'attached to entities');
    await iam.DeleteUserPermissionsBoundary({ UserName: 'a' });
    await iam.DeleteRolePermissionsBoundary({ RoleName: 'r' });
    assert.equal((await iam.GetUser({ UserName: 'a' })).User?.PermissionsBoundary, undefined);
    await iam.PutUserPermissionsBoundary({ UserName: 'a', PermissionsBoundary: own });
    await iam.DeleteUserPermissionsBoundary({ UserName: 'a' });
    await iam.DeletePolicy({ PolicyArn: own });
  });
});
