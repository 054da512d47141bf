import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { startPlane, type LonePlane } from './control-plane.ts';
import { command, CommandFailed, has, until } from './world.ts';

const skip = has('aws') ? false : 'the AWS CLI is not installed';
const folder = mkdtempSync(join(tmpdir(), 'gantry-tls-'));
const planes: LonePlane[] = [];
after(async () => {
  await Promise.all(planes.map((plane) => plane.end('SIGKILL')));
  rmSync(folder, { recursive: true });
});

const runs = (program: string, ...args: string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const noOpenssl = runs('openssl', 'version') ? false : 'no openssl';

async function start(name: string, ...flags: string[]): Promise<LonePlane> {
  const plane = await startPlane(join(folder, name), '--key-file', join(folder, `${name}-key`, 'seal.key'), ...flags);
  planes.push(plane);
  assert.notEqual(plane.endpoint, '', plane.errors());
  return plane;
}

/** The AWS CLI with a bundle of authorities. */
async function aws(plane: LonePlane, bundle: string, ...words: string[]): Promise<string> {
  const env = { ...plane.env(), AWS_CA_BUNDLE: bundle };
  return command('aws', [...words, '--output', 'json'], env);
}

interface Lookup {
  readonly Events: readonly { readonly EventName: string; readonly CloudTrailEvent: string }[];
}

test('the AWS CLI trusts the authority of --tls self, by its file alone', { skip }, async () => {
  const plane = await start('self', '--tls', 'self');
  const caFile = join(folder, 'self', 'tls', 'ca.pem');
  assert.match(plane.endpoint, /^https:\/\/127\.0\.0\.1:/);
  await aws(plane, caFile, 'ecs', 'create-cluster', '--cluster-name', 'over-tls');
  assert.match(await aws(plane, caFile, 'sts', 'get-caller-identity'), /user\/administrator/);
  await assert.rejects(plane.aws(['ecs', 'list-clusters']), /SSL validation failed|CERTIFICATE_VERIFY_FAILED/);
  const other = await start('other', '--tls', 'self');
  const foreign = join(folder, 'other', 'tls', 'ca.pem');
  await assert.rejects(aws(plane, foreign, 'ecs', 'list-clusters'), /CERTIFICATE_VERIFY_FAILED/);
  assert.match(await aws(other, foreign, 'ecs', 'list-clusters'), /cluster\/default/);

  const { Events } = JSON.parse(await aws(plane, caFile, 'cloudtrail', 'lookup-events')) as Lookup;
  const event = JSON.parse(Events[0]?.CloudTrailEvent ?? '{}') as { tlsDetails: { clientProvidedHostHeader: string } };
  assert.equal(event.tlsDetails.clientProvidedHostHeader, plane.endpoint.slice('https://'.length));

  const bundle = readFileSync(caFile, 'utf8');
  await plane.end();
  const again = await start('self', '--tls', 'self');
  assert.equal(readFileSync(caFile, 'utf8'), bundle, 'clients need no new file after a restart');
  await aws(again, caFile, 'ecs', 'list-clusters');
});

test('the authority’s certificates stand OpenSSL’s strict look', { skip: noOpenssl }, async () => {
  const plane = await start('strict', '--tls', 'self');
  const ca = join(folder, 'strict', 'tls', 'ca.pem');
  const words = [
    's_client',
    '-connect',
    new URL(plane.endpoint).host,
    '-CAfile',
    ca,
    '-x509_strict',
    '-verify_return_error',
  ];
  const seen = execFileSync('openssl', [...words, '-verify_ip', '127.0.0.1'], {
    input: '',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  assert.match(seen.toString(), /Verify return code: 0 \(ok\)/);
});

test(
  'a certificate of one’s own is used, and read again when it changes or on SIGHUP',
  { skip: skip === false ? noOpenssl : skip },
  async () => {
    const make = (days: string): void => {
      const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', days];
      const files = ['-keyout', join(folder, 'k.new'), '-out', join(folder, 'c.new')];
      execFileSync('openssl', [...words, ...files, '-subj', '/CN=own', '-addext', 'subjectAltName=IP:127.0.0.1'], {
        stdio: 'ignore',
      });
      copyFileSync(join(folder, 'k.new'), join(folder, 'k.pem'));
      copyFileSync(join(folder, 'c.new'), join(folder, 'c.pem'));
    };
    make('30');
    const files = ['--tls-cert', join(folder, 'c.pem'), '--tls-key', join(folder, 'k.pem')];
    const plane = await start('own', ...files);
    await aws(plane, join(folder, 'c.pem'), 'ecs', 'list-clusters');
    copyFileSync(join(folder, 'c.pem'), join(folder, 'former.pem'));
    make('60');
    plane.child.kill('SIGHUP');
    await until('the new certificate', async () => plane.log().includes('TLS certificate read again'));
    await aws(plane, join(folder, 'c.pem'), 'ecs', 'list-clusters');
    await assert.rejects(aws(plane, join(folder, 'former.pem'), 'ecs', 'list-clusters'), /CERTIFICATE_VERIFY_FAILED/);
    assert.ok(!existsSync(join(folder, 'own', 'tls')), 'no authority is made that nobody needs');
  },
);

test('what was answered is in the trail after kill -9, and no secret is anywhere on the disk', { skip }, async () => {
  const plane = await start('trail');
  const secret = 'correct-horse-battery-staple';
  await plane.aws(['ssm', 'put-parameter', '--name', '/db', '--type', 'SecureString', '--value', secret]);
  const wanted: string[] = ['PutParameter'];
  const calls = Array.from({ length: 12 }, async (_, n) => {
    try {
      await plane.aws(['ecs', 'create-cluster', '--cluster-name', `c${n}`]);
      wanted.push(`c${n}`);
    } catch (error) {
      assert.ok(error instanceof CommandFailed);
    }
    if (wanted.length > 6) plane.child.kill('SIGKILL');
  });
  await Promise.all(calls);
  await plane.end('SIGKILL');
  const again = await start('trail');
  const { Events } = await again.aws<Lookup>(['cloudtrail', 'lookup-events']);
  const told = Events.map((event) => event.CloudTrailEvent).join('\n');
  for (const name of wanted) assert.ok(told.includes(`"${name}"`), `${name} was answered`);
  assert.ok(wanted.length > 6 && told.includes('HIDDEN_DUE_TO_SECURITY_REASONS'));
  const attributes = ['--lookup-attributes', 'AttributeKey=EventName,AttributeValue=PutParameter'];
  const put = await again.aws<Lookup>(['cloudtrail', 'lookup-events', ...attributes]);
  assert.deepEqual(
    put.Events.map((event) => event.EventName),
    ['PutParameter'],
  );
  const files = readdirSync(join(folder, 'trail'), { recursive: true, encoding: 'utf8' }).map((name) =>
    join(folder, 'trail', name),
  );
  for (const file of files.filter((name) => statSync(name).isFile()))
    assert.ok(!readFileSync(file).includes(secret), `the secret is in ${file}`);
});

const BURST = `
import boto3
from botocore.config import Config
ecs = boto3.client('ecs', config=Config(retries={'total_max_attempts': 1}))
codes = set()
for n in range(30):
    try: ecs.delete_task_definitions(taskDefinitions=['nothing:1'])
    except ecs.exceptions.ClientError as e: codes.add(e.response['Error']['Code'] + ' ' + e.response['Error']['Message'])
print(chr(10).join(codes))
`;

test(
  'ECS’s throttling reaches boto3 as its own error, and only when asked for',
  { skip: runs('python3', '-c', 'import boto3') ? false : 'no boto3' },
  async () => {
    const throttled = await start('throttled', '--throttle');
    assert.match(await command('python3', ['-c', BURST], throttled.env()), /^ThrottlingException Rate exceeded$/m);
    const free = await start('free');
    assert.doesNotMatch(await command('python3', ['-c', BURST], free.env()), /Throttling/);
  },
);
