import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { epochMs, type Clock } from '@gantry/domain';
import { Pool, type PoolOptions } from './pool.ts';

const clock: Clock = { now: () => epochMs(0), elapsedMs: () => 0, sleep: () => Promise.resolve() };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A pool of numbers whose makers wait until they are let go. */
function world(options: Partial<PoolOptions<number>> = {}) {
  const log = { made: 0, most: 0, destroyed: [] as number[], problems: [] as unknown[] };
  const held: ((error?: Error) => void)[] = [];
  const pool = new Pool<number>({
    clock,
    size: 2,
    concurrency: 3,
    refillDelayMs: 1,
    make: () =>
      new Promise((resolve, reject) => {
        held.push((error) => (error === undefined ? resolve(++log.made) : reject(error)));
        log.most = Math.max(log.most, held.length);
      }),
    destroy: (item) => Promise.resolve(void log.destroyed.push(item)),
    isAlive: () => Promise.resolve(true),
    onProblem: (error) => log.problems.push(error),
    ...options,
  });
  const letGo = async (error?: Error): Promise<void> => {
    await settle();
    held.shift()?.(error);
    await settle();
  };
  return { pool, log, held, letGo };
}

describe('pool', () => {
  it('makes its stock one at a time', async () => {
    const { pool, log, letGo } = world();
    const full = pool.fill();
    for (let i = 0; i < 2; i++) await letGo();
    await full;
    assert.deepEqual([pool.ready, log.most], [2, 1]);
  });

  it('gives from stock, and makes the next in the background', async () => {
    const { pool, letGo } = world();
    const full = pool.fill();
    for (let i = 0; i < 2; i++) await letGo();
    await full;
    assert.equal(await pool.take(), 1);
    await letGo();
    assert.equal(pool.ready, 2);
  });

  it('goes on making its stock when what it made was given to somebody who came meanwhile', async () => {
    const { pool, held, letGo } = world();
    const full = pool.fill();
    for (let i = 0; i < 2; i++) await letGo();
    await full;
    const taken = [pool.take()];
    await settle(); // the next one is being made
    taken.push(pool.take(), pool.take());
    for (await settle(); held.length > 0;) await letGo();
    await Promise.all(taken);
    assert.equal(pool.ready, 2);
  });

  it('serves who waits before the stock, at most so many at a time', async () => {
    const { pool, log, held, letGo } = world();
    const taken = [1, 2, 3, 4, 5].map(() => pool.take());
    await settle();
    assert.equal(held.length, 3);
    for (let i = 0; i < 5; i++) await letGo();
    assert.deepEqual(await Promise.all(taken), [1, 2, 3, 4, 5]);
    assert.equal(log.most, 3);
    await letGo();
    await letGo();
    assert.equal(pool.ready, 2);
  });

  it('throws away what has died in stock', async () => {
    const { pool, log, letGo } = world({ isAlive: (item) => Promise.resolve(item !== 1) });
    const full = pool.fill();
    for (let i = 0; i < 2; i++) await letGo();
    await full;
    assert.equal(await pool.take(), 2);
    assert.deepEqual(log.destroyed, [1]);
    await letGo();
    await letGo();
  });

  it('tells the one who waits why nothing came, and does not try for ever', async () => {
    const { pool, log, held, letGo } = world();
    const taken = pool.take();
    const refused = assert.rejects(taken, /no engine/);
    await letGo(new Error('no engine'));
    await refused;
    await letGo(new Error('still none'));
    await settle();
    assert.equal(held.length, 0);
    assert.equal(log.problems.length, 1);
  });

  it('leaves nothing when it closes', async () => {
    const { pool, log, letGo } = world();
    const full = pool.fill();
    await letGo();
    const closed = pool.close();
    await letGo();
    await closed;
    await full;
    assert.deepEqual(
      log.destroyed.sort((a, b) => a - b),
      [1, 2],
    );
    await assert.rejects(pool.take(), /closed/);
  });
});
