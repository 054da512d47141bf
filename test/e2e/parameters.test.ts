import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { AwsClient, type SecretsmanagerOperations, type SsmOperations } from '@gantry/protocol';
import { keysIn, startPlane, type LonePlane } from './control-plane.ts';
import { command, CommandFailed, has } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-parameters-'));
const planes: LonePlane[] = [];
const mounts: string[] = [];
after(async () => {
  for (const plane of planes) await plane.end('SIGKILL');
  for (const path of mounts) spawnSync('umount', ['-l', path]);
  rmSync(folder, { recursive: true, force: true });
});

const keyFile = join(folder, 'seal.key');

async function start(name: string, key = keyFile, ...flags: string[]): Promise<LonePlane> {
  const plane = await startPlane(join(folder, name), '--key-file', key, ...flags);
  planes.push(plane);
  return plane;
}

/** One that must come up. */
async function started(name: string, key = keyFile): Promise<LonePlane> {
  const plane = await start(name, key);
  assert.notEqual(plane.endpoint, '', plane.errors());
  return plane;
}

function clients(plane: LonePlane, name: string) {
  const credentials = keysIn(join(folder, name), 'administrator');
  const options = { endpoint: plane.endpoint, region: 'us-east-1', credentials };
  const ssm = new AwsClient<SsmOperations>({ ...options, service: 'ssm' });
  const secrets = new AwsClient<SecretsmanagerOperations>({ ...options, service: 'secretsmanager' });
  return { ssm, secrets };
}

const hasAws = has('aws') ? false : 'SKIPPED: the AWS CLI is not on this machine';

describe('the AWS CLI', { skip: hasAws }, () => {
  let plane: LonePlane;
  before(async () => {
    plane = await started('cli');
  });
  const aws = <T>(...words: string[]): Promise<T> => plane.aws<T>(words);
  const refused = (text: RegExp, ...words: string[]): Promise<void> =>
    assert.rejects(plane.aws(words), (error: unknown) => error instanceof CommandFailed && text.test(error.stderr));

  it('keeps parameters', async () => {
    const put = ['ssm', 'put-parameter', '--name', '/app/password', '--value', 'hunter2', '--type', 'SecureString'];
    assert.deepEqual(await aws(...put), { Version: 1, Tier: 'Standard' });
    await refused(/\(ParameterAlreadyExists\).*set the overwrite option/, ...put);
    await aws(...put.with(5, 'hunter3'), '--overwrite', '--description', 'for the database');
    await aws(
      'ssm',
      'label-parameter-version',
      '--name',
      '/app/password',
      '--parameter-version',
      '1',
      '--labels',
      'old',
    );
    const get = async (name: string, ...more: string[]): Promise<string> => {
      const answer = await aws<{ Parameter: { Value: string } }>('ssm', 'get-parameter', '--name', name, ...more);
      return answer.Parameter.Value;
    };
    assert.equal(await get('/app/password:old', '--with-decryption'), 'hunter2');
    assert.equal(await get('/app/password', '--with-decryption'), 'hunter3');
    assert.doesNotMatch(await get('/app/password'), /hunter/);
    await aws('ssm', 'put-parameter', '--name', '/app/plain', '--value', 'a,b', '--type', 'StringList');
    const { Parameters } = await aws<{ Parameters: { Name: string }[] }>(
      'ssm',
      'get-parameters-by-path',
      '--path',
      '/app',
    );
    assert.deepEqual(
      Parameters.map(({ Name }) => Name),
      ['/app/password', '/app/plain'],
    );
    const resource = ['--resource-type', 'Parameter', '--resource-id', '/app/plain'];
    await aws('ssm', 'add-tags-to-resource', ...resource, '--tags', 'Key=team,Value=blue');
    const filter = ['--parameter-filters', 'Key=tag:team,Values=blue'];
    const described = await aws<{ Parameters: { Name: string }[] }>('ssm', 'describe-parameters', ...filter);
    assert.deepEqual(
      described.Parameters.map(({ Name }) => Name),
      ['/app/plain'],
    );
    await aws('ssm', 'delete-parameters', '--names', '/app/plain', '/app/none');
    await refused(/\(ParameterNotFound\)/, 'ssm', 'get-parameter', '--name', '/app/plain');
    const ami = '/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id';
    assert.match(await get(ami), /^ami-[0-9a-f]{17}$/);
  });

  it('keeps secrets', async () => {
    const sm = <T>(...words: string[]): Promise<T> => aws<T>('secretsmanager', ...words);
    const made = await sm<{ ARN: string }>(
      'create-secret',
      '--name',
      'db',
      '--secret-string',
      '{"password":"hunter2"}',
    );
    await sm('put-secret-value', '--secret-id', 'db', '--secret-string', '{"password":"hunter3"}');
    const get = async (...words: string[]): Promise<string> =>
      (await sm<{ SecretString: string }>('get-secret-value', '--secret-id', made.ARN, ...words)).SecretString;
    assert.equal(await get(), '{"password":"hunter3"}');
    assert.equal(await get('--version-stage', 'AWSPREVIOUS'), '{"password":"hunter2"}');
    const file = join(folder, 'binary');
    writeFileSync(file, Buffer.from([0, 1, 255]));
    await sm('create-secret', '--name', 'bin', '--secret-binary', `fileb://${file}`);
    const binary = await sm<{ SecretBinary: string }>('get-secret-value', '--secret-id', 'bin');
    assert.equal(binary.SecretBinary, Buffer.from([0, 1, 255]).toString('base64'));
    await sm('delete-secret', '--secret-id', 'db', '--recovery-window-in-days', '7');
    await refused(
      /\(InvalidRequestException\).*marked for deletion/,
      'secretsmanager',
      'get-secret-value',
      '--secret-id',
      'db',
    );
    await sm('restore-secret', '--secret-id', 'db');
    assert.equal(await get(), '{"password":"hunter3"}');
    const { SecretList } = await sm<{ SecretList: { Name: string }[] }>(
      'list-secrets',
      '--filters',
      'Key=name,Values=d',
    );
    assert.deepEqual(
      SecretList.map(({ Name }) => Name),
      ['db'],
    );
    const random = await sm<{ RandomPassword: string }>(
      'get-random-password',
      '--password-length',
      '40',
      '--exclude-punctuation',
    );
    assert.match(random.RandomPassword, /^[A-Za-z0-9]{40}$/);
    await sm('delete-secret', '--secret-id', 'bin', '--force-delete-without-recovery');
    await refused(/\(ResourceNotFoundException\)/, 'secretsmanager', 'describe-secret', '--secret-id', 'bin');
  });
});

const hasBoto3 = spawnSync('python3', ['-c', 'import boto3'], { stdio: 'ignore' }).status === 0;

describe('boto3', { skip: hasBoto3 ? false : 'SKIPPED: python3 with boto3 is not on this machine' }, () => {
  it('pages through parameters and secrets, and knows the errors', async () => {
    const plane = await started('boto3');
    await command('python3', [join(import.meta.dirname, 'parameters_checks.py')], plane.env());
  });
});

/** Every file below a folder with what is in it. */
function contents(path: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const entry of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
    const file = join(path, entry);
    if (statSync(file).isFile()) found.set(entry, readFileSync(file));
  }
  return found;
}

/** Files in which one of the texts can be read, as it is or in an encoding that hides nothing. */
function tellers(path: string, texts: readonly string[]): string[] {
  const forms = texts.flatMap((text) => {
    const bytes = Buffer.from(text);
    // Base64 of a text inside another depends on where it begins: the middle of each of three.
    const shifted = [0, 1, 2].map((n) =>
      Buffer.concat([Buffer.alloc(n), bytes])
        .toString('base64')
        .slice(4, -4),
    );
    return [text, bytes.toString('hex'), Buffer.from(text, 'utf16le').toString('latin1'), ...shifted];
  });
  return [...contents(path)].flatMap(([file, data]) =>
    forms.some((form) => data.includes(form, 0, 'latin1')) ? [file] : [],
  );
}

describe('at rest', () => {
  const token = randomBytes(12).toString('hex');
  const text = (n: number): string => `plain-${token}-${n}`;
  const all = Array.from({ length: 12 }, (_, n) => text(n));

  it('no value can be read in any file or log line, whatever happens to it', async () => {
    const dataDir = join(folder, 'rest');
    let plane = await started('rest');
    let { ssm, secrets } = clients(plane, 'rest');
    await ssm.call('PutParameter', { Name: '/a/secure', Value: text(0), Type: 'SecureString' });
    await ssm.call('PutParameter', { Name: '/a/plain', Value: text(1), Type: 'String' });
    await ssm.call('PutParameter', { Name: '/a/secure', Value: text(2), Overwrite: true });
    await ssm.call('PutParameter', { Name: '/a/gone', Value: text(3), Type: 'SecureString' });
    await ssm.call('DeleteParameter', { Name: '/a/gone' });
    await secrets.call('CreateSecret', { Name: 'kept', SecretString: text(4) });
    await secrets.call('PutSecretValue', { SecretId: 'kept', SecretBinary: Buffer.from(text(5)) });
    await secrets.call('UpdateSecret', { SecretId: 'kept', SecretString: text(6) });
    await secrets.call('CreateSecret', { Name: 'gone', SecretString: text(7) });
    await secrets.call('DeleteSecret', { SecretId: 'gone', ForceDeleteWithoutRecovery: true });
    // What is refused leaves no more behind than what is kept.
    const large = text(8) + 'x'.repeat(70_000);
    await assert.rejects(
      secrets.call('CreateSecret', { Name: 'large', SecretString: large }),
      /Value at 'secretString'/,
    );
    await assert.rejects(ssm.call('PutParameter', { Name: '/a/l', Value: large, Type: 'String' }), /4096 characters/);
    const pattern = { Name: '/a/p', Value: text(9), Type: 'String' as const, AllowedPattern: '^no$' };
    await assert.rejects(ssm.call('PutParameter', pattern), { code: 'ParameterPatternMismatchException' });
    await assert.rejects(ssm.call('PutParameter', { Name: '/aws/x', Value: text(10), Type: 'String' }));
    await assert.rejects(secrets.call('CreateSecret', { Name: 'kept', SecretString: text(11) }));
    await plane.end('SIGKILL');
    assert.deepEqual(tellers(dataDir, all), []);
    // The search finds what is there to be found.
    assert.ok(tellers(dataDir, ['/a/secure']).some((file) => file.startsWith('state.db')));

    const killed = plane;
    plane = await started('rest');
    ({ ssm, secrets } = clients(plane, 'rest'));
    const { Parameter } = await ssm.call('GetParameter', { Name: '/a/secure', WithDecryption: true });
    assert.equal(Parameter?.Value, text(2));
    assert.equal((await ssm.call('GetParameter', { Name: '/a/plain' })).Parameter?.Value, text(1));
    const previous = await secrets.call('GetSecretValue', { SecretId: 'kept', VersionStage: 'AWSPREVIOUS' });
    assert.equal(Buffer.from(previous.SecretBinary ?? []).toString(), text(5));
    assert.equal((await secrets.call('GetSecretValue', { SecretId: 'kept' })).SecretString, text(6));
    await plane.end();
    assert.deepEqual(tellers(dataDir, all), []);
    for (const process of [killed, plane])
      for (const value of all) assert.ok(!(process.log() + process.errors()).includes(value), 'a value in a log');
    const key = readFileSync(keyFile, 'utf8').trim();
    assert.deepEqual(tellers(dataDir, [key]), [], 'the key is apart from the data');
  });

  it('a copy of the data with another key does not start, and says why', async () => {
    const [line = ''] = readFileSync(keyFile, 'utf8').split('\n');
    const other = join(folder, 'other.key');
    const refused = await start('rest', other);
    assert.equal(refused.endpoint, '');
    const said = refused.errors();
    const ids = [...said.matchAll(/\b[0-9a-f]{8}\b/g)].map(([id]) => id);
    assert.equal(new Set(ids).size, 2, said);
    assert.ok(said.includes(`the key file ${other}`), said);
    assert.match(said, /Put the right file back, name it with --key-file/);
    assert.ok(!said.includes(line) && !said.includes(readFileSync(other, 'utf8').trim()), 'a key in a message');
    assert.doesNotMatch(said, /^\s+at /m, 'a stack trace');
    assert.notEqual((await started('fresh', other)).endpoint, '', 'it is good for other data');
  });

  it('a new key takes over, and the old one may go', async () => {
    const rotated = join(folder, 'rotated.key');
    const fresh = randomBytes(32).toString('hex');
    writeFileSync(rotated, `${fresh}\n${readFileSync(keyFile, 'utf8')}`);
    const before = await started('rest');
    const ann = { accessKeyId: '', secretAccessKey: '' };
    if (hasAws === false) {
      // The secret halves of access keys are sealed, too.
      await before.aws(['iam', 'create-user', '--user-name', 'ann']);
      const made = await before.aws<{ AccessKey: { AccessKeyId: string; SecretAccessKey: string } }>([
        'iam',
        'create-access-key',
        '--user-name',
        'ann',
      ]);
      ann.accessKeyId = made.AccessKey.AccessKeyId;
      ann.secretAccessKey = made.AccessKey.SecretAccessKey;
      assert.deepEqual(tellers(join(folder, 'rest'), [ann.secretAccessKey]), []);
    }
    await before.end();
    const first = await started('rest', rotated);
    assert.match(first.log(), /secrets sealed anew/);
    await first.end('SIGKILL');
    writeFileSync(rotated, `${fresh}\n`);
    const second = await started('rest', rotated);
    assert.doesNotMatch(second.log(), /sealed anew/);
    const { ssm, secrets } = clients(second, 'rest');
    const history = await ssm.call('GetParameterHistory', { Name: '/a/secure', WithDecryption: true });
    assert.deepEqual(
      history.Parameters?.map(({ Value }) => Value),
      [text(0), text(2)],
    );
    assert.equal((await secrets.call('GetSecretValue', { SecretId: 'kept' })).SecretString, text(6));
    if (hasAws === false) {
      const { Arn } = await second.aws<{ Arn: string }>(['sts', 'get-caller-identity'], ann);
      assert.match(Arn, /:user\/ann$/);
    }
    await second.end();
    assert.equal((await start('rest')).endpoint, '', 'the old key alone no longer opens it');
  });
});

describe('the key file', () => {
  it('is one for planes that start together, and is kept to its owner', async () => {
    const key = join(folder, 'deep/er/seal.key');
    const both = await Promise.all([started('one', key), started('two', key)]);
    for (const [n, name] of ['one', 'two'].entries()) {
      const { ssm } = clients(both[n] as LonePlane, name);
      await ssm.call('PutParameter', { Name: 'a', Value: 'v', Type: 'SecureString' });
    }
    assert.equal(statSync(key).mode & 0o777, 0o600);
    assert.equal(statSync(join(folder, 'deep/er')).mode & 0o777, 0o700);
    await Promise.all(both.map((plane) => plane.end()));
    // Either reads what it wrote with the one key there is.
    for (const name of ['one', 'two']) {
      const plane = await started(name, key);
      const { Parameter } = await clients(plane, name).ssm.call('GetParameter', { Name: 'a', WithDecryption: true });
      assert.equal(Parameter?.Value, 'v');
      await plane.end();
    }
  });

  it('is refused in the data directory, when it is none, and when it cannot be read', async () => {
    const inside = await start('inside', join(folder, 'inside/seal.key'));
    assert.match(inside.errors(), /--key-file .*: it must be outside the data directory/);
    writeFileSync(join(folder, 'bad.key'), 'hunter2\n');
    const bad = await start('bad', join(folder, 'bad.key'));
    assert.match(bad.errors(), /bad\.key is not a key file \(lines of 64 hex digits\)\. Restore it/);
    assert.doesNotMatch(bad.errors(), /hunter2/);
    mkdirSync(join(folder, 'directory.key'));
    const unreadable = await start('unreadable', join(folder, 'directory.key'));
    assert.match(unreadable.errors(), /the key file .* cannot be read.*EISDIR.*--key-file/);
    for (const plane of [inside, bad, unreadable]) {
      assert.equal(plane.endpoint, '');
      assert.doesNotMatch(plane.errors(), /^\s+at /m, 'a stack trace');
    }
  });

  const isRoot = process.getuid?.() === 0;
  it(
    'is not half made on a full disk',
    { skip: isRoot ? false : 'SKIPPED: mounting a small disk needs root' },
    async () => {
      const disk = join(folder, 'disk');
      mkdirSync(disk);
      assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk]).status, 0);
      mounts.push(disk);
      spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=1k', 'count=64']);
      const full = await start('full', join(disk, 'seal.key'));
      assert.equal(full.endpoint, '');
      assert.match(full.errors(), /the key file .*seal\.key cannot be made: ENOSPC.*Make room/);
      assert.deepEqual(readdirSync(disk), ['filler'], 'nothing is left of the attempt');
      rmSync(join(disk, 'filler'));
      assert.notEqual((await started('full', join(disk, 'seal.key'))).endpoint, '');
    },
  );
});
