import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import type { Task, Volume } from '@aws-sdk/client-ecs';
import { ecsClient } from './ecs.ts';
import { command, startWorld, until, type World } from './world.ts';

const SUBNET = 'subnet-00000000000000001';
const SHARED = `gantry-e2e-shared-${process.pid}`;
/** An NFS export: nobody serves it, and nothing mounts it here. */
const EXPORTED = 'fs-0123456789abcdef0';
let world: World;
let ecs: ReturnType<typeof ecsClient>;
let families = 0;

before(async () => {
  world = await startWorld('--efs', `${EXPORTED}=127.0.0.1:/export`);
  ecs = ecsClient(world);
});
after(async () => {
  await world?.down();
  await command('docker', ['volume', 'rm', '-f', SHARED]).catch(() => undefined);
});

interface Script {
  readonly script: string;
  readonly volumes: Volume[];
  readonly readOnly?: boolean;
  readonly fargate?: boolean;
  readonly user?: string;
}

/** Runs a shell script with the first volume at /data, to its end. */
async function run({ script, volumes, readOnly = false, fargate = false, user }: Script): Promise<Task> {
  const family = `volumes-${(families += 1)}`;
  await ecs.call('RegisterTaskDefinition', {
    family,
    volumes,
    ...(fargate ? { networkMode: 'awsvpc', cpu: '256', memory: '512', requiresCompatibilities: ['FARGATE'] } : {}),
    containerDefinitions: [
      {
        name: 'app',
        image: 'gantry/hello',
        memory: 32,
        stopTimeout: 2,
        entryPoint: ['/bin/sh', '-c'],
        command: [script],
        ...(user === undefined ? {} : { user }),
        mountPoints: volumes.map(({ name = '' }, index) => ({
          sourceVolume: name,
          containerPath: index === 0 ? '/data' : `/${name}`,
          readOnly,
        })),
      },
    ],
  });
  const network = { networkConfiguration: { awsvpcConfiguration: { subnets: [SUBNET] } } };
  const how = fargate ? ({ launchType: 'FARGATE', ...network } as const) : {};
  const { tasks, failures } = await ecs.call('RunTask', { taskDefinition: family, ...how });
  assert.deepEqual(failures, []);
  return await until(`${family} has stopped`, async () => {
    const [task] = (await ecs.call('DescribeTasks', { tasks: [tasks?.[0]?.taskArn ?? ''] })).tasks ?? [];
    return task?.lastStatus === 'STOPPED' ? task : undefined;
  });
}

async function passes(script: Script): Promise<void> {
  const task = await run(script);
  assert.equal(task.containers?.[0]?.exitCode, 0, `${task.stoppedReason} ${task.containers?.[0]?.reason ?? ''}`);
}

const efs = <T>(...args: string[]): Promise<T> => world.aws<T>('efs', ...args);
const onFileSystem = (fileSystemId: string, more: object = {}): Volume[] => [
  { name: 'files', efsVolumeConfiguration: { fileSystemId, ...more } },
];

describe('volumes of the engine', () => {
  test('a shared one outlives its task, one of a task does not', async () => {
    const shared: Volume = { name: SHARED, dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } };
    const own: Volume = { name: 'own', dockerVolumeConfiguration: { scope: 'task', labels: { kind: 'scratch' } } };
    await passes({ script: 'echo one > /data/word && touch /own/x', volumes: [shared, own] });
    await passes({ script: 'test "$(cat /data/word)" = one && ! test -e /own/x', volumes: [shared, own] });
    await passes({ script: '! touch /data/x', volumes: [shared], readOnly: true });
  });

  test('a shared one that is not there, and not to be made, ends its task with the reason', async () => {
    const missing = { name: 'nobody-made-it', dockerVolumeConfiguration: { scope: 'shared' as const } };
    const task = await run({ script: 'true', volumes: [missing] });
    assert.match(task.stoppedReason ?? '', /ResourceInitializationError: .*nobody-made-it.*does not exist/);
    assert.equal(task.stopCode, 'TaskFailedToStart');
  });

  test('options of a driver reach it', async () => {
    const driverOpts = { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' };
    const volume = {
      name: 'small',
      dockerVolumeConfiguration: { scope: 'task' as const, driver: 'local', driverOpts },
    };
    await passes({ script: '! head -c 2000000 /dev/zero > /data/x', volumes: [volume] });
  });
});

describe('file systems', () => {
  let fileSystemId = '';

  before(async () => {
    ({ FileSystemId: fileSystemId } = await efs<{ FileSystemId: string }>(
      'create-file-system',
      '--creation-token',
      'e2e',
    ));
  });

  test('tasks of both launch types share one, and what is in it outlives them and the control plane', async () => {
    await passes({ script: 'echo word > /data/file && mkdir /data/in', volumes: onFileSystem(fileSystemId) });
    process.kill(world.pid('control-plane'), 'SIGKILL');
    await world.up();
    await passes({
      script: 'test "$(cat /data/file)" = word && echo more > /data/in/x',
      volumes: onFileSystem(fileSystemId),
      fargate: true,
    });
    await passes({
      script: 'test "$(cat /data/x)" = more && ! test -e /data/file && ! touch /data/y',
      volumes: onFileSystem(fileSystemId, { rootDirectory: '/in' }),
      readOnly: true,
    });
  });

  test('an access point leads to its directory, which belongs to its owner', async () => {
    const root = 'Path=/apps/shop,CreationInfo={OwnerUid=1234,OwnerGid=5678,Permissions=0750}';
    const made = ['--file-system-id', fileSystemId, '--client-token', 'shop', '--root-directory', root];
    const { AccessPointId: accessPointId } = await efs<{ AccessPointId: string }>('create-access-point', ...made);
    const volumes = onFileSystem(fileSystemId, {
      transitEncryption: 'ENABLED',
      authorizationConfig: { accessPointId },
    });
    await passes({
      script: 'test "$(stat -c %u:%g:%a /data)" = 1234:5678:750 && touch /data/a',
      volumes,
      user: '1234:5678',
    });
    await passes({ script: 'test -e /data/apps/shop/a', volumes: onFileSystem(fileSystemId), fargate: true });
  });

  test('a link out of a file system leads nowhere', async () => {
    await passes({ script: 'ln -s /etc /data/etc', volumes: onFileSystem(fileSystemId) });
    const task = await run({
      script: 'true',
      volumes: onFileSystem(fileSystemId, { rootDirectory: '/etc' }),
      fargate: true,
    });
    assert.match(task.stoppedReason ?? '', /links are not followed/);
    assert.equal(task.stopCode, 'TaskFailedToStart');
  });

  test('what is not there is refused in the words of a failed mount', async () => {
    const directory = await run({ script: 'true', volumes: onFileSystem(fileSystemId, { rootDirectory: '/no' }) });
    assert.match(directory.stoppedReason ?? '', /reason given by server: No such file or directory/);
    const unknown = await run({ script: 'true', volumes: onFileSystem('fs-00000000000000000') });
    assert.match(
      unknown.stoppedReason ?? '',
      /^ResourceInitializationError: .*check that your file system ID is correct/,
    );
    assert.equal(unknown.stopCode, 'TaskFailedToStart');
  });

  test('an NFS export is there from the start, without a folder', async () => {
    const found = await efs<{ FileSystems: { LifeCycleState: string }[] }>(
      'describe-file-systems',
      '--file-system-id',
      EXPORTED,
    );
    assert.equal(found.FileSystems[0]?.LifeCycleState, 'available');
    assert.equal(existsSync(join(world.dataDir, 'efs', EXPORTED)), false);
  });

  test('is removed with its files, and not before its mount target', async () => {
    const [{ FileSystemId: id }] = [
      await efs<{ FileSystemId: string }>('create-file-system', '--creation-token', 'gone'),
    ];
    await passes({ script: 'touch /data/file', volumes: onFileSystem(id) });
    const folder = join(world.dataDir, 'efs', id);
    assert.ok(existsSync(join(folder, 'file')));
    const target = ['create-mount-target', '--file-system-id', id, '--subnet-id', SUBNET];
    const { MountTargetId: mountTarget } = await efs<{ MountTargetId: string }>(...target);
    await assert.rejects(efs('delete-file-system', '--file-system-id', id), /FileSystemInUse.*mount targets/s);
    await efs('delete-mount-target', '--mount-target-id', mountTarget);
    await efs('delete-file-system', '--file-system-id', id);
    await until('its folder is gone', async () => (existsSync(folder) ? undefined : true));
    await assert.rejects(efs('describe-file-systems', '--file-system-id', id), /FileSystemNotFound/);
  });
});

describe('the disk of a Fargate task', () => {
  const ask = 'wget -qO- "$ECS_CONTAINER_METADATA_URI_V4/task"';

  test('is told to its containers, and one that takes more than its share stops with the reason', async () => {
    const volumes = [{ name: 'scratch' }];
    await passes({
      script: `until ${ask} | grep -q '"EphemeralStorageMetrics":{"Utilized":[0-9]*,"Reserved":20480}'; do sleep 1; done`,
      volumes,
      fargate: true,
    });
    // Room that is taken and not written to: it is the task's all the same, and quick.
    const task = await run({
      script: 'fallocate -l 11G /a && fallocate -l 11G /data/b && sleep 300',
      volumes,
      fargate: true,
    });
    assert.match(
      task.stoppedReason ?? '',
      /^Task stopped: ephemeral storage exceeded: it uses 2\d\.\d GiB, and its share is 20 GiB/,
    );
    const tookMs = (task.stoppingAt?.getTime() ?? Infinity) - (task.startedAt?.getTime() ?? 0);
    assert.ok(tookMs < 30_000, `it took ${tookMs} ms`);
  });
});
