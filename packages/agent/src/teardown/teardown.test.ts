import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EngineError } from '../engine/port.ts';
import { LinkError } from '../session/port.ts';
import { aContainer, aTask, eni, stopOf, taskArn } from '../testing/payloads.ts';
import { AgentWorld } from '../testing/world.ts';
import { tearDown, type TornDown } from './teardown.ts';

const LOGGING = {
  LogConfig: {
    Type: 'awslogs',
    Config: { 'awslogs-group': 'g', 'awslogs-region': 'r', 'awslogs-stream-prefix': 'p' },
  },
};
const STREAM = `g/p/web/${taskArn(1).slice(-32)}`;

const MOUNT = { sourceVolume: 'data', containerPath: '/d', readOnly: false };

/** Everything a task can have on a host. */
const fullTask = (number: number) =>
  aTask(number, [aContainer('web', { hostConfig: LOGGING, mountPoints: [MOUNT] })], {
    networkMode: 'awsvpc',
    elasticNetworkInterfaces: [eni()],
    cpu: 0.5,
    memory: 256,
    volumes: [{ name: 'data', host: {} }],
  });

async function running(): Promise<AgentWorld> {
  const world = new AgentWorld();
  world.plane.groups.add('g');
  await world.start();
  world.plane.payload(fullTask(1));
  await world.clock.turn(1_000);
  await world.settle();
  assert.deepEqual(world.containers(), ['web running']);
  return world;
}

async function stopped(): Promise<AgentWorld> {
  const world = await running();
  world.plane.payload(stopOf(1));
  await world.clock.turn(60_000);
  await world.settle();
  assert.deepEqual(world.containers(), ['web exited']);
  await world.agent?.stop();
  return world;
}

/** What the process finds on the disk and on the machine. */
async function torn(world: AgentWorld, force = false): Promise<TornDown> {
  const documents = new Map([...world.disk.durable].map(([key, text]) => [key, JSON.parse(text) as unknown]));
  const { engine, cgroups, clock, ids, link, routerFiles } = world;
  const network = {
    bridge: 'gantry0',
    teardown: async () => {
      for (const { taskArn: arn } of await world.network.leases()) await world.network.release(arn);
    },
  };
  const log = (level: string, text: string): void => void world.logged.push(`${level} ${text}`);
  const ports = { engine, directories: [world.directories], cgroups, clock, ids, link, log, network, routerFiles };
  let result: TornDown | undefined;
  void tearDown(ports, [{ name: 'one', documents }], { force }).then((done) => (result = done));
  for (let turns = 0; result === undefined && turns < 1_000; turns += 1) await clock.turn(100);
  return result ?? assert.fail('it did not end');
}

async function assertNothingLeft(world: AgentWorld): Promise<void> {
  assert.deepEqual(world.engine.containers(), []);
  assert.deepEqual(await world.engine.listVolumes('gantry.agent'), []);
  assert.deepEqual(await world.network.leases(), []);
  assert.equal(world.cgroups.parents.size, 0);
  assert.deepEqual(await world.directories.prepared(), []);
}

describe('teardown', () => {
  test('removes all that ended tasks left; again is harmless', async () => {
    const world = await stopped();
    // As if the agent had been killed before it gave them back.
    await world.cgroups.ensure(taskArn(1).slice(-32), {});
    await world.engine.createVolume('somebody-elses', {});
    assert.deepEqual(await torn(world), { containers: 1, volumes: 1, network: 'gantry0', problems: [] });
    await assertNothingLeft(world);
    assert.equal(await world.engine.inspectVolume('somebody-elses'), true);
    assert.deepEqual(await torn(world), { containers: 0, volumes: 0, network: 'gantry0', problems: [] });
  });

  test('makes nothing and pulls nothing', async () => {
    const world = await stopped();
    const before = world.engine.calls.length;
    await torn(world);
    const made = world.engine.calls.slice(before).filter(({ call }) => /^(create|start|pull)/.test(call));
    assert.deepEqual(made, []);
  });

  test('touches nothing while a container runs, unless forced', async () => {
    const world = await running();
    await world.kill();
    const refused = await torn(world);
    assert.match(
      refused.problems[0] ?? '',
      /^1 containers of tasks \(ecs-web-1-web-.*\) still run; nothing was removed\.$/,
    );
    assert.deepEqual([refused.containers, refused.volumes, refused.network], [0, 0, undefined]);
    assert.deepEqual(world.containers(), ['web running']);
    assert.equal(world.cgroups.parents.size, 1);
    assert.deepEqual((await torn(world, true)).problems, []);
    await assertNothingLeft(world);
  });

  test('removes containers that the checkpoint does not know', async () => {
    const world = await stopped();
    for (const key of world.disk.durable.keys()) if (key !== 'agent') world.disk.durable.delete(key);
    assert.deepEqual((await torn(world)).containers, 1);
    await assertNothingLeft(world);
  });

  test('an instance that never started has nothing', async () => {
    const world = new AgentWorld();
    const { id } = await world.engine.createContainer('other', { Image: 'x', Labels: { 'gantry.agent': 'another' } });
    assert.deepEqual(await torn(world), { containers: 0, volumes: 0, network: 'gantry0', problems: [] });
    assert.notEqual(await world.engine.inspectContainer(id), undefined);
  });

  test('says what could not be removed and why, and removes the rest', async () => {
    const world = await stopped();
    for (let tries = 0; tries < 3; tries += 1)
      world.engine.failNext('removeContainer', new EngineError('failed', 'device is busy'));
    const { containers, problems } = await torn(world);
    assert.equal(containers, 0);
    assert.match(problems[0] ?? '', /^container ecs-web-1-web-\S+ could not be removed: .*device is busy$/);
    assert.match(problems[1] ?? '', /^volume ecs-web-1-data-\S+ could not be removed: .*in use/);
    assert.deepEqual(await world.network.leases(), []);
    assert.deepEqual((await torn(world)).problems, []);
    await assertNothingLeft(world);
  });

  test('an engine that is away is the reason', async () => {
    const world = await stopped();
    world.engine.failNext('listContainers', new EngineError('unreachable', 'connection refused'));
    assert.match((await torn(world)).problems[0] ?? '', /^the container engine does not answer: .*refused/);
  });
});

describe('output that was not shipped yet', () => {
  /** The control plane is away while the container writes and ends, and the agent is stopped meanwhile. */
  async function unshipped(): Promise<AgentWorld> {
    const world = await running();
    world.engine.writeLine(world.engine.containers().find(({ name }) => name.startsWith('ecs-'))?.id ?? '', 'first');
    await world.clock.turn(1_000);
    const answer = world.plane.call.bind(world.plane);
    world.plane.call = (operation, input, options) =>
      operation === 'PutLogEvents'
        ? Promise.reject(new LinkError('Unreachable', 'away'))
        : answer(operation, input, options);
    world.engine.writeLine(world.engine.containers().find(({ name }) => name.startsWith('ecs-'))?.id ?? '', 'last');
    world.plane.payload(stopOf(1));
    await world.clock.turn(60_000);
    await world.agent?.stop();
    await world.settle();
    world.plane.call = answer;
    assert.deepEqual(lines(world), ['first']);
    return world;
  }
  const lines = (world: AgentWorld): readonly (string | undefined)[] =>
    (world.plane.streams.get(STREAM) ?? []).map(({ message }) => message);

  test('is shipped before the container goes, from where it stood', async () => {
    const world = await unshipped();
    assert.deepEqual((await torn(world)).problems, []);
    assert.deepEqual(lines(world), ['first', 'last']);
    await assertNothingLeft(world);
  });

  test('keeps its container when the control plane does not take it', async () => {
    const world = await unshipped();
    const answer = world.plane.call.bind(world.plane);
    world.plane.call = () => Promise.reject(new LinkError('Unreachable', 'away'));
    assert.match(
      (await torn(world)).problems[0] ?? '',
      /^container ecs-web\S+ was kept: the control plane did not take/,
    );
    assert.deepEqual(world.containers(), ['web exited']);
    world.plane.call = answer;
    assert.deepEqual((await torn(world)).problems, []);
    assert.deepEqual(lines(world), ['first', 'last']);
  });

  test('is let go when its group was deleted, or by force', async () => {
    const world = await unshipped();
    world.plane.groups.clear();
    assert.deepEqual((await torn(world)).problems, []);
    await assertNothingLeft(world);
    assert.match(world.logged.join('\n'), /is let go: .*log group does not exist/);
    const other = await unshipped();
    other.plane.call = () => Promise.reject(new LinkError('Unreachable', 'away'));
    assert.deepEqual((await torn(other, true)).problems, []);
    await assertNothingLeft(other);
  });
});
