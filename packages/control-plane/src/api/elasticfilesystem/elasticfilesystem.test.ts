import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { SERVICES, ServiceError, writeError, type ElasticfilesystemOperations } from '@gantry/protocol';
import type { AccountId, FileSystem } from '@gantry/domain';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import { aDefinition, aTask, SCOPE } from '../../controllers/testing/builders.ts';
import { aWorld, putTask, type World } from '../../controllers/testing/world.ts';
import { fileSystemKey, openFileSystems } from '../../filesystems/lifecycle.ts';
import { MemoryFolders } from '../../filesystems/memory.ts';
import { resolveFileSystem } from '../../filesystems/resolve.ts';
import { callerOf, type Call } from '../common/testing/caller.ts';
import { refused } from '../ecs/testing/world.ts';
import { efsHandlers } from './index.ts';

const SUBNET = `subnet-${'a'.repeat(17)}`;
let world: World;
let clock: FakeClock;
let folders: MemoryFolders;
let call: Call<ElasticfilesystemOperations>;

beforeEach(async () => {
  clock = new FakeClock();
  const subnets = [{ subnetId: SUBNET, availabilityZone: 'us-east-1a', cidr: '10.0.0.0/24' }];
  world = await aWorld(clock, new SeededIds(), { subnets });
  folders = new MemoryFolders();
  world = { ...world, platform: { ...world.platform, folders } };
  call = callerOf('elasticfilesystem', efsHandlers(world.platform));
});

const create = async (CreationToken = 't'): Promise<string> =>
  (await call('CreateFileSystem', { CreationToken })).FileSystemId ?? '';
const list = async () => (await call('DescribeFileSystems', {})).FileSystems ?? [];
const stranger = () =>
  callerOf<ElasticfilesystemOperations>('elasticfilesystem', efsHandlers(world.platform), {
    ...SCOPE,
    account: '999999999999' as AccountId,
  });

describe('a file system', () => {
  it('is made with a folder, described, found by its token, and named by its tag', async () => {
    const made = await call('CreateFileSystem', {
      CreationToken: 'data',
      Encrypted: true,
      Tags: [{ Key: 'Name', Value: 'shop' }],
    });
    const id = made.FileSystemId ?? '';
    assert.match(id, /^fs-[0-9a-f]{17}$/);
    assert.equal(made.LifeCycleState, 'creating');
    assert.ok(folders.folders.has(id));
    const [described] = (await call('DescribeFileSystems', { CreationToken: 'data' })).FileSystems ?? [];
    assert.deepEqual(described, {
      OwnerId: SCOPE.account,
      CreationToken: 'data',
      FileSystemId: id,
      FileSystemArn: `arn:aws:elasticfilesystem:us-east-1:${SCOPE.account}:file-system/${id}`,
      CreationTime: new Date(clock.now()),
      LifeCycleState: 'available',
      Name: 'shop',
      NumberOfMountTargets: 0,
      SizeInBytes: described?.SizeInBytes,
      PerformanceMode: 'generalPurpose',
      Encrypted: true,
      ThroughputMode: 'bursting',
      Tags: [{ Key: 'Name', Value: 'shop' }],
      FileSystemProtection: { ReplicationOverwriteProtection: 'ENABLED' },
    });
    const arn = described?.FileSystemArn ?? '';
    assert.equal((await call('DescribeFileSystems', { FileSystemId: arn })).FileSystems?.[0]?.FileSystemId, id);
  });

  it('shows the size of what is in it, a minute old at most', async () => {
    const id = await create();
    assert.equal((await list())[0]?.SizeInBytes?.Value, 6144);
    folders.folders.set(id, 50_000_000);
    await clock.turn(60_000);
    await list();
    await clock.turn(0);
    const [described] = await list();
    assert.equal(described?.SizeInBytes?.Value, 50_000_000);
    assert.deepEqual(described?.SizeInBytes?.Timestamp, new Date(clock.now()));
  });

  it('is made once per token', async () => {
    const id = await create();
    await refused(create(), 'FileSystemAlreadyExists', `'${id}' already exists with creation token 't'`);
    await stranger()('CreateFileSystem', { CreationToken: 't' });
    await refused(
      call('CreateFileSystem', { CreationToken: 'u', ThroughputMode: 'provisioned' }),
      'BadRequest',
      'goes with',
    );
    await refused(
      call('CreateFileSystem', { CreationToken: 'u', KmsKeyId: 'alias/k' }),
      'BadRequest',
      "'Encrypted' true",
    );
  });

  it('is not there for other accounts', async () => {
    const id = await create();
    const gone = (what: Promise<unknown>) => refused(what, 'FileSystemNotFound', `File system '${id}' does not exist.`);
    const other = stranger();
    assert.deepEqual((await other('DescribeFileSystems', {})).FileSystems, []);
    await gone(other('DescribeFileSystems', { FileSystemId: id }));
    await gone(other('DeleteFileSystem', { FileSystemId: id }));
    await gone(other('CreateAccessPoint', { ClientToken: 'a', FileSystemId: id }));
    await gone(other('TagResource', { ResourceId: id, Tags: [{ Key: 'a', Value: 'b' }] }));
    const wish = { fileSystemId: id, rootDirectory: '/', accessPointId: undefined };
    const places = { folders, exports: {} };
    const { tables } = world.state;
    const seen = resolveFileSystem(tables, { ...SCOPE, account: '999999999999' as AccountId }, wish, places);
    assert.equal(seen.kind, 'refused');
    assert.equal(resolveFileSystem(tables, SCOPE, wish, places).kind, 'directory');
  });

  it('is listed in pages', async () => {
    for (const token of ['a', 'b', 'c']) await create(token);
    const first = await call('DescribeFileSystems', { MaxItems: 2 });
    const rest = await call('DescribeFileSystems', { MaxItems: 2, Marker: first.NextMarker });
    assert.deepEqual([first.FileSystems?.length, rest.FileSystems?.length, rest.NextMarker], [2, 1, undefined]);
    await refused(call('DescribeFileSystems', { Marker: 'x' }), 'BadRequest', 'oken');
  });

  it('goes with its files and access points, and not while it has mount targets or users', async () => {
    const id = await create();
    await call('CreateAccessPoint', { ClientToken: 'a', FileSystemId: id });
    const target = await call('CreateMountTarget', { FileSystemId: id, SubnetId: SUBNET });
    const inUse = (text: string) => refused(call('DeleteFileSystem', { FileSystemId: id }), 'FileSystemInUse', text);
    await inUse('has mount targets');
    await call('DeleteMountTarget', { MountTargetId: target.MountTargetId });
    const volumes = [{ name: 'data', efsVolumeConfiguration: { fileSystemId: id } }];
    const task = await world.run((tx) => {
      tx.put(tx.tables.taskDefinitions, '123456789012/us-east-1/web:1', aDefinition({ volumes }));
      return putTask(tx, aTask({ lastStatus: 'RUNNING' }));
    });
    await inUse(`is mounted by task ${task.taskArn}`);
    await world.run((tx) => putTask(tx, { ...task, lastStatus: 'STOPPED' }));
    await call('DeleteFileSystem', { FileSystemId: id });
    await clock.turn(0);
    assert.deepEqual([await list(), folders.folders.size], [[], 0]);
    assert.deepEqual((await call('DescribeAccessPoints', {})).AccessPoints, []);
  });

  it('that a stop left half made or half removed is settled by the next start', async () => {
    const [made, removed] = [await create('a'), await create('b')];
    const set = (id: string, lifeCycleState: 'creating' | 'deleting') =>
      world.run((tx) => {
        const { fileSystems } = tx.tables;
        const key = fileSystemKey(SCOPE, id);
        tx.put(fileSystems, key, { ...(fileSystems.get(key) as FileSystem), lifeCycleState });
      });
    await set(made, 'creating');
    await set(removed, 'deleting');
    folders.folders.delete(made);
    await openFileSystems(world.platform, folders);
    assert.deepEqual(
      (await list()).map((each) => [each.FileSystemId, each.LifeCycleState]),
      [[made, 'available']],
    );
    assert.deepEqual([...folders.folders.keys()], [made]);
  });

  it('of an NFS export is there from the start, has no folder, and is refused when the export is no longer named', async () => {
    const id = 'fs-0123456789abcdef0';
    const exports = { [id]: { server: 'nas', path: '/export/data' } };
    const config = { ...world.platform.config, fileSystemExports: exports };
    await openFileSystems({ ...world.platform, config }, folders);
    assert.deepEqual(
      (await list()).map((each) => [each.FileSystemId, each.LifeCycleState]),
      [[id, 'available']],
    );
    assert.equal(folders.folders.size, 0);
    const wish = { fileSystemId: id, rootDirectory: '/a/../b', accessPointId: undefined };
    const { tables } = world.state;
    assert.deepEqual(resolveFileSystem(tables, SCOPE, wish, { folders, exports }), {
      kind: 'nfs',
      server: 'nas',
      path: '/export/data/b',
    });
    assert.match(
      JSON.stringify(resolveFileSystem(tables, SCOPE, wish, { folders, exports: {} })),
      /start it with --efs fs-0123456789abcdef0=SERVER:/,
    );
  });
});

describe('an access point', () => {
  it('is made once per token, described and removed, and leads to its directory', async () => {
    const id = await create();
    const input = {
      ClientToken: 'app',
      FileSystemId: id,
      PosixUser: { Uid: 1000, Gid: 1001, SecondaryGids: [5] },
      RootDirectory: { Path: '/app', CreationInfo: { OwnerUid: 1000, OwnerGid: 1001, Permissions: '750' } },
      Tags: [{ Key: 'Name', Value: 'app' }],
    };
    const made = await call('CreateAccessPoint', input);
    const point = made.AccessPointId ?? '';
    assert.match(point, /^fsap-[0-9a-f]{17}$/);
    assert.deepEqual(made, {
      ...input,
      Name: 'app',
      AccessPointId: point,
      AccessPointArn: `arn:aws:elasticfilesystem:us-east-1:${SCOPE.account}:access-point/${point}`,
      OwnerId: SCOPE.account,
      LifeCycleState: 'available',
    });
    await refused(call('CreateAccessPoint', input), 'AccessPointAlreadyExists', 'already exists');
    for (const by of [{ AccessPointId: point }, { FileSystemId: id }, {}])
      assert.deepEqual((await call('DescribeAccessPoints', by)).AccessPoints, [made]);
    await refused(call('DescribeAccessPoints', { AccessPointId: point, FileSystemId: id }), 'BadRequest', 'not both');

    const places = { folders, exports: {} };
    const { tables } = world.state;
    const wish = { fileSystemId: id, rootDirectory: '/', accessPointId: point };
    assert.deepEqual(resolveFileSystem(tables, SCOPE, wish, places), {
      kind: 'directory',
      ...folders.placeOf(id),
      rootDirectory: '/app',
      creation: { uid: 1000, gid: 1001, permissions: '750' },
    });
    const other = await create('other');
    assert.equal(resolveFileSystem(tables, SCOPE, { ...wish, fileSystemId: other }, places).kind, 'refused');
    await call('DeleteAccessPoint', { AccessPointId: point });
    await refused(call('DescribeAccessPoints', { AccessPointId: point }), 'AccessPointNotFound', 'does not exist');
    assert.equal(resolveFileSystem(tables, SCOPE, wish, places).kind, 'refused');
  });

  it('is tagged as file systems are', async () => {
    const id = await create();
    const { AccessPointId: point = '' } = await call('CreateAccessPoint', { ClientToken: 'a', FileSystemId: id });
    for (const ResourceId of [id, point]) {
      await call('TagResource', {
        ResourceId,
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '2' },
        ],
      });
      await call('UntagResource', { ResourceId, TagKeys: ['a'] });
      assert.deepEqual((await call('ListTagsForResource', { ResourceId })).Tags, [{ Key: 'b', Value: '2' }]);
    }
  });
});

it('errors carry what EFS puts into them', () => {
  const service = SERVICES.elasticfilesystem;
  const error = new ServiceError('FileSystemAlreadyExists', 'It exists.', { members: { FileSystemId: 'fs-1' } });
  const { status, body } = writeError(service, error, 'id');
  assert.equal(status, 409);
  assert.deepEqual(JSON.parse(String(body)), {
    message: 'It exists.',
    ErrorCode: 'FileSystemAlreadyExists',
    Message: 'It exists.',
    FileSystemId: 'fs-1',
  });
});
