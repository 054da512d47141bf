/**
 * How many tasks a second the scheduler places, on simulated instances: the real state, the real placement, a memory
 * journal. Run: `node bench/placement.ts [instances …]` (1000 3000 10000).
 */
import {
  epochMs,
  type Ids,
  type InstanceId,
  type PlacementConstraint,
  type PlacementStrategyRule,
  type Scope,
} from '@gantry/domain';
import { placeNow } from '@gantry/control-plane/controllers/scheduler/apply.ts';
import { newTask } from '@gantry/control-plane/controllers/task/create.ts';
import { aDefinition, anInstance } from '@gantry/control-plane/controllers/testing/builders.ts';
import { CONFIG } from '@gantry/control-plane/controllers/testing/world.ts';
import { testSeal } from '@gantry/control-plane/seal/testing/test-seal.ts';
import { State } from '@gantry/control-plane/state/state.ts';
import { randomUUID } from 'node:crypto';

const ids: Ids = {
  hex32: () => randomUUID().replaceAll('-', ''),
  uuid: randomUUID,
  digits19: () => String(Math.random()).slice(2).padEnd(19, '1').slice(0, 19),
  random: Math.random,
};
const clock = { now: () => epochMs(Date.now()), elapsedMs: () => performance.now(), sleep: () => Promise.resolve() };
const journal = { load: () => Promise.resolve([]), append: () => {}, history: () => Promise.resolve([]) };
const PER_TRANSACTION = 10;
const PER_RUN = 20_000;

const spread: PlacementStrategyRule = { type: 'spread', field: 'attribute:ecs.availability-zone' };
const binpack: PlacementStrategyRule = { type: 'binpack', field: 'memory' };
const memberOf: PlacementConstraint = {
  type: 'memberOf',
  expression: 'attribute:ecs.instance-type =~ m7g.* and attribute:stack == prod',
};

const mixes: readonly [string, readonly PlacementStrategyRule[], readonly PlacementConstraint[]][] = [
  ['random', [], []],
  ['spread instanceId', [{ type: 'spread', field: 'instanceId' }], []],
  ['spread zone + binpack + memberOf', [spread, binpack], [memberOf]],
  ['the same + distinctInstance', [spread, binpack], [memberOf, { type: 'distinctInstance' }]],
];

async function measure(instances: number, [, strategy, constraints]: (typeof mixes)[number]): Promise<number> {
  const state = await State.open({
    journal: { ...journal, forgetHistoryBefore: () => Promise.resolve(0), close: () => Promise.resolve() },
    clock,
    schedule: queueMicrotask,
  });
  const definition = aDefinition();
  const scope: Scope = definition.scope;
  await state.transact((tx) => {
    tx.put(tx.tables.taskDefinitions, '123456789012/us-east-1/web:1', definition);
    for (let n = 0; n < instances; n += 1) {
      const id = ids.hex32() as InstanceId;
      const attributes = [
        { name: 'ecs.instance-type', value: ['m7g.xlarge', 'm7g.4xlarge', 'c7g.large'][n % 3] },
        { name: 'stack', value: n % 10 === 0 ? 'test' : 'prod' },
      ];
      const availabilityZone = `us-east-1${'abc'[n % 3]}`;
      const registered = { cpuUnits: 65_536, memoryMiB: 262_144, tcpPorts: [22], udpPorts: [], gpuIds: [] };
      tx.put(
        tx.tables.instances,
        `123456789012/us-east-1/default/${id}`,
        anInstance({ id, attributes, availabilityZone, registered }),
      );
    }
  });
  const distinct = constraints.length > 1;
  let made = 0;
  const one = () =>
    newTask({
      ids,
      seal: testSeal(),
      now: clock.now(),
      scope,
      cluster: 'default',
      definition,
      overrides: { containerOverrides: [] },
      launchType: 'EC2',
      group: `service:${Math.floor((made += 1) / (distinct ? Math.floor(instances / 4) : 200))}`,
      serviceKey: undefined,
      tags: [],
      placementConstraints: constraints,
      placementStrategy: strategy,
      enableExecuteCommand: false,
      because: 'scale-out',
    });
  const some = (count: number) =>
    state.transact((tx) => {
      for (let n = 0; n < count; n += 1) {
        const result = placeNow(tx, { ids, config: CONFIG }, one());
        if ('refused' in result) throw new Error(result.refused.text);
      }
    });
  // Until the code is compiled and the tables have their size.
  await some(3000);
  const start = process.hrtime.bigint();
  for (let n = 0; n < PER_RUN; n += PER_TRANSACTION) await some(PER_TRANSACTION);
  return PER_RUN / (Number(process.hrtime.bigint() - start) / 1e9);
}

const sizes = process.argv.slice(2).map(Number);
console.log('placements per second, each with its transaction, outbox message and event');
for (const instances of sizes.length > 0 ? sizes : [1000, 3000, 10_000]) {
  for (const mix of mixes) {
    const rate = await measure(instances, mix);
    console.log(
      `${String(instances).padStart(7)} instances  ${mix[0].padEnd(34)} ${Math.round(rate).toLocaleString('en')}/s`,
    );
  }
}
