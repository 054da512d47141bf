import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FARGATE_POOL_CLUSTER } from '@gantry/domain';
import { aTask, anInstance } from '../controllers/testing/builders.ts';
import { putTask } from '../controllers/testing/world.ts';
import { allow, openCalls, policy } from './testing/calls.ts';

const ID = '7'.repeat(32);
const STRANGER = '999999999999';

test('the pool that runs the tasks of every account is not joined by the rights of an ordinary agent', async () => {
  const { api, ask } = await openCalls();
  const instance = `123456789012/us-east-1/${FARGATE_POOL_CLUSTER}/${ID}`;
  const foreign = { account: STRANGER as never, region: 'us-east-1' as never };
  const pooled = { launchType: 'FARGATE', instanceKey: instance } as const;
  await api.run((tx) => {
    tx.put(
      tx.tables.instances,
      instance,
      anInstance({ cluster: FARGATE_POOL_CLUSTER, id: ID as never, pool: 'fargate' }),
    );
    putTask(tx, aTask({ ...pooled, id: '8'.repeat(32) as never }));
    putTask(tx, aTask({ ...pooled, id: '9'.repeat(32) as never, scope: foreign }));
  });
  const ecs = 'arn:aws:ecs:us-east-1:123456789012';
  const poolInstance = `${ecs}:container-instance/${FARGATE_POOL_CLUSTER}/${ID}`;
  const cases: readonly (readonly [string, object])[] = [
    ['ecs:RegisterContainerInstance', { cluster: FARGATE_POOL_CLUSTER }],
    ['ecs:RegisterContainerInstance', { cluster: `${ecs}:cluster/${FARGATE_POOL_CLUSTER}` }],
    ['ecs:Poll', { cluster: FARGATE_POOL_CLUSTER, containerInstanceArn: poolInstance }],
    ['ecs:Poll', { containerInstanceArn: poolInstance }],
    ['ecs:StartTelemetrySession', { containerInstanceArn: poolInstance }],
    ['ecs:SubmitTaskStateChange', { cluster: 'default', task: '8'.repeat(32) }],
    ['ecs:SubmitTaskStateChange', { task: `arn:aws:ecs:us-east-1:${STRANGER}:task/default/${'9'.repeat(32)}` }],
    ['ecs:SubmitContainerStateChange', { task: `${ecs}:task/default/${'8'.repeat(32)}` }],
  ];
  const agent = policy(allow('ecs:*', '*'));
  const house = policy(allow(['ecs:*', 'gantry:JoinFargatePool'], '*'));
  for (const [call, input] of cases) {
    assert.match(ask({ identity: [agent] }, call, input), /not authorized to perform: gantry:JoinFargatePool/, call);
    assert.equal(ask({ identity: [house] }, call, input), 'ok', call);
  }
  assert.equal(ask({ identity: [agent] }, 'ecs:RegisterContainerInstance', {}), 'ok');
});
