import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { MemoryCheckpoint, MemoryDisk } from '../checkpoint/memory.ts';
import { FakeEngine } from '../engine/fake.ts';
import { Images } from '../supervisor/images.ts';
import { chooseImages, type CleanUpRules } from './choose.ts';
import { ImageCleaner } from './cleaner.ts';
import { PulledImages, type PulledImage } from './pulled.ts';

const RULES: CleanUpRules = { intervalMs: 1_800_000, minimumAgeMs: 3_600_000, mostPerCycle: 2, excluded: ['kept:1'] };
const HOUR_MS = 3_600_000;
const { signal } = new AbortController();

describe('which images go', () => {
  const image = (reference: string, more: Partial<PulledImage> = {}): PulledImage => ({
    reference,
    digest: 'sha256:1',
    ours: true,
    pulledAtMs: 0,
    usedAtMs: 0,
    ...more,
  });
  const cases: readonly (readonly [string, readonly PulledImage[], readonly string[], readonly string[]])[] = [
    ['one that nobody uses', [image('a')], [], ['a']],
    ['none in use', [image('a')], ['a'], []],
    ['none that somebody else brought', [image('a', { ours: false })], [], []],
    ['none that is excluded', [image('kept:1')], [], []],
    ['none younger than the least age', [image('a', { pulledAtMs: 1 })], [], []],
    [
      'the least recently used first, and so many a time',
      [image('c', { usedAtMs: 3 }), image('a', { usedAtMs: 2 }), image('b', { usedAtMs: 1 })],
      [],
      ['b', 'a'],
    ],
  ];
  for (const [title, images, inUse, go] of cases)
    test(title, () => assert.deepEqual(chooseImages(images, new Set(inUse), RULES, HOUR_MS), go));
});

/** A machine whose tasks use images, over restarts of its agent. */
class Machine {
  readonly clock = new FakeClock();
  readonly disk = new MemoryDisk();
  readonly engine: FakeEngine;
  readonly inUse = new Set<string>();
  readonly logged: string[] = [];
  /** Whether all who use images are there. */
  known = true;
  pulled!: PulledImages;
  images!: Images;
  cleaner!: ImageCleaner;

  constructor(images: ConstructorParameters<typeof FakeEngine>[0]['images'] = {}) {
    const from = { present: false, repoDigest: 'sha256:1' };
    this.engine = new FakeEngine({ clock: this.clock, images: { 'a:1': from, 'b:1': from, 'c:1': from, ...images } });
  }

  async start(behaviour: ConstructorParameters<typeof Images>[2] = 'default'): Promise<this> {
    this.pulled = new PulledImages(this.clock, new MemoryCheckpoint(this.disk));
    await this.pulled.restore();
    const { engine, clock, pulled } = this;
    const images = (this.images = new Images(engine, clock, behaviour, { pulled }));
    const user = { imagesInUse: () => this.inUse, forgetImage: (reference: string) => images.forget(reference) };
    const log = (_level: string, text: string): void => void this.logged.push(text);
    this.cleaner = new ImageCleaner(
      { engine, clock, log, pulled, users: () => (this.known ? [user] : undefined) },
      RULES,
    );
    return this;
  }

  async use(...references: readonly string[]): Promise<void> {
    for (const reference of references) await this.images.prepare(reference, signal);
  }

  async here(...references: readonly string[]): Promise<readonly string[]> {
    const found = await Promise.all(references.map((reference) => this.engine.inspectImage(reference)));
    return references.filter((_, at) => found[at] !== undefined);
  }

  calls(call: string): number {
    return this.engine.calls.filter((one) => one.call === call).length;
  }
}

describe('image clean-up', () => {
  test('removes what tasks pulled and none uses; a task that comes back pulls it again', async () => {
    const machine = await new Machine().start();
    await machine.use('a:1', 'b:1');
    machine.inUse.add('b:1');
    await machine.clock.turn(HOUR_MS);
    machine.known = false;
    await machine.cleaner.cycle();
    assert.deepEqual(
      await machine.here('a:1', 'b:1'),
      ['a:1', 'b:1'],
      'tasks of a checkpoint not read yet may have it',
    );
    machine.known = true;
    await machine.cleaner.cycle();
    assert.deepEqual(await machine.here('a:1', 'b:1'), ['b:1']);
    await machine.use('a:1');
    assert.deepEqual(await machine.here('a:1'), ['a:1']);
    assert.equal(machine.calls('pullImage'), 3);
  });

  test('leaves what was here before a task asked for it, and what was made here', async () => {
    const machine = await new Machine({ 'made:1': {}, 'mine:1': { repoDigest: 'sha256:1' } }).start();
    await machine.use('made:1', 'mine:1');
    assert.equal(machine.calls('pullImage'), 1, 'mine:1 was asked for, and is left all the same');
    await machine.clock.turn(10 * HOUR_MS);
    await machine.cleaner.cycle();
    assert.equal(machine.calls('removeImage'), 0);
    assert.deepEqual(await machine.here('made:1', 'mine:1'), ['made:1', 'mine:1']);
  });

  test('leaves what somebody built under the name since', async () => {
    const machine = await new Machine().start();
    await machine.use('a:1');
    await machine.engine.removeImage('a:1');
    machine.engine.setImage('a:1', { repoDigest: undefined });
    await machine.clock.turn(10 * HOUR_MS);
    await machine.cleaner.cycle();
    await machine.cleaner.cycle();
    assert.deepEqual(await machine.here('a:1'), ['a:1']);
  });

  test('knows after a restart what it pulled, and when it was used', async () => {
    const machine = await new Machine().start();
    await machine.use('a:1', 'b:1', 'c:1');
    await machine.clock.turn(HOUR_MS);
    await machine.use('a:1');
    await machine.pulled.close();
    await machine.start();
    await machine.cleaner.cycle();
    assert.deepEqual(await machine.here('a:1', 'b:1', 'c:1'), ['a:1'], 'the two that were used longest ago');
    await machine.pulled.close();
    await machine.start();
    assert.deepEqual(
      [...machine.pulled.values()].map(({ reference }) => reference),
      ['a:1'],
    );
  });

  test('what a tag stood for before goes, too, by its digest', async () => {
    const machine = await new Machine({ 'a@sha256:1': { repoDigest: 'sha256:1' } }).start();
    await machine.use('a:1');
    machine.engine.setImage('a:1', { repoDigest: 'sha256:2' });
    machine.images.forget('a:1');
    machine.inUse.add('a:1');
    await machine.use('a:1');
    await machine.clock.turn(HOUR_MS);
    await machine.cleaner.cycle();
    assert.deepEqual(await machine.here('a:1', 'a@sha256:1'), ['a:1']);
  });

  test('an image that a container of somebody else has stays, and the others get their turn', async () => {
    const machine = await new Machine().start();
    await machine.use('a:1', 'b:1', 'c:1');
    for (const name of ['a', 'b']) await machine.engine.createContainer(name, { Image: `${name}:1` });
    await machine.clock.turn(HOUR_MS);
    await machine.cleaner.cycle();
    assert.deepEqual(await machine.here('a:1', 'b:1', 'c:1'), ['a:1', 'b:1', 'c:1']);
    await machine.clock.turn(1);
    await machine.cleaner.cycle();
    assert.deepEqual(await machine.here('a:1', 'b:1', 'c:1'), ['a:1', 'b:1']);
    assert.deepEqual(machine.logged, ['removed image c:1, which no task uses any more']);
  });

  test('comes every so often, until the agent ends', async () => {
    const machine = await new Machine().start();
    const life = new AbortController();
    const running = machine.cleaner.run(life.signal);
    await machine.use('a:1');
    await machine.clock.turn(HOUR_MS - 1);
    assert.deepEqual(await machine.here('a:1'), ['a:1']);
    await machine.clock.turn(1);
    await machine.clock.turn(0);
    assert.deepEqual(await machine.here('a:1'), []);
    life.abort();
    await running;
  });
});

describe('once', () => {
  test('asks for what no task has pulled before, and for no more', async () => {
    const machine = await new Machine({ 'here:1': { repoDigest: 'sha256:1' }, 'made:1': {} }).start('once');
    await machine.use('here:1', 'here:1', 'made:1', 'a:1', 'a:1');
    assert.equal(machine.calls('pullImage'), 2);
    await machine.pulled.close();
    await machine.start('once');
    await machine.use('here:1', 'a:1');
    assert.equal(machine.calls('pullImage'), 2, 'over a restart, too');
    await machine.clock.turn(HOUR_MS);
    await machine.cleaner.cycle();
    await machine.use('a:1');
    assert.equal(machine.calls('pullImage'), 3, 'what was cleaned up is asked for again');
  });
});
