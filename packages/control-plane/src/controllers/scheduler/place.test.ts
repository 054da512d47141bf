import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import type { Instance, PlacementConstraint, PlacementStrategyRule, Reservation, Task } from '@gantry/domain';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aDefinition, anInstance, aTask, CLUSTER_KEY } from '../testing/builders.ts';
import { aWorld, numbered, putInstance, putTask } from '../testing/world.ts';
import { placeNow } from './apply.ts';
import { dotted, rangeOf } from '../../vpc/cidr.ts';
import { PlacementIndex } from './placement-index.ts';

const reservation = (more: Partial<Reservation> = {}): Reservation => ({ ...aTask().reservation, ...more });
let count = 0;
const unplaced = (more: Partial<Task> = {}): Task => aTask({ id: numbered((count += 1)), ...more });
const memberOf = (expression: string): PlacementConstraint => ({ type: 'memberOf', expression });

/** Places the tasks in one transaction on the given instances; tells the instance number or the refusal of each. */
async function outcomes(
  instances: readonly Partial<Instance>[],
  tasks: readonly Task[],
  definition = aDefinition(),
): Promise<(number | string)[]> {
  const { platform, run } = await aWorld(new FakeClock(), new SeededIds());
  return run((tx) => {
    tx.put(tx.tables.taskDefinitions, '123456789012/us-east-1/web:1', definition);
    instances.forEach((instance, n) => putInstance(tx, n, instance));
    return tasks.map((task) => {
      const result = placeNow(tx, platform, task);
      return 'placed' in result
        ? Number(result.placed.instanceId)
        : `${result.refused.because} ${result.refused.reason}`;
    });
  });
}

describe('a refusal names the closest instance and its first reason', () => {
  const attribute = (name: string, value?: string) => [{ name, value }];
  const cases: [string, Partial<Instance>[], Task, string][] = [
    ['nobody', [], unplaced(), 'no-instances EMPTY CAPACITY PROVIDER'],
    ['draining', [{ status: 'DRAINING' }], unplaced(), 'no-active-instances NO ACTIVE INSTANCES'],
    ['lost agent', [{ agentConnected: false }], unplaced(), 'agent-disconnected AGENT'],
    ['cpu', [{}], unplaced({ reservation: reservation({ cpuUnits: 9999 }) }), 'insufficient-cpu RESOURCE:CPU'],
    [
      'memory',
      [{}],
      unplaced({ reservation: reservation({ memoryMiB: 9999 }) }),
      'insufficient-memory RESOURCE:MEMORY',
    ],
    ['host port', [{}], unplaced({ reservation: reservation({ tcpPorts: [22] }) }), 'port-taken RESOURCE:PORTS'],
    ['gpu', [{}], unplaced({ reservation: reservation({ gpuCount: 1 }) }), 'insufficient-gpu RESOURCE:GPU'],
    ['eni', [{ maxEnis: 0 }], unplaced({ reservation: reservation({ eniCount: 1 }) }), 'insufficient-eni RESOURCE:ENI'],
    [
      'zone',
      [{ availabilityZone: 'us-east-1c' }],
      unplaced({
        networkMode: 'awsvpc',
        awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: [], assignPublicIp: 'DISABLED' },
      }),
      'wrong-location LOCATION',
    ],
    [
      'constraint',
      [{ attributes: attribute('stack', 'test') }],
      unplaced({ placementConstraints: [memberOf('attribute:stack == prod')] }),
      'constraint-unsatisfied MemberOf placement constraint unsatisfied',
    ],
    [
      'the instance that gets furthest speaks',
      [{ agentConnected: false }, { status: 'DRAINING' }, {}],
      unplaced({ reservation: reservation({ memoryMiB: 9999 }) }),
      'insufficient-memory RESOURCE:MEMORY',
    ],
  ];
  for (const [name, instances, task, expected] of cases)
    it(name, async () => assert.deepEqual(await outcomes(instances, [task]), [expected]));

  it('a required attribute, by name and by value', async () => {
    const definition = aDefinition({ requiresAttributes: [{ name: 'a' }, { name: 'b', value: '2' }] });
    const have = (value: string) => ({ attributes: [{ name: 'a' }, { name: 'b', value }] });
    assert.deepEqual(await outcomes([have('1')], [unplaced()], definition), ['missing-attribute ATTRIBUTE']);
    assert.deepEqual(await outcomes([have('1'), have('2')], [unplaced()], definition), [1]);
  });
});

describe('strategies', () => {
  const zones = ['us-east-1a', 'us-east-1b', 'us-east-1a', 'us-east-1b'].map((availabilityZone) => ({
    availabilityZone,
  }));
  const some = (n: number, ...placementStrategy: PlacementStrategyRule[]) =>
    Array.from({ length: n }, () => unplaced({ placementStrategy }));

  it('spread over instances', async () => {
    const placed = await outcomes(zones, some(8, { type: 'spread', field: 'instanceId' }));
    assert.deepEqual(
      placed.map(Number).sort((a, b) => a - b),
      [0, 0, 1, 1, 2, 2, 3, 3],
    );
  });
  it('spread over zones, then binpack within', async () => {
    const rules = some(
      4,
      { type: 'spread', field: 'attribute:ecs.availability-zone' },
      { type: 'binpack', field: 'memory' },
    );
    const placed = await outcomes(zones, rules);
    assert.equal(new Set(placed).size, 2);
    assert.equal(placed.filter((n) => Number(n) % 2 === 0).length, 2);
  });
  it('binpack fills one before the next', async () => {
    const placed = await outcomes([{}, {}, {}], some(20, { type: 'binpack', field: 'CPU' }));
    assert.equal(new Set(placed).size, 1);
  });
  it('services spread over zones and instances by default', async () => {
    const tasks = Array.from({ length: 4 }, () => unplaced({ serviceKey: `${CLUSTER_KEY}/web` }));
    assert.deepEqual(
      (await outcomes(zones, tasks)).map(Number).sort((a, b) => a - b),
      [0, 1, 2, 3],
    );
  });
  it('distinctInstance sees what the same transaction placed', async () => {
    const tasks = Array.from({ length: 3 }, () => unplaced({ placementConstraints: [{ type: 'distinctInstance' }] }));
    const placed = await outcomes([{}, {}], tasks);
    assert.equal(placed[2], 'constraint-unsatisfied DistinctInstance placement constraint unsatisfied');
  });
  it('task:group and runningTasksCount ask what runs now', async () => {
    const follow = unplaced({
      group: 'two',
      placementConstraints: [memberOf('task:group == one && runningTasksCount < 2')],
    });
    const placed = await outcomes([{}, {}, {}], [unplaced({ group: 'one' }), follow, { ...follow, id: numbered(99) }]);
    assert.equal(placed[1], placed[0]);
    assert.match(String(placed[2]), /MemberOf/);
  });
});

describe('addresses', () => {
  it('are the lowest free ones, behind the gateway, before the broadcast', async () => {
    const { platform, run } = await aWorld(new FakeClock(), new SeededIds());
    const vpc = { subnets: ['subnet-a'], securityGroups: [], assignPublicIp: 'DISABLED' } as const;
    await run((tx) => {
      putInstance(tx, 0, { maxEnis: 99 });
      const one = () => placeNow(tx, platform, unplaced({ networkMode: 'awsvpc', awsvpcConfiguration: vpc }));
      const given = Array.from({ length: 14 }, one);
      const tasks = given.flatMap((result) => ('placed' in result ? [result.placed] : []));
      assert.deepEqual(
        tasks.map((task) => task.networkInterface?.privateIPv4Address),
        Array.from({ length: 13 }, (_, n) => `10.0.0.${n + 2}`),
      );
      assert.ok('refused' in (given[13] ?? {}));
      const third = tasks[3] as Task;
      putTask(tx, { ...third, lastStatus: 'STOPPED' });
      const next = one();
      assert.ok('placed' in next && next.placed.networkInterface?.privateIPv4Address === '10.0.0.5');
    });
  });
  it('read their CIDR', () => {
    assert.deepEqual(rangeOf('10.1.2.77/26'), { base: rangeOf('10.1.2.64/32').base, size: 64 });
    assert.equal(dotted(rangeOf('255.254.3.4/32').base), '255.254.3.4');
  });
});

it('never gives away more than there is, whatever comes and goes', async () => {
  const move = fc.record({
    cpu: fc.nat(2000),
    memory: fc.nat(4000),
    port: fc.nat(3),
    stop: fc.boolean(),
    pick: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 60 }), async (moves) => {
      const { platform, run, state } = await aWorld(new FakeClock(), new SeededIds());
      const registered = { ...anInstance().registered, gpuIds: ['a', 'b', 'c', 'd'] };
      await run((tx) => [0, 1, 2].forEach((n) => putInstance(tx, n, { registered })));
      const live: Task[] = [];
      for (const { cpu, memory, port, stop, pick } of moves) {
        await run((tx) => {
          const victim = stop ? live.splice(pick % Math.max(1, live.length), 1)[0] : undefined;
          if (victim !== undefined) return void putTask(tx, { ...victim, lastStatus: 'STOPPED' });
          const asked = reservation({
            cpuUnits: cpu,
            memoryMiB: memory,
            tcpPorts: port > 0 ? [port] : [],
            gpuCount: port,
          });
          const containers = aTask().containers.map((container) => ({ ...container, gpuCount: port }));
          const result = placeNow(tx, platform, unplaced({ reservation: asked, containers }));
          if ('placed' in result) live.push(result.placed);
          if (pick % 7 === 0) throw new Error('undone');
        }).catch(() => live.pop());
      }
      const pool = PlacementIndex.of(state.tables).pool(CLUSTER_KEY);
      for (const [key, instance] of [...state.tables.instances.keys].map(
        (k) => [k, state.tables.instances.get(k)] as const,
      )) {
        const held = state.tables.tasks.by('instance', key).map((task) => task.reservation);
        const sum = (pick: (r: Reservation) => number) => held.reduce((total, r) => total + pick(r), 0);
        const slot = PlacementIndex.of(state.tables).placeOf(key)?.slot ?? -1;
        const left = (instance?.registered.cpuUnits ?? 0) - sum((r) => r.cpuUnits);
        assert.equal(pool?.freeCpu[slot], left, 'the index is exact');
        assert.ok(left >= 0 && sum((r) => r.memoryMiB) <= (instance?.registered.memoryMiB ?? 0));
        const gpuIds = state.tables.tasks.by('instance', key).flatMap(({ containers: [one] }) => one?.gpuIds ?? []);
        assert.equal(new Set(gpuIds).size, gpuIds.length, 'a GPU has one owner');
        assert.equal(pool?.freeGpus[slot], 4 - gpuIds.length);
        const ports = held.flatMap((r) => r.tcpPorts);
        assert.equal(new Set(ports).size, ports.length, 'a host port has one owner');
      }
    }),
    { numRuns: 40 },
  );
});
