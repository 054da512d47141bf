import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { StockAgent } from './stock-agent.ts';
import { World } from './world.ts';

let world: World;
before(async () => (world = await World.open()));
after(() => world.end());

/** A cluster with this one machine. */
async function alone(cluster: string): Promise<StockAgent> {
  await world.ecs.call('CreateCluster', { clusterName: cluster });
  const agent = await StockAgent.join(world, { cluster });
  await world.settle();
  return agent;
}

const container = (over: object): object[] => [{ name: 'web', image: 'busybox', memory: 8, ...over }];

async function reasons(cluster: string, taskDefinition: string, count: number): Promise<readonly string[]> {
  const { failures = [] } = await world.ecs.call('RunTask', { cluster, taskDefinition, count });
  return failures.map(({ reason }) => reason ?? '');
}

/** The agent takes tasks in their order, and one that does not fit blocks all behind it: so none such may ever be sent. */
test('10.10 head of line: CPU, memory and ports are never given out beyond what the agent registered', async () => {
  const agent = await alone('full');
  const cpu = await world.define('cpu', { containerDefinitions: container({ cpu: 600 }) });
  assert.deepEqual(await reasons('full', cpu, 5), ['RESOURCE:CPU', 'RESOURCE:CPU']);
  const memory = await world.define('memory', { containerDefinitions: container({ memory: 1310 }) });
  assert.deepEqual(await reasons('full', memory, 3), ['RESOURCE:MEMORY']);
  const port = await world.define('port', {
    containerDefinitions: container({ portMappings: [{ containerPort: 80, hostPort: 8080 }] }),
  });
  assert.deepEqual(await reasons('full', port, 2), ['RESOURCE:PORTS']);
  const reserved = await world.define('reserved', {
    containerDefinitions: container({ portMappings: [{ containerPort: 80, hostPort: 51678 }] }),
  });
  assert.deepEqual(await reasons('full', reserved, 1), ['RESOURCE:PORTS'], 'the agent keeps that one for itself');
  await world.settle();
  const sent = agent.acs.of('PayloadMessage').flatMap(({ message }) => message.tasks);
  const sum = (of: (one: { cpu: number; memory: number }) => number): number =>
    sent.flatMap(({ containers }) => containers).reduce((total, one) => total + of(one), 0);
  assert.ok(sum((one) => one.cpu) <= 2048);
  assert.ok(sum((one) => one.memory) <= 3945);
});

test('10.10 head of line: what is told to stop holds its place until the agent has said STOPPED', async () => {
  const agent = await alone('leaving');
  const half = await world.define('half', { containerDefinitions: container({ cpu: 1024 }) });
  const { tasks = [] } = await world.ecs.call('RunTask', { cluster: 'leaving', taskDefinition: half, count: 2 });
  await world.settle();
  const [first] = tasks;
  const arn = first?.taskArn ?? '';
  await agent.report(arn, 'RUNNING', {
    containers: [{ containerName: 'web', networkBindings: [], status: 'RUNNING' }],
  });
  await world.ecs.call('StopTask', { cluster: 'leaving', task: arn });
  assert.deepEqual(await reasons('leaving', half, 1), ['RESOURCE:CPU']);
  await agent.report(arn, 'STOPPED');
  assert.deepEqual(await reasons('leaving', half, 1), []);
});

test('10.10 head of line: forty calls at once, and not one task too many', async () => {
  const agent = await alone('burst');
  const small = await world.define('small', { containerDefinitions: container({ cpu: 100, memory: 150 }) });
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => world.ecs.call('RunTask', { cluster: 'burst', taskDefinition: small })),
  );
  assert.equal(answers.flatMap(({ tasks = [] }) => tasks).length, 20, '2048 CPU units, 100 each');
  await world.settle();
  const numbers = agent.acs.of('PayloadMessage').map(({ message }) => message.seqNum);
  assert.equal(numbers.length, 20);
  assert.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
    'in their order',
  );
});

test('10.10 an agent that registers fewer ports or memory is not sent what would not fit any more', async () => {
  const agent = await alone('less');
  agent.restart();
  await agent.register({
    totalResources: [
      { integerValue: 2048, name: 'CPU', type: 'INTEGER' },
      { integerValue: 3900, name: 'MEMORY', type: 'INTEGER' },
      { name: 'PORTS', stringSetValue: ['22', '9090'], type: 'STRINGSET' },
      { name: 'PORTS_UDP', stringSetValue: [], type: 'STRINGSET' },
    ],
  });
  await agent.connect();
  await world.settle();
  const memory = await world.define('whole', { containerDefinitions: container({ memory: 3940 }) });
  assert.deepEqual(await reasons('less', memory, 1), ['RESOURCE:MEMORY']);
  const port = await world.define('taken', {
    containerDefinitions: container({ portMappings: [{ containerPort: 90, hostPort: 9090 }] }),
  });
  assert.deepEqual(await reasons('less', port, 1), ['RESOURCE:PORTS']);
});
