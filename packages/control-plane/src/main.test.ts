import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { AwsClient, sign, type EcsOperations, type LogsOperations } from '@gantry/protocol';
import { WebSocket } from 'ws';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'gantry-main-'));
const started: ChildProcess[] = [];
after(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

interface Running {
  readonly child: ChildProcess;
  readonly endpoint: string;
  readonly exit: Promise<number | null>;
  readonly errors: () => string;
}

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Resolves when the control plane is ready, or has ended (endpoint ''). */
async function start(dataDir: string, ...flags: string[]): Promise<Running> {
  const args = [
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'main.ts'),
    '--data-dir',
    dataDir,
    '--port',
    '0',
    ...flags,
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as { message: string; endpoint?: string };
      if (entry.message === 'control plane ready') resolve(entry.endpoint ?? '');
    });
    child.once('close', () => resolve(''));
  });
  return { child, endpoint: await ready, exit, errors: () => errors };
}

function keysOf(dataDir: string, role: 'administrator' | 'agent'): Keys {
  return (JSON.parse(readFileSync(join(dataDir, 'credentials.json'), 'utf8')) as Record<string, Keys>)[role] as Keys;
}

function ecsOf({ endpoint }: Running, credentials: Keys): AwsClient<EcsOperations> {
  return new AwsClient<EcsOperations>({ service: 'ecs', endpoint, region: 'us-east-1', credentials });
}

describe('the control plane process', () => {
  it('makes keys and clusters at its first start, and stops cleanly', async () => {
    const dataDir = join(folder, 'first');
    const plane = await start(dataDir);
    const ecs = ecsOf(plane, keysOf(dataDir, 'administrator'));
    const { clusterArns } = await ecs.call('ListClusters', {});
    assert.deepEqual(clusterArns, ['arn:aws:ecs:us-east-1:000000000000:cluster/default']);
    const health = await fetch(`${plane.endpoint}/_gantry/health`);
    assert.equal(health.status, 200);
    plane.child.kill('SIGTERM');
    assert.equal(await plane.exit, 0);
    assert.equal(plane.errors(), '');
  });

  it('stops cleanly also when it is told to in the moment it says that it is ready', async () => {
    for (let round = 0; round < 5; round += 1) {
      const dataDir = join(folder, `early-${round}`);
      const args = [join(import.meta.dirname, 'main.ts'), '--data-dir', dataDir, '--port', '0'];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
      started.push(child);
      const exit = once(child, 'exit');
      await once(child.stdout, 'data');
      child.kill('SIGTERM');
      assert.deepEqual(await exit, [0, null]);
      assert.equal(existsSync(join(dataDir, 'state.db-wal')), false, 'the journal was closed');
    }
  });

  it('loses nothing it answered when it is killed', async () => {
    const dataDir = join(folder, 'killed');
    const first = await start(dataDir);
    const credentials = keysOf(dataDir, 'administrator');
    const answered: string[] = [];
    const create = async (from: number): Promise<void> => {
      for (let n = from; ; n += 4) {
        await ecsOf(first, credentials).call('CreateCluster', { clusterName: `c${n}` });
        answered.push(`c${n}`);
        if (answered.length === 40) first.child.kill('SIGKILL');
      }
    };
    await Promise.allSettled([0, 1, 2, 3].map(create));
    await first.exit;
    const again = await start(dataDir);
    const found: string[] = [];
    for (let nextToken: string | undefined; ;) {
      const page = await ecsOf(again, credentials).call('ListClusters', { nextToken });
      found.push(...(page.clusterArns ?? []).map((arn) => arn.slice(arn.lastIndexOf('/') + 1)));
      nextToken = page.nextToken;
      if (nextToken === undefined) break;
    }
    assert.ok(answered.length >= 40);
    assert.deepEqual(
      answered.filter((name) => !found.includes(name)),
      [],
    );
    again.child.kill('SIGTERM');
    await again.exit;
  });

  it('shares its data directory with nobody', async () => {
    const dataDir = join(folder, 'shared');
    const first = await start(dataDir);
    const second = await start(dataDir);
    assert.equal(second.endpoint, '');
    assert.equal(await second.exit, 1);
    assert.match(second.errors(), /in use by another control plane/);
    first.child.kill('SIGTERM');
    await first.exit;
  });

  it('says all that is wrong with its flags', async () => {
    const plane = await start(join(folder, 'wrong'), '--region=mars', '--account=x');
    assert.equal(await plane.exit, 1);
    assert.match(plane.errors(), /--region mars.*\n--account x/);
  });

  it('closes an agent socket with 1001 when it stops', async () => {
    const dataDir = join(folder, 'socket');
    const plane = await start(dataDir);
    const credentials = keysOf(dataDir, 'agent');
    const { containerInstance } = await ecsOf(plane, credentials).call('RegisterContainerInstance', {
      cluster: 'default',
      totalResources: [
        { name: 'CPU', type: 'INTEGER', integerValue: 1024 },
        { name: 'MEMORY', type: 'INTEGER', integerValue: 512 },
      ],
      attributes: [],
    });
    const query = new URLSearchParams({
      clusterArn: 'default',
      containerInstanceArn: containerInstance?.containerInstanceArn ?? '',
    });
    const host = new URL(plane.endpoint).host;
    const request = { method: 'GET', path: '/acs/ws', query: query.toString(), headers: { host }, body: '' };
    const headers = sign(request, credentials, { service: 'ecs', region: 'us-east-1', now: Date.now() });
    const socket = new WebSocket(`ws://${host}/acs/ws?${query.toString()}`, { headers });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    plane.child.kill('SIGTERM');
    assert.equal(await closed, 1001);
    assert.equal(await plane.exit, 0);
  });
});

const hasCli = spawnSync('aws', ['--version']).status === 0;

describe('the AWS CLI', { skip: hasCli ? false : 'SKIPPED: there is no aws command on this machine' }, () => {
  it('learns who it is, and reads logs to their end', async () => {
    const dataDir = join(folder, 'cli');
    const plane = await start(dataDir);
    const credentials = keysOf(dataDir, 'administrator');
    const aws = async (...args: string[]): Promise<Record<string, unknown>> => {
      const env = {
        PATH: process.env['PATH'],
        HOME: folder,
        AWS_ENDPOINT_URL: plane.endpoint,
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      };
      const { stdout } = await run('aws', args, { env });
      return stdout === '' ? {} : (JSON.parse(stdout) as Record<string, unknown>);
    };
    const identity = await aws('sts', 'get-caller-identity');
    assert.equal(identity['Account'], '000000000000');
    assert.equal(identity['Arn'], 'arn:aws:iam::000000000000:user/administrator');

    await aws('logs', 'create-log-group', '--log-group-name', '/ecs/web');
    const options = { service: 'logs', endpoint: plane.endpoint, region: 'us-east-1' } as const;
    const logs = new AwsClient<LogsOperations>({ ...options, credentials: keysOf(dataDir, 'agent') });
    const stream = { logGroupName: '/ecs/web', logStreamName: 'web/1' };
    await logs.call('CreateLogStream', stream);
    const now = Date.now();
    const logEvents = Array.from({ length: 25 }, (_, n) => ({ timestamp: now + n, message: `line ${n}` }));
    await logs.call('PutLogEvents', { ...stream, logEvents });
    const names = ['--log-group-name', '/ecs/web', '--log-stream-name', 'web/1'];
    const got = await aws('logs', 'get-log-events', ...names, '--start-from-head');
    assert.equal((got['events'] as unknown[]).length, 25);
    // The CLI asks for page after page by itself.
    const filter = ['logs', 'filter-log-events', '--log-group-name', '/ecs/web', '--filter-pattern', 'line'];
    const filtered = await aws(...filter, '--page-size', '10');
    assert.equal((filtered['events'] as unknown[]).length, 25);
    await assert.rejects(aws('logs', 'delete-log-group', '--log-group-name', 'no'), /ResourceNotFoundException/);
    plane.child.kill('SIGTERM');
    await plane.exit;
  });
});
