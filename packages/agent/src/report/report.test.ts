import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LinkError } from '../session/port.ts';
import { aContainer, aTask, stopOf, taskArn } from '../testing/payloads.ts';
import { AgentWorld, type WorldOptions } from '../testing/world.ts';

const begin = async (options: WorldOptions = {}): Promise<AgentWorld> => {
  const world = new AgentWorld(options);
  await world.start();
  return world;
};

describe('reports', () => {
  test('tell host ports: fixed ones as asked for, others as the engine chose', async () => {
    const world = await begin();
    const port = (containerPort: number, hostPort: number) => ({ containerPort, hostPort, protocol: 'tcp' as const });
    world.plane.payload(
      aTask(1, [aContainer('a', { portMappings: [port(80, 8080)] }), aContainer('b', { portMappings: [port(80, 0)] })]),
    );
    await world.settle();
    const bindings = world.plane.reports[0]?.containers?.map(({ networkBindings }) => networkBindings);
    assert.deepEqual(bindings?.[0], [{ bindIP: '0.0.0.0', containerPort: 80, hostPort: 8080, protocol: 'tcp' }]);
    assert.equal((bindings?.[1]?.[0]?.hostPort ?? 0) >= 32_768, true);
    assert.equal(world.engine.calls.filter(({ call }) => call === 'inspectContainer').length, 1);
    await world.kill();
  });

  test('a task that ran and ended during an outage is told RUNNING, then STOPPED', async () => {
    const world = await begin({ images: { 'job:1': { exit: { code: 0, afterMs: 1000 } } } });
    world.link.failNext('SubmitTaskStateChange', new LinkError('Unreachable', 'no'), { times: 8 });
    world.plane.payload(aTask(1, [aContainer('job', { image: 'job:1' })]));
    await world.clock.turn(120_000);
    assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING job:RUNNING', 'STOPPED job:STOPPED(0)']);
    assert.equal(world.plane.reports[1]?.executionStoppedAt instanceof Date, true);
    await world.kill();
  });

  test('go out again when only the answer was lost', async () => {
    const world = await begin();
    world.link.failNext('SubmitTaskStateChange', new LinkError('Unreachable', 'no'), { afterEffect: true });
    world.plane.payload(aTask(1, [aContainer('web')]));
    await world.clock.turn(5000);
    assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING web:RUNNING', 'RUNNING web:RUNNING']);
    await world.kill();
  });

  test('that are refused for good are dropped, the next is not', async () => {
    const world = await begin();
    world.link.failNext('SubmitTaskStateChange', new LinkError('InvalidParameterException', 'what?', { status: 400 }));
    world.plane.payload(aTask(1, [aContainer('web')]));
    await world.clock.turn(60_000);
    assert.deepEqual(world.plane.told(taskArn(1)), []);
    world.plane.payload(stopOf(1));
    await world.settle();
    assert.deepEqual(world.plane.told(taskArn(1)), ['STOPPED web:STOPPED(143)']);
    await world.kill();
  });

  test('are tried for hours', async () => {
    const world = await begin();
    world.plane.payload(aTask(1, [aContainer('web')]));
    await world.settle();
    world.link.failNext('SubmitTaskStateChange', new LinkError('ServerException', 'no', { status: 500 }), {
      times: 700,
    });
    world.plane.payload(stopOf(1));
    await world.clock.turn(4 * 3_600_000);
    assert.equal(world.plane.told(taskArn(1)).length, 1);
    assert.equal(world.containers().length, 1, 'nothing is cleaned up before STOPPED was accepted');
    await world.clock.turn(4 * 3_600_000);
    assert.deepEqual(world.plane.told(taskArn(1)).at(-1), 'STOPPED web:STOPPED(143)');
    await world.kill();
  });

  test('that are throttled wait and are told again', async () => {
    const world = await begin();
    world.link.failNext(
      'SubmitTaskStateChange',
      new LinkError('ThrottlingException', 'Rate exceeded', { status: 400 }),
      {
        times: 20,
      },
    );
    world.plane.payload(aTask(1, [aContainer('web')]));
    await world.clock.turn(3_600_000);
    assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING web:RUNNING']);
    await world.kill();
  });

  test('a container on its own waits a moment for company', async () => {
    const world = await begin({ images: { 'job:1': { exit: { code: 0, afterMs: 5000 } } } });
    world.plane.payload(aTask(1, [aContainer('web'), aContainer('job', { image: 'job:1', essential: false })]));
    await world.settle();
    await world.clock.turn(5500);
    assert.equal(world.plane.told(taskArn(1)).length, 1);
    await world.clock.turn(1000);
    assert.deepEqual(world.plane.told(taskArn(1)).at(-1), 'RUNNING web:RUNNING job:STOPPED(0)');
    await world.kill();
  });

  test('an image from a registry is told with its digest', async () => {
    const world = await begin({ images: { 'r.example/a:1': { repoDigest: 'sha256:abc' } } });
    world.plane.payload(aTask(1, [aContainer('web', { image: 'r.example/a:1' })]));
    await world.settle();
    assert.equal(world.plane.reports[0]?.containers?.[0]?.imageDigest, 'sha256:abc');
    await world.kill();
  });
});
