import assert from 'node:assert/strict';
import { test } from 'node:test';
import { epochMs, type Instance, type SecurityGroup, type Task } from '@gantry/domain';
import { HOST_ADDRESS_ATTRIBUTE, NETWORK_MAP_ATTRIBUTE, type NetworkMapMessage } from '@gantry/protocol';
import { freeAddress } from '../../controllers/scheduler/address.ts';
import { PlacementIndex } from '../../controllers/scheduler/placement-index.ts';
import { aTask, SCOPE } from '../testing/documents.ts';
import { ScriptedAgent } from '../testing/scripted-agent.ts';
import { DispatchWorld, taskKey } from '../testing/world.ts';

/** An agent of our own on a host of its own, and what it was told. */
async function agentOn(world: DispatchWorld, host: string): Promise<ScriptedAgent> {
  const arn = await world.register([
    { name: 'ecs.capability.full-sync' },
    { name: NETWORK_MAP_ATTRIBUTE },
    { name: HOST_ADDRESS_ATTRIBUTE, value: host },
  ]);
  return new ScriptedAgent(world, arn);
}

function addressed(number: number, securityGroups: readonly string[] = ['sg-a']): Partial<Task> {
  return {
    networkMode: 'awsvpc',
    awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups, assignPublicIp: 'DISABLED' },
    networkInterface: {
      attachmentId: `${number}`,
      networkInterfaceId: `eni-${number}`,
      subnetId: 'subnet-1',
      privateIPv4Address: `10.0.0.${number}`,
      macAddress: '0a:00:00:00:00:01',
      privateDnsName: 'ip',
      status: 'ATTACHING',
    },
  };
}

function aGroup(groupId: string, rules: SecurityGroup['rules'] = []): SecurityGroup {
  const of = { groupId, groupName: groupId, description: '', vpcId: 'vpc-1', tags: [], createdAt: epochMs(0) };
  return { scope: SCOPE, ...of, rules };
}

const putGroup = (world: DispatchWorld, group: SecurityGroup): Promise<void> =>
  world.transact((tx) => tx.put(tx.tables.securityGroups, `${SCOPE.account}/${SCOPE.region}/${group.groupId}`, group));

const maps = (agent: ScriptedAgent): readonly NetworkMapMessage[] =>
  agent.get('NetworkMapMessage').map((frame) => frame.message);
const lastMap = (agent: ScriptedAgent): NetworkMapMessage => {
  const last = maps(agent).at(-1);
  if (last === undefined) throw new Error('no map was sent');
  return last;
};
const told = (agent: ScriptedAgent): readonly string[] =>
  lastMap(agent).addresses.map(
    ({ ipv4Address, host = '-', taskArn }) => `${ipv4Address} ${host}${taskArn ? ' own' : ''}`,
  );

async function settleLate(world: DispatchWorld): Promise<void> {
  await world.settle();
  await world.clock.turn(50);
  await world.settle();
}

test('the map comes before the payload of a task whose address is new in it', async () => {
  const world = await DispatchWorld.start();
  const agent = await agentOn(world, '192.0.2.1');
  await world.place(2, agent.arn, addressed(2));
  agent.connect();
  await world.settle();
  await world.place(3, agent.arn, addressed(3));
  await world.settle();
  assert.deepEqual(
    agent.received.map(({ type }) => type),
    ['NetworkMapMessage', 'PayloadMessage', 'TaskManifestMessage', 'NetworkMapMessage', 'PayloadMessage'],
  );
  const [whole, change] = maps(agent);
  assert.equal(whole?.since, undefined);
  assert.equal(change?.since, whole?.generation);
  assert.deepEqual(told(agent), ['10.0.0.3 192.0.2.1 own'], 'only what is new');
  assert.equal(change?.networkId, 0x0a_00_00);
});

test('others are told a moment later, all changes together, and what they have none of their own tasks in', async () => {
  const world = await DispatchWorld.start();
  const [one, two] = [await agentOn(world, '192.0.2.1'), await agentOn(world, '192.0.2.2')];
  one.connect();
  two.connect();
  await world.settle();
  for (const number of [2, 3, 4]) await world.place(number, one.arn, addressed(number));
  await world.settle();
  assert.equal(maps(two).length, 1);
  await settleLate(world);
  assert.equal(maps(two).length, 2);
  assert.deepEqual(told(two), ['10.0.0.2 192.0.2.1', '10.0.0.3 192.0.2.1', '10.0.0.4 192.0.2.1']);
  assert.deepEqual(lastMap(two).securityGroups, []);
  await world.transact((tx) => {
    const task: Task = {
      ...(tx.tables.tasks.get(taskKey(3)) as Task),
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
    };
    tx.put(tx.tables.tasks, taskKey(3), task);
  });
  await settleLate(world);
  assert.deepEqual([lastMap(two).addresses, lastMap(two).goneAddresses], [[], ['10.0.0.3']]);
});

test('an address that moves in one commit is never told as gone', async () => {
  const world = await DispatchWorld.start();
  const [one, two] = [await agentOn(world, '192.0.2.1'), await agentOn(world, '192.0.2.2')];
  one.connect();
  two.connect();
  await world.place(9, one.arn, addressed(9));
  await settleLate(world);
  await world.transact((tx) => {
    // The next owner is written first, as a placement in the same group commit may be.
    const instanceKey = world.instanceKey(two.arn);
    tx.put(tx.tables.tasks, taskKey(1), aTask(1, { instanceKey, ...addressed(9) }));
    const task: Task = { ...(tx.tables.tasks.get(taskKey(9)) as Task), lastStatus: 'STOPPED' };
    tx.put(tx.tables.tasks, taskKey(9), task);
  });
  await settleLate(world);
  assert.deepEqual(told(one), ['10.0.0.9 192.0.2.2']);
  assert.deepEqual(told(two), ['10.0.0.9 192.0.2.2 own']);
  assert.deepEqual([lastMap(one).goneAddresses, lastMap(two).goneAddresses], [[], []]);
});

test('groups: those of its own tasks, when they are new or change; gone with the last task that has them', async () => {
  const world = await DispatchWorld.start();
  const agent = await agentOn(world, '192.0.2.1');
  agent.connect();
  await putGroup(world, aGroup('sg-a'));
  await putGroup(world, aGroup('sg-b'));
  await world.place(2, agent.arn, addressed(2, ['sg-a']));
  await settleLate(world);
  assert.deepEqual(lastMap(agent).securityGroups, [{ groupId: 'sg-a', rules: [] }]);
  const rule = { ruleId: 'sgr-1', direction: 'ingress', protocol: 'tcp', fromPort: 80, toPort: 81, tags: [] } as const;
  const six = { ...rule, ruleId: 'sgr-2', peer: { cidrIpv6: '::/0' } };
  await putGroup(world, aGroup('sg-a', [{ ...rule, peer: { groupId: 'sg-b' } }, six]));
  await settleLate(world);
  assert.deepEqual(lastMap(agent).securityGroups, [
    {
      groupId: 'sg-a',
      rules: [{ direction: 'ingress', protocol: 'tcp', fromPort: 80, toPort: 81, peer: { groupId: 'sg-b' } }],
    },
  ]);
  const before = maps(agent).length;
  await putGroup(world, aGroup('sg-b', [{ ...rule, peer: { cidrIpv4: '10.0.0.0/8' } }]));
  await settleLate(world);
  assert.equal(maps(agent).length, before, 'nobody here has sg-b');
  await world.transact((tx) => {
    const task = tx.tables.tasks.get(taskKey(2)) as Task;
    const { awsvpcConfiguration } = addressed(2, ['sg-b']);
    tx.put(tx.tables.tasks, taskKey(2), { ...task, awsvpcConfiguration });
  });
  await settleLate(world);
  assert.deepEqual(lastMap(agent).addresses[0]?.securityGroupIds, ['sg-b']);
  assert.deepEqual(
    lastMap(agent).securityGroups.map(({ groupId }) => groupId),
    ['sg-b'],
  );
  assert.deepEqual(lastMap(agent).goneSecurityGroups, ['sg-a']);
});

test('what is not acked is followed by a whole map, later each time; a late ack of an older one does not stop it', async () => {
  const world = await DispatchWorld.start();
  const agent = await agentOn(world, '192.0.2.1');
  agent.ackPolicy = () => 'never';
  agent.connect();
  await world.settle();
  await world.place(2, agent.arn, addressed(2));
  await world.settle();
  const [first] = maps(agent);
  agent.ack(first?.messageId ?? '');
  await world.settle();
  await world.clock.turn(10_000);
  await world.settle();
  assert.equal(maps(agent).length, 3);
  assert.equal(lastMap(agent).since, undefined);
  assert.deepEqual(told(agent), ['10.0.0.2 192.0.2.1 own']);
  agent.ackPolicy = () => 'ack';
  await world.clock.turn(20_000);
  await world.settle();
  const count = maps(agent).length;
  await world.clock.turn(600_000);
  await world.settle();
  assert.equal(maps(agent).length, count, 'acked: nothing more to say');
});

test('an instance that moves to another host takes its addresses along; one that is gone has none', async () => {
  const world = await DispatchWorld.start();
  const [one, two] = [await agentOn(world, '192.0.2.1'), await agentOn(world, '192.0.2.2')];
  two.connect();
  await world.place(2, one.arn, addressed(2));
  await settleLate(world);
  const key = world.instanceKey(one.arn);
  const change = (over: object): Promise<void> =>
    world.transact((tx) => {
      const instance = tx.tables.instances.get(key);
      if (instance !== undefined) tx.put(tx.tables.instances, key, { ...instance, ...over });
    });
  await change({ attributes: [{ name: HOST_ADDRESS_ATTRIBUTE, value: '192.0.2.7' }] });
  await settleLate(world);
  assert.deepEqual(told(two), ['10.0.0.2 192.0.2.7']);
  await change({ status: 'INACTIVE' });
  await settleLate(world);
  assert.deepEqual(told(two), ['10.0.0.2 -']);
});

test('hosts have addresses of their own among the tasks’, from the upper end, as soon as there are two; nobody else gets them', async () => {
  const world = await DispatchWorld.start();
  const one = await agentOn(world, '192.0.2.1');
  one.connect();
  await world.settle();
  assert.deepEqual(lastMap(one).addresses, []);
  const { networkHosts } = world.platform.state.tables;
  assert.equal(networkHosts.size, 0);
  await agentOn(world, '192.0.2.2');
  await settleLate(world);
  const hosts = lastMap(one).addresses.map(({ ipv4Address, ofHost }) => `${ipv4Address} ${ofHost}`);
  assert.deepEqual(hosts.toSorted(), ['10.0.0.253 true', '10.0.0.254 true']);
  assert.deepEqual(new Set(lastMap(one).addresses.map(({ host }) => host)), new Set(['192.0.2.1', '192.0.2.2']));
  const subnet = { subnetId: 'subnet-1', availabilityZone: 'us-east-1a', cidr: '10.0.0.252/30' };
  const { tables } = world.platform.state;
  assert.equal(
    freeAddress(tables, PlacementIndex.of(tables), subnet),
    undefined,
    'of four, two are no hosts’ and two theirs',
  );
  // A second instance on a host that is known changes nothing; a host without instances is forgotten when somebody registers.
  await agentOn(world, '192.0.2.2');
  assert.equal(networkHosts.size, 2);
  await world.transact((tx) => {
    for (const key of Array.from(tx.tables.instances.keys)) {
      const instance = tx.tables.instances.get(key);
      if (instance === undefined || key === world.instanceKey(one.arn)) continue;
      const gone: Instance = { ...instance, status: 'INACTIVE' };
      tx.put(tx.tables.instances, key, gone);
    }
  });
  await agentOn(world, '192.0.2.1');
  await settleLate(world);
  assert.equal(networkHosts.size, 0);
  assert.deepEqual(lastMap(one).goneAddresses.toSorted(), ['10.0.0.253', '10.0.0.254']);
});

test('generations grow over restarts, and an agent that comes back is told all', async () => {
  const world = await DispatchWorld.start();
  const agent = await agentOn(world, '192.0.2.1');
  agent.connect();
  await world.place(2, agent.arn, addressed(2));
  await world.settle();
  world.kill();
  agent.pair?.cut();
  await world.boot();
  agent.connect();
  await world.settle();
  const generations = maps(agent).map(({ generation }) => generation);
  assert.deepEqual(
    generations,
    generations.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(generations).size, generations.length);
  assert.ok(generations.every(Number.isSafeInteger));
  assert.equal(lastMap(agent).since, undefined);
  assert.deepEqual(told(agent), ['10.0.0.2 192.0.2.1 own']);
});

test('an agent that did not ask for it never sees one', async () => {
  const world = await DispatchWorld.start();
  const stock = new ScriptedAgent(world, await world.register());
  stock.connect();
  await world.place(2, stock.arn, addressed(2));
  await settleLate(world);
  await putGroup(world, aGroup('sg-a'));
  await settleLate(world);
  assert.deepEqual(maps(stock), []);
});
