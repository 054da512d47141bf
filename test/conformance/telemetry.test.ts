import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { StockAgent } from './stock-agent.ts';
import { World } from './world.ts';

let world: World;
let checked: string;
before(async () => {
  world = await World.open();
  checked = await world.define('checked', {
    containerDefinitions: [
      { name: 'web', image: 'web:1', memory: 8, healthCheck: { command: ['CMD-SHELL', 'exit 0'] } },
    ],
  });
});
after(() => world.end());

async function running(): Promise<{ agent: StockAgent; arn: string }> {
  const agent = await StockAgent.join(world);
  const [arn = ''] = await world.start(agent, checked);
  await world.settle();
  await agent.report(arn, 'RUNNING', {
    containers: [{ containerName: 'web', networkBindings: [], status: 'RUNNING' }],
  });
  return { agent, arn };
}

const metadata = (agent: StockAgent, over: object = {}): object => ({
  cluster: 'default',
  containerInstance: agent.arn,
  fin: true,
  messageId: '5a1b3a51-9d28-4c51-9ed2-2c5d2f3c1a11',
  ...over,
});
const statsSet = (sum: number): object => ({ max: sum, min: 0, sampleCount: 20, sum });
const verdict = (agent: StockAgent, taskArn: string, healthStatus: string): object => ({
  metadata: metadata(agent),
  tasks: [
    {
      containers: [{ containerName: 'web', healthStatus, statusSince: 1.767225600123e9 }],
      taskArn,
      taskDefinitionFamily: 'checked',
      taskDefinitionVersion: '1',
    },
  ],
  timestamp: 1.767225600123e9,
});

test('10.7 metrics: a signed header block, an empty line, then JSON; idle, whole and in pieces', async () => {
  const { agent, arn } = await running();
  await agent.publish('PublishMetricsRequest', {
    metadata: metadata(agent, { idle: true }),
    timestamp: 1.767225600123e9,
  });
  await agent.tcs.next('AckPublishMetric');
  const ulong = { max: 900, min: 0, overflowMax: 0, overflowMin: 0, overflowSum: 0, sampleCount: 20, sum: 4000 };
  for (const fin of [false, true]) {
    await agent.publish('PublishMetricsRequest', {
      instanceMetrics: { storage: { dataFilesystem: 12.5 } },
      metadata: metadata(agent, { fin, idle: false }),
      taskMetrics: [
        {
          containerMetrics: [
            {
              containerName: 'web',
              cpuStatsSet: statsSet(40.25),
              memoryStatsSet: statsSet(160),
              networkStatsSet: { rxBytes: ulong, rxBytesPerSecond: statsSet(1), txBytes: ulong },
              restartStatsSet: { restartCount: 2 },
              storageStatsSet: { readSizeBytes: ulong, writeSizeBytes: ulong },
            },
          ],
          ephemeralStorageMetrics: { bytesReserved: 10, bytesUtilized: 5 },
          taskArn: arn,
          taskDefinitionFamily: 'checked',
          taskDefinitionVersion: '1',
        },
      ],
      timestamp: 1.767225600123e9,
    });
    await agent.tcs.next('AckPublishMetric');
  }
  assert.deepEqual(
    world.logged.filter((line) => line.includes('Dropped')),
    [],
  );
});

test('10.7 health: the last verdict on each container is kept, of RUNNING tasks of this instance', async () => {
  const { agent, arn } = await running();
  const healthOf = async (): Promise<readonly (string | undefined)[]> => {
    const { tasks = [] } = await world.ecs.call('DescribeTasks', { tasks: [arn] });
    return [tasks[0]?.healthStatus, tasks[0]?.containers?.[0]?.healthStatus];
  };
  assert.deepEqual(await healthOf(), ['UNKNOWN', 'UNKNOWN']);
  for (const status of ['HEALTHY', 'UNHEALTHY', 'HEALTHY', 'UNKNOWN', 'UNHEALTHY']) {
    await agent.publish('PublishHealthRequest', verdict(agent, arn, status));
    await agent.tcs.next('AckPublishHealth');
    assert.deepEqual(await healthOf(), [status, status]);
  }
  const version = world.task(arn).version;
  for (let times = 0; times < 5; times += 1) {
    await agent.publish('PublishHealthRequest', verdict(agent, arn, 'UNHEALTHY'));
    await agent.tcs.next('AckPublishHealth');
  }
  assert.equal(world.task(arn).version, version, 'what was said before is not stored again');
  const other = await StockAgent.join(world);
  await other.publish('PublishHealthRequest', verdict(other, arn, 'HEALTHY'));
  await other.tcs.next('AckPublishHealth');
  assert.deepEqual(await healthOf(), ['UNHEALTHY', 'UNHEALTHY'], 'nobody speaks for another instance');
});

test('10.7 instance status is acknowledged', async () => {
  const { agent } = await running();
  await agent.publish('PublishInstanceStatusRequest', {
    metadata: { cluster: 'default', containerInstance: agent.arn, requestId: '7c2d' },
    statuses: [
      { lastStatusChange: 1.7672256e9, lastUpdated: 1.7672256e9, status: 'OK', type: 'ContainerRuntime' },
      { lastStatusChange: 1.7672256e9, lastUpdated: 1.7672256e9, status: 'INITIALIZING', type: 'EBSDaemon' },
    ],
    timestamp: 1.7672256e9,
  });
  await agent.tcs.next('AckPublishInstanceStatus');
});

test('10.7 a full chunk: ten tasks of ten containers, and one of a mebibyte', async () => {
  const { agent } = await running();
  const taskMetrics = Array.from({ length: 10 }, (_, task) => ({
    containerMetrics: Array.from({ length: 10 }, (_each, container) => ({
      containerName: `c${container}`,
      cpuStatsSet: statsSet(1),
      memoryStatsSet: statsSet(1),
    })),
    taskArn: `arn:aws:ecs:us-east-1:000000000000:task/default/${String(task).padStart(32, '0')}`,
    taskDefinitionFamily: 'x',
    taskDefinitionVersion: '1',
  }));
  const message = { metadata: metadata(agent, { idle: false }), taskMetrics, timestamp: 1.7672256e9 };
  await agent.publish('PublishMetricsRequest', message);
  await agent.tcs.next('AckPublishMetric');
  await agent.publish('PublishMetricsRequest', { ...message, padding: 'x'.repeat(1 << 20) });
  await agent.tcs.next('AckPublishMetric');
  assert.ok(agent.tcs.open);
});
