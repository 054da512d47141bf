import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { comparePositions } from './merge.ts';
import type { LogLine, LogRead, LogStore, StoredLogEvent } from './port.ts';

export interface LogStoreUnderTest {
  readonly store: LogStore;
  /** Closes and opens the same logs, as a restart does. */
  readonly reopen: () => Promise<LogStore>;
  readonly dispose: () => Promise<void>;
}

const EVERYTHING: LogRead = {
  fromMs: 0,
  toMs: Infinity,
  order: 'oldest-first',
  limit: 10_000,
  maxBytes: 1e9,
  maxScanned: 1e9,
};
const line = (timestamp: number, message = `at ${timestamp}`): LogLine => ({ timestamp, message });
const messages = (events: readonly StoredLogEvent[]): string[] => events.map((event) => event.message);

async function found(store: LogStore, read: Partial<LogRead> = {}, group = 'g'): Promise<string[]> {
  return messages((await store.read(group, { ...EVERYTHING, ...read })).events);
}

type Check = (title: string, body: (under: LogStoreUnderTest) => Promise<void>) => void;

/** What every log store promises; called by memory.test.ts and segments/store.test.ts. */
export function logStoreContract(name: string, open: () => Promise<LogStoreUnderTest>): void {
  const check: Check = (title, body) => {
    it(title, async () => {
      const under = await open();
      try {
        await body(under);
      } finally {
        await under.dispose();
      }
    });
  };
  describe(`${name} keeps the log store's contract`, () => {
    reading(check);
    paging(check);
    removing(check);
    anyHistory(open);
  });
}

function reading(check: Check): void {
  check('knows nothing of what was never written', async ({ store }) => {
    assert.deepEqual(await store.read('g', EVERYTHING), { events: [], scannedTo: undefined, exhausted: true });
    assert.equal((await store.summaries('g')).size, 0);
    assert.equal(await store.storedBytes('g'), 0);
  });

  check('gives events back whole, after a restart too', async ({ store, reopen }) => {
    await store.append('g', 's', [line(5, 'ü\n"\u0000'), line(6, '')], 77);
    const expected = [
      { stream: 's', timestamp: 5, message: 'ü\n"\u0000', ingestionTime: 77, seq: 1 },
      { stream: 's', timestamp: 6, message: '', ingestionTime: 77, seq: 2 },
    ];
    assert.deepEqual((await store.read('g', EVERYTHING)).events, expected);
    assert.deepEqual((await (await reopen()).read('g', EVERYTHING)).events, expected);
  });

  check('orders by time over appends and streams, then by arrival', async ({ store }) => {
    await store.append('g', 'a', [line(1), line(5, 'a5'), line(9)], 10);
    await store.append('g', 'b', [line(3), line(5, 'b5'), line(7)], 10);
    await store.append('g', 'a', [line(2), line(6)], 11);
    const forward = ['at 1', 'at 2', 'at 3', 'a5', 'b5', 'at 6', 'at 7', 'at 9'];
    assert.deepEqual(await found(store), forward);
    assert.deepEqual(await found(store, { order: 'newest-first' }), forward.toReversed());
  });

  check('reads some streams, a span of time, and what matches', async ({ store }) => {
    await store.append('g', 'a', [line(1), line(2), line(3)], 10);
    await store.append('g', 'b', [line(2, 'b')], 10);
    await store.append('other', 'a', [line(2, 'other')], 10);
    assert.deepEqual(await found(store, { streams: new Set(['b', 'c']) }), ['b']);
    assert.deepEqual(await found(store, { fromMs: 2, toMs: 3 }), ['at 2', 'b']);
    assert.deepEqual(await found(store, { matches: (message) => message.endsWith('3') }), ['at 3']);
  });

  check('summarises a stream', async ({ store, reopen }) => {
    await store.append('g', 'a', [line(5, 'é'), line(9, 'x')], 20);
    await store.append('g', 'a', [line(2, 'yy')], 30);
    await store.append('g', 'b', [line(100, 'zzz')], 40);
    const summary = { firstEventTimestamp: 2, lastEventTimestamp: 9, lastIngestionTime: 30, storedBytes: 5 };
    for (const from of [store, await reopen()]) {
      assert.deepEqual((await from.summaries('g')).get('a'), summary);
      assert.equal(await from.storedBytes('g'), 8);
    }
  });
}

function paging(check: Check): void {
  check('ends a page by count, by bytes and by what it looked at', async ({ store }) => {
    await store.append('g', 's', [line(1), line(2), line(3), line(4)], 10);
    const pages: [Partial<LogRead>, string[], boolean][] = [
      [{ limit: 2 }, ['at 1', 'at 2'], false],
      [{ limit: 4 }, ['at 1', 'at 2', 'at 3', 'at 4'], true],
      [{ maxBytes: 9 }, ['at 1', 'at 2'], false],
      [{ maxBytes: 1 }, ['at 1'], false],
      [{ maxScanned: 3, matches: (message) => message === 'at 4' }, [], false],
    ];
    for (const [read, expected, exhausted] of pages) {
      const page = await store.read('g', { ...EVERYTHING, ...read });
      assert.deepEqual([messages(page.events), page.exhausted], [expected, exhausted]);
    }
  });

  check('goes on from a place in either direction', async ({ store }) => {
    await store.append('g', 's', [line(1), line(2, 'a'), line(2, 'b'), line(3)], 10);
    const [, a] = (await store.read('g', EVERYTHING)).events;
    assert.deepEqual(await found(store, { after: a }), ['b', 'at 3']);
    assert.deepEqual(await found(store, { before: a }), ['at 1']);
    assert.deepEqual(await found(store, { after: { timestamp: 2, seq: 0 } }), ['a', 'b', 'at 3']);
  });
}

function removing(check: Check): void {
  check('forgets a deleted stream, and takes one of its name again', async ({ store, reopen }) => {
    await store.append('g', 'a', [line(1)], 10);
    await store.append('g', 'b', [line(2)], 10);
    await store.deleteStream('g', 'a');
    await store.deleteStream('g', 'never');
    await store.append('g', 'a', [line(3)], 10);
    for (const from of [store, await reopen()]) {
      assert.deepEqual(await found(from), ['at 2', 'at 3']);
      assert.equal((await from.summaries('g')).get('a')?.firstEventTimestamp, 3);
    }
  });

  check('forgets a deleted group, and takes one of its name again', async ({ store, reopen }) => {
    await store.append('g', 'a', [line(1)], 10);
    await store.append('h', 'a', [line(7)], 10);
    await store.deleteGroup('g');
    assert.deepEqual(await found(store), []);
    await store.append('g', 'a', [line(2)], 10);
    const again = await reopen();
    assert.deepEqual(await found(again), ['at 2']);
    assert.deepEqual(await found(again, {}, 'h'), ['at 7']);
  });

  check('expires what is wholly old, never anything newer', async ({ store, reopen }) => {
    await store.append('g', 'a', [line(1), line(2)], 10);
    await store.append('g', 'a', [line(100)], 110);
    assert.equal(await store.expire('g', 1), 0);
    await store.expire('g', 50);
    assert.ok((await found(store)).includes('at 100'));
    assert.ok((await store.expire('g', 101)) > 0);
    assert.deepEqual(await found(store), []);
    await store.append('g', 'a', [line(200)], 210);
    assert.deepEqual(await found(await reopen()), ['at 200']);
  });
}

const aStep = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      stream: fc.constantFrom('a', 'b'),
      times: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), stream: fc.constantFrom('a', 'b') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);

function anyHistory(open: () => Promise<LogStoreUnderTest>): void {
  it('pages through anything in order, once each, both ways', async () => {
    const property = fc.asyncProperty(
      fc.array(aStep, { maxLength: 14 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, limit) => {
        const under = await open();
        let store = under.store;
        let kept: StoredLogEvent[] = [];
        let seq = 1;
        for (const step of steps) {
          if (step.kind === 'reopen') store = await under.reopen();
          else if (step.kind === 'delete') {
            await store.deleteStream('g', step.stream);
            kept = kept.filter((event) => event.stream !== step.stream);
          } else {
            const lines = step.times.toSorted((a, b) => a - b).map((at, index) => line(at, `${seq + index}`));
            await store.append('g', step.stream, lines, 1);
            for (const each of lines) kept.push({ ...each, stream: step.stream, ingestionTime: 1, seq: seq++ });
          }
        }
        const expected = messages(kept.toSorted(comparePositions));
        assert.deepEqual(await pageThrough(store, 'oldest-first', limit), expected);
        assert.deepEqual(await pageThrough(store, 'newest-first', limit), expected.toReversed());
        await under.dispose();
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });
}

async function pageThrough(store: LogStore, order: LogRead['order'], limit: number): Promise<string[]> {
  const all: string[] = [];
  let read: LogRead = { ...EVERYTHING, order, limit };
  for (;;) {
    const page = await store.read('g', read);
    all.push(...messages(page.events));
    if (page.exhausted) return all;
    read = { ...read, [order === 'oldest-first' ? 'after' : 'before']: page.scannedTo };
  }
}
