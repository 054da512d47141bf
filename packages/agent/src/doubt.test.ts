import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EngineError } from './engine/port.ts';
import { aContainer, aTask, eni, stopOf, taskArn } from './testing/payloads.ts';
import { AgentWorld } from './testing/world.ts';

const CALLS = ['createContainer', 'startContainer', 'stopContainer', 'removeContainer', 'inspectContainer'] as const;
const KINDS = ['timeout', 'unreachable', 'failed'] as const;
const awsvpc = (n: number) =>
  aTask(n, [aContainer('web')], {
    networkMode: 'awsvpc',
    elasticNetworkInterfaces: [eni()],
    cpu: 0.5,
    volumes: [{ name: 'data', host: {} }],
  });

/** What is told STOPPED does not run and keeps no address; some time later nothing of it is left. */
async function assertOver(world: AgentWorld): Promise<void> {
  assert.match(world.plane.told(taskArn(1)).at(-1) ?? '', /^STOPPED web:STOPPED/);
  assert.ok(!world.containers().includes('web running'), 'it runs and was told STOPPED');
  assert.deepEqual(await world.network.leases(), []);
  await world.clock.turn(15 * 60_000);
  assert.deepEqual(world.engine.containers(), []);
  assert.equal(world.cgroups.parents.size, 0);
  assert.deepEqual(
    world.logged.filter((line) => line.startsWith('error')),
    [],
  );
  await world.kill();
}

describe('an answer of the engine that tells less, or other, than what it did', () => {
  for (const call of CALLS) {
    for (const kind of KINDS) {
      for (const afterEffect of [false, true]) {
        const name = `${call}: ${kind} ${afterEffect ? 'after it was done' : 'and nothing done'}`;

        test(`${name}: what runs is told RUNNING, what is told STOPPED does not run`, async () => {
          const world = new AgentWorld();
          await world.start();
          world.engine.failNext(call, new EngineError(kind, 'the engine had a bad moment'), { afterEffect });
          world.plane.payload(aTask(1, [aContainer('web')]));
          await world.clock.turn(20_000);
          const told = world.plane.told(taskArn(1)).at(-1) ?? '';
          if (told.startsWith('RUNNING')) assert.deepEqual(world.containers(), ['web running']);
          else assert.match(told, /^STOPPED web:STOPPED/);
          world.plane.payload(stopOf(1));
          await world.clock.turn(60_000);
          await assertOver(world);
        });

        test(`${name}: the same with an address, a volume and a stop at once`, async () => {
          const world = new AgentWorld();
          await world.start();
          world.engine.failNext(call, new EngineError(kind, 'the engine had a bad moment'), { afterEffect });
          world.plane.payload(awsvpc(1));
          world.plane.payload(stopOf(1));
          await world.clock.turn(60_000);
          await assertOver(world);
        });
      }
    }
  }
});

test('a container that cannot be stopped is removed by force before it is told STOPPED', async () => {
  const world = new AgentWorld();
  await world.start();
  world.plane.payload(aTask(1, [aContainer('web')]));
  await world.settle();
  world.engine.failNext('stopContainer', new EngineError('failed', 'cannot kill: permission denied'), { times: 5 });
  world.plane.payload(stopOf(1));
  await world.clock.turn(60_000);
  await assertOver(world);
});

describe('a start that nobody answered', () => {
  for (const restarted of [false, true]) {
    test(`is undone by a stop${restarted ? ', after a restart of the agent too' : ''}`, async () => {
      const world = new AgentWorld();
      await world.start();
      world.engine.failNext('startContainer', new EngineError('unreachable', 'gone'), { afterEffect: true });
      world.engine.failNext('inspectContainer', new EngineError('unreachable', 'gone'), { times: 2 });
      world.plane.payload(aTask(1, [aContainer('web')]));
      await world.settle();
      if (restarted) {
        await world.kill();
        world.plane.payload(stopOf(1));
        await world.start();
      }
      world.plane.payload(stopOf(1));
      await world.clock.turn(60_000);
      await assertOver(world);
    });
  }
});

describe('an engine that restarts while the agent starts', () => {
  for (let atMs = 0; atMs <= 120; atMs += 4) {
    test(`${atMs} ms after it began: what died with it is found soon`, async () => {
      const world = new AgentWorld({ engineLatencyMs: 7 });
      await world.start();
      world.plane.payload(aTask(1, [aContainer('web')]));
      await world.clock.turn(1000);
      await world.kill();
      void world.clock.sleep(atMs).then(() => world.engine.restart({ keepContainers: false }));
      await world.start();
      await world.clock.turn(10_000);
      assert.match(world.plane.told(taskArn(1)).at(-1) ?? '', /^STOPPED web:STOPPED/);
      await world.kill();
    });
  }
});

describe('kill -9 while a task is being prepared, on a slow disk', () => {
  for (let atMs = 0; atMs <= 100; atMs += 5) {
    const options = { engineLatencyMs: 7, diskMs: 20 };

    test(`${atMs} ms after it came, and its payload never comes again: nothing is left`, async () => {
      const world = new AgentWorld(options);
      await world.start();
      world.plane.payload(awsvpc(1));
      await world.clock.turn(atMs);
      await world.kill();
      world.plane.giveUp();
      await world.start();
      // It may have been kept: then a manifest or a message ends it.
      if (world.disk.durable.has(`task/${taskArn(1)}`)) world.plane.payload(stopOf(1));
      await world.clock.turn(20 * 60_000);
      assert.deepEqual(world.engine.containers(), []);
      assert.deepEqual(await world.network.leases(), []);
      assert.equal(world.cgroups.parents.size, 0);
      await world.kill();
    });

    test(`${atMs} ms after it came, and its container dies meanwhile: the address is free when STOPPED is told`, async () => {
      const world = new AgentWorld(options);
      await world.start();
      world.plane.payload(awsvpc(1));
      await world.clock.turn(atMs);
      await world.kill();
      for (const { id, status, labels } of world.engine.containers())
        if ('gantry.agent' in labels && status === 'running') world.engine.crash(id, 5);
      await world.start();
      world.plane.payload(stopOf(1));
      for (let ms = 0; ms < 60_000; ms += 10) {
        await world.clock.turn(10);
        if ((world.plane.told(taskArn(1)).at(-1) ?? '').startsWith('STOPPED')) break;
      }
      await assertOver(world);
    });
  }
});

describe('what a task stands on', () => {
  for (const call of ['attach', 'release'] as const) {
    for (const times of [1, 5]) {
      test(`${call} fails ${times} time(s): the address is free when STOPPED is told`, async () => {
        const world = new AgentWorld();
        await world.start();
        world.network.failNext(call, new Error('no such device'), { times, afterEffect: call === 'attach' });
        world.plane.payload(awsvpc(1));
        await world.clock.turn(20_000);
        world.plane.payload(stopOf(1));
        await world.clock.turn(60_000);
        await assertOver(world);
      });
    }
  }

  test('an engine that is away for long delays its volumes, and does not fail them', async () => {
    const world = new AgentWorld();
    await world.start();
    world.engine.failNext('createVolume', new EngineError('unreachable', 'gone'), { times: 6 });
    world.plane.payload(awsvpc(1));
    await world.clock.turn(60_000);
    assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING web:RUNNING']);
    await world.kill();
  });

  test('an address that cannot be given back is told as an error, and holds STOPPED up for a while only', async () => {
    const world = new AgentWorld();
    await world.start();
    world.plane.payload(awsvpc(1));
    await world.clock.turn(20_000);
    world.network.failNext('release', new Error('no such device'), { times: 12 });
    world.plane.payload(stopOf(1));
    await world.clock.turn(30_000);
    assert.deepEqual(world.plane.told(taskArn(1)).slice(-1), ['RUNNING web:STOPPED(143)']);
    await world.clock.turn(120_000);
    assert.match(world.plane.told(taskArn(1)).at(-1) ?? '', /^STOPPED/);
    assert.ok(world.logged.some((line) => /^error releasing the network of arn:.*no such device/.test(line)));
    await world.kill();
  });
});
