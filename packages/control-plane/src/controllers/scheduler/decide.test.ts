import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import { epochMs, FARGATE_POOL_CLUSTER, type Task, type TaskDefinition } from '@gantry/domain';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startControllers } from '../index.ts';
import { newTask, taskKey } from '../task/create.ts';
import { aDefinition, anInstance, aTask, SCOPE } from '../testing/builders.ts';
import { aWorld, numbered, putTask, type World } from '../testing/world.ts';
import { assignProviders } from './capacity.ts';
import { decideWaiting, likenessOf } from './decide.ts';

describe('waiting tasks', () => {
  const waiting = (n: number, more: Partial<Task> = {}) =>
    aTask({ id: numbered(n), lastStatus: 'PROVISIONING', ...more });
  it('are tried oldest first, with a last chance when their time is over', () => {
    const actions = decideWaiting({
      now: epochMs(100),
      tasks: [
        waiting(1, { createdAt: epochMs(9), placementDeadlineAt: epochMs(100) }),
        waiting(2, { createdAt: epochMs(3), placementDeadlineAt: epochMs(140) }),
        waiting(3, { createdAt: epochMs(3), placementDeadlineAt: epochMs(120) }),
      ],
    });
    assert.deepEqual(
      actions.map((action) => (action.kind === 'try' ? `${Number(action.task.id)} ${action.lastChance}` : action.at)),
      ['2 false', '3 false', '1 true', 120],
    );
  });
  it('are alike when the same instances can have them', () => {
    assert.equal(likenessOf(waiting(1)), likenessOf(waiting(2, { createdAt: epochMs(9), group: 'x' })));
    assert.notEqual(likenessOf(waiting(1)), likenessOf(waiting(1, { launchType: 'FARGATE' })));
  });
});

it('shares out by base, then by weight (4.4)', () => {
  const item = (capacityProvider: string, base: number, weight: number) => ({ capacityProvider, base, weight });
  const strategy = [item('A', 1, 1), item('B', 0, 4)];
  assert.deepEqual(assignProviders(strategy, new Map(), 6), ['A', 'B', 'B', 'B', 'A', 'B']);
  assert.deepEqual(
    assignProviders(
      strategy,
      new Map([
        ['A', 2],
        ['B', 4],
      ]),
      1,
    ),
    ['B'],
  );
  assert.deepEqual(assignProviders([item('A', 2, 0), item('B', 0, 0)], new Map(), 3), ['A', 'A']);
});

describe('FARGATE tasks of RunTask', () => {
  const definition: TaskDefinition = aDefinition({
    networkMode: 'awsvpc',
    cpu: '1024',
    memory: '2048',
    requiresAttributes: [{ name: 'x' }],
  });
  const poolKey = `123456789012/us-east-1/${FARGATE_POOL_CLUSTER}`;

  function fargate({ platform }: World, subnets: readonly string[]): Task {
    return newTask({
      ids: platform.ids,
      seal: platform.seal,
      now: platform.clock.now(),
      scope: SCOPE,
      cluster: 'mine',
      definition,
      overrides: { containerOverrides: [] },
      launchType: 'FARGATE',
      awsvpcConfiguration: { subnets, securityGroups: [], assignPublicIp: 'ENABLED' },
      group: 'family:web',
      tags: [],
      placementConstraints: [],
      placementStrategy: [],
      enableExecuteCommand: false,
      because: 'run-task',
    });
  }
  async function aPlay() {
    const clock = new FakeClock();
    const world = await aWorld(clock, new SeededIds());
    await world.run((tx) => tx.put(tx.tables.taskDefinitions, '123456789012/us-east-1/web:1', definition));
    const stop = new AbortController();
    const controllers = startControllers(world.platform, stop.signal);
    const machine = (n: number, availabilityZone: string) =>
      world.run((tx) => {
        const instance = anInstance({
          cluster: FARGATE_POOL_CLUSTER,
          pool: 'fargate',
          availabilityZone,
          id: numbered(n) as never,
        });
        tx.put(tx.tables.instances, `${poolKey}/${numbered(n)}`, instance);
      });
    const end = async () => {
      stop.abort();
      await controllers.stopped;
    };
    return { clock, world, controllers, machine, end };
  }

  it('wait for a machine, get an address of their subnet, and are PENDING', async () => {
    const { world, controllers, machine, end } = await aPlay();
    const task = await world.run((tx) => putTask(tx, fargate(world, ['subnet-b'])));
    await controllers.settled();
    const read = () => world.state.tables.tasks.get(taskKey(task));
    assert.equal(read()?.lastStatus, 'PROVISIONING');
    await machine(2, 'us-east-1b');
    await controllers.settled();
    assert.deepEqual([read()?.lastStatus, read()?.networkInterface?.privateIPv4Address], ['PENDING', '10.0.1.2']);
    assert.match(read()?.networkInterface?.macAddress ?? '', /^0a(:[0-9a-f]{2}){5}$/);
    assert.equal(world.state.tables.outbox.countBy('instance', `${poolKey}/${numbered(2)}`), 1);
    await end();
  });

  it('spread over the subnets of zones that have no machine: the one there is stands in', async () => {
    const { world, controllers, machine, end } = await aPlay();
    await machine(1, 'us-east-1c');
    await world.run((tx) => {
      for (let n = 0; n < 4; n += 1) putTask(tx, fargate(world, ['subnet-a', 'subnet-b']));
    });
    await controllers.settled();
    const zones = [...world.state.tables.tasks.values()].map((task) => String(task.availabilityZone));
    assert.deepEqual(zones.toSorted(), ['us-east-1a', 'us-east-1a', 'us-east-1b', 'us-east-1b']);
    await machine(2, 'us-east-1b');
    const late = await world.run((tx) => putTask(tx, fargate(world, ['subnet-b'])));
    await controllers.settled();
    const placed = world.state.tables.tasks.get(taskKey(late));
    assert.equal(placed?.instanceKey, `${poolKey}/${numbered(2)}`, 'where its zone has a machine it is there');
    await end();
  });

  it('spread over the zones of their subnets', async () => {
    const { world, controllers, machine, end } = await aPlay();
    await machine(1, 'us-east-1a');
    await machine(2, 'us-east-1b');
    await world.run((tx) => {
      for (let n = 0; n < 4; n += 1) putTask(tx, fargate(world, ['subnet-a', 'subnet-b']));
    });
    await controllers.settled();
    const zones = [...world.state.tables.tasks.values()].map((task) => task.availabilityZone);
    assert.deepEqual(zones.filter((zone) => zone === 'us-east-1a').length, 2);
    await end();
  });

  it('fail when no room came in half an hour', async () => {
    const { clock, world, controllers, end } = await aPlay();
    const task = await world.run((tx) => putTask(tx, fargate(world, ['subnet-a'])));
    await controllers.settled();
    await clock.turn(30 * 60_000);
    await controllers.settled();
    const after = world.state.tables.tasks.get(taskKey(task));
    assert.deepEqual(
      [after?.lastStatus, after?.stopCode, after?.because],
      ['STOPPED', 'TaskFailedToStart', 'provisioning-timeout'],
    );
    assert.match(after?.stoppedReason ?? '', /^Capacity is unavailable at this time/);
    await end();
  });
});
