import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { epochMs, type Clock } from '@gantry/domain';
import { engineContract, type ContainerKind, type EngineWorld } from './contract.ts';
import { execContract } from './exec-contract.ts';
import { imageContract } from './image-contract.ts';
import { pauseContract } from './pause-contract.ts';
import { FakeEngine, type FakeImage } from './fake.ts';
import { EngineError, type EngineEvent } from './port.ts';

/** A clock that is turned by hand: `turn` lets what is due happen, in order. */
class ManualClock implements Clock {
  #now = 1_000_000;
  #sleepers: { dueMs: number; wake: () => void }[] = [];

  now(): ReturnType<Clock['now']> {
    return epochMs(this.#now);
  }

  elapsedMs(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      this.#sleepers.push({ dueMs: this.#now + ms, wake: resolve });
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async turn(ms: number): Promise<void> {
    const untilMs = this.#now + ms;
    for (;;) {
      await settle();
      const next = this.#sleepers.filter((one) => one.dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined) break;
      this.#now = next.dueMs;
      this.#sleepers = this.#sleepers.filter((one) => one !== next);
      next.wake();
    }
    this.#now = untilMs;
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const realClock: Clock = {
  now: () => epochMs(Date.now()),
  elapsedMs: () => performance.now(),
  sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
};

const KINDS: Record<ContainerKind, FakeImage> = {
  runs: {},
  stubborn: { ignoresSigterm: true },
  'exits-7': { exit: { code: 7, afterMs: 5 } },
  writes: {
    output: [{ text: 'one' }, { text: 'two', stream: 'stderr' }, { text: 'three', afterMs: 2 }],
    exit: { code: 0, afterMs: 5 },
  },
  'cannot-start': { startFails: 'exec: "/absent": stat /absent: no such file or directory: unknown' },
  'turns-healthy': { health: [{ afterMs: 5, health: 'healthy' }] },
};

function world(clock: Clock): EngineWorld & { readonly engine: FakeEngine } {
  const images = Object.fromEntries(Object.entries(KINDS).map(([kind, script]) => [`fake/${kind}:1`, script]));
  let names = 0;
  return {
    engine: new FakeEngine({ clock, images }),
    label: 'gantry.test=engine',
    image: 'fake/runs:1',
    name: (hint) => `fake-${hint}-${++names}`,
    spec: (kind) => ({ Image: `fake/${kind}:1`, Labels: { 'gantry.test': 'engine' } }),
    close: () => Promise.resolve(),
  };
}

engineContract('fake', () => Promise.resolve(world(realClock)));
execContract('fake', () => Promise.resolve(world(realClock)));
pauseContract('fake', () => Promise.resolve(world(realClock)));
imageContract('fake', () => {
  const made = world(realClock);
  const makeImage = (reference: string): Promise<void> => Promise.resolve(made.engine.setImage(reference, {}));
  return Promise.resolve({ ...made, makeImage });
});

describe('fake engine', () => {
  it('follows its script by the clock', async () => {
    const clock = new ManualClock();
    const { engine, spec } = world(clock);
    const { id } = await engine.createContainer('a', spec('exits-7'));
    await engine.startContainer(id);
    await clock.turn(4);
    assert.equal((await engine.inspectContainer(id))?.status, 'running');
    await clock.turn(1);
    assert.equal((await engine.inspectContainer(id))?.exitCode, 7);
  });

  it('fails when told to, before or after the effect', async () => {
    const { engine, spec } = world(new ManualClock());
    const error = new EngineError('timeout', 'no answer');
    engine.failNext('createContainer', error);
    await assert.rejects(engine.createContainer('a', spec('runs')), error);
    assert.deepEqual(engine.containers(), []);
    engine.failNext('createContainer', error, { afterEffect: true });
    await assert.rejects(engine.createContainer('a', spec('runs')), error);
    assert.equal(engine.containers().length, 1);
    assert.deepEqual(
      engine.calls.map((call) => call.call),
      ['createContainer', 'createContainer'],
    );
  });

  it('pulls in its own time, or not', async () => {
    const clock = new ManualClock();
    const { engine } = world(clock);
    engine.setImage('late:1', { present: false, pullMs: 100 });
    engine.setImage('broken:1', { present: false, pullFails: 'toomanyrequests' });
    let done = false;
    const pull = engine.pullImage('late:1', {}).then(() => (done = true));
    await clock.turn(99);
    assert.equal(done, false);
    assert.equal(await engine.inspectImage('late:1'), undefined);
    await clock.turn(1);
    await pull;
    assert.notEqual(await engine.inspectImage('late:1'), undefined);
    await assert.rejects(engine.pullImage('broken:1', {}), /toomanyrequests/);
    await assert.rejects(engine.pullImage('nobody:1', {}), /pull access denied/);
  });

  it('breaks streams, refuses calls and loses containers when it dies', async () => {
    const { engine, spec } = world(new ManualClock());
    const { id } = await engine.createContainer('a', spec('runs'));
    await engine.startContainer(id);
    const seen: EngineEvent[] = [];
    const { signal } = new AbortController();
    const reading = (async () => {
      for await (const event of engine.events({ sinceMs: 0, signal })) seen.push(event);
    })();
    const stopping = engine.stopContainer(id, { timeoutS: 30 });
    await settle();
    engine.goDown();
    await assert.rejects(reading, /closed the connection/);
    await stopping.catch(() => undefined);
    await assert.rejects(engine.ping(), /connection refused/);
    engine.comeUp();
    assert.equal((await engine.inspectContainer(id))?.status, 'exited');
    assert.equal(seen[0]?.kind, 'started');
  });

  it('walks through a list of exits, start by start', async () => {
    const clock = new ManualClock();
    const { engine } = world(clock);
    engine.setImage('flaky:1', { exit: [{ code: 1, afterMs: 1 }, 'never'] });
    const { id } = await engine.createContainer('a', { Image: 'flaky:1' });
    await engine.startContainer(id);
    await clock.turn(1);
    assert.equal((await engine.inspectContainer(id))?.exitCode, 1);
    await engine.startContainer(id);
    await clock.turn(1_000);
    assert.equal((await engine.inspectContainer(id))?.status, 'running');
  });
});
