import assert from 'node:assert/strict';
import { spawnSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { AwsClient, type EcsOperations, sign } from '@gantry/protocol';
import { ROOT } from '../../tools/tidy/sources.ts';
import { keysIn, startPlane as startLonePlane, type Keys, type LonePlane } from './control-plane.ts';
import { ecsClient } from './ecs.ts';
import { command, CommandFailed, freePort, startWorld, until, type World } from './world.ts';

const notRoot = process.getuid?.() === 0 ? false : 'SKIPPED: mounting a small disk needs root';
const folder = mkdtempSync(join(tmpdir(), 'gantry-sad-'));
const mounts: string[] = [];
const children: ChildProcess[] = [];
let world: World;
let ecs: AwsClient<EcsOperations>;

before(async () => {
  world = await startWorld();
  ecs = ecsClient(world);
});
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const path of mounts) spawnSync('umount', ['-l', path]);
  rmSync(folder, { recursive: true, force: true });
  await world?.down();
});

const clientOf = (endpoint: string, credentials: Keys): AwsClient<EcsOperations> =>
  new AwsClient<EcsOperations>({ service: 'ecs', endpoint, region: 'us-east-1', credentials });

/** Runs `./gantry …` that is to fail; what it says, and its exit code. */
async function refused(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ said: string; code: number }> {
  try {
    const out = await command(join(ROOT, 'gantry'), args, { ...process.env, CI: 'true', ...env });
    // What should not have come up is not left running.
    const at = args.indexOf('--data-dir');
    if (args[0] === 'up' && at > 0)
      await command(join(ROOT, 'gantry'), ['down', '--tasks', '--force', '--data-dir', args[at + 1] as string]);
    return assert.fail(`gantry ${args.join(' ')} was content:\n${out}`);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    assert.doesNotMatch(error.stderr, /^\s+at .*:\d+:\d+\)?$/m, 'a stack trace');
    return { said: error.stdout + error.stderr, code: error.code ?? -1 };
  }
}

async function startPlane(dataDir: string): Promise<LonePlane> {
  const plane = await startLonePlane(dataDir);
  children.push(plane.child);
  return plane;
}

function smallDisk(name: string, size: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
  assert.equal(status, 0, stderr.toString());
  mounts.push(path);
  return path;
}

describe('a full disk', { skip: notRoot }, () => {
  it('refuses writes, answers reads, and goes on when there is room again', async () => {
    const dataDir = smallDisk('full', '4m');
    const plane = await startPlane(dataDir);
    assert.notEqual(plane.endpoint, '', plane.errors());
    const client = clientOf(plane.endpoint, keysIn(dataDir, 'administrator'));
    await client.call('CreateCluster', { clusterName: 'before' });
    const filler = join(dataDir, 'filler');
    fill(filler);
    let acknowledged = 0;
    const write = async (): Promise<void> => {
      for (let n = 0; n < 200; n += 1) {
        await client.call('CreateCluster', { clusterName: `full-${n}` });
        acknowledged = n + 1;
      }
    };
    await assert.rejects(write, { code: 'ServerException', status: 500 });
    for (let n = 0; n < 3; n += 1) {
      const { clusters } = await client.call('DescribeClusters', { clusters: ['before', `full-${acknowledged}`] });
      assert.deepEqual(
        clusters?.map((cluster) => cluster.clusterName),
        ['before'],
        'what was refused is not there',
      );
    }
    assert.equal(plane.child.exitCode, null);
    rmSync(filler);
    await client.call('CreateCluster', { clusterName: 'after' });
    plane.child.kill('SIGKILL');
    const again = await startPlane(dataDir);
    const kept = clientOf(again.endpoint, keysIn(dataDir, 'administrator'));
    const names = ['before', 'after', ...Array.from({ length: acknowledged }, (_, n) => `full-${n}`)];
    const { failures } = await kept.call('DescribeClusters', { clusters: names.slice(0, 100) });
    assert.deepEqual(failures, []);
    again.child.kill('SIGTERM');
  });

  it('gantry up says so before it starts anything', async () => {
    const { said } = await refused(['up', '--detach', '--data-dir', smallDisk('tiny', '8m')]);
    assert.match(said, /the disk of .*tiny is full: \d+ MiB are free, 256 are needed\.\nMake room, or choose another/);
  });

  it('a disk that is read-only is told from a full one', async () => {
    const dataDir = smallDisk('fixed', '300m');
    assert.equal(spawnSync('mount', ['-o', 'remount,ro', dataDir]).status, 0);
    const { said } = await refused(['up', '--detach', '--data-dir', dataDir]);
    assert.match(said, /fixed cannot be written to: the file system is read-only\.\nChoose another place/);
    const doctor = await command(join(ROOT, 'gantry'), ['doctor', '--data-dir', dataDir]).catch(
      (error: CommandFailed) => error.stdout,
    );
    assert.match(doctor, /FAIL +data directory +.*cannot be written to/);
  });
});

function fill(file: string): void {
  let megabytes = 0;
  for (const size of [1 << 20, 1 << 12])
    for (;;)
      try {
        writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
        megabytes += size / (1 << 20);
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
        assert.ok(megabytes > 0.5, 'the disk was full before');
        break;
      }
}

describe('starting', () => {
  it('on a port that is taken', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    const dataDir = join(folder, 'taken');
    const { said } = await refused(['up', '--detach', '--data-dir', dataDir, '--port', String(port)]);
    assert.match(
      said,
      new RegExp(`port ${port} on 127.0.0.1 is taken by another process\\.\nChoose another with --port`),
    );
    const doctor = await command(join(ROOT, 'gantry'), ['doctor', '--data-dir', dataDir, '--port', String(port)]).catch(
      (error: CommandFailed) => error.stdout,
    );
    assert.match(doctor, new RegExp(`FAIL +port +${port} is taken by another process`));
    server.close();
    assert.deepEqual(readdirSync(join(dataDir, 'run')), [], 'nothing was started');
  });

  it('a second time on one data directory', async () => {
    const { said } = await refused(['up', '--detach', '--data-dir', world.dataDir, '--port', String(await freePort())]);
    assert.match(said, /Gantry already runs for .*, at http:.*\nUse that one, stop it first \(gantry down\), or give/);
    const second = await startPlane(world.dataDir);
    assert.equal(second.endpoint, '');
    assert.match(second.errors(), /state\.db is in use by another control plane\. Stop that one, or start this one/);
    await ecs.call('ListClusters', {});
    const again = await world.gantry(
      'up',
      '--detach',
      '--data-dir',
      world.dataDir,
      '--port',
      new URL(world.endpoint).port,
    );
    assert.match(again, /already|up/i);
  });

  it('with a file where the data directory should be', async () => {
    const path = join(folder, 'a-file');
    writeFileSync(path, '');
    const { said } = await refused(['up', '--detach', '--data-dir', join(path, 'x')]);
    assert.match(said, /a-file\/x cannot be written to: a part of the path is not a directory\./);
  });

  it('on a state.db that is none, or damaged, says which file and what to do', async () => {
    const dataDir = join(folder, 'damaged');
    mkdirSync(dataDir, { mode: 0o700 });
    const stateFile = join(dataDir, 'state.db');
    const up = ['up', '--detach', '--data-dir', dataDir, '--port', String(await freePort())];
    const damaged = /state\.db is damaged \(.*\), and the state is in it\. Restore a copy of it, or move it/;
    writeFileSync(stateFile, 'no database, but long enough to be told from an empty one'.repeat(100));
    assert.match((await refused(up)).said, damaged);
    rmSync(stateFile);
    const plane = await startPlane(dataDir);
    plane.child.kill('SIGTERM');
    await new Promise((resolve) => plane.child.once('exit', resolve));
    const bytes = readFileSync(stateFile);
    writeFileSync(stateFile, bytes.fill(0x5a, 4_096));
    assert.match((await refused(up)).said, damaged);
    truncateSync(stateFile, 5_000);
    assert.match((await refused(up)).said, damaged);
    assert.ok(existsSync(stateFile), 'it was left as it was');
  });

  it('on a credentials.json that is none, or of another account', async () => {
    const dataDir = join(folder, 'keys');
    mkdirSync(dataDir, { mode: 0o700 });
    const file = join(dataDir, 'credentials.json');
    writeFileSync(file, '{"administrator":');
    const broken = await startPlane(dataDir);
    assert.match(broken.errors(), /credentials\.json is not a credentials file\. Restore it, or move it away/);
    const keys = readFileSync(join(world.dataDir, 'credentials.json'), 'utf8');
    writeFileSync(file, keys.replaceAll('000000000000', '111111111111'));
    const other = await startPlane(dataDir);
    assert.match(other.errors(), /holds keys of account 111111111111, not 000000000000\. Start with --account/);
  });

  it('closes a credentials.json that others could read', async () => {
    const dataDir = join(folder, 'open');
    mkdirSync(dataDir, { mode: 0o700 });
    const file = join(dataDir, 'credentials.json');
    writeFileSync(file, readFileSync(join(world.dataDir, 'credentials.json')));
    chmodSync(file, 0o644);
    const plane = await startPlane(dataDir);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    plane.child.kill('SIGTERM');
  });

  it('without an engine: up and doctor say which, and the way out', async () => {
    const dataDir = join(folder, 'engineless');
    const nowhere = `unix://${join(folder, 'nowhere.sock')}`;
    const up = await refused(['up', '--detach', '--data-dir', dataDir], { DOCKER_HOST: nowhere });
    assert.match(
      up.said,
      /no Docker Engine answers at unix:.*nowhere\.sock, which DOCKER_HOST names\.\nStart that engine/,
    );
    const doctor = await command(join(ROOT, 'gantry'), ['doctor', '--data-dir', dataDir], {
      ...process.env,
      DOCKER_HOST: nowhere,
    }).catch((error: CommandFailed) => error.stdout);
    assert.match(doctor, /FAIL +engine +none answers at unix:.*nowhere\.sock \(DOCKER_HOST\)\n +-> Start that engine/);
    const far = await refused(['up', '--detach', '--data-dir', dataDir], { DOCKER_HOST: 'tcp://127.0.0.1:1' });
    assert.match(far.said, /DOCKER_HOST is tcp:.*: tasks need an engine on this machine/);
  });
});

describe('the command line', () => {
  const CASES: readonly (readonly [args: readonly string[], code: number, said: RegExp])[] = [
    [['frobnicate'], 2, /unknown command 'frobnicate'/],
    [['ps', '--colour'], 2, /unknown option '--colour'\n\(see gantry ps --help\)/],
    [['run'], 2, /missing required argument 'image'/],
    [['run', 'gantry/hello', '-p', 'abc'], 2, /-p abc: a port looks like 80, 8080:80 or 53:53\/udp/],
    [['run', 'gantry/hello', '--count', '0'], 2, /--count 0: a whole number from 1/],
    [['stop', 'nope', '--timeout', 'soon'], 2, /--timeout soon: a duration looks like/],
    [['logs', 'nope'], 1, /there is no task or service 'nope' in cluster default\.\ngantry ps --all lists them/],
    [['stop', 'nope'], 1, /there is no task or service 'nope' in cluster default/],
    [['why', 'nope'], 4, /There is no task, service, container instance or cluster 'nope'/],
    [['ps', '--cluster', 'nope'], 4, /Cluster not found\..*\ngantry status lists the clusters/],
  ];
  for (const [args, code, said] of CASES)
    it(`gantry ${args.join(' ')}`, async () => {
      const answer = await refused(args, world.env);
      assert.match(answer.said, said);
      assert.equal(answer.code, code);
    });

  it('says that nothing is up where nothing is up', async () => {
    for (const name of ['ps', 'status']) {
      const answer = await refused([name, '--data-dir', join(folder, 'nothing-here')]);
      assert.equal(answer.code, 3, answer.said);
      assert.match(answer.said, /gantry up/);
    }
  });
});

describe('keys', () => {
  const administrator = (): Keys => keysIn(world.dataDir, 'administrator');
  const listClusters = (credentials: Keys): Promise<unknown> =>
    clientOf(world.endpoint, credentials).call('ListClusters', {});

  it('an agent’s key does what agents do, and no more', async () => {
    const agent = clientOf(world.endpoint, keysIn(world.dataDir, 'agent'));
    await agent.call('DiscoverPollEndpoint', {});
    for (const work of [
      () => agent.call('ListClusters', {}),
      () => agent.call('RunTask', { taskDefinition: 'x' }),
      () => agent.call('DeleteService', { service: 'x' }),
    ])
      await assert.rejects(work, { code: 'AccessDeniedException' });
  });

  it('a wrong secret, and a stranger’s key', async () => {
    await assert.rejects(listClusters({ ...administrator(), secretAccessKey: 'wrong' }), {
      code: 'InvalidSignatureException',
    });
    await assert.rejects(listClusters({ accessKeyId: 'AKIASTRANGER', secretAccessKey: 'x' }), {
      code: 'UnrecognizedClientException',
    });
    const answer = await refused(['ps'], { ...world.env, AWS_ACCESS_KEY_ID: 'AKIASTRANGER' }).catch(() => undefined);
    if (answer !== undefined) assert.match(answer.said, /key is not of this Gantry/);
  });

  it('a clock that is wrong is named, with both times', async () => {
    const url = new URL(world.endpoint);
    for (const skewMs of [-3_600_000, 3_600_000]) {
      const target = 'AmazonEC2ContainerServiceV20141113.ListClusters';
      const headers = { host: url.host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
      const signed = sign({ method: 'POST', path: '/', query: '', headers, body: '{}' }, administrator(), {
        service: 'ecs',
        region: 'us-east-1',
        now: Date.now() + skewMs,
      }) as Record<string, string>;
      const answer = await fetch(world.endpoint, { method: 'POST', headers: signed, body: '{}' });
      assert.equal(answer.status, 400);
      assert.match(
        await answer.text(),
        /InvalidSignatureException.*Signature (expired|not yet current): \d{8}T\d{6}Z/s,
      );
    }
  });
});

describe('an image that is not there', () => {
  it('stops the task with the engine’s words, and gantry run ends with them', async () => {
    const image = '127.0.0.1:1/no/such:image';
    const answer = await refused(['run', image, '--name', 'absent', '--timeout', '60s'], world.env);
    assert.match(answer.said, /CannotPullContainerError/);
    const { taskArns } = await ecs.call('ListTasks', { family: 'absent', desiredStatus: 'STOPPED' });
    const { tasks } = await ecs.call('DescribeTasks', { tasks: taskArns ?? [] });
    assert.equal(tasks?.[0]?.stopCode, 'TaskFailedToStart');
    const why = await world.gantry('why', taskArns?.[0] ?? '');
    assert.match(why, /CannotPullContainerError/);
  });

  it('throttles a service instead of starting it without end', async () => {
    await ecs.call('RegisterTaskDefinition', {
      family: 'absent-service',
      containerDefinitions: [{ name: 'main', image: '127.0.0.1:1/no/such:image', memory: 16 }],
    });
    await ecs.call('CreateService', { serviceName: 'absent', taskDefinition: 'absent-service', desiredCount: 1 });
    await until('the service says that its tasks do not start', async () => {
      const { services } = await ecs.call('DescribeServices', { services: ['absent'] });
      return services?.[0]?.events?.some((event) => /unable to consistently start tasks/.test(event.message ?? ''));
    });
    await ecs.call('DeleteService', { service: 'absent', force: true });
  });
});
