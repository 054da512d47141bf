import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { EngineError } from '../engine/port.ts';
import { LinkError } from '../session/port.ts';
import { aContainer, aTask, stopOf, taskArn } from '../testing/payloads.ts';
import { AgentWorld } from '../testing/world.ts';
import { bytesOf } from './options.ts';

const STREAM = `g/p/web/${taskArn(1).slice(-32)}`;
const LINE = 'x'.repeat(64 * 1024);

let world: AgentWorld;
afterEach(() => world?.kill());

async function begin(mode: string): Promise<string> {
  world = new AgentWorld();
  world.plane.groups.add('g');
  await world.start();
  const Config = { 'awslogs-group': 'g', 'awslogs-region': 'us-east-1', 'awslogs-stream-prefix': 'p', mode };
  world.plane.payload(aTask(1, [aContainer('web', { hostConfig: { LogConfig: { Type: 'awslogs', Config } } })]));
  await world.settle();
  return world.engine.containers().find(({ labels }) => 'gantry.agent' in labels)?.id ?? '';
}

function away(): void {
  world.plane.answer = (operation) =>
    operation === 'PutLogEvents' ? new LinkError('Unreachable', 'the control plane is away') : undefined;
}
function back(): void {
  world.plane.answer = undefined;
}
const status = (id: string): string | undefined => world.engine.containers().find((state) => state.id === id)?.status;
const shipped = (): number => world.plane.streams.get(STREAM)?.length ?? 0;

/** A process that writes as long as it may: a held one's lines wait until it goes on. */
async function write(id: string, lines: number): Promise<void> {
  for (let n = 0; n < lines; n += 1) {
    world.engine.writeLine(id, `${n} ${LINE}`);
    await world.clock.turn(10);
  }
}

describe('blocking', () => {
  test('holds a container whose output nobody takes, and lets it go when it is on its way', async () => {
    const id = await begin('blocking');
    away();
    await write(id, 15);
    assert.equal(status(id), 'running', 'a mebibyte is held for it');
    await write(id, 5);
    assert.equal(status(id), 'paused');
    await world.clock.turn(600_000);
    assert.equal(status(id), 'paused', 'however long it takes');
    back();
    await world.clock.turn(60_000);
    assert.equal(status(id), 'running');
    await world.clock.turn(60_000);
    assert.equal(shipped(), 20, 'nothing is lost');
    assert.equal(world.plane.told(taskArn(1)).at(-1), 'RUNNING web:RUNNING');
  });

  test('a kill of the agent leaves it held; the next one lets it go', async () => {
    const id = await begin('blocking');
    away();
    await write(id, 20);
    assert.equal(status(id), 'paused');
    await world.kill();
    assert.equal(status(id), 'paused');
    back();
    await world.start();
    await world.clock.turn(60_000);
    assert.equal(status(id), 'running');
    assert.equal(shipped(), 20);
  });

  test('a task that is stopped while it is held ends, with all it wrote', async () => {
    const id = await begin('blocking');
    away();
    await write(id, 20);
    world.plane.payload(stopOf(1));
    await world.settle();
    assert.equal(world.plane.told(taskArn(1)).at(-1), 'STOPPED web:STOPPED(143)');
    assert.equal(status(id), 'exited');
    back();
    await world.clock.turn(60_000);
    assert.equal(shipped(), 20);
  });

  test('an engine that fails to let it go is asked again', async () => {
    const id = await begin('blocking');
    away();
    await write(id, 20);
    world.engine.failNext('unpauseContainer', new EngineError('failed', 'try again'));
    world.engine.failNext('unpauseContainer', new EngineError('unreachable', 'gone'), { afterEffect: true });
    back();
    await world.clock.turn(120_000);
    assert.equal(status(id), 'running');
    assert.equal(shipped(), 20);
  });
});

test('non-blocking never holds a container', async () => {
  const id = await begin('non-blocking');
  away();
  await write(id, 40);
  assert.equal(status(id), 'running');
  assert.ok(!world.engine.calls.some(({ call }) => call === 'pauseContainer'));
});

test('sizes as log drivers read them', () => {
  const read = ['', '7', '7b', '64k', '25m', '2G', 'x'].map(bytesOf);
  assert.deepEqual(read, [0, 7, 7, 65_536, 26_214_400, 2_147_483_648, 0]);
});
