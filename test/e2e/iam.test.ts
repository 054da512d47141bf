import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { epochMs } from '@gantry/domain';
import { SERVICES } from '@gantry/protocol';
import { SessionTokens, type Session } from '@gantry/control-plane/identity/session-token.ts';
import { openSeal } from '@gantry/control-plane/seal/key-file.ts';
import { ROOT } from '../../tools/tidy/sources.ts';
import { command, CommandFailed, has } from './world.ts';

// A control plane alone: IAM needs no engine.
const skip = has('aws') ? false : 'SKIPPED: the AWS CLI is not on this machine';
const hasBoto3 = spawnSync('python3', ['-c', 'import boto3'], { stdio: 'ignore' }).status === 0;
const skipBoto3 = hasBoto3 ? false : 'SKIPPED: python3 with boto3 is not on this machine (pip install boto3)';
const folder = mkdtempSync(join(tmpdir(), 'gantry-iam-'));
const keyFile = join(folder, 'seal.key');
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

interface Plane {
  readonly endpoint: string;
  readonly child: ChildProcess;
}

async function startPlane(dataDir: string, ...flags: string[]): Promise<Plane> {
  const main = join(ROOT, 'packages/control-plane/src/main.ts');
  const args = [main, '--data-dir', dataDir, '--key-file', keyFile, '--port', '0', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const entry = JSON.parse(line) as { message: string; endpoint?: string };
    if (entry.message !== 'control plane ready') continue;
    child.stdout?.resume();
    return { endpoint: entry.endpoint ?? '', child };
  }
  return assert.fail('the control plane ended');
}

interface Pair {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken?: string;
}

function envOf({ endpoint }: Plane, keys: Pair): NodeJS.ProcessEnv {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')));
  return {
    ...env,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: keys.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.SecretAccessKey,
    ...(keys.SessionToken === undefined ? {} : { AWS_SESSION_TOKEN: keys.SessionToken }),
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    // Where the CLI keeps the sessions it gets for a profile.
    HOME: folder,
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
  };
}

function administratorOf(dataDir: string): Pair {
  const { administrator } = JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8')) as {
    administrator: { accessKeyId: string; secretAccessKey: string };
  };
  return { AccessKeyId: administrator.accessKeyId, SecretAccessKey: administrator.secretAccessKey };
}

type Answer = Readonly<Record<string, never>>;

/** Runs `aws …` and reads its JSON. */
async function aws(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Answer> {
  const out = await command('aws', [...args, '--output', 'json'], env);
  return (out.trim() === '' ? {} : JSON.parse(out)) as Answer;
}

/** Fails unless the AWS CLI is told this error. */
async function awsRefused(env: NodeJS.ProcessEnv, code: string, text: RegExp, ...args: string[]): Promise<void> {
  const failure = await aws(env, ...args).then(
    () => assert.fail(`aws ${args.join(' ')} was not refused`),
    (error: unknown) => error as CommandFailed,
  );
  assert.match(failure.stderr, new RegExp(`An error occurred \\(${code}\\) when calling`));
  assert.match(failure.stderr, text);
}

const policy = (...Statement: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });

describe('IAM and STS with the AWS CLI', { skip }, () => {
  const dataDir = join(folder, 'data');
  let plane: Plane;
  let admin: NodeJS.ProcessEnv;
  let bob: Pair;
  let session: Pair;
  before(async () => {
    plane = await startPlane(dataDir);
    admin = envOf(plane, administratorOf(dataDir));
  });

  it('a user with a key may what its policy says', async () => {
    const PolicyDocument = policy({ Effect: 'Allow', Action: ['ecs:List*', 'sts:*'], Resource: '*' });
    await aws(admin, 'iam', 'create-user', '--user-name', 'bob');
    await aws(
      admin,
      'iam',
      'put-user-policy',
      '--user-name',
      'bob',
      '--policy-name',
      'p',
      '--policy-document',
      PolicyDocument,
    );
    bob = (await aws(admin, 'iam', 'create-access-key', '--user-name', 'bob'))['AccessKey'] as unknown as Pair;
    const env = envOf(plane, bob);
    const me = await aws(env, 'sts', 'get-caller-identity');
    assert.equal(me['Arn'], 'arn:aws:iam::000000000000:user/bob');
    assert.match(me['UserId'] ?? '', /^AIDA/);
    await aws(env, 'ecs', 'list-clusters');
    await awsRefused(
      env,
      'AccessDeniedException',
      /user\/bob is not authorized to perform: ecs:CreateCluster/,
      'ecs',
      'create-cluster',
      '--cluster-name',
      'x',
    );
    await awsRefused(env, 'AccessDenied', /not authorized to perform: iam:ListUsers/, 'iam', 'list-users');
    await awsRefused(
      { ...env, AWS_SECRET_ACCESS_KEY: 'x'.repeat(40) },
      'SignatureDoesNotMatch',
      /does not match/,
      'iam',
      'list-users',
    );
  });

  it('a profile with a role assumes it by itself', async () => {
    const trust = policy({
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::000000000000:root' },
      Action: 'sts:AssumeRole',
    });
    await aws(admin, 'iam', 'create-role', '--role-name', 'ops', '--assume-role-policy-document', trust);
    const arn = 'arn:aws:iam::aws:policy/AmazonECS_FullAccess';
    await aws(admin, 'iam', 'attach-role-policy', '--role-name', 'ops', '--policy-arn', arn);
    const role_arn = 'arn:aws:iam::000000000000:role/ops';
    writeFileSync(
      join(folder, 'config'),
      `[profile ops]\nrole_arn = ${role_arn}\ncredential_source = Environment\nrole_session_name = me\nregion = us-east-1\n`,
    );
    const env = envOf(plane, bob);
    const me = await aws(env, 'sts', 'get-caller-identity', '--profile', 'ops');
    assert.equal(me['Arn'], 'arn:aws:sts::000000000000:assumed-role/ops/me');
    await aws(env, 'ecs', 'create-cluster', '--cluster-name', 'made-by-ops', '--profile', 'ops');
    await awsRefused(
      env,
      'AccessDenied',
      /assumed-role\/ops\/me is not authorized/,
      'iam',
      'list-users',
      '--profile',
      'ops',
    );
    const answer = await aws(env, 'sts', 'assume-role', '--role-arn', role_arn, '--role-session-name', 'kept');
    session = answer['Credentials'] as unknown as Pair;
  });

  it('an expired, a forged and a foreign token are told apart', async () => {
    const seal = openSeal({ path: keyFile, random: (bytes) => crypto.getRandomValues(Buffer.alloc(bytes)) });
    const tokens = new SessionTokens(seal);
    const opened = tokens.open(session.SessionToken ?? '') as Session;
    const SessionToken = tokens.seal({ ...opened, expiresAt: epochMs(Date.now() - 1) });
    const expired = envOf(plane, { ...session, SessionToken });
    await awsRefused(expired, 'ExpiredToken', /token included in the request is expired/, 'sts', 'get-caller-identity');
    await awsRefused(expired, 'ExpiredTokenException', /is expired/, 'ecs', 'list-clusters');
    const forged = envOf(plane, { ...session, SessionToken: `${session.SessionToken?.slice(0, -2)}AA` });
    await awsRefused(
      forged,
      'InvalidClientTokenId',
      /token included in the request is invalid/,
      'sts',
      'get-caller-identity',
    );
  });

  it('keys and sessions outlive a kill, and no file has a secret in it', async () => {
    plane.child.kill('SIGKILL');
    await once(plane.child, 'exit');
    const secrets = [bob.SecretAccessKey, session.SecretAccessKey, session.SessionToken ?? ''];
    const files = readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
      .map((name) => join(dataDir, name))
      .filter((path) => statSync(path).isFile());
    assert.ok(files.some((path) => readFileSync(path).includes(bob.AccessKeyId)));
    for (const path of files)
      for (const secret of secrets) assert.equal(readFileSync(path).includes(secret), false, path);
    plane = await startPlane(dataDir);
    admin = envOf(plane, administratorOf(dataDir));
    for (const [pair, arn] of [
      [bob, /user\/bob$/],
      [session, /assumed-role\/ops\/kept$/],
    ] as const)
      assert.match((await aws(envOf(plane, pair), 'sts', 'get-caller-identity'))['Arn'] ?? '', arn);
  });

  it('a session ends with its role', async () => {
    const arn = 'arn:aws:iam::aws:policy/AmazonECS_FullAccess';
    await awsRefused(
      admin,
      'DeleteConflict',
      /must detach all policies first/,
      'iam',
      'delete-role',
      '--role-name',
      'ops',
    );
    await aws(admin, 'iam', 'detach-role-policy', '--role-name', 'ops', '--policy-arn', arn);
    await aws(admin, 'iam', 'delete-role', '--role-name', 'ops');
    await awsRefused(envOf(plane, session), 'InvalidClientTokenId', /invalid/, 'sts', 'get-caller-identity');
  });
});

describe('IAM and STS with boto3', { skip: skipBoto3 }, () => {
  it('answer every operation as boto3 reads it', async () => {
    const dataDir = join(folder, 'boto3');
    const plane = await startPlane(dataDir);
    const out = await command(
      'python3',
      [join(import.meta.dirname, 'iam_checks.py')],
      envOf(plane, administratorOf(dataDir)),
    );
    const called = new Set(JSON.parse(out) as string[]);
    const missing = (['iam', 'sts'] as const)
      .flatMap((service) => SERVICES[service].operationNames().map((name) => `${service}:${name}`))
      .filter((name) => !called.has(name));
    assert.deepEqual(missing, []);
  });
});

describe('any key', { skip }, () => {
  it('names an account, and takes roles there', async () => {
    const plane = await startPlane(join(folder, 'any'), '--insecure-any-key');
    const root = envOf(plane, { AccessKeyId: '111122223333', SecretAccessKey: 'x' });
    const trust = policy({
      Effect: 'Allow',
      Principal: { Service: 'ecs-tasks.amazonaws.com' },
      Action: 'sts:AssumeRole',
    });
    await aws(root, 'iam', 'create-role', '--role-name', 'r', '--assume-role-policy-document', trust);
    const role = ['--role-arn', 'arn:aws:iam::111122223333:role/r', '--role-session-name', 'me'];
    const { Credentials } = await aws(root, 'sts', 'assume-role', ...role);
    const env = envOf(plane, Credentials as unknown as Pair);
    assert.equal((await aws(env, 'sts', 'get-caller-identity'))['Arn'], 'arn:aws:sts::111122223333:assumed-role/r/me');
    const made = await aws({ ...env, AWS_SECRET_ACCESS_KEY: 'not looked at' }, 'ecs', 'create-cluster');
    assert.match(JSON.stringify(made), /arn:aws:ecs:us-east-1:111122223333:cluster\/default/);
    const other = envOf(plane, { AccessKeyId: '444455556666', SecretAccessKey: 'x' });
    assert.deepEqual((await aws(other, 'iam', 'list-roles'))['Roles'], []);
  });
});
