import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FakeClock, turnOfPromises } from '@gantry/testkit/fake-clock.ts';
import { FakeEngine, type FakeImage } from '../engine/fake.ts';
import { EngineError } from '../engine/port.ts';
import { aContainer, aTask, stopOf, taskArn } from '../testing/payloads.ts';
import { AgentWorld } from '../testing/world.ts';
import { admit, fits, type Candidate, type Capacity } from './admission.ts';
import { EngineGate } from './gate.ts';
import { hasRegistryPart, Images, PullFailed, type PreparedImage, type PullBehaviour } from './images.ts';
import type { Reservation } from './plan.ts';

const CAPACITY: Capacity = { cpuUnits: 1000, memoryMiB: 1000, tcpPorts: [22], udpPorts: [53], gpuIds: ['a', 'b'] };
const wants = (over: Partial<Reservation>): Reservation => ({
  cpuUnits: 0,
  memoryMiB: 0,
  tcpPorts: [],
  udpPorts: [],
  gpuIds: [],
  ...over,
});

describe('admission', () => {
  const cases: readonly (readonly [string, Partial<Reservation>, Partial<Reservation>, boolean])[] = [
    ['the last unit of cpu', { cpuUnits: 400 }, { cpuUnits: 600 }, true],
    ['one unit too many', { cpuUnits: 401 }, { cpuUnits: 600 }, false],
    ['memory', { memoryMiB: 900 }, { memoryMiB: 101 }, false],
    ['a port of another task', { tcpPorts: [80] }, { tcpPorts: [80] }, false],
    ['the same number over UDP', { tcpPorts: [80] }, { udpPorts: [80] }, true],
    ['a port the instance keeps', {}, { tcpPorts: [22] }, false],
    ['a UDP port the instance keeps', {}, { udpPorts: [53] }, false],
    ['a GPU nobody has', { gpuIds: ['a'] }, { gpuIds: ['b'] }, true],
    ['a GPU of another task', { gpuIds: ['a'] }, { gpuIds: ['b', 'a'] }, false],
    ['a GPU of another machine', {}, { gpuIds: ['c'] }, false],
  ];
  for (const [name, taken, wanted, expected] of cases) {
    test(name, () => assert.equal(fits(CAPACITY, [wants(taken)], wants(wanted)), expected));
  }

  test('first come, first served: the head of the line holds up the rest', () => {
    const one = (order: number, cpuUnits: number): Candidate => ({
      arn: `${order}`,
      order,
      reservation: wants({ cpuUnits }),
    });
    assert.deepEqual(admit(CAPACITY, [], [one(3, 10), one(1, 600), one(2, 500)]), ['1']);
    assert.deepEqual(admit(CAPACITY, [], [one(3, 10), one(1, 600), one(2, 400)]), ['1', '2']);
  });

  test('never lets in more than there is', () => {
    const anyTask = fc.record({
      order: fc.nat(),
      cpuUnits: fc.nat(700),
      memoryMiB: fc.nat(700),
      port: fc.integer({ min: 1, max: 30 }),
    });
    const law = fc.property(fc.array(anyTask, { maxLength: 12 }), (tasks) => {
      const waiting = tasks.map(({ order, port, ...rest }, i) => ({
        arn: `${i}`,
        order,
        reservation: wants({ ...rest, tcpPorts: [port] }),
      }));
      const let_in = admit(CAPACITY, [], waiting).map((arn) => waiting[Number(arn)]?.reservation ?? wants({}));
      assert.ok(let_in.reduce((sum, r) => sum + r.cpuUnits, 0) <= CAPACITY.cpuUnits);
      assert.ok(let_in.reduce((sum, r) => sum + r.memoryMiB, 0) <= CAPACITY.memoryMiB);
      const ports = let_in.flatMap((r) => r.tcpPorts);
      assert.equal(new Set([...ports, ...CAPACITY.tcpPorts]).size, ports.length + CAPACITY.tcpPorts.length);
    });
    fc.assert(law);
  });

  test('a task that waits starts when another has stopped; Fargate tasks never wait', async () => {
    const world = new AgentWorld();
    await world.start();
    const big = (n: number) => aTask(n, [aContainer('web')], { memory: 3000 });
    world.plane.payload(big(1));
    world.plane.payload(big(2));
    world.plane.payload(aTask(3, [aContainer('web')], { memory: 3000, launchType: 'FARGATE' }));
    await world.settle();
    assert.deepEqual(
      [1, 2, 3].map((n) => world.plane.told(taskArn(n)).length),
      [1, 0, 1],
    );
    world.plane.payload(stopOf(1));
    await world.settle();
    assert.deepEqual(world.plane.told(taskArn(2)), ['RUNNING web:RUNNING']);
    await world.kill();
  });
});

describe('images', () => {
  const prepared = async (behaviour: PullBehaviour, image: FakeImage, reference = 'app:1', turns = 100) => {
    const clock = new FakeClock();
    const engine = new FakeEngine({ clock, images: { [reference]: image } });
    const images = new Images(engine, clock, behaviour);
    const result = await settle(clock, images.prepare(reference, new AbortController().signal), turns);
    const calls = engine.calls.map(({ call }) => call);
    return {
      result,
      pulls: calls.filter((call) => call === 'pullImage').length,
      inspects: calls.filter((call) => call === 'inspectImage').length,
    };
  };
  const settle = async (
    clock: FakeClock,
    pending: Promise<PreparedImage>,
    turns = 100,
  ): Promise<PreparedImage | Error> => {
    let outcome: PreparedImage | Error | undefined;
    pending.then(
      (value) => (outcome = value),
      (error: Error) => (outcome = error),
    );
    for (let i = 0; i < turns && outcome === undefined; i += 1) await clock.turn(1000);
    return outcome ?? new Error('still pending');
  };
  const digest = 'sha256:abc';

  test('that are here are used as they are', async () => {
    const { result, pulls, inspects } = await prepared(
      'prefer-cached',
      { repoDigest: digest },
      'registry.example/app:1',
    );
    assert.deepEqual([result, pulls, inspects], [{ digest }, 0, 1]);
    const named = await prepared('default', { repoDigest: digest }, 'registry.example/app@sha256:abc');
    assert.deepEqual([named.result, named.pulls], [{ digest }, 0], 'what a digest names does not move');
  });

  test('that are not here are pulled', async () => {
    const { result, pulls } = await prepared('prefer-cached', { present: false, repoDigest: digest, pullMs: 3000 });
    assert.equal(pulls, 1);
    assert.ok(!(result instanceof Error) && result.digest === digest && result.pull !== undefined);
    assert.equal(result.pull.stoppedAtMs - result.pull.startedAtMs, 3000);
  });

  test('default asks the registry, but not for images that were made here', async () => {
    assert.equal((await prepared('default', { repoDigest: digest })).pulls, 1);
    assert.equal((await prepared('default', {}, 'localhost:5000/app')).pulls, 1);
    assert.equal((await prepared('default', {})).pulls, 0);
  });

  test('default falls back to what is here, and says so', async () => {
    const { result, pulls } = await prepared('default', { repoDigest: digest, pullFails: 'no route' });
    assert.equal(pulls, 5);
    assert.deepEqual(result, {
      digest,
      warning: 'CannotPullContainerError: ref pull has been retried 5 time(s): no route',
    });
  });

  test('always and once fail when the registry does', async () => {
    for (const behaviour of ['always', 'once'] as const) {
      const { result } = await prepared(behaviour, { repoDigest: digest, pullFails: 'no route' });
      assert.ok(result instanceof PullFailed, behaviour);
    }
  });

  test('a pull that says nothing for too long is begun again, five times', async () => {
    const { result, pulls } = await prepared('always', { present: false, pullMs: 3_600_000 }, 'app:1', 600);
    assert.equal(pulls, 5);
    const words = 'ref pull has been retried 5 time(s): inactivity time exceeded timeout while pulling image';
    assert.equal((result as Error).message, `CannotPullContainerError: ${words}`);
  });

  test('a repository that is not there is not asked for twice', async () => {
    const clock = new FakeClock();
    const engine = new FakeEngine({ clock, images: {} });
    const result = await settle(
      clock,
      new Images(engine, clock, 'prefer-cached').prepare('nope:1', new AbortController().signal),
    );
    assert.match(
      (result as Error).message,
      /^CannotPullContainerError: Error response from daemon: pull access denied for nope:1/,
    );
    assert.equal(engine.calls.filter(({ call }) => call === 'pullImage').length, 1);
  });

  test('fifty containers of one image ask once', async () => {
    const clock = new FakeClock();
    const engine = new FakeEngine({ clock, images: { 'app:1': { present: false, pullMs: 500 } } });
    const images = new Images(engine, clock, 'prefer-cached');
    const all = Array.from({ length: 50 }, () => images.prepare('app:1', new AbortController().signal));
    await clock.turn(1000);
    await Promise.all(all);
    assert.equal(engine.calls.filter(({ call }) => call === 'pullImage').length, 1);
    await images.prepare('app:1', new AbortController().signal);
    assert.equal(engine.calls.filter(({ call }) => call === 'inspectImage').length, 2);
  });

  test('a pull nobody wants any more ends, one that somebody wants goes on', async () => {
    const clock = new FakeClock();
    const engine = new FakeEngine({ clock, images: { 'app:1': { present: false, pullMs: 500 } } });
    const images = new Images(engine, clock, 'prefer-cached');
    const [first, second] = [new AbortController(), new AbortController()];
    const one = images.prepare('app:1', first.signal);
    const two = images.prepare('app:1', second.signal);
    await turnOfPromises();
    first.abort();
    await assert.rejects(one);
    await clock.turn(600);
    assert.ok((await two).pull !== undefined);
  });

  for (const [reference, expected] of [
    ['app', false],
    ['library/app:1', false],
    ['a.example/app', true],
    ['host:5000/app', true],
    ['localhost/app', true],
  ] as const) {
    test(`${reference} ${expected ? 'names' : 'does not name'} a registry`, () =>
      assert.equal(hasRegistryPart(reference), expected));
  }

  test('pull errors are the container’s reason, and the task’s end', async () => {
    const world = new AgentWorld({ images: { 'bad:1': { present: false, pullFails: 'toomanyrequests' } } });
    await world.start();
    world.plane.payload(aTask(1, [aContainer('web', { image: 'bad:1' })]));
    await world.clock.turn(30_000);
    const report = world.plane.reports.find(({ status }) => status === 'STOPPED');
    assert.equal(
      report?.containers?.[0]?.reason,
      'CannotPullContainerError: ref pull has been retried 5 time(s): toomanyrequests',
    );
    assert.equal(report?.containers?.[0]?.exitCode, undefined);
    assert.ok(report?.pullStartedAt instanceof Date);
    await world.kill();
  });

  test('a stop during a pull ends it', async () => {
    const world = new AgentWorld({ images: { 'slow:1': { present: false, pullMs: 600_000 } } });
    await world.start();
    world.plane.payload(aTask(1, [aContainer('web', { image: 'slow:1' })]));
    await world.settle();
    world.plane.payload(stopOf(1));
    await world.settle();
    assert.deepEqual(world.plane.told(taskArn(1)), ['STOPPED web:STOPPED']);
    await world.kill();
  });
});

test('what is over is cleaned up after the delay and its own share of the jitter', async () => {
  const world = new AgentWorld({ config: { cleanUpDelayMs: 1_000, cleanUpJitterMs: 10_000 } });
  await world.start();
  for (const number of [0x1, 0x800000]) {
    world.plane.payload(aTask(number, [aContainer('web')]));
    await world.settle();
    world.plane.payload(stopOf(number));
  }
  await world.settle();
  const left = async (ms: number): Promise<number> => {
    await world.clock.turn(ms);
    await world.settle();
    return world.containers().length;
  };
  assert.deepEqual([await left(999), await left(500), await left(4_400), await left(200)], [2, 1, 1, 0]);
  await world.kill();
});

test('the gate is as wide as it says, and lets starts pass creates', async () => {
  const gate = new EngineGate(2);
  const order: string[] = [];
  const leave: (() => void)[] = [];
  let inside = 0;
  const enter = (kind: 'create' | 'start', name: string): Promise<void> =>
    gate.run(kind, async () => {
      order.push(name);
      inside += 1;
      assert.ok(inside <= 2);
      await new Promise<void>((resolve) => leave.push(resolve));
      inside -= 1;
    });
  const all = [
    enter('create', 'c1'),
    enter('create', 'c2'),
    enter('create', 'c3'),
    enter('start', 's1'),
    enter('create', 'c4'),
  ];
  for (let i = 0; i < 5; i += 1) {
    await turnOfPromises();
    leave.shift()?.();
  }
  await Promise.all(all);
  assert.deepEqual(order, ['c1', 'c2', 's1', 'c3', 'c4']);
  await assert.rejects(gate.run('start', () => Promise.reject(new EngineError('failed', 'x'))));
  await gate.run('start', () => Promise.resolve());
});
