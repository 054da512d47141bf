import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PayloadFileSystem, PayloadTask } from '@gantry/protocol';
import { aContainer, aTask, stopOf, taskArn } from '../testing/payloads.ts';
import { AgentWorld } from '../testing/world.ts';
import { taskVolumeName } from './naming.ts';

const FOLDER = { kind: 'directory', path: '/efs/fs-1', markFile: '/efs/.host', mark: 'here' } as const;

function task(fileSystem: PayloadFileSystem | undefined, readOnly = false): PayloadTask {
  const mountPoints = [{ sourceVolume: 'files', containerPath: '/data', readOnly }];
  const volume = { name: 'files', type: 'efs', efsVolumeConfiguration: { fileSystemId: 'fs-1' } };
  const volumes = [fileSystem === undefined ? volume : { ...volume, fileSystem }];
  return aTask(1, [aContainer('web', { mountPoints })], { volumes });
}

async function started(payload: PayloadTask): Promise<AgentWorld> {
  const world = new AgentWorld({ config: { cleanUpDelayMs: 0 } });
  await world.start();
  world.plane.payload(payload);
  await world.clock.turn(5_000);
  return world;
}

const hostConfig = (world: AgentWorld): Readonly<Record<string, unknown>> =>
  world.engine.spec(world.engine.containers()[0]?.id ?? '')['HostConfig'] as Record<string, unknown>;

describe('a file system', () => {
  test('that is a folder is bound, where the engine makes no directory for one that is missing', async () => {
    const world = await started(task({ ...FOLDER, rootDirectory: '/' }, true));
    const { Binds, Mounts } = hostConfig(world);
    assert.deepEqual(Binds, []);
    assert.deepEqual(Mounts, [{ Type: 'bind', Source: '/efs/fs-1', Target: '/data', ReadOnly: true }]);
    assert.deepEqual(world.engine.volumes(), []);
    await world.kill();
  });

  test('is bound at its directory, which is given back when the task is removed', async () => {
    const world = await started(task({ ...FOLDER, rootDirectory: '/app' }));
    const id = taskArn(1).slice(-32);
    assert.deepEqual(hostConfig(world)['Mounts'], [
      { Type: 'bind', Source: `/places/${id}/files`, Target: '/data', ReadOnly: false },
    ]);
    assert.deepEqual(await world.directories.prepared(), [id]);
    world.plane.payload(stopOf(1));
    await world.clock.turn(60_000);
    assert.deepEqual(await world.directories.prepared(), []);
    await world.kill();
  });

  test('that is an NFS export is a volume of the task, mounted as the stock agent mounts EFS', async () => {
    const payload = task({ kind: 'nfs', server: 'nas', path: '/export/app' });
    const world = await started(payload);
    const name = taskVolumeName(payload, 'files');
    assert.deepEqual(hostConfig(world)['Binds'], [`${name}:/data`]);
    const made = world.engine.calls.find(({ call }) => call === 'createVolume')?.args[1] as Record<string, unknown>;
    assert.deepEqual(
      [made['driver'], made['driverOpts']],
      [
        'local',
        {
          type: 'nfs',
          device: ':/export/app',
          o: 'addr=nas,nfsvers=4.1,rsize=1048576,wsize=1048576,timeo=600,hard,retrans=2,noresvport',
        },
      ],
    );
    world.plane.payload(stopOf(1));
    await world.clock.turn(60_000);
    assert.deepEqual(world.engine.volumes(), []);
    await world.kill();
  });

  const refused: readonly (readonly [string, PayloadFileSystem | undefined, RegExp])[] = [
    ['of another host', { ...FOLDER, mark: 'elsewhere', rootDirectory: '/' }, /a folder of another host/],
    ['of which nothing was told', undefined, /this agent was not told what its file system is/],
  ];
  for (const [name, fileSystem, reason] of refused)
    test(`${name} ends the task with the reason, and no container is made`, async () => {
      const world = await started(task(fileSystem));
      const report = world.plane.reports.find(({ status }) => status === 'STOPPED');
      assert.match(report?.reason ?? '', /^ResourceInitializationError: failed to create volumes: /);
      assert.match(report?.reason ?? '', reason);
      assert.equal(
        world.engine.calls.some(({ call }) => call === 'createContainer'),
        false,
      );
      await world.kill();
    });
});
