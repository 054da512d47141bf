import assert from 'node:assert/strict';
import { test } from 'node:test';
import { epochMs, type Task } from '@gantry/domain';
import { HOST_ADDRESS_ATTRIBUTE } from '@gantry/protocol';
import fc from 'fast-check';
import { FakeClock } from '@gantry/testkit';
import { State } from '../../state/state.ts';
import { MemoryJournal } from '../../store/memory.ts';
import { anInstance } from '../../controllers/testing/builders.ts';
import { aTask } from '../testing/documents.ts';
import { changedMap, networkIdOf, wholeMap, type MapView } from './decide.ts';
import { AddressDirectory, type Touched } from './directory.ts';

const open = (): Promise<State> =>
  State.open({ journal: new MemoryJournal(), clock: new FakeClock(), schedule: (run) => queueMicrotask(run) });

const taskOn = (number: number, instance: number, host: number, over: Partial<Task> = {}): Task =>
  aTask(number, {
    instanceKey: `instance-${instance}`,
    awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: ['sg-a'], assignPublicIp: 'DISABLED' },
    networkInterface: {
      attachmentId: '',
      networkInterfaceId: '',
      subnetId: 'subnet-1',
      privateIPv4Address: `10.0.${host >> 8}.${host & 255}`,
      macAddress: '',
      privateDnsName: '',
      status: 'ATTACHED',
    },
    ...over,
  });

const instanceOn = (host: string | undefined) =>
  anInstance({ attributes: host === undefined ? [] : [{ name: HOST_ADDRESS_ATTRIBUTE, value: host }] });

/** Everything an instance would be told. */
function picture(directory: AddressDirectory, instanceKey: string): unknown {
  const { content } = wholeMap({ directory, instanceKey, groupOf: () => undefined });
  return content.addresses.toSorted((a, b) => (a.ipv4Address < b.ipv4Address ? -1 : 1));
}

const step = fc.oneof(
  fc.record({ task: fc.nat(5), instance: fc.nat(2), host: fc.nat(3), status: fc.constantFrom('RUNNING', 'STOPPED') }),
  fc.record({ task: fc.nat(5), gone: fc.constant(true) }),
  fc.record({ instance: fc.nat(2), at: fc.option(fc.constantFrom('192.0.2.1', '192.0.2.2'), { nil: undefined }) }),
);

test('follows commits to what it would be if made from the tables; what is touched tells an agent all that changed', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 12 }), async (commits) => {
      const state = await open();
      const directory = new AddressDirectory(state.tables);
      const view: MapView = { directory, instanceKey: 'instance-0', groupOf: () => undefined };
      const known = new Map<string, unknown>();
      state.onCommit((changes) => {
        const { content } = changedMap(view, directory.committed(changes), new Map());
        for (const entry of content.addresses) known.set(entry.ipv4Address, entry);
        for (const address of content.goneAddresses) known.delete(address);
      });
      for (const steps of commits) {
        await state.transact((tx) => {
          const taken = new Set([...tx.tables.tasks.values()].map((task) => task.networkInterface?.privateIPv4Address));
          for (const one of steps) {
            if ('gone' in one) tx.delete(tx.tables.tasks, `task-${one.task}`);
            else if ('at' in one) tx.put(tx.tables.instances, `instance-${one.instance}`, instanceOn(one.at));
            else {
              const task = taskOn(one.task, one.instance, one.host, { lastStatus: one.status as Task['lastStatus'] });
              // The scheduler gives no address twice.
              if (task.lastStatus === 'STOPPED' || !taken.has(task.networkInterface?.privateIPv4Address))
                tx.put(tx.tables.tasks, `task-${one.task}`, task);
              taken.add(task.networkInterface?.privateIPv4Address);
            }
          }
        });
        for (const instance of ['instance-0', 'instance-1'])
          assert.deepEqual(picture(directory, instance), picture(new AddressDirectory(state.tables), instance));
        const sorted = [...known.values()].toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
        assert.deepEqual(sorted, picture(directory, 'instance-0'));
      }
    }),
    { numRuns: 200 },
  ));

test('with 3,000 tasks on 100 instances, one more costs each of them one address and a look at its own', async () => {
  const state = await open();
  await state.transact((tx) => {
    for (let i = 0; i < 100; i += 1) tx.put(tx.tables.instances, `instance-${i}`, instanceOn(`192.0.2.${i}`));
    for (let i = 0; i < 3000; i += 1) tx.put(tx.tables.tasks, `task-${i}`, taskOn(i, i % 100, 256 + i));
  });
  const directory = new AddressDirectory(state.tables);
  let looks = 0;
  const counted: MapView['directory'] = {
    addresses: () => directory.addresses(),
    get: (address) => ((looks += 1), directory.get(address)),
    hostOf: (key) => directory.hostOf(key),
    hostCalled: (address) => directory.hostCalled(address),
    addressesOf: (key) => directory.addressesOf(key),
  };
  let touched: Touched | undefined;
  state.onCommit((changes) => (touched = directory.committed(changes)));
  await state.transact((tx) => tx.put(tx.tables.tasks, 'task-3000', taskOn(3000, 7, 3500)));
  assert.deepEqual([...(touched?.addresses ?? [])], ['10.0.13.172']);
  for (let i = 0; i < 100; i += 1) {
    const view: MapView = { directory: counted, instanceKey: `instance-${i}`, groupOf: () => undefined };
    const { content } = changedMap(view, touched as Touched, new Map());
    assert.equal(content.addresses.length, 1);
  }
  assert.ok(looks <= 100 * 1 + 3001, `${looks} looks`);
  assert.equal(
    wholeMap({ directory, instanceKey: 'instance-7', groupOf: () => undefined }).content.addresses.length,
    3001,
  );
});

test('the state of a task that keeps its place touches nothing', async () => {
  const state = await open();
  await state.transact((tx) => tx.put(tx.tables.tasks, 'task-1', taskOn(1, 1, 5)));
  const directory = new AddressDirectory(state.tables);
  let touched: Touched | undefined;
  state.onCommit((changes) => (touched = directory.committed(changes)));
  await state.transact((tx) => {
    const task = tx.tables.tasks.get('task-1') as Task;
    tx.put(tx.tables.tasks, 'task-1', { ...task, lastStatus: 'RUNNING', startedAt: epochMs(5) });
  });
  assert.equal(touched?.addresses.size, 0);
});

test('the number of the network between hosts is the beginning of the lowest subnet', () => {
  assert.equal(networkIdOf(['10.213.17.0/24', '10.213.16.0/24']), 0x0a_d5_10);
  assert.equal(networkIdOf([]), 2 ** 24 - 1);
});
