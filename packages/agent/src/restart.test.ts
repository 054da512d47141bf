import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EngineError } from './engine/port.ts';
import { LinkError } from './session/port.ts';
import { aContainer, aTask, eni, stopOf, taskArn } from './testing/payloads.ts';
import { AgentWorld, type WorldOptions } from './testing/world.ts';

const WORLD: WorldOptions = { engineLatencyMs: 7, images: { 'job:1': { exit: { code: 0, afterMs: 300 } } } };

/** Everything a task can have: a namespace, a cgroup, a volume, an order of start, containers that end by themselves. */
function fullTask(number: number) {
  return aTask(
    number,
    [
      aContainer('init', {
        image: 'job:1',
        essential: false,
        mountPoints: ['data', 'shared'].map((sourceVolume) => ({
          sourceVolume,
          containerPath: `/${sourceVolume}`,
          readOnly: false,
        })),
      }),
      aContainer('web', { dependsOn: [{ containerName: 'init', condition: 'SUCCESS' }] }),
      aContainer('side', { dependsOn: [{ containerName: 'web', condition: 'START' }] }),
    ],
    {
      networkMode: 'awsvpc',
      elasticNetworkInterfaces: [eni()],
      cpu: 0.5,
      memory: 256,
      volumes: [{ name: 'data', host: {} }, sharedVolume],
    },
  );
}

/** A directory of a file system: an access point's. */
const sharedVolume = {
  name: 'shared',
  efsVolumeConfiguration: {},
  fileSystem: { kind: 'directory', path: '/efs/fs-1', markFile: '/efs/.host', mark: 'here', rootDirectory: '/app' },
} as const;

async function assertNothingLeft(world: AgentWorld, where: string): Promise<void> {
  assert.deepEqual(world.containers(), [], where);
  assert.deepEqual(await world.network.leases(), [], where);
  assert.equal(world.cgroups.parents.size, 0, where);
  assert.deepEqual(world.engine.volumes(), [], where);
  assert.deepEqual(await world.directories.prepared(), [], where);
  assert.deepEqual(
    [...world.disk.durable.keys()].filter((key) => key !== 'agent'),
    [],
    where,
  );
}

describe('kill -9 of the agent', () => {
  // The script takes about a second on the fake clock: a kill at every 20th millisecond of it.
  for (let killAtMs = 0; killAtMs <= 1000; killAtMs += 20) {
    test(`${killAtMs} ms after the task came: the same end, and nothing is left`, async () => {
      const world = new AgentWorld(WORLD);
      await world.start();
      const script: readonly (readonly [number, () => void])[] = [
        [0, () => world.plane.payload(fullTask(1))],
        [700, () => world.plane.payload(stopOf(1))],
      ];
      let nowMs = 0;
      const goTo = async (ms: number): Promise<void> => {
        for (const [atMs, act] of script) {
          if (atMs < nowMs || atMs >= ms) continue;
          await world.clock.turn(atMs - nowMs);
          act();
          nowMs = atMs;
        }
        await world.clock.turn(ms - nowMs);
        nowMs = ms;
      };
      await goTo(killAtMs);
      await world.kill();
      await world.start();
      await goTo(3000);
      assert.match(
        world.plane.told(taskArn(1)).at(-1) ?? '',
        /^STOPPED init:STOPPED(\(0\))? web:STOPPED(\(143\))? side:STOPPED(\(143\))?$/,
      );
      await world.clock.turn(15 * 60_000);
      await assertNothingLeft(world, `killed at ${killAtMs}`);
      await world.kill();
    });
  }

  test('a volume whose making outlasts its task is not forgotten', async () => {
    const world = new AgentWorld({ config: { cleanUpDelayMs: 0 }, slowMs: { createVolume: 5000 } });
    await world.start();
    world.plane.payload(fullTask(1));
    await world.clock.turn(1000);
    world.plane.payload(stopOf(1));
    await world.clock.turn(1000);
    assert.match(world.plane.told(taskArn(1)).at(-1) ?? '', /^STOPPED /);
    await world.clock.turn(60_000);
    await assertNothingLeft(world, 'it was made after everything else was removed');
    await world.kill();
  });

  test('a volume that could not be removed is removed by the next agent', async () => {
    const world = new AgentWorld({ config: { cleanUpDelayMs: 0 } });
    await world.start();
    world.plane.payload(fullTask(1));
    await world.clock.turn(1000);
    // Somebody looks into it with a container of their own.
    const [volume = ''] = world.engine.volumes();
    const HostConfig = { Mounts: [{ Type: 'volume', Source: volume, Target: '/d' }] };
    const { id } = await world.engine.createContainer('curious', { Image: 'any', HostConfig });
    world.plane.payload(stopOf(1));
    await world.clock.turn(15 * 60_000);
    assert.deepEqual(world.engine.volumes(), [volume]);
    await world.kill();
    await world.engine.removeContainer(id);
    await world.start();
    await assertNothingLeft(world, 'the task is forgotten, its volume is not');
    await world.kill();
  });

  test('leaves containers running, and the next agent goes on with them', async () => {
    const world = new AgentWorld();
    await world.start();
    world.plane.payload(aTask(1, [aContainer('web')]));
    await world.settle();
    await world.kill();
    assert.deepEqual(world.containers(), ['web running']);
    await world.start();
    assert.deepEqual(world.containers(), ['web running']);
    assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING web:RUNNING'], 'what was accepted is not said again');
    const again = world.plane.calls.filter(({ operation }) => operation === 'RegisterContainerInstance').at(-1);
    assert.match(JSON.stringify(again?.input), /"containerInstanceArn":"arn:/);
    await world.kill();
  });

  test('a container that ended meanwhile is reported with its code, one that vanished by its name', async () => {
    const world = new AgentWorld();
    await world.start();
    world.plane.payload(aTask(1, [aContainer('web')]));
    world.plane.payload(aTask(2, [aContainer('web')]));
    await world.settle();
    await world.kill();
    const [one, two] = world.engine.containers().filter(({ labels }) => 'gantry.agent' in labels);
    world.engine.crash(one?.id ?? '', 5);
    world.engine.vanish(two?.id ?? '');
    await world.start();
    assert.equal(world.plane.told(taskArn(1)).at(-1), 'STOPPED web:STOPPED(5)');
    assert.equal(world.plane.told(taskArn(2)).at(-1), 'STOPPED web:STOPPED');
    const report = world.plane.reports.find(({ task, status }) => task === taskArn(2) && status === 'STOPPED');
    assert.match(report?.containers?.[0]?.reason ?? '', /^ContainerVanishedError: /);
    await world.kill();
  });

  test('is not a reason to restart in place what ended meanwhile', async () => {
    const world = new AgentWorld();
    await world.start();
    const restartPolicy = { enabled: true, ignoredExitCodes: [], restartAttemptPeriod: 60 };
    world.plane.payload(aTask(1, [aContainer('web', { restartPolicy })]));
    await world.settle();
    await world.clock.turn(120_000);
    await world.kill();
    world.engine.crash(world.engine.containers()[0]?.id ?? '', 1);
    await world.start();
    assert.equal(world.plane.told(taskArn(1)).at(-1), 'STOPPED web:STOPPED(1)');
    await world.kill();
  });

  test('containers of a payload that was never durable are removed, and the payload is run when it comes again', async () => {
    const world = new AgentWorld();
    await world.start();
    world.plane.payload(aTask(1, [aContainer('web')]));
    await world.settle();
    await world.kill();
    for (const key of Array.from(world.disk.durable.keys())) if (key !== 'agent') world.disk.durable.delete(key);
    await world.start();
    assert.deepEqual(world.containers(), []);
    await world.kill();
  });
});

describe('an instance the control plane refuses', () => {
  const refuse = (world: AgentWorld, message: string): void => {
    const { plane } = world;
    const before = plane.call.bind(plane);
    plane.call = (operation, input, options) => {
      const known = (input as { containerInstanceArn?: string }).containerInstanceArn !== undefined;
      if (operation !== 'RegisterContainerInstance' || !known) return before(operation, input, options);
      return Promise.reject(new LinkError('InvalidParameterException', message, { status: 400 }));
    };
  };
  const connections = (world: AgentWorld): number =>
    world.plane.connections.filter((c) => c.closed === undefined).length;

  test('as gone registers anew, also with tasks; its numbers begin anew', async () => {
    const world = new AgentWorld();
    await world.start();
    world.plane.payload(aTask(1, [aContainer('web')]));
    world.plane.manifest([taskArn(1)], 50);
    await world.settle();
    await world.kill();
    refuse(world, 'Container instance x is INACTIVE: it was deregistered.');
    await world.start();
    assert.equal(connections(world), 2);
    const acks = world.plane.acks().length;
    world.plane.manifest([], 3);
    await world.settle();
    assert.equal(world.plane.acks().length, acks + 1);
    assert.equal(world.plane.received.at(-1)?.type, 'TaskStopVerificationMessage');
    await world.kill();
  });

  test('as another machine registers anew only when nothing of it runs', async () => {
    const world = new AgentWorld();
    await world.start();
    world.plane.payload(aTask(1, [aContainer('web')]));
    await world.settle();
    await world.kill();
    refuse(world, 'Container instance x was registered with CPU 1 and MEMORY 2.');
    await world.start();
    assert.equal(connections(world), 0);
    await world.kill();
    for (const { id } of world.engine.containers()) world.engine.vanish(id);
    await world.start();
    assert.equal(connections(world), 2);
    assert.match(world.plane.told(taskArn(1)).at(-1) ?? '', /^STOPPED/);
    await world.kill();
  });
});

describe('an engine in trouble', () => {
  test('that is away is waited for: nothing is taken for dead', async () => {
    const world = new AgentWorld();
    await world.start();
    world.plane.payload(aTask(1, [aContainer('web')]));
    await world.settle();
    world.engine.goDown({ keepContainers: true });
    world.plane.payload(aTask(2, [aContainer('web')]));
    await world.clock.turn(30_000);
    assert.deepEqual(world.plane.told(taskArn(2)), []);
    world.engine.comeUp();
    await world.clock.turn(15_000);
    assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING web:RUNNING']);
    assert.deepEqual(world.plane.told(taskArn(2)), ['RUNNING web:RUNNING']);
    await world.kill();
  });

  test('whose events broke off: what died meanwhile is found', async () => {
    const world = new AgentWorld();
    await world.start();
    world.plane.payload(aTask(1, [aContainer('web')]));
    await world.settle();
    world.engine.restart({ keepContainers: false });
    world.engine.failNext('listContainers', new EngineError('failed', 'a bad moment'), { times: 2 });
    await world.clock.turn(7000);
    assert.match(world.plane.told(taskArn(1)).at(-1) ?? '', /^STOPPED/);
    await world.kill();
  });

  for (const call of [
    'createContainer',
    'startContainer',
    'stopContainer',
    'inspectImage',
    'removeContainer',
  ] as const) {
    for (const afterEffect of [false, true]) {
      test(`${call} whose ${afterEffect ? 'answer' : 'request'} is lost is tried again`, async () => {
        const world = new AgentWorld();
        await world.start();
        world.engine.failNext(call, new EngineError('unreachable', 'connection reset'), { afterEffect });
        world.plane.payload(aTask(1, [aContainer('web')]));
        await world.clock.turn(5000);
        assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING web:RUNNING']);
        world.plane.payload(stopOf(1));
        await world.clock.turn(5000);
        assert.match(world.plane.told(taskArn(1)).at(-1) ?? '', /^STOPPED web:STOPPED\(143\)$/);
        assert.equal(world.containers().length, 1);
        await world.clock.turn(15 * 60_000);
        await assertNothingLeft(world, call);
        await world.kill();
      });
    }
  }
});
