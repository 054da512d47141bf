import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { aContainer, aTask, stopOf } from '../testing/payloads.ts';
import { INSTANCE_ARN } from '../testing/plane.ts';
import { AgentWorld } from '../testing/world.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-metadata-'));
});
after(() => rm(folder, { recursive: true }));

const specOf = (world: AgentWorld): { readonly Env: readonly string[]; readonly HostConfig: { Binds: string[] } } =>
  world.engine.spec(world.engine.containers()[0]?.id ?? '') as never;

/** Files are written by the system, in its own time. */
async function until<T>(world: AgentWorld, ask: () => Promise<T | undefined>): Promise<T> {
  for (let turns = 0; turns < 500; turns += 1) {
    const found = await ask();
    if (found !== undefined) return found;
    await new Promise((resolve) => setImmediate(resolve));
    await world.settle();
  }
  return assert.fail('it never came');
}

test('a container finds what it is, first in short and then all of it; the file goes with the task', async () => {
  const world = new AgentWorld({ config: { metadataFolder: folder, cleanUpDelayMs: 1_000 } });
  await world.start();
  const portMappings = [{ containerPort: 80, hostPort: 8080, protocol: 'tcp' as const }];
  world.plane.payload(aTask(1, [aContainer('web', { portMappings })]));
  const spec = await until(world, () =>
    Promise.resolve(world.engine.containers().length === 0 ? undefined : specOf(world)),
  );
  const variable = spec.Env.find((one) => one.startsWith('ECS_CONTAINER_METADATA_FILE=')) ?? '';
  const inside = /=(\/opt\/ecs\/metadata\/[0-9a-f-]{36})\/ecs-container-metadata\.json$/.exec(variable)?.[1];
  const bind = spec.HostConfig.Binds.find((one) => one.endsWith(`:${inside}:ro`)) ?? '';
  assert.ok(inside !== undefined && bind.startsWith(folder), variable);
  const file = join(bind.slice(0, bind.indexOf(':')), 'ecs-container-metadata.json');
  const ready = await until(world, async () => {
    const value = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    assert.equal(value['ContainerName'], 'web');
    return value['MetadataFileStatus'] === 'READY' ? value : undefined;
  });
  const [container] = world.engine.containers();
  assert.deepEqual(ready, {
    Cluster: 'default',
    ContainerInstanceARN: INSTANCE_ARN,
    TaskARN: aTask(1, []).arn,
    TaskDefinitionFamily: 'web',
    TaskDefinitionRevision: '1',
    ContainerID: container?.id,
    ContainerName: 'web',
    DockerContainerName: `/${container?.name}`,
    ImageID: container?.imageId ?? '',
    ImageName: 'app:1',
    PortMappings: (container?.ports ?? []).map((port) => ({
      ContainerPort: port.containerPort,
      HostPort: port.hostPort,
      BindIp: port.hostIp,
      Protocol: port.protocol,
    })),
    Networks: [{ NetworkMode: 'bridge', IPv4Addresses: container?.addresses ?? [] }],
    MetadataFileStatus: 'READY',
    AvailabilityZone: 'us-east-1a',
  });
  assert.ok((container?.ports ?? []).length > 0);
  world.plane.payload(stopOf(1));
  await world.settle();
  await world.clock.turn(1_000);
  await until(world, async () => ((await readdir(folder)).length === 0 ? true : undefined));
  await world.kill();
});

test('off, containers are told of none', async () => {
  const world = new AgentWorld();
  await world.start();
  world.plane.payload(aTask(1, [aContainer('web')]));
  await world.settle();
  assert.ok(!specOf(world).Env.some((one) => one.includes('METADATA_FILE')));
  assert.deepEqual(specOf(world).HostConfig.Binds, []);
  await world.kill();
});
