import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Region } from '@gantry/domain';
import { sign, type WireRequest } from '@gantry/protocol';
import { ACCOUNT, anIam, TRUST_ACCOUNT, type IamWorld } from '../iam/testing/world.ts';
import { anyKey, signedBy } from './authenticate.ts';

interface Pair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const base = { method: 'POST', path: '/', query: '', body: Buffer.from('{}'), headers: { host: 'localhost:4566' } };

function signed(world: IamWorld, keys: Pair): WireRequest {
  const headers = sign(base, keys, { service: 'ecs', region: 'eu-west-1', now: world.platform.clock.now() });
  return { ...base, headers } as WireRequest;
}

async function aUserKey(world: IamWorld): Promise<Pair> {
  await world.iam.CreateUser({ UserName: 'bob' });
  const { AccessKey } = await world.iam.CreateAccessKey({ UserName: 'bob' });
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
}

async function aSession(world: IamWorld): Promise<Pair> {
  await world.iam.CreateRole({ RoleName: 'r', AssumeRolePolicyDocument: TRUST_ACCOUNT });
  const RoleArn = `arn:aws:iam::${ACCOUNT}:role/r`;
  const { Credentials } = await world.sts.AssumeRole({ RoleArn, RoleSessionName: 'me', DurationSeconds: 900 });
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

const SESSION_ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/r/me`;
const expired = { code: 'ExpiredTokenException' };

describe('a signed request', () => {
  it('is its user’s or its session’s, and notes that the key was used', async () => {
    const world = await anIam();
    const who = signedBy(world.identity.keys, world.platform.clock);
    const [bob, session] = [await aUserKey(world), await aSession(world)];
    const caller = who(signed(world, bob), 'ecs');
    assert.deepEqual(
      [caller.principalArn, caller.principal.kind, caller.region],
      [`arn:aws:iam::${ACCOUNT}:user/bob`, 'user', 'eu-west-1'],
    );
    assert.equal(who(signed(world, session), 'ecs').principalArn, SESSION_ARN);
    assert.equal(world.identity.lastUses.of(bob.accessKeyId)?.service, 'ecs');
    await world.identity.lastUses.stop();
  });

  it('with a wrong secret, without its token or after its time is refused, and nothing is noted', async () => {
    const world = await anIam();
    const who = signedBy(world.identity.keys, world.platform.clock);
    const [bob, session] = [await aUserKey(world), await aSession(world)];
    const wrong = { code: 'InvalidSignatureException' };
    assert.throws(() => who(signed(world, { ...bob, secretAccessKey: 'x' }), 'ecs'), wrong);
    const { sessionToken: _token, ...bare } = session;
    const unknown = { code: 'UnrecognizedClientException' };
    assert.throws(() => who(signed(world, bare), 'ecs'), unknown);
    assert.throws(() => who(signed(world, { ...bob, sessionToken: session.sessionToken ?? '' }), 'ecs'), unknown);
    world.turn(900_000);
    assert.throws(() => who(signed(world, session), 'ecs'), expired);
    assert.equal(world.identity.lastUses.of(bob.accessKeyId), undefined);
  });
});

describe('any key', () => {
  it('of IAM, or of a session, is seen as its holder, whatever the signature; any other is the account’s root', async () => {
    const world = await anIam();
    const who = anyKey({ account: ACCOUNT, region: 'us-east-1' as Region }, world.identity.keys, world.platform.clock);
    const [bob, session] = [await aUserKey(world), await aSession(world)];
    const not = { secretAccessKey: 'not looked at' };
    assert.equal(who(signed(world, { ...bob, ...not }), 'ecs').principalArn, `arn:aws:iam::${ACCOUNT}:user/bob`);
    assert.equal(who(signed(world, { ...session, ...not }), 'ecs').principalArn, SESSION_ARN);
    const root = who(signed(world, { accessKeyId: '111122223333', ...not }), 'ecs');
    assert.deepEqual([root.account, root.principalArn], ['111122223333', 'arn:aws:iam::111122223333:root']);
    const forged = who(signed(world, { ...session, sessionToken: 'x' }), 'ecs');
    assert.deepEqual([forged.account, forged.principalArn], [ACCOUNT, `arn:aws:iam::${ACCOUNT}:root`]);
    world.turn(900_000);
    assert.throws(() => who(signed(world, session), 'ecs'), expired);
  });
});
