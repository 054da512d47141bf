import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { whyNoDocker } from '@gantry/agent/engine/docker-world.ts';
import { ecsClient } from './ecs.ts';
import { command, freePort, holding, startWorld, until, type World } from './world.ts';

const skip = await whyNoDocker('What the host and containers are told in files');

describe('introspection and the metadata file', { skip }, () => {
  let world: World;
  let ecs: ReturnType<typeof ecsClient>;
  let port: number;
  let taskArn: string;
  const SETTINGS = ['GANTRY_INTROSPECTION_PORT', 'ECS_ENABLE_CONTAINER_METADATA'];

  before(async () => {
    port = await freePort();
    process.env['GANTRY_INTROSPECTION_PORT'] = String(port);
    process.env['ECS_ENABLE_CONTAINER_METADATA'] = 'true';
    world = await startWorld();
    ecs = ecsClient(world);
    await ecs.call('RegisterTaskDefinition', {
      family: 'nosy',
      networkMode: 'host',
      containerDefinitions: [
        { name: 'app', image: 'gantry/hello', memory: 32, command: ['sleep', '3600'], user: '1000', stopTimeout: 2 },
      ],
    });
    const { tasks } = await ecs.call('RunTask', { taskDefinition: 'nosy' });
    taskArn = tasks?.[0]?.taskArn ?? '';
    await until('it runs', async () => {
      const { tasks: found } = await ecs.call('DescribeTasks', { tasks: [taskArn] });
      return found?.[0]?.lastStatus === 'RUNNING';
    });
  });
  after(async () => {
    for (const name of SETTINGS) delete process.env[name];
    await world?.down();
  });

  const containerId = async (): Promise<string> =>
    (
      await command('docker', ['ps', '-q', '--no-trunc', '--filter', `label=com.amazonaws.ecs.task-arn=${taskArn}`])
    ).trim();
  const inside = async (script: string): Promise<string> =>
    command('docker', ['exec', await containerId(), '/bin/sh', '-c', script]);

  it('tells the host of the instance and its tasks', async () => {
    const get = async (path: string): Promise<Record<string, unknown>> =>
      (await (await fetch(`http://127.0.0.1:${port}${path}`)).json()) as Record<string, unknown>;
    const { containerInstances } = await ecs
      .call('DescribeTasks', { tasks: [taskArn] })
      .then(async ({ tasks }) =>
        ecs.call('DescribeContainerInstances', { containerInstances: [tasks?.[0]?.containerInstanceArn ?? ''] }),
      );
    const metadata = await get('/v1/metadata');
    assert.equal(metadata['ContainerInstanceArn'], containerInstances?.[0]?.containerInstanceArn);
    const id = await containerId();
    const task = await get(`/v1/tasks?dockerid=${id.slice(0, 12)}`);
    assert.deepEqual(task, await get(`/v1/tasks?taskarn=${taskArn}`));
    assert.deepEqual([task['Arn'], task['KnownStatus']], [taskArn, 'RUNNING']);
  });

  it('tells a task on the host’s network nothing', async () => {
    const asked = inside(`wget -q -O - http://127.0.0.1:${port}/v1/tasks 2>&1; echo "code $?"`);
    const said = await asked;
    assert.doesNotMatch(said, /arn:aws/);
    assert.match(said, /403 Forbidden/);
  });

  it('puts a file into the container that it can read, and not write', async () => {
    const file = await until('the file is ready', async () => {
      const text = await inside('cat "$ECS_CONTAINER_METADATA_FILE"');
      const value = JSON.parse(text) as Record<string, unknown>;
      return value['MetadataFileStatus'] === 'READY' ? value : undefined;
    });
    assert.deepEqual([file['TaskARN'], file['ContainerID']], [taskArn, await containerId()]);
    assert.deepEqual(file['Networks'], [{ NetworkMode: 'host', IPv4Addresses: [''] }]);
    await assert.rejects(inside('echo x >> "$ECS_CONTAINER_METADATA_FILE"'), /[Rr]ead-only|denied/);
  });

  it('leaves no file behind', async () => {
    assert.equal(holding(world.dataDir, 'MetadataFileStatus').length, 1);
    await world.gantry('down', '--tasks');
    assert.deepEqual(holding(world.dataDir, 'MetadataFileStatus'), []);
  });
});
