import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { refused } from '../ecs/testing/world.ts';
import {
  ACCOUNT,
  ADMINISTRATOR,
  ALLOW_ALL,
  anIam,
  OTHER,
  policy,
  ROOT,
  TRUST_ACCOUNT,
  trusting,
  type Client,
  type IamWorld,
} from '../iam/testing/world.ts';
import type { Caller } from '../../platform.ts';

const RoleArn = `arn:aws:iam::${ACCOUNT}:role/r`;
const BOB = `arn:aws:iam::${ACCOUNT}:user/bob`;
const MAY_ASSUME = policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: RoleArn });
const MAY_NOT = policy({ Effect: 'Deny', Action: 'sts:*', Resource: '*' });
const TAGGING = { Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'] };
const asked = (more: object = {}) => ({ RoleArn, RoleSessionName: 'session', ...more });

/** A user with a key, by which it calls. */
async function aUser(
  world: IamWorld,
  UserName: string,
  PolicyDocument?: string,
  admin: Client = world,
): Promise<Caller> {
  await admin.iam.CreateUser({ UserName });
  if (PolicyDocument !== undefined) await admin.iam.PutUserPolicy({ UserName, PolicyName: 'p', PolicyDocument });
  const { AccessKey } = await admin.iam.CreateAccessKey({ UserName });
  return world.callerOf(AccessKey?.AccessKeyId) as Caller;
}

const aRole = (world: IamWorld, AssumeRolePolicyDocument: string, more: object = {}) =>
  world.iam.CreateRole({ RoleName: 'r', AssumeRolePolicyDocument, ...more });

/** Takes the role and calls with what it got. */
async function assumed(world: IamWorld, client: Client, more: object = {}): Promise<Caller> {
  const { Credentials } = await client.sts.AssumeRole(asked(more));
  return world.callerOf(Credentials?.AccessKeyId, Credentials?.SessionToken) as Caller;
}

describe('who gets a role', () => {
  const named = trusting({ AWS: BOB });
  const everybody = trusting('*');
  const external = trusting({ AWS: BOB }, { Condition: { StringEquals: { 'sts:ExternalId': 'x1' } } });
  const tagged = trusting({ AWS: BOB }, { Condition: { StringEquals: { 'aws:PrincipalTag/team': 'a' } } });
  const sessions = trusting({ AWS: BOB }, { Condition: { StringLike: { 'sts:RoleSessionName': '${aws:username}' } } });
  const denied = policy(
    { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' },
    { Effect: 'Deny', Principal: { AWS: BOB }, Action: 'sts:AssumeRole' },
  );
  const cases: readonly (readonly [string, string, string | undefined, object, boolean])[] = [
    ['a user the trust policy names', named, undefined, {}, true],
    ['a user it names, whose own policy denies', named, MAY_NOT, {}, false],
    ['a user of the account it names, who may', TRUST_ACCOUNT, MAY_ASSUME, {}, true],
    ['a user of the account it names, who may not', TRUST_ACCOUNT, undefined, {}, false],
    ['anybody of everybody', everybody, undefined, {}, true],
    ['a user that is denied among everybody', denied, ALLOW_ALL, {}, false],
    ['a user where a service is meant', trusting({ Service: 'ecs-tasks.amazonaws.com' }), ALLOW_ALL, {}, false],
    ['a user where another is meant', trusting({ AWS: `${BOB}by` }), ALLOW_ALL, {}, false],
    ['who knows the external id', external, undefined, { ExternalId: 'x1' }, true],
    ['who knows another external id', external, undefined, { ExternalId: 'x2' }, false],
    ['who knows none', external, undefined, {}, false],
    ['who has the tag', tagged, undefined, {}, true],
    ['who names the session as it must be', sessions, undefined, { RoleSessionName: 'bob' }, true],
    ['who names it otherwise', sessions, undefined, {}, false],
    ['who tags without permission to', named, undefined, { Tags: [{ Key: 'a', Value: 'b' }] }, false],
    [
      'who tags with permission',
      trusting({ AWS: BOB }, TAGGING),
      undefined,
      { Tags: [{ Key: 'a', Value: 'b' }] },
      true,
    ],
    ['who names a source identity without permission', named, undefined, { SourceIdentity: 'me' }, false],
    ['who names one with permission', trusting({ AWS: BOB }, TAGGING), undefined, { SourceIdentity: 'me' }, true],
  ];
  for (const [name, trust, own, more, gets] of cases)
    it(`${gets ? 'is' : 'is not'} ${name}`, async () => {
      const world = await anIam();
      await aRole(world, trust);
      const bob = await aUser(world, 'bob', own);
      await world.iam.TagUser({ UserName: 'bob', Tags: [{ Key: 'team', Value: 'a' }] });
      const call = world.as(bob).sts.AssumeRole(asked(more));
      if (gets)
        assert.equal((await call).AssumedRoleUser?.Arn?.startsWith(`arn:aws:sts::${ACCOUNT}:assumed-role/r/`), true);
      else
        await refused(
          call,
          'AccessDeniedException',
          /^User: \S+ is not authorized to perform: sts:\w+ on resource: \S+r$/,
        );
    });

  it('is who calls from where the trust policy says', async () => {
    const world = await anIam();
    await aRole(world, trusting({ AWS: BOB }, { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }));
    const bob = await aUser(world, 'bob');
    assert.ok((await world.as(bob, '10.1.2.3').sts.AssumeRole(asked())).Credentials);
    for (const elsewhere of [world.as(bob, '11.1.2.3'), world.as(bob)])
      await refused(elsewhere.sts.AssumeRole(asked()), 'AccessDeniedException', RoleArn);
  });

  it('is not who got the name of somebody trusted, until the policy is written again', async () => {
    const world = await anIam();
    const early = trusting({ AWS: [BOB, `arn:aws:iam::${ACCOUNT}:role/first`] });
    await aRole(world, early);
    const bob = await aUser(world, 'bob');
    assert.ok((await world.as(bob).sts.AssumeRole(asked())).Credentials, 'he was not there yet');
    await world.iam.UpdateAssumeRolePolicy({ RoleName: 'r', PolicyDocument: early });
    assert.ok((await world.as(bob).sts.AssumeRole(asked())).Credentials);
    await world.iam.DeleteAccessKey({ UserName: 'bob', AccessKeyId: bob.accessKeyId });
    await world.iam.DeleteUser({ UserName: 'bob' });
    const another = await aUser(world, 'bob');
    await refused(world.as(another).sts.AssumeRole(asked()), 'AccessDeniedException', RoleArn);
    await world.iam.UpdateAssumeRolePolicy({ RoleName: 'r', PolicyDocument: trusting({ AWS: ACCOUNT }) });
    await world.iam.PutUserPolicy({ UserName: 'bob', PolicyName: 'p', PolicyDocument: MAY_ASSUME });
    assert.ok((await world.as(another).sts.AssumeRole(asked())).Credentials, 'of the account he is all the same');
  });

  it('is, of another account, who is trusted there and may here', async () => {
    const world = await anIam();
    const elsewhere = world.as({ ...ROOT, account: OTHER, principalArn: `arn:aws:iam::${OTHER}:root` });
    await aRole(world, trusting({ AWS: `arn:aws:iam::${OTHER}:user/bob` }));
    const bob = world.as(await aUser(world, 'bob', undefined, elsewhere));
    await refused(bob.sts.AssumeRole(asked()), 'AccessDeniedException', 'sts:AssumeRole');
    await elsewhere.iam.PutUserPolicy({ UserName: 'bob', PolicyName: 'q', PolicyDocument: MAY_ASSUME });
    const session = await assumed(world, bob);
    assert.deepEqual(
      [session.account, session.principalArn],
      [ACCOUNT, `arn:aws:sts::${ACCOUNT}:assumed-role/r/session`],
    );
  });

  it('is not told whether there is such a role', async () => {
    const world = await anIam();
    const bob = world.as(await aUser(world, 'bob', MAY_ASSUME));
    const lost = await refused(bob.sts.AssumeRole(asked()), 'AccessDeniedException', RoleArn);
    await aRole(world, trusting({ Service: 'ecs-tasks.amazonaws.com' }));
    assert.equal((await refused(bob.sts.AssumeRole(asked()), 'AccessDeniedException', '')).message, lost.message);
    await refused(
      bob.sts.AssumeRole(asked({ RoleArn: 'arn:aws:iam::r:role/rrrrrr' })),
      'ValidationError',
      'is invalid',
    );
  });

  it('is the administrator, when trusted, and any key of --insecure-any-key', async () => {
    const world = await anIam();
    await aRole(world, trusting({ Service: 'ecs-tasks.amazonaws.com' }));
    await refused(world.sts.AssumeRole(asked()), 'AccessDeniedException', RoleArn);
    assert.ok((await world.as(ROOT).sts.AssumeRole(asked())).Credentials);
    await world.iam.UpdateAssumeRolePolicy({ RoleName: 'r', PolicyDocument: TRUST_ACCOUNT });
    assert.ok((await world.sts.AssumeRole(asked())).Credentials);
  });
});

describe('a session of a role', () => {
  it('knows who it is', async () => {
    const world = await anIam();
    const { Role } = await aRole(world, TRUST_ACCOUNT);
    const answer = await world.sts.AssumeRole(asked());
    assert.equal(answer.AssumedRoleUser?.AssumedRoleId, `${Role?.RoleId}:session`);
    assert.match(answer.Credentials?.AccessKeyId ?? '', /^ASIA[A-Z2-7]{16}$/);
    assert.equal(answer.PackedPolicySize, undefined);
    const session = world.as(
      world.callerOf(answer.Credentials?.AccessKeyId, answer.Credentials?.SessionToken) as Caller,
    );
    assert.deepEqual(await session.sts.GetCallerIdentity({}), {
      UserId: `${Role?.RoleId}:session`,
      Account: ACCOUNT,
      Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/r/session`,
    });
    assert.deepEqual(await session.sts.GetAccessKeyInfo({ AccessKeyId: answer.Credentials?.AccessKeyId }), {
      Account: ACCOUNT,
    });
    const named = await assumed(world, world, { RoleSessionName: 'administrator' });
    await refused(world.as(named).iam.GetUser({}), 'ValidationError', 'Must specify userName');
    await refused(
      session.iam.GetUser({}),
      'ValidationError',
      'Must specify userName when calling with non-User credentials',
    );
  });

  it('lasts as long as was asked, an hour by default, and the role allows', async () => {
    const world = await anIam();
    await aRole(world, TRUST_ACCOUNT, { MaxSessionDuration: 7200 });
    const until = async (more: object): Promise<number> =>
      ((await world.sts.AssumeRole(asked(more))).Credentials?.Expiration?.getTime() ?? 0) - world.platform.clock.now();
    assert.equal(await until({}), 3_600_000);
    assert.equal(await until({ DurationSeconds: 7200 }), 7_200_000);
    const long = world.sts.AssumeRole(asked({ DurationSeconds: 7201 }));
    await refused(long, 'ValidationError', 'exceeds the MaxSessionDuration set for this role');
  });

  it('of a session lasts an hour, and carries what is transitive', async () => {
    const world = await anIam();
    await aRole(world, trusting({ AWS: `arn:aws:iam::${ACCOUNT}:root` }, TAGGING), { MaxSessionDuration: 7200 });
    await world.iam.PutRolePolicy({ RoleName: 'r', PolicyName: 'p', PolicyDocument: ALLOW_ALL });
    const Tags = [
      { Key: 'team', Value: 'a' },
      { Key: 'b', Value: '' },
    ];
    const first = world.as(await assumed(world, world, { Tags, TransitiveTagKeys: ['team'], SourceIdentity: 'me' }));
    const long = first.sts.AssumeRole(asked({ DurationSeconds: 3601 }));
    await refused(long, 'ValidationError', 'exceeds the 1 hour session limit for roles assumed by role chaining');
    await refused(
      first.sts.AssumeRole(asked({ Tags: [{ Key: 'TEAM', Value: 'b' }] })),
      'ValidationError',
      'transitive',
    );
    await refused(first.sts.AssumeRole(asked({ SourceIdentity: 'you' })), 'ValidationError', 'cannot be changed');
    const second = await assumed(world, first, { Tags: [{ Key: 'c', Value: '' }] });
    const { principal } = second;
    assert.ok(principal.kind === 'assumed-role');
    assert.deepEqual(principal.sessionTags, { team: 'a', c: '' });
    assert.deepEqual([principal.sourceIdentity, principal.transitiveTagKeys], ['me', ['team']]);
    assert.deepEqual(world.identity.policiesOf(second).tags, { team: 'a', c: '' });
    const odd = world.sts.AssumeRole(asked({ Tags, TransitiveTagKeys: ['x'] }));
    await refused(odd, 'ValidationError', 'transitive tag key must be included');
  });

  it('is narrowed by policies that are policies, there, and not too long', async () => {
    const world = await anIam();
    await aRole(world, TRUST_ACCOUNT);
    const call = (more: object) => world.sts.AssumeRole(asked(more));
    await refused(call({ Policy: '{' }), 'MalformedPolicyDocumentException', 'invalid Json');
    await refused(call({ Policy: 'x'.repeat(2049) }), 'ValidationError', 'less than or equal to 2048');
    const lost = { PolicyArns: [{ arn: `arn:aws:iam::${ACCOUNT}:policy/none` }] };
    await refused(call(lost), 'ValidationError', 'does not exist');
    const answer = await call({ Policy: ALLOW_ALL, PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }] });
    assert.ok((answer.PackedPolicySize ?? 0) > 0 && (answer.PackedPolicySize ?? 0) < 100);
    // Not to be packed: no two values have anything in common.
    const Tags = Array.from({ length: 50 }, (_, n) => ({ Key: `k${n}`, Value: hash('sha512', String(n)) }));
    await world.iam.UpdateAssumeRolePolicy({ RoleName: 'r', PolicyDocument: trusting({ AWS: ACCOUNT }, TAGGING) });
    await refused(call({ Tags }), 'PackedPolicyTooLargeException', /^Packed policy consumes \d+% of allotted space/);
  });

  it('has a token as long as was asked', async () => {
    const world = await anIam();
    await aRole(world, TRUST_ACCOUNT);
    const { Credentials, SessionTokenSize } = await world.sts.AssumeRole(asked({ MinimumSessionTokenSize: 3000 }));
    assert.ok((SessionTokenSize ?? 0) >= 3000 && (SessionTokenSize ?? 0) < 3010);
    assert.equal(Credentials?.SessionToken?.length, SessionTokenSize);
    assert.ok(world.callerOf(Credentials?.AccessKeyId, Credentials?.SessionToken));
    await refused(
      world.sts.AssumeRole(asked({ MinimumSessionTokenSize: 4097 })),
      'ValidationError',
      'between 0 and 4096',
    );
  });

  it('is not had with what is not served', async () => {
    const world = await anIam();
    await aRole(world, TRUST_ACCOUNT);
    const mfa = world.sts.AssumeRole(asked({ SerialNumber: 'arn:aws:iam::1:mfa/x', TokenCode: '123456' }));
    await refused(mfa, 'AccessDeniedException', 'MultiFactorAuthentication failed');
    const context = [{ ProviderArn: 'arn:aws:iam::aws:contextProvider/IdentityCenter', ContextAssertion: 'abcd' }];
    await refused(world.sts.AssumeRole(asked({ ProvidedContexts: context })), 'ValidationError', 'not supported');
  });
});

describe('GetSessionToken', () => {
  it('gives a user temporary credentials, and none for such', async () => {
    const world = await anIam();
    const bob = await aUser(world, 'bob');
    const { Credentials } = await world.as(bob).sts.GetSessionToken({});
    assert.equal((Credentials?.Expiration?.getTime() ?? 0) - world.platform.clock.now(), 43_200_000);
    const session = world.callerOf(Credentials?.AccessKeyId, Credentials?.SessionToken) as Caller;
    assert.deepEqual(session.principal, { ...bob.principal, temporary: true, issuedAtMs: Date.UTC(2026, 0, 1) });
    assert.equal(session.principalArn, BOB);
    await refused(world.as(session).sts.GetSessionToken({}), 'AccessDeniedException', 'with session credentials');
    assert.equal(world.callerOf(Credentials?.AccessKeyId), undefined, 'without its token');
  });

  it('gives the administrator and a root the same', async () => {
    const world = await anIam();
    for (const [caller, ms] of [
      [ADMINISTRATOR, 43_200_000],
      [ROOT, 3_600_000],
    ] as const) {
      const { Credentials } = await world.as(caller).sts.GetSessionToken({ DurationSeconds: 43_200 });
      assert.equal((Credentials?.Expiration?.getTime() ?? 0) - world.platform.clock.now(), ms);
      const session = world.callerOf(Credentials?.AccessKeyId, Credentials?.SessionToken);
      assert.deepEqual([session?.principalArn, session?.principal.kind], [caller.principalArn, 'administrator']);
    }
  });
});

describe('GetAccessKeyInfo', () => {
  it('tells the account any key of ours names', async () => {
    const world = await anIam();
    const bob = await aUser(world, 'bob');
    assert.deepEqual(await world.sts.GetAccessKeyInfo({ AccessKeyId: bob.accessKeyId }), { Account: ACCOUNT });
    await world.iam.DeleteAccessKey({ UserName: 'bob', AccessKeyId: bob.accessKeyId });
    assert.deepEqual(await world.sts.GetAccessKeyInfo({ AccessKeyId: bob.accessKeyId }), { Account: ACCOUNT });
    const unknown = world.sts.GetAccessKeyInfo({ AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' });
    await refused(unknown, 'ValidationError', 'names no account');
  });
});
