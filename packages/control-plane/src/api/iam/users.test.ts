import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SERVICES } from '@gantry/protocol';
import { refused } from '../ecs/testing/world.ts';
import { iamHandlers } from './index.ts';
import { ACCOUNT, ADMINISTRATOR, ALLOW_ALL, anIam, OTHER, policy, ROOT } from './testing/world.ts';

const ARN = `arn:aws:iam::${ACCOUNT}`;

describe('the operations of IAM', () => {
  it('are all there', async () => {
    const { platform, identity } = await anIam();
    const served = new Set(Object.keys(iamHandlers(platform, identity)));
    assert.deepEqual(
      SERVICES.iam.operationNames().filter((name) => !served.has(name)),
      [],
    );
  });
});

describe('users', () => {
  it('are made, shown, renamed and deleted', async () => {
    const { iam } = await anIam();
    const { User } = await iam.CreateUser({ UserName: 'Bob', Path: '/ops/', Tags: [{ Key: 'team', Value: 'a' }] });
    assert.match(User?.UserId ?? '', /^AIDA[A-Z2-7]{17}$/);
    assert.equal(User?.Arn, `${ARN}:user/ops/Bob`);
    assert.deepEqual(User.Tags, [{ Key: 'team', Value: 'a' }]);
    assert.deepEqual((await iam.GetUser({ UserName: 'Bob' })).User, User);
    const { Tags: _tags, ...listed } = User;
    assert.deepEqual(await iam.ListUsers({}), { Users: [listed], IsTruncated: false });
    assert.deepEqual((await iam.ListUsers({ PathPrefix: '/dev/' })).Users, []);
    await iam.UpdateUser({ UserName: 'Bob', NewUserName: 'bobby', NewPath: '/' });
    const renamed = (await iam.GetUser({ UserName: 'bobby' })).User;
    assert.deepEqual([renamed?.UserId, renamed?.Arn], [User.UserId, `${ARN}:user/bobby`]);
    await iam.DeleteUser({ UserName: 'bobby' });
    await refused(
      iam.GetUser({ UserName: 'bobby' }),
      'NoSuchEntityException',
      'The user with name bobby cannot be found.',
    );
  });

  it('have names that are unique without regard to case, and found as they are written', async () => {
    const { iam } = await anIam();
    await iam.CreateUser({ UserName: 'Bob' });
    const exists = refused(iam.CreateUser({ UserName: 'bob' }), 'EntityAlreadyExistsException', 'User with name bob');
    await exists;
    await refused(iam.GetUser({ UserName: 'bob' }), 'NoSuchEntityException', 'bob');
    await iam.UpdateUser({ UserName: 'Bob', NewUserName: 'bob' });
    assert.equal((await iam.GetUser({ UserName: 'bob' })).User?.UserName, 'bob');
    await iam.CreateUser({ UserName: 'ann' });
    await refused(iam.UpdateUser({ UserName: 'bob', NewUserName: 'ANN' }), 'EntityAlreadyExistsException', 'ANN');
  });

  it('are listed page by page', async () => {
    const { iam } = await anIam();
    for (const name of ['d', 'b', 'e', 'a', 'c']) await iam.CreateUser({ UserName: name });
    const seen: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const page = await iam.ListUsers({ MaxItems: 2, Marker });
      assert.equal(page.IsTruncated, page.Marker !== undefined);
      seen.push(...(page.Users ?? []).map(({ UserName }) => UserName));
      Marker = page.Marker;
      // What comes in between does not move the pages.
      if (seen.length === 2) await iam.DeleteUser({ UserName: 'a' });
    } while (Marker !== undefined);
    assert.deepEqual(seen, ['a', 'b', 'c', 'd', 'e']);
    await refused(iam.ListUsers({ Marker: 'x!' }), 'ValidationError', /^Invalid Marker\./);
  });

  it('of other accounts are not seen', async () => {
    const { iam, as } = await anIam();
    await iam.CreateUser({ UserName: 'bob' });
    const stranger = as({ ...ROOT, account: OTHER, principalArn: `arn:aws:iam::${OTHER}:root` });
    assert.deepEqual((await stranger.iam.ListUsers({})).Users, []);
    await refused(stranger.iam.GetUser({ UserName: 'bob' }), 'NoSuchEntityException', 'bob');
    await stranger.iam.CreateUser({ UserName: 'bob' });
    const elsewhere = as({ ...ADMINISTRATOR, region: 'eu-west-1' as typeof ADMINISTRATOR.region });
    assert.equal((await elsewhere.iam.ListUsers({})).Users?.length, 1);
  });

  it('that are built in are shown, and nobody takes their names', async () => {
    const { iam, as } = await anIam();
    const { User } = await iam.GetUser({});
    assert.deepEqual([User?.UserName, User?.Arn], ['administrator', ADMINISTRATOR.principalArn]);
    assert.equal(User?.UserId, (await as(ADMINISTRATOR).sts.GetCallerIdentity({})).UserId);
    for (const UserName of ['administrator', 'Administrator', 'gantry-agent'])
      await refused(iam.CreateUser({ UserName }), 'EntityAlreadyExistsException', UserName);
    const root = (await as(ROOT).iam.GetUser({})).User;
    assert.deepEqual([root?.UserId, root?.Arn, root?.UserName], [ACCOUNT, `${ARN}:root`, undefined]);
    await refused(iam.ListAccessKeys({}), 'ValidationError', 'Must specify userName');
  });

  it('are kept while something hangs on them', async () => {
    const { iam } = await anIam();
    const UserName = 'bob';
    const PolicyArn = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
    await iam.CreateUser({ UserName });
    await iam.CreateGroup({ GroupName: 'ops' });
    const AccessKeyId = (await iam.CreateAccessKey({ UserName })).AccessKey?.AccessKeyId;
    await iam.AttachUserPolicy({ UserName, PolicyArn });
    await iam.PutUserPolicy({ UserName, PolicyName: 'p', PolicyDocument: ALLOW_ALL });
    await iam.AddUserToGroup({ UserName, GroupName: 'ops' });
    const gone: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['must delete access keys first.', () => iam.DeleteAccessKey({ UserName, AccessKeyId })],
      ['must detach all policies first.', () => iam.DetachUserPolicy({ UserName, PolicyArn })],
      ['must delete policies first.', () => iam.DeleteUserPolicy({ UserName, PolicyName: 'p' })],
      ['must remove users from group first.', () => iam.RemoveUserFromGroup({ UserName, GroupName: 'ops' })],
    ];
    for (const [text, remove] of gone) {
      await refused(iam.DeleteUser({ UserName }), 'DeleteConflictException', `Cannot delete entity, ${text}`);
      await remove();
    }
    await iam.DeleteUser({ UserName });
  });
});

describe('groups', () => {
  it('have members and are kept while they have', async () => {
    const { iam } = await anIam();
    const { Group } = await iam.CreateGroup({ GroupName: 'ops', Path: '/x/' });
    assert.match(Group?.GroupId ?? '', /^AGPA[A-Z2-7]{17}$/);
    assert.equal(Group?.Arn, `${ARN}:group/x/ops`);
    await refused(iam.CreateGroup({ GroupName: 'OPS' }), 'EntityAlreadyExistsException', 'Group with name OPS');
    for (const UserName of ['b', 'a', 'c']) await iam.CreateUser({ UserName });
    for (const UserName of ['b', 'a', 'a']) await iam.AddUserToGroup({ GroupName: 'ops', UserName });
    const page = await iam.GetGroup({ GroupName: 'ops', MaxItems: 1 });
    assert.deepEqual([page.Users?.map((user) => user.UserName), page.IsTruncated], [['a'], true]);
    const rest = await iam.GetGroup({ GroupName: 'ops', Marker: page.Marker });
    assert.deepEqual([rest.Users?.map((user) => user.UserName), rest.IsTruncated], [['b'], false]);
    assert.deepEqual(
      (await iam.ListGroupsForUser({ UserName: 'a' })).Groups?.map((one) => one.GroupName),
      ['ops'],
    );
    assert.deepEqual((await iam.ListGroups({ PathPrefix: '/x/' })).Groups, [Group]);
    await refused(iam.DeleteGroup({ GroupName: 'ops' }), 'DeleteConflictException', 'must remove users from group');
    for (const UserName of ['b', 'a']) await iam.RemoveUserFromGroup({ GroupName: 'ops', UserName });
    await refused(iam.RemoveUserFromGroup({ GroupName: 'ops', UserName: 'c' }), 'NoSuchEntityException', 'not in the');
    await iam.DeleteGroup({ GroupName: 'ops' });
    await refused(iam.GetGroup({ GroupName: 'ops' }), 'NoSuchEntityException', 'The group with name ops cannot be');
  });

  it('of a user are ten at most', async () => {
    const { iam } = await anIam();
    await iam.CreateUser({ UserName: 'a' });
    for (let n = 0; n <= 10; n += 1) await iam.CreateGroup({ GroupName: `g${n}` });
    for (let n = 0; n < 10; n += 1) await iam.AddUserToGroup({ GroupName: `g${n}`, UserName: 'a' });
    const more = iam.AddUserToGroup({ GroupName: 'g10', UserName: 'a' });
    await refused(more, 'LimitExceededException', 'Cannot exceed quota for GroupsPerUser: 10');
  });
});

describe('tags', () => {
  it('are laid over each other, and told apart without regard to case', async () => {
    const { iam } = await anIam();
    await iam.CreateUser({ UserName: 'a' });
    await iam.CreateRole({
      RoleName: 'r',
      AssumeRolePolicyDocument: policy({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' }),
    });
    await iam.CreateInstanceProfile({ InstanceProfileName: 'i' });
    const PolicyArn = (await iam.CreatePolicy({ PolicyName: 'p', PolicyDocument: ALLOW_ALL })).Policy?.Arn;
    const two = [
      { Key: 'b', Value: '2' },
      { Key: 'a', Value: '' },
    ];
    const kinds = [
      [iam.TagUser, iam.ListUserTags, iam.UntagUser, { UserName: 'a' }],
      [iam.TagRole, iam.ListRoleTags, iam.UntagRole, { RoleName: 'r' }],
      [iam.TagInstanceProfile, iam.ListInstanceProfileTags, iam.UntagInstanceProfile, { InstanceProfileName: 'i' }],
      [iam.TagPolicy, iam.ListPolicyTags, iam.UntagPolicy, { PolicyArn }],
    ] as const;
    for (const [tag, list, untag, name] of kinds) {
      const input = { ...name, Tags: two } as never;
      await tag(input);
      await tag({ ...name, Tags: [{ Key: 'B', Value: '3' }] } as never);
      const page = await list({ ...name, MaxItems: 1 } as never);
      assert.deepEqual([page.Tags, page.IsTruncated], [[{ Key: 'B', Value: '3' }], true]);
      await untag({ ...name, TagKeys: ['b'] } as never);
      assert.deepEqual((await list(name as never)).Tags, [{ Key: 'a', Value: '' }]);
      const twice = {
        ...name,
        Tags: [
          { Key: 'x', Value: '' },
          { Key: 'X', Value: '' },
        ],
      } as never;
      await refused(tag(twice), 'InvalidInputException', 'Duplicate tag keys found');
      await refused(tag({ ...name, Tags: [{ Key: 'AWS:x', Value: '' }] } as never), 'InvalidInputException', 'aws:');
      const many = Array.from({ length: 50 }, (_, n) => ({ Key: `k${n}`, Value: '' }));
      await refused(tag({ ...name, Tags: many } as never), 'LimitExceededException', 'maximum limit of 50');
    }
  });
});
