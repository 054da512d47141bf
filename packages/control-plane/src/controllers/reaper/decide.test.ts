import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import { epochMs } from '@gantry/domain';
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startControllers } from '../index.ts';
import { KINDS, reap } from './apply.ts';
import { beginDeployment, openDeployments, putServiceDeployment } from '../service/service-deployment-documents.ts';
import { aDefinition, aDeployment, aService, aTask, CLUSTER_KEY } from '../testing/builders.ts';
import { aWorld, numbered, putInstance, putTask } from '../testing/world.ts';

const HOUR_MS = 3_600_000;

it('keeps what was promised, and not longer', async () => {
  const clock = new FakeClock();
  const { platform, run, state } = await aWorld(clock, new SeededIds());
  const { tables } = state;
  await run((tx) => {
    putTask(tx, aTask({ id: numbered(1), lastStatus: 'STOPPED', stoppedAt: tx.now }));
    putTask(tx, aTask({ id: numbered(2), lastStatus: 'STOPPED', stoppedAt: epochMs(tx.now + 30 * 60_000) }));
    putTask(tx, aTask({ id: numbered(3), lastStatus: 'RUNNING', instanceKey: putInstance(tx, 1) }));
    putInstance(tx, 2, { status: 'INACTIVE' });
    tx.put(tx.tables.services, `${CLUSTER_KEY}/web`, aService({ status: 'INACTIVE', inactiveAt: tx.now }));
    tx.put(tx.tables.serviceEvents, `${CLUSTER_KEY}/web`, { events: [] });
    tx.put(tx.tables.idempotency, `${CLUSTER_KEY}/token`, { fingerprint: '', taskKeys: [], createdAt: tx.now });
  });
  const stop = new AbortController();
  const controllers = startControllers(platform, stop.signal);
  const ids = () => [...tables.tasks.values()].map((task) => Number(task.id));
  await controllers.settled();
  assert.deepEqual(ids(), [1, 2, 3]);
  await clock.turn(HOUR_MS + 60_000);
  await controllers.settled();
  assert.deepEqual(ids(), [2, 3]);
  assert.equal(tables.services.size + tables.serviceEvents.size + tables.idempotency.size, 3);
  await clock.turn(24 * HOUR_MS);
  await controllers.settled();
  assert.deepEqual(ids(), [3]);
  assert.equal(tables.services.size + tables.serviceEvents.size + tables.idempotency.size, 0);
  assert.equal(tables.instances.size, 1);
  stop.abort();
  await controllers.stopped;
});

it('lets a deleted task definition go when nothing runs it', async () => {
  const clock = new FakeClock();
  const { platform, run, state } = await aWorld(clock, new SeededIds());
  const keys = ['used', 'free', 'kept'].map((family) => `123456789012/us-east-1/${family}:1`);
  const [used = '', free = '', kept = ''] = keys;
  const task = aTask({ id: numbered(1), lastStatus: 'RUNNING', taskDefinitionKey: used });
  await run((tx) => {
    for (const key of [used, free])
      tx.put(tx.tables.taskDefinitions, key, aDefinition({ status: 'DELETE_IN_PROGRESS' }));
    tx.put(tx.tables.taskDefinitions, kept, aDefinition({ status: 'INACTIVE' }));
    putTask(tx, { ...task, instanceKey: putInstance(tx, 1) });
  });
  const stop = new AbortController();
  const controllers = startControllers(platform, stop.signal);
  const left = () => keys.filter((key) => state.tables.taskDefinitions.get(key) !== undefined);
  await controllers.settled();
  assert.deepEqual(left(), [used, kept]);
  await run((tx) => putTask(tx, { ...task, lastStatus: 'STOPPED', desiredStatus: 'STOPPED', stoppedAt: tx.now }));
  await clock.turn(60_000);
  await controllers.settled();
  assert.deepEqual(left(), [kept]);
  stop.abort();
  await controllers.stopped;
});

it('keeps service deployments for ninety days, and revisions as long as anything tells of them', async () => {
  const ids = new SeededIds();
  const { run, state } = await aWorld(new FakeClock(), ids);
  const { tables } = state;
  const key = `${CLUSTER_KEY}/web`;
  /** Starts a deployment in the place of what ran, and brings it to its end at once. */
  const deploy = () =>
    run((tx) => {
      const before = tx.tables.services.get(key) ?? aService();
      const deployment = aDeployment({ id: `ecs-svc/${ids.digits19()}` });
      const after = beginDeployment(tx, ids, before, deployment, []);
      tx.put(tx.tables.services, key, { ...after, deployments: after.deployments.slice(0, 1) });
      for (const open of openDeployments(tx.tables, key))
        putServiceDeployment(tx, { ...open, status: 'SUCCESSFUL', finishedAt: tx.now });
    });
  const after = async (days: number) => {
    await run((tx) => {
      const retention = { now: epochMs(tx.now + days * 24 * HOUR_MS), stoppedTaskRetentionMs: HOUR_MS };
      for (const kind of KINDS) reap(tx, kind, retention);
    });
    return [tables.serviceDeployments.size, tables.serviceRevisions.size];
  };
  for (let n = 0; n < 3; n += 1) await deploy();
  assert.deepEqual(await after(89), [3, 3]);
  assert.deepEqual(await after(90), [1, 2], 'the newest one stays and tells of its source, too');
  await run((tx) => {
    const service = tx.tables.services.get(key);
    assert.ok(service);
    tx.put(tx.tables.services, key, { ...service, status: 'INACTIVE', deployments: [], inactiveAt: tx.now });
  });
  assert.deepEqual(await after(1), [0, 0], 'they go with their service');
});
