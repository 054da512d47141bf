import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RegisterTaskDefinitionRequest, RunTaskRequest } from '@aws-sdk/client-ecs';
import { KINDS } from '../../controllers/reaper/apply.ts';
import { ReaperController } from '../../controllers/reaper/controller.ts';
import { INACTIVE_RETENTION_MS } from '../../controllers/reaper/decide.ts';
import { anApi, refused, type ApiWorld } from './testing/world.ts';

const HOUR_MS = 3_600_000;
const ARN = 'arn:aws:ecs:us-east-1:123456789012:';

/** The world, and its reaper: nothing goes but by it. */
async function withReaper(): Promise<ApiWorld & { readonly later: (ms: number) => Promise<void> }> {
  const world = await anApi();
  const reaper = new ReaperController(world.platform);
  return {
    ...world,
    later: async (ms) => {
      world.turn(ms);
      for (const kind of KINDS) await reaper.reconcile(kind);
    },
  };
}

const FAR: RegisterTaskDefinitionRequest = {
  family: 'far',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  containerDefinitions: [{ name: 'app', image: 'x' }],
};
const RUN: RunTaskRequest = {
  taskDefinition: 'far',
  launchType: 'FARGATE',
  networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } },
};

test('a stopped task is described and listed for an hour, then MISSING; why remembers it', async () => {
  const { ecs, gantry, later } = await withReaper();
  await ecs.RegisterTaskDefinition(FAR);
  const arn = (await ecs.RunTask(RUN)).tasks?.[0]?.taskArn ?? '';
  await ecs.StopTask({ task: arn, reason: 'enough' });
  const listed = async () => (await ecs.ListTasks({ desiredStatus: 'STOPPED' })).taskArns;
  await later(HOUR_MS - 1);
  const [described] = (await ecs.DescribeTasks({ tasks: [arn] })).tasks ?? [];
  assert.deepEqual(
    [described?.lastStatus, described?.stopCode, described?.stoppedReason],
    ['STOPPED', 'UserInitiated', 'enough'],
  );
  assert.deepEqual(await listed(), [arn]);
  await later(1);
  const gone = await ecs.DescribeTasks({ tasks: [arn] });
  assert.deepEqual([gone.tasks, gone.failures], [[], [{ arn, reason: 'MISSING' }]]);
  assert.deepEqual(await listed(), []);
  await refused(ecs.StopTask({ task: arn }), 'InvalidParameterException', 'Referenced task not found.');
  const why = await gantry.Why({ subject: arn });
  assert.deepEqual(
    why.history.map(({ type }) => type),
    ['task.created', 'task.stopped'],
  );
});

test('a deleted task definition stays DELETE_IN_PROGRESS while something runs it', async () => {
  const { ecs, later } = await withReaper();
  await ecs.RegisterTaskDefinition(FAR);
  const arn = (await ecs.RunTask(RUN)).tasks?.[0]?.taskArn ?? '';
  await ecs.DeregisterTaskDefinition({ taskDefinition: 'far:1' });
  const { taskDefinitions } = await ecs.DeleteTaskDefinitions({ taskDefinitions: ['far:1'] });
  assert.equal(taskDefinitions?.[0]?.status, 'DELETE_IN_PROGRESS');
  await later(HOUR_MS);
  const status = async () => (await ecs.DescribeTaskDefinition({ taskDefinition: 'far:1' })).taskDefinition?.status;
  assert.equal(await status(), 'DELETE_IN_PROGRESS');
  const listed = await ecs.ListTaskDefinitions({ status: 'DELETE_IN_PROGRESS' });
  assert.deepEqual(listed.taskDefinitionArns, [`${ARN}task-definition/far:1`]);
  await refused(ecs.RunTask({ ...RUN, taskDefinition: 'far:1' }), 'ClientException', 'TaskDefinition is inactive');
  await ecs.StopTask({ task: arn });
  await later(1);
  await refused(status(), 'ClientException', 'Unable to describe task definition.');
  const again = await ecs.RegisterTaskDefinition(FAR);
  assert.equal(again.taskDefinition?.revision, 2);
});

test('a deleted cluster is INACTIVE for a day, then MISSING', async () => {
  const { ecs, later } = await withReaper();
  await ecs.CreateCluster({ clusterName: 'old' });
  await ecs.DeleteCluster({ cluster: 'old' });
  const cluster = async () => {
    const { clusters, failures } = await ecs.DescribeClusters({ clusters: ['old'] });
    return clusters?.[0]?.status ?? failures?.[0]?.reason;
  };
  await later(INACTIVE_RETENTION_MS - 1);
  assert.equal(await cluster(), 'INACTIVE');
  await refused(
    ecs.CreateService({ cluster: 'old', serviceName: 'shop', taskDefinition: 'web', desiredCount: 1 }),
    'ClusterNotFoundException',
    'The referenced cluster was inactive.',
  );
  await later(1);
  assert.equal(await cluster(), 'MISSING');
  await refused(ecs.ListTasks({ cluster: 'old' }), 'ClusterNotFoundException', 'Cluster not found.');
});

test('a page token outlives what it was made after', async () => {
  const { ecs } = await withReaper();
  for (const clusterName of ['a', 'b', 'c', 'd']) await ecs.CreateCluster({ clusterName });
  const first = await ecs.ListClusters({ maxResults: 2 });
  await ecs.DeleteCluster({ cluster: 'b' });
  await ecs.CreateCluster({ clusterName: 'aa' });
  await ecs.CreateCluster({ clusterName: 'bb' });
  const second = await ecs.ListClusters({ maxResults: 10, nextToken: first.nextToken });
  assert.deepEqual(
    second.clusterArns?.map((arn) => arn.split('/')[1]),
    ['bb', 'c', 'd', 'default'],
  );
  const nextToken = first.nextToken ?? '';
  await refused(ecs.ListTasks({ nextToken }), 'InvalidParameterException', 'Invalid token');
  await refused(ecs.ListClusters({ nextToken: nextToken.slice(0, -1) }), 'InvalidParameterException', 'Invalid token');
});
