import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BECAUSE, epochMs, isBecause } from '@gantry/domain';
import { aDeployment, aService, aTask } from '../../controllers/testing/builders.ts';
import { numbered, putTask } from '../../controllers/testing/world.ts';
import { ADMINISTRATOR, anApi, refused } from '../ecs/testing/world.ts';

const ARN = 'arn:aws:ecs:us-east-1:123456789012:';

test('a task that was placed: made first, then placed, each with its reason and who asked', async () => {
  const { ecs, gantry, addInstance } = await anApi();
  await addInstance(1);
  const arn = (await ecs.RunTask({ taskDefinition: 'web' })).tasks?.[0]?.taskArn ?? '';
  const why = await gantry.Why({ subject: arn.split('/').at(-1) ?? '' });
  assert.deepEqual([why.subject, why.kind, why.status, why.because], [arn, 'task', 'PENDING', 'placed']);
  assert.deepEqual(
    why.history.map(({ type, because, by }) => [type, because, by]),
    [
      ['task.created', 'run-task', ADMINISTRATOR],
      ['task.placed', 'placed', undefined],
    ],
  );
  await ecs.StopTask({ task: arn, reason: 'enough' });
  const stopping = await gantry.Why({ subject: arn });
  assert.deepEqual(
    [stopping.because, stopping.text],
    ['user-stopped', `It is being stopped: ${BECAUSE['user-stopped']}. enough.`],
  );
});

test('a task that finds no room: what each machine says', async () => {
  const { ecs, gantry, addInstance } = await anApi();
  await ecs.RegisterTaskDefinition({
    family: 'far',
    networkMode: 'awsvpc',
    cpu: '256',
    memory: '512',
    containerDefinitions: [{ name: 'app', image: 'x' }],
  });
  const run = () =>
    ecs.RunTask({
      taskDefinition: 'far',
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } },
    });
  const bare = (await run()).tasks?.[0]?.taskArn ?? '';
  assert.equal((await gantry.Why({ subject: bare })).because, 'fargate-capacity');
  await addInstance(1, { pool: 'fargate', cluster: 'gantry-fargate-pool', agentConnected: false });
  const why = await gantry.Why({ subject: bare });
  assert.equal(isBecause(why.because), true);
  assert.match(why.text, /^It waits for room/);
});

test('what RunTask refused is remembered with the cluster', async () => {
  const { ecs, gantry, addInstance } = await anApi();
  await addInstance(1, { agentConnected: false });
  const { failures } = await ecs.RunTask({ taskDefinition: 'web' });
  assert.equal(failures?.[0]?.reason, 'AGENT');
  const why = await gantry.Why({ subject: 'default' });
  assert.deepEqual([why.kind, why.because], ['cluster', 'no-active-instances']);
  assert.deepEqual([why.history.at(-1)?.type, why.history.at(-1)?.because], ['task.refused', 'agent-disconnected']);
});

test('a service: the most pressing reason', async (t) => {
  const now = epochMs(Date.UTC(2026, 0, 1));
  const primary = (more: object) => ({
    deployments: [aDeployment({ taskDefinitionArn: `${ARN}task-definition/web:1`, ...more })],
  });
  const cases: readonly [string, Parameters<typeof aService>[0], number, string][] = [
    ['settled', primary({ desiredCount: 1 }), 1, 'settled'],
    ['short', primary({ desiredCount: 2 }), 1, 'scale-out'],
    ['over', primary({ desiredCount: 0 }), 1, 'scale-in'],
    ['failed', primary({ rolloutState: 'FAILED' }), 0, 'failed-to-start'],
    ['throttled', primary({ notBefore: epochMs(now + 5000), failedTasks: 3 }), 0, 'start-throttled'],
    ['no room', { ...primary({}), lastPlacementFailure: { text: 'no room', at: now } }, 0, 'no-instances'],
    [
      'deploying',
      { deployments: [aDeployment(), aDeployment({ id: 'ecs-svc/0', status: 'ACTIVE' })] },
      2,
      'new-deployment',
    ],
    ['deleted', { status: 'DRAINING' }, 0, 'service-deleted'],
  ];
  for (const [what, more, running, because] of cases) {
    await t.test(what, async () => {
      const { gantry, run } = await anApi();
      const key = '123456789012/us-east-1/default/web';
      await run((tx) => {
        tx.put(tx.tables.services, key, aService(more));
        for (let n = 1; n <= running; n += 1) {
          putTask(tx, aTask({ id: numbered(n), serviceKey: key, deploymentId: 'ecs-svc/1', lastStatus: 'RUNNING' }));
        }
      });
      const why = await gantry.Why({ subject: 'web', cluster: 'default' });
      assert.deepEqual([why.kind, why.because], ['service', because]);
    });
  }
});

test('instances say what they have left; what is gone still has its history', async () => {
  const { ecs, gantry, addInstance, run } = await anApi();
  const key = await addInstance(1);
  const why = await gantry.Why({ subject: numbered(1) });
  assert.deepEqual(
    [why.kind, why.because, why.details?.['CPU units left']],
    ['container-instance', 'agent-connected', '4096 of 4096'],
  );
  await ecs.DeregisterContainerInstance({ containerInstance: numbered(1) });
  await run((tx) => tx.delete(tx.tables.instances, key));
  const gone = await gantry.Why({ subject: numbered(1) });
  assert.deepEqual([gone.status, gone.because], ['GONE', 'user-request']);
});

test('other clusters are looked through when none is named; nothing at all is said to be nothing', async () => {
  const { ecs, gantry } = await anApi();
  await ecs.CreateCluster({ clusterName: 'other' });
  await ecs.CreateService({ cluster: 'other', serviceName: 'shop', taskDefinition: 'web', desiredCount: 0 });
  assert.equal((await gantry.Why({ subject: 'shop' })).subject, `${ARN}service/other/shop`);
  const nothing = gantry.Why({ subject: 'shop', cluster: 'default' });
  await refused(nothing, 'ResourceNotFoundException', "'shop' in cluster default");
  await refused(gantry.Why({ subject: '' }), 'InvalidParameterException', 'subject');
});

test('status: clusters, instances with the pool, subnets and counts', async () => {
  const { gantry, addInstance } = await anApi();
  await addInstance(1);
  await addInstance(2, { status: 'INACTIVE' });
  const status = await gantry.Status({});
  assert.match(status.version, /^\d+\.\d+\.\d+/);
  assert.deepEqual(
    status.clusters.map(({ clusterName, registeredContainerInstancesCount }) => [
      clusterName,
      registeredContainerInstancesCount,
    ]),
    [['default', 1]],
  );
  assert.deepEqual(
    status.instances.map(({ pool, remainingCpu, agentConnected }) => [pool, remainingCpu, agentConnected]),
    [['ec2', 4096, true]],
  );
  assert.equal(status.counts['instances'], 2);
  assert.equal(status.subnets.length, 2);
});
