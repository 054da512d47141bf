import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { AccountId } from '@gantry/domain';
import fc from 'fast-check';
import { evaluate, type Context } from '../authorise/evaluate.ts';
import { ADMINISTRATOR, ALLOW_ALL, anIam, policy, TRUST_ACCOUNT, type IamWorld } from '../api/iam/testing/world.ts';
import type { Caller } from '../platform.ts';
import { aesGcmSeal } from '../seal/aes-gcm.ts';
import { SqliteJournal } from '../store/sqlite.ts';
import { accessKeyIdFor, accountOfAccessKeyId, uniqueId } from './ids.ts';
import { Recent } from './recent.ts';

const nothing: Context = { get: () => undefined } as never;
const RoleArn = `arn:aws:iam::${ADMINISTRATOR.account}:role/r`;

interface Pair {
  readonly id: string;
  readonly secret: string;
  readonly token?: string;
}

async function userKey(world: IamWorld, UserName: string): Promise<Pair> {
  await world.iam.CreateUser({ UserName });
  const { AccessKey } = await world.iam.CreateAccessKey({ UserName });
  return { id: AccessKey?.AccessKeyId ?? '', secret: AccessKey?.SecretAccessKey ?? '' };
}

async function roleKey(world: IamWorld, more: object = {}): Promise<Pair> {
  const { Credentials } = await world.sts.AssumeRole({ RoleArn, RoleSessionName: 'x1', ...more });
  const { AccessKeyId: id = '', SecretAccessKey: secret = '', SessionToken: token = '' } = Credentials ?? {};
  return { id, secret, token };
}

const aRole = (world: IamWorld) => world.iam.CreateRole({ RoleName: 'r', AssumeRolePolicyDocument: TRUST_ACCOUNT });
const may = (world: IamWorld, { id, token }: Pair, action = 'ecs:RunTask') =>
  evaluate(world.identity.policiesOf(world.callerOf(id, token) as Caller), { action, resource: '*', context: nothing })
    .effect;

describe('ids', () => {
  it('name their account, whatever else they are made of', () => {
    const account = fc.bigInt(0n, 999_999_999_999n).map((n) => n.toString().padStart(12, '0') as AccountId);
    fc.assert(
      fc.property(account, fc.bigInt(0n, 2n ** 128n - 1n), fc.constantFrom('AKIA', 'ASIA'), (owner, chance, prefix) => {
        const id = accessKeyIdFor(prefix, owner, chance);
        assert.match(id, /^A[KS]IA[A-Z2-7]{16}$/);
        assert.equal(accountOfAccessKeyId(id), owner);
      }),
    );
    assert.equal(accountOfAccessKeyId('ASIAQNZGKIQY56JQ7WML'), '029608264753', 'as published of AWS');
    for (const other of ['AKIAIOSFODNN7EXAMPLE', 'AIDAQNZGKIQY56JQ7WML', '', 'AKIA777777777777777'])
      assert.equal(accountOfAccessKeyId(other), undefined, other);
  });

  it('are told apart by the last of the chance they get', () => {
    const of = (hex: string) => uniqueId('AIDA', { hex32: () => hex } as never);
    assert.notEqual(of('1'.padStart(32, '0')), of('2'.padStart(32, '0')));
    assert.match(of('f'.repeat(32)), /^AIDA[A-Z2-7]{17}$/);
  });
});

describe('Recent', () => {
  it('forgets what was not asked for the longest', () => {
    const recent = new Recent<number>(2);
    recent.set('a', 1);
    recent.set('b', 2);
    recent.get('a');
    recent.set('c', 3);
    assert.deepEqual([recent.get('a'), recent.get('b'), recent.get('c')], [1, undefined, 3]);
  });
});

describe('the key ring', () => {
  it('opens a secret once, and again when the key or its user changes', async () => {
    let opened = 0;
    const seal = aesGcmSeal({ keys: [randomBytes(32)], random: randomBytes, source: 'a test' });
    const counting = { ...seal, open: (...args: Parameters<typeof seal.open>) => ((opened += 1), seal.open(...args)) };
    const world = await anIam(undefined, counting);
    const { id, secret } = await userKey(world, 'bob');
    const { keys } = world.identity;
    for (let n = 0; n < 3; n += 1) assert.equal(keys.key(id)?.secretAccessKey, secret);
    assert.equal(opened, 1);
    assert.equal(keys.key(id), keys.key(id), 'one holder, so that its policies are worked out once');
    await world.iam.UpdateUser({ UserName: 'bob', NewUserName: 'rob' });
    assert.equal(keys.key(id)?.principalArn, `arn:aws:iam::${ADMINISTRATOR.account}:user/rob`);
    assert.equal(opened, 2);
    await aRole(world);
    const session = await roleKey(world);
    for (let n = 0; n < 3; n += 1) assert.equal(keys.key(session.id, session.token)?.secretAccessKey, session.secret);
    assert.equal(opened, 3);
    assert.equal(keys.key(session.id, session.token), keys.key(session.id, session.token));
  });

  it('stops at once what is deleted or deactivated, sessions too', async () => {
    const world = await anIam();
    const bob = await userKey(world, 'bob');
    const { Credentials } = await world.as(world.callerOf(bob.id) as Caller).sts.GetSessionToken({});
    const session = () => world.callerOf(Credentials?.AccessKeyId, Credentials?.SessionToken);
    const set = (Status: 'Active' | 'Inactive') =>
      world.iam.UpdateAccessKey({ UserName: 'bob', AccessKeyId: bob.id, Status });
    assert.ok(session());
    await set('Inactive');
    assert.equal(world.callerOf(bob.id), undefined);
    assert.ok(session(), 'a session does not hang on the key that asked for it');
    await set('Active');
    assert.ok(world.callerOf(bob.id));
    await world.iam.UpdateUser({ UserName: 'bob', NewUserName: 'rob' });
    assert.ok(session(), 'a renamed user is the same');
    await world.iam.DeleteAccessKey({ UserName: 'rob', AccessKeyId: bob.id });
    assert.equal(world.callerOf(bob.id), undefined);
    await world.iam.DeleteUser({ UserName: 'rob' });
    assert.equal(session(), undefined);
    await world.iam.CreateUser({ UserName: 'rob' });
    assert.equal(session(), undefined, 'another user of the same name');
  });

  it('ends sessions with their role and their time', async () => {
    const world = await anIam();
    await aRole(world);
    const [first, second] = [await roleKey(world, { DurationSeconds: 900 }), await roleKey(world)];
    world.turn(899_999);
    assert.ok(world.callerOf(first.id, first.token));
    world.turn(1);
    assert.equal(world.callerOf(first.id, first.token), undefined);
    assert.equal(
      world.identity.keys.key(first.id, first.token)?.expiresAt,
      world.platform.clock.now(),
      'known, to say so',
    );
    assert.ok(world.callerOf(second.id, second.token));
    await world.iam.DeleteRole({ RoleName: 'r' });
    assert.equal(world.callerOf(second.id, second.token), undefined);
    await aRole(world);
    assert.equal(world.callerOf(second.id, second.token), undefined, 'another role of the same name');
  });

  it('takes no token that was changed, made elsewhere, or belongs to another key', async () => {
    const world = await anIam();
    await aRole(world);
    const [one, two] = [await roleKey(world), await roleKey(world)];
    const elsewhere = await anIam(
      undefined,
      aesGcmSeal({ keys: [randomBytes(32)], random: randomBytes, source: 'another' }),
    );
    const key = (id: string, token = '') => world.identity.keys.key(id, token);
    assert.equal(key(one.id, two.token), undefined);
    assert.equal(elsewhere.identity.keys.key(one.id, one.token), undefined);
    fc.assert(
      fc.property(fc.nat({ max: (one.token ?? '').length - 1 }), fc.constantFrom('A', 'B', '_', '.'), (at, other) => {
        const changed = `${one.token?.slice(0, at)}${other}${one.token?.slice(at + 1)}`;
        fc.pre(changed !== one.token);
        assert.equal(key(one.id, changed), undefined);
      }),
    );
    // The last character of base64 has bits that say nothing: they count, too.
    for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      const changed = `${one.token?.slice(0, -1)}${last}`;
      if (changed !== one.token) assert.equal(key(one.id, changed), undefined, last);
    }
    for (const text of ['', 'x', 'g1.00000000.AAAA', 'x'.repeat(100_000)]) assert.equal(key(one.id, text), undefined);
  });
});

describe('policies', () => {
  it('of a user are its own and its groups’, as they are now', async () => {
    const world = await anIam();
    const bob = await userKey(world, 'bob');
    const effects: string[] = [];
    const note = () => effects.push(may(world, bob));
    note();
    await world.iam.CreateGroup({ GroupName: 'g' });
    await world.iam.PutGroupPolicy({ GroupName: 'g', PolicyName: 'p', PolicyDocument: ALLOW_ALL });
    note();
    await world.iam.AddUserToGroup({ GroupName: 'g', UserName: 'bob' });
    note();
    const PolicyDocument = policy({ Effect: 'Deny', Action: 'ecs:*', Resource: '*' });
    const PolicyArn = (await world.iam.CreatePolicy({ PolicyName: 'deny', PolicyDocument })).Policy?.Arn;
    await world.iam.AttachUserPolicy({ UserName: 'bob', PolicyArn });
    note();
    await world.iam.CreatePolicyVersion({ PolicyArn, PolicyDocument: ALLOW_ALL, SetAsDefault: true });
    note();
    await world.iam.PutUserPermissionsBoundary({
      UserName: 'bob',
      PermissionsBoundary: 'arn:aws:iam::aws:policy/IAMFullAccess',
    });
    note();
    assert.deepEqual(effects, ['implicit-deny', 'implicit-deny', 'allow', 'explicit-deny', 'allow', 'implicit-deny']);
    const caller = world.callerOf(bob.id) as Caller;
    assert.equal(world.identity.policiesOf(caller), world.identity.policiesOf(caller), 'worked out once');
  });

  it('of a session are its role’s, narrowed by its own', async () => {
    const world = await anIam();
    await aRole(world);
    await world.iam.AttachRolePolicy({ RoleName: 'r', PolicyArn: 'arn:aws:iam::aws:policy/AmazonECS_FullAccess' });
    await world.iam.TagRole({ RoleName: 'r', Tags: [{ Key: 'a', Value: 'role' }] });
    assert.equal(may(world, await roleKey(world)), 'allow');
    const read = { PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }] };
    const narrow = await roleKey(world, read);
    assert.deepEqual([may(world, narrow), may(world, narrow, 'ecs:ListTasks')], ['implicit-deny', 'allow']);
    const Policy = policy({ Effect: 'Allow', Action: 's3:*', Resource: '*' });
    assert.equal(may(world, await roleKey(world, { Policy }), 's3:GetObject'), 'implicit-deny', 'never widened');
    assert.deepEqual(world.identity.policiesOf(world.callerOf(narrow.id, narrow.token) as Caller).tags, { a: 'role' });
  });
});

describe('last uses', () => {
  it('are told at once, written a minute later together, and go with the key', async () => {
    const world = await anIam();
    const bob = await userKey(world, 'bob');
    await aRole(world);
    const session = await roleKey(world);
    const ask = () => world.iam.GetAccessKeyLastUsed({ AccessKeyId: bob.id });
    const { lastUses, keys } = world.identity;
    assert.deepEqual((await ask()).AccessKeyLastUsed, { ServiceName: 'N/A', Region: 'N/A' });
    for (const { id, token } of [bob, session, bob]) {
      const holder = keys.key(id, token);
      assert.ok(holder);
      lastUses.used(holder, 'us-east-1', 'ecs');
    }
    const used = { LastUsedDate: new Date(world.platform.clock.now()), Region: 'us-east-1', ServiceName: 'ecs' };
    assert.deepEqual((await ask()).AccessKeyLastUsed, used);
    assert.equal((await world.iam.GetRole({ RoleName: 'r' })).Role?.RoleLastUsed?.Region, 'us-east-1');
    assert.equal(world.platform.state.tables.iamLastUses.size, 0);
    world.turn(60_000);
    await lastUses.stop();
    assert.equal(world.platform.state.tables.iamLastUses.size, 2);
    assert.deepEqual((await ask()).AccessKeyLastUsed, used);
    await world.iam.DeleteAccessKey({ UserName: 'bob', AccessKeyId: bob.id });
    await world.iam.DeleteRole({ RoleName: 'r' });
    assert.equal(world.platform.state.tables.iamLastUses.size, 0);
  });
});

describe('a restart', () => {
  it('keeps users, keys and sessions, and the disk has no secret of theirs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-identity-'));
    try {
      const path = join(folder, 'state.db');
      const seal = aesGcmSeal({ keys: [randomBytes(32)], random: randomBytes, source: 'a test' });
      const open = () => SqliteJournal.open(path, { pause: () => Promise.resolve() });
      const journal = open();
      const before = await anIam(journal, seal);
      const bob = await userKey(before, 'bob');
      await aRole(before);
      const session = await roleKey(before);
      await journal.close();
      const bytes = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
      assert.ok(
        bytes.some((file) => file.includes(bob.id)),
        'the key itself is there',
      );
      for (const secret of [bob.secret, session.secret, session.token ?? ''])
        assert.ok(bytes.every((file) => !file.includes(secret) && !file.includes(Buffer.from(secret).toString('hex'))));
      const again = open();
      const after = await anIam(again, seal);
      for (const { id, secret, token } of [bob, session])
        assert.equal(after.identity.keys.key(id, token)?.secretAccessKey, secret);
      await again.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
