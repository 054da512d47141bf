import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { aContainer, aTask, eni, stopOf, taskArn } from './testing/payloads.ts';
import { INSTANCE_ARN } from './testing/plane.ts';
import { AgentWorld } from './testing/world.ts';

let world: AgentWorld;
const begin = async (...options: ConstructorParameters<typeof AgentWorld>): Promise<AgentWorld> => {
  world = new AgentWorld(...options);
  await world.start();
  return world;
};
afterEach(() => world.kill());

describe('a task', () => {
  test('of one container is started, reported, stopped, cleaned up', async () => {
    const { plane, engine, clock } = await begin();
    const messageId = plane.payload(aTask(1, [aContainer('web')]));
    await world.settle();
    assert.deepEqual(plane.acks(), [messageId]);
    assert.deepEqual(plane.told(taskArn(1)), ['RUNNING web:RUNNING']);
    assert.deepEqual(
      engine.calls.filter(({ call }) => call !== 'events' && call !== 'listContainers').map(({ call }) => call),
      ['ping', 'listVolumes', 'inspectImage', 'createContainer', 'startContainer'],
    );
    plane.payload(stopOf(1));
    await world.settle();
    assert.deepEqual(plane.told(taskArn(1)), ['RUNNING web:RUNNING', 'STOPPED web:STOPPED(143)']);
    assert.deepEqual(world.containers(), ['web exited']);
    await clock.turn(11 * 60_000);
    assert.deepEqual(world.containers(), []);
    assert.deepEqual([...world.disk.durable.keys()], ['agent']);
  });

  test('whose essential container exits stops, with its code', async () => {
    const { plane, clock } = await begin({ images: { 'job:1': { exit: { code: 3, afterMs: 1000 } } } });
    plane.payload(aTask(1, [aContainer('job', { image: 'job:1' }), aContainer('side', { essential: false })]));
    await world.settle();
    await clock.turn(2000);
    assert.deepEqual(plane.told(taskArn(1)).at(-1), 'STOPPED job:STOPPED(3) side:STOPPED(143)');
  });

  test('with an address joins its namespace and gives it back', async () => {
    const { plane, engine, network } = await begin();
    const task = aTask(1, [aContainer('web')], {
      networkMode: 'awsvpc',
      elasticNetworkInterfaces: [eni()],
      launchType: 'FARGATE',
      cpu: 0.25,
      memory: 512,
    });
    plane.payload(task);
    await world.settle();
    const [lease] = await network.leases();
    const web = engine.containers().find(({ labels }) => labels['com.amazonaws.ecs.container-name'] === 'web');
    const host = engine.spec(web?.id ?? '')['HostConfig'] as Record<string, unknown>;
    assert.equal(host['NetworkMode'], `container:${lease?.pauseContainerId}`);
    assert.equal(host['CgroupParent'], `/ecs/${task.arn.slice(-32)}`);
    assert.deepEqual(plane.reports[0]?.attachments, [{ attachmentArn: eni().attachmentArn, status: 'ATTACHED' }]);
    plane.payload(stopOf(1));
    await world.settle();
    assert.equal(plane.told(task.arn).at(-1), 'STOPPED web:STOPPED(143)');
    assert.deepEqual(await network.leases(), []);
    assert.equal(world.cgroups.parents.size, 0);
  });

  test('is known by its instance', async () => {
    const { agent, plane } = await begin();
    assert.equal(agent?.containerInstanceArn, INSTANCE_ARN);
    assert.deepEqual(
      plane.connections.map(({ kind }) => kind),
      ['acs', 'tcs'],
    );
  });
});
