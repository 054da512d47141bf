import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EngineError } from '../engine/port.ts';
import { aContainer, aTask, eni, stopOf, taskArn } from '../testing/payloads.ts';
import { AgentWorld } from '../testing/world.ts';

type Host = Readonly<Record<string, unknown>>;
const named = (world: AgentWorld, name: string) =>
  world.engine.containers().find((c) => c.labels['com.amazonaws.ecs.container-name'] === name);
const hostConfig = (world: AgentWorld, name: string): Host =>
  (world.engine.spec(named(world, name)?.id ?? '') as { readonly HostConfig: Host }).HostConfig;
const HOLDER = '~internal~ecs~pause~namespace';

describe('namespaces that containers of a task share', () => {
  for (const networkMode of ['bridge', 'host', 'none'] as const) {
    test(`are held by a container of their own in network mode ${networkMode}, which goes with the task`, async () => {
      const world = new AgentWorld();
      await world.start();
      const containers = [aContainer('web'), aContainer('side')];
      world.plane.payload(aTask(1, containers, { networkMode, pidMode: 'task', ipcMode: 'task' }));
      await world.settle();
      const holder = named(world, HOLDER);
      assert.match(holder?.name ?? '', /^ecs-web-1-internalecspausenamespace-[0-9a-f]{20}$/);
      assert.equal(hostConfig(world, HOLDER)['IpcMode'], 'shareable');
      for (const name of ['web', 'side']) {
        const { PidMode, IpcMode, NetworkMode } = hostConfig(world, name);
        const joined = `container:${holder?.id}`;
        assert.deepEqual([PidMode, IpcMode, NetworkMode], [joined, joined, networkMode]);
      }
      assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING web:RUNNING side:RUNNING']);
      await world.kill();
      await world.start();
      assert.equal(named(world, HOLDER)?.id, holder?.id, 'a restart finds it');
      world.plane.payload(stopOf(1));
      await world.settle();
      assert.equal(named(world, HOLDER), undefined);
      assert.deepEqual(world.containers(), ['web exited', 'side exited']);
      await world.kill();
    });
  }

  test('one that was made although the engine said no is taken up', async () => {
    const world = new AgentWorld();
    await world.start();
    world.engine.failNext('createContainer', new EngineError('timeout', 'no answer'), { afterEffect: true });
    world.plane.payload(aTask(1, [aContainer('web')], { ipcMode: 'task' }));
    await world.clock.turn(10_000);
    await world.settle();
    assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING web:RUNNING']);
    assert.equal(world.containers().length, 2);
    await world.kill();
  });

  test('with awsvpc the network’s own container holds them; without sharing there is none', async () => {
    const world = new AgentWorld();
    await world.start();
    const elasticNetworkInterfaces = [eni()];
    world.plane.payload(
      aTask(1, [aContainer('far')], { networkMode: 'awsvpc', pidMode: 'task', elasticNetworkInterfaces }),
    );
    world.plane.payload(aTask(2, [aContainer('web')], { pidMode: 'host' }));
    await world.settle();
    assert.equal(named(world, HOLDER), undefined);
    await world.kill();
  });
});
