import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startPlane, type LonePlane } from './control-plane.ts';
import { command, has } from './world.ts';

const skip = has('aws') ? false : 'SKIPPED: the AWS CLI is not on this machine';
let skipBoto: string | false = false;
try {
  execFileSync('python3', ['-c', 'import boto3'], { stdio: 'ignore' });
} catch {
  skipBoto = 'SKIPPED: boto3 is not installed';
}
const MIB = 1024 * 1024;

const folder = mkdtempSync(join(tmpdir(), 'gantry-s3-'));
const keyFile = join(folder, 'key', 'seal.key');
let plane: LonePlane;
const restart = async (signal: NodeJS.Signals, ...flags: string[]): Promise<void> => {
  await plane.end(signal);
  plane = await startPlane(join(folder, 'data'), '--key-file', keyFile, ...flags);
};
const config = join(folder, 'aws-config');
writeFileSync(config, '[default]\ns3 =\n  signature_version = s3v4\n');
const s3 = (...args: string[]): Promise<string> =>
  command('aws', ['s3', ...args], { ...plane.env(), AWS_CONFIG_FILE: config });

before(async () => {
  plane = await startPlane(join(folder, 'data'), '--key-file', keyFile);
});
after(async () => {
  await plane.end();
  rmSync(folder, { recursive: true });
});

describe('S3 with the AWS CLI', { skip }, () => {
  it('mb, cp, ls, sync, mv, rm and rb do what they say; kill -9 loses nothing', async () => {
    await s3('mb', 's3://cli');
    const big = randomBytes(20 * MIB);
    writeFileSync(join(folder, 'big'), big);
    mkdirSync(join(folder, 'tree', 'deep'), { recursive: true });
    writeFileSync(join(folder, 'tree', 'a.txt'), 'a');
    writeFileSync(join(folder, 'tree', 'deep', 'b ü+%.txt'), 'b');
    await s3('cp', '--quiet', join(folder, 'big'), 's3://cli/big');
    await s3('sync', '--quiet', join(folder, 'tree'), 's3://cli/tree');
    await restart('SIGKILL');
    assert.match(await s3('ls', 's3://cli/'), /PRE tree\/\n.* 20971520 big\n/);
    assert.match(await s3('ls', '--recursive', 's3://cli/tree/'), /tree\/a\.txt\n.*tree\/deep\/b ü\+%\.txt\n/);
    await s3('mv', '--quiet', 's3://cli/big', 's3://cli/moved');
    await s3('cp', '--quiet', 's3://cli/moved', join(folder, 'back'));
    assert.ok(readFileSync(join(folder, 'back')).equals(big));
    await s3('sync', '--quiet', 's3://cli/tree', join(folder, 'synced'));
    assert.equal(readFileSync(join(folder, 'synced', 'deep', 'b ü+%.txt'), 'utf8'), 'b');
    assert.equal(await s3('sync', 's3://cli/tree', join(folder, 'synced')), '', 'there is nothing to do');
    const url = (await s3('presign', 's3://cli/tree/a.txt')).trim();
    assert.equal(await (await fetch(url)).text(), 'a');
    assert.equal((await fetch(url.replace('a.txt', 'b.txt'))).status, 403);
    await assert.rejects(s3('rb', 's3://cli'), /BucketNotEmpty/);
    await s3('rb', '--force', 's3://cli');
    assert.doesNotMatch(await s3('ls'), /cli/);
    const left = readdirSync(join(folder, 'data', 'objects', 'contents'), { recursive: true }).map(String);
    assert.deepEqual(
      left.filter((name) => name.includes('/')),
      [],
    );
  });

  it('tells of buckets in the trail, and of objects not', async () => {
    const { Events } = await plane.aws<{ Events: { EventName: string; EventSource: string }[] }>([
      'cloudtrail',
      'lookup-events',
    ]);
    const ours = Events.filter(({ EventSource }) => EventSource === 's3.amazonaws.com').map(
      ({ EventName }) => EventName,
    );
    assert.deepEqual([...new Set(ours)].toSorted(), ['CreateBucket', 'DeleteBucket']);
  });

  it('takes a large object without holding it', async () => {
    await s3('mb', 's3://large');
    const path = join(folder, 'large');
    const block = randomBytes(MIB);
    writeFileSync(path, '');
    for (let n = 0; n < 256; n += 1) writeFileSync(path, block, { flag: 'a' });
    const rss = (): number =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${plane.child.pid}/status`, 'utf8'))?.[1]) / 1024;
    const before = rss();
    await plane.aws(['s3api', 'put-object', '--bucket', 'large', '--key', 'one', '--body', path]);
    await plane.aws(['s3api', 'get-object', '--bucket', 'large', '--key', 'one', join(folder, 'got')]);
    const grown = rss() - before;
    const md5 = (file: string): string => createHash('md5').update(readFileSync(file)).digest('hex');
    assert.equal(md5(join(folder, 'got')), md5(path));
    assert.ok(grown < 128, `256 MiB in and out took ${Math.round(grown)} MiB of memory`);
    await s3('rb', '--force', 's3://large');
  });
});

const EXPECTED = {
  location: 'eu-west-1',
  again: ['BucketAlreadyOwnedByYou', 409],
  CRC32: true,
  SHA1: true,
  SHA256: true,
  forged: ['BadDigest', 400],
  big: [true, { who: 'ann' }, 'text/x-big', '-2"'],
  copy: true,
  stream: 300_000,
  pages: [
    ['big å+.bin', 'copy'],
    ['stream', 'sum/CRC32'],
    ['sum/SHA1', 'sum/SHA256'],
  ],
  folders: ['sum/'],
  conditions: [
    ['PreconditionFailed', 412],
    ['304', 304],
  ],
  'not served': [
    ['NotImplemented', 501],
    ['NotImplemented', 501],
  ],
  errors: [
    ['NoSuchKey', 404],
    ['404', 404],
    ['NoSuchBucket', 404],
    ['BucketNotEmpty', 409],
  ],
  uploads: ['left'],
  parts: [4],
  deleted: true,
  removed: 'done',
};

describe('S3 with boto3', { skip: skipBoto }, () => {
  const checks = async (env: Readonly<Record<string, string>>): Promise<unknown> =>
    JSON.parse(await command('python3', [join(import.meta.dirname, 's3_checks.py')], { ...plane.env(), ...env }));

  it('over HTTP: bodies that are hashed', async () => {
    assert.deepEqual(await checks({}), { ...EXPECTED, presigned: 'abc' });
  });

  it('over TLS: bodies in chunks, with their checksum behind them', async () => {
    await restart('SIGTERM', '--tls', 'self');
    const ca = join(folder, 'data', 'tls', 'ca.pem');
    assert.deepEqual(await checks({ AWS_CA_BUNDLE: ca }), EXPECTED);
  });
});
