import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { EngineError } from '../engine/port.ts';
import { LinkError } from '../session/port.ts';
import { aContainer, aTask, stopOf, taskArn } from '../testing/payloads.ts';
import { AgentWorld, type WorldOptions } from '../testing/world.ts';
import { BATCH_LIMITS, eventsOf, inOrder, takeBatch, type PendingEvent } from './batch.ts';
import { Multiline } from './multiline.ts';
import { awslogsOptions, awslogsProblem, namedStream } from './options.ts';

const GROUP = { 'awslogs-group': 'g', 'awslogs-region': 'eu-west-1', 'awslogs-stream-prefix': 'p' };
const STREAM = `g/p/web/${taskArn(1).slice(-32)}`;

let world: AgentWorld;
afterEach(() => world?.kill());

async function begin(options: WorldOptions = {}, groups: readonly string[] = ['g']): Promise<AgentWorld> {
  world = new AgentWorld(options);
  for (const group of groups) world.plane.groups.add(group);
  await world.start();
  return world;
}

function logging(number: number, config: Record<string, string> = GROUP) {
  return aTask(number, [aContainer('web', { hostConfig: { LogConfig: { Type: 'awslogs', Config: config } } })]);
}
const written = (stream = STREAM): readonly string[] =>
  (world.plane.streams.get(stream) ?? []).map(({ message }) => message ?? '');
const ownId = (): string => world.engine.containers().find(({ labels }) => 'gantry.agent' in labels)?.id ?? '';
const puts = (): number => world.plane.calls.filter(({ operation }) => operation === 'PutLogEvents').length;

describe('shipping', () => {
  test('brings lines within 200 ms, in one call, to the stream of prefix, container and task', async () => {
    await begin();
    world.plane.payload(logging(1));
    await world.settle();
    for (const text of ['one', '', 'two']) world.engine.writeLine(ownId(), text);
    await world.clock.turn(200);
    assert.deepEqual(written(), ['one', 'two']);
    assert.equal(puts(), 1);
    const put = world.plane.calls.find(({ operation }) => operation === 'PutLogEvents');
    assert.equal(put?.region, 'eu-west-1');
    assert.match(put?.account ?? '', /^[0-9]{12}$/, 'the output goes to the owner of the task');
    assert.deepEqual(world.engine.spec(ownId())['HostConfig'] as object, {
      ...(world.engine.spec(ownId())['HostConfig'] as object),
      LogConfig: { Type: 'json-file', Config: { 'max-size': '20m', 'max-file': '5' } },
    });
  });

  test('loses and doubles nothing over a kill of the agent', async () => {
    await begin();
    world.plane.payload(logging(1));
    await world.settle();
    const expected: string[] = [];
    for (let i = 0; i < 30; i += 1) {
      world.engine.writeLine(ownId(), `line ${i}`);
      expected.push(`line ${i}`);
      await world.clock.turn(60);
      if (i % 7 === 3) {
        await world.kill();
        await world.start();
      }
    }
    await world.clock.turn(2000);
    assert.deepEqual(written(), expected);
  });

  test('keeps all while the control plane is away, and what a container wrote last', async () => {
    await begin();
    world.plane.payload(logging(1));
    await world.settle();
    world.link.goDown();
    for (let i = 0; i < 500; i += 1) world.engine.writeLine(ownId(), `${i} ${'x'.repeat(5000)}`);
    await world.clock.turn(600_000);
    world.engine.crash(ownId(), 1);
    await world.clock.turn(60_000);
    world.link.comeUp();
    await world.clock.turn(120_000);
    assert.deepEqual(
      written().map((line) => Number.parseInt(line, 10)),
      Array.from({ length: 500 }, (_, i) => i),
    );
  });

  test('goes on when the engine breaks the stream', async () => {
    await begin();
    world.plane.payload(logging(1));
    await world.settle();
    world.engine.writeLine(ownId(), 'before');
    await world.clock.turn(300);
    world.engine.restart({ keepContainers: true });
    await world.clock.turn(3000);
    world.engine.writeLine(ownId(), 'after');
    await world.clock.turn(3000);
    assert.deepEqual(written(), ['before', 'after']);
  });

  test('makes its stream again when that was deleted', async () => {
    await begin();
    world.plane.payload(logging(1));
    await world.settle();
    world.plane.streams.clear();
    world.engine.writeLine(ownId(), 'hello');
    await world.clock.turn(1000);
    assert.deepEqual(written(), ['hello']);
  });

  test('a refused batch is dropped, the next goes on', async () => {
    await begin();
    world.plane.payload(logging(1));
    await world.settle();
    world.link.failNext('PutLogEvents', new LinkError('InvalidParameterException', 'no', { status: 400 }));
    world.engine.writeLine(ownId(), 'bad');
    await world.clock.turn(500);
    world.engine.writeLine(ownId(), 'good');
    await world.clock.turn(500);
    assert.deepEqual(written(), ['good']);
  });

  test('without a prefix the stream is the runtime id', async () => {
    await begin();
    world.plane.payload(logging(1, { 'awslogs-group': 'g', 'awslogs-region': 'r' }));
    await world.settle();
    world.engine.writeLine(ownId(), 'x');
    await world.clock.turn(500);
    assert.deepEqual(written(`g/${ownId()}`), ['x']);
  });

  test('joins lines by a pattern', async () => {
    await begin();
    world.plane.payload(logging(1, { ...GROUP, 'awslogs-multiline-pattern': '^\\d' }));
    await world.settle();
    for (const line of ['1 a', ' b', '2 c']) world.engine.writeLine(ownId(), line);
    await world.clock.turn(300);
    assert.deepEqual(written(), ['1 a\n b']);
    await world.clock.turn(1500);
    assert.deepEqual(written(), ['1 a\n b', '2 c'], 'an open event is complete after a while');
  });

  test('ends before the container is removed', async () => {
    await begin();
    world.plane.payload(logging(1));
    await world.settle();
    world.link.failNext('PutLogEvents', new LinkError('ServerException', 'hot', { status: 500 }), { times: 200 });
    world.engine.writeLine(ownId(), 'last words');
    world.plane.payload(stopOf(1));
    await world.clock.turn(30 * 60_000);
    assert.equal(world.containers().length, 1, 'it is due for removal, but its output is not shipped');
    await world.clock.turn(3 * 3_600_000);
    assert.deepEqual(written(), ['last words']);
    assert.deepEqual(world.containers(), []);
  });
});

describe('a task that cannot log', () => {
  const cases = [
    [
      'no group',
      GROUP,
      [],
      /^ResourceInitializationError: failed to validate logger args: .*ResourceNotFoundException: The specified log group does not exist\./,
    ],
    ['no group named', { 'awslogs-region': 'r' }, ['g'], /must specify a value for log opt 'awslogs-group'$/],
    ['no region', { 'awslogs-group': 'g' }, ['g'], /must specify a value for log opt 'awslogs-region'$/],
    ['a bad pattern', { ...GROUP, 'awslogs-multiline-pattern': '(' }, ['g'], /could not parse multiline pattern/],
  ] as const;
  for (const [name, config, groups, text] of cases) {
    test(`(${name}) never starts, and says why`, async () => {
      await begin({}, groups);
      world.plane.payload(logging(1, config));
      await world.settle();
      assert.match(world.plane.told(taskArn(1)).join(), /^STOPPED web:STOPPED$/);
      assert.match(world.plane.reports[0]?.reason ?? '', text);
      assert.equal(
        world.engine.calls.some(({ call }) => call === 'startContainer'),
        false,
      );
    });
  }

  test('makes its group when it was told to', async () => {
    await begin({}, []);
    world.plane.payload(logging(1, { ...GROUP, 'awslogs-create-group': 'true' }));
    await world.settle();
    assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING web:RUNNING']);
    assert.deepEqual([...world.plane.groups], ['g']);
  });

  test('starts all the same when nobody can tell', async () => {
    await begin();
    world.link.failNext('CreateLogStream', new LinkError('Unreachable', 'no'));
    world.plane.payload(logging(1));
    await world.settle();
    assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING web:RUNNING']);
  });

  test('but whose container the engine lost is over', async () => {
    await begin();
    world.engine.failNext('logs', new EngineError('not-found', 'gone'));
    world.plane.payload(logging(1));
    await world.settle();
    assert.deepEqual(world.plane.told(taskArn(1)), ['RUNNING web:RUNNING']);
  });
});

describe('batches', () => {
  const anyEvent: fc.Arbitrary<PendingEvent> = fc
    .record({ timestampMs: fc.integer({ min: 0, max: 3 * 86_400_000 }), bytes: fc.integer({ min: 27, max: 262_144 }) })
    .map(({ timestampMs, bytes }) => ({ timestampMs, bytes, message: 'm', after: { ns: '0', count: 0 } }));

  test('keep within the limits, make progress and keep the order of time', () => {
    const law = fc.property(fc.array(anyEvent, { minLength: 1, maxLength: 60 }), (queue) => {
      const batch = takeBatch(queue);
      assert.ok(batch.length >= 1);
      assert.deepEqual(batch, queue.slice(0, batch.length));
      assert.ok(batch.reduce((sum, { bytes }) => sum + bytes, 0) <= BATCH_LIMITS.bytes);
      const times = inOrder(batch).map(({ timestamp }) => timestamp);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
      assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) <= BATCH_LIMITS.spanMs);
    });
    fc.assert(law);
    const many = Array.from({ length: 10_001 }, () => ({
      timestampMs: 0,
      bytes: 27,
      message: 'm',
      after: { ns: '0', count: 0 },
    }));
    assert.equal(takeBatch(many).length, 10_000);
  });

  test('a line is cut into events that fit, and nothing of it is lost', () => {
    const law = fc.property(fc.string({ unit: 'grapheme' }), fc.nat(70_000), (text, repeat) => {
      const long = text.repeat(1 + Math.floor(repeat / Math.max(1, text.length)));
      const events = eventsOf(long, 0, { ns: '0', count: 0 });
      assert.equal(events.map(({ message }) => message).join(''), long);
      for (const { message, bytes } of events) {
        assert.ok(bytes <= 262_144 && message !== '');
        assert.equal(message.isWellFormed(), long.isWellFormed() ? true : message.isWellFormed());
      }
    });
    fc.assert(law, { numRuns: 50 });
    assert.equal(eventsOf('é'.repeat(200_000), 0, { ns: '0', count: 0 }).length, 4);
  });
});

test('options: the rendered name, the prefix, date formats', () => {
  const options = (config: Record<string, string>) =>
    awslogsOptions({ Type: 'awslogs', Config: config }, 'arn:aws:ecs:r:111122223333:task/c/t');
  assert.equal(awslogsOptions({ Type: 'json-file' }, ''), undefined);
  const rendered = options({ 'awslogs-stream': 'made/already' });
  assert.equal(rendered && namedStream(rendered, 'c', 't'), 'made/already');
  const dated = options({ ...GROUP, 'awslogs-datetime-format': '[%Y-%m-%d %H:%M:%S%L]' });
  assert.equal(dated && awslogsProblem(dated), undefined);
  const pattern = new RegExp(dated?.multilinePattern ?? '');
  assert.match('[2026-01-02 03:04:05.678] hello', pattern);
  assert.doesNotMatch('  at somewhere', pattern);
  const lines = new Multiline(undefined);
  const line = { text: 'x', timestampMs: 0, after: { ns: '1', count: 1 } };
  assert.deepEqual(lines.add(line), [line]);
});
