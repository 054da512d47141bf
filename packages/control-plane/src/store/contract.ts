import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { epochMs } from '@gantry/domain';
import type { DocumentWrite, HistoryEvent, Journal } from './port.ts';

/** How the suite handles one adapter. `reopen` closes and opens the same journal, as a restart does. */
export interface JournalUnderTest {
  readonly journal: Journal;
  readonly reopen: () => Promise<Journal>;
  /** Makes the next append of `tooMuch` fail the way a full disk does. */
  readonly fillDisk: () => { readonly tooMuch: DocumentWrite };
  readonly dispose: () => Promise<void>;
}

const put = (key: string, revision: number, value: unknown, kind = 'task'): DocumentWrite => ({
  kind,
  key,
  revision,
  value,
});
const event = (subject: string, at: number, text: string): HistoryEvent => ({
  at: epochMs(at),
  subject,
  type: 'task.placed',
  because: 'placed',
  text,
});

/** What every journal promises; called by memory.test.ts and sqlite.test.ts. */
export function journalContract(name: string, open: () => Promise<JournalUnderTest>): void {
  const check = (title: string, body: (under: JournalUnderTest) => Promise<void>): void => {
    it(title, async () => {
      const under = await open();
      try {
        await body(under);
      } finally {
        await under.dispose();
      }
    });
  };

  describe(`${name} keeps the journal's contract`, () => {
    documents(check);
    failures(check);
    history(check);
  });
}

type Check = (title: string, body: (under: JournalUnderTest) => Promise<void>) => void;

function documents(check: Check): void {
  check('is empty at first', async ({ journal }) => {
    assert.deepEqual(await journal.load(), []);
  });

  check('gives back after a restart what was appended', async ({ journal, reopen }) => {
    const value = { text: 'ü\u0000"\n', number: 1.5, list: [null, true], nested: { a: {} } };
    await journal.append({ documents: [put('a', 1, value)], events: [] });
    assert.deepEqual(await journal.load(), [put('a', 1, value)]);
    assert.deepEqual(await (await reopen()).load(), [put('a', 1, value)]);
  });

  check('keeps the newest revision of a document', async ({ journal, reopen }) => {
    await journal.append({ documents: [put('a', 1, { n: 1 })], events: [] });
    await journal.append({ documents: [put('a', 2, { n: 2 })], events: [] });
    assert.deepEqual(await (await reopen()).load(), [put('a', 2, { n: 2 })]);
  });

  check('forgets what was deleted, and may be told twice', async ({ journal, reopen }) => {
    await journal.append({ documents: [put('a', 1, {}), put('b', 1, {})], events: [] });
    await journal.append({ documents: [put('a', 2, undefined)], events: [] });
    await journal.append({ documents: [put('a', 3, undefined)], events: [] });
    assert.deepEqual(await (await reopen()).load(), [put('b', 1, {})]);
  });

  check('tells kinds apart', async ({ journal }) => {
    await journal.append({ documents: [put('a', 1, 1, 'x'), put('a', 1, 2, 'y')], events: [] });
    await journal.append({ documents: [put('a', 2, undefined, 'x')], events: [] });
    assert.deepEqual(await journal.load(), [put('a', 1, 2, 'y')]);
  });

  check('lists by kind, then key, byte by byte', async ({ journal }) => {
    const keys = ['b', 'B', 'a/2', 'a/10', 'a', 'é', 'a\n1'];
    const writes = keys.flatMap((key) => [put(key, 1, {}, 'y'), put(key, 1, {}, 'x')]);
    await journal.append({ documents: writes, events: [] });
    const inOrder = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const expected = ['x', 'y'].flatMap((kind) => inOrder.map((key) => `${kind} ${key}`));
    assert.deepEqual(
      (await journal.load()).map(({ kind, key }) => `${kind} ${key}`),
      expected,
    );
  });
}

function failures(check: Check): void {
  check('keeps nothing of a batch that cannot be written', async ({ journal, reopen }) => {
    await journal.append({ documents: [put('a', 1, { n: 1 })], events: [event('s', 1, 'first')] });
    const cannot = put('c', 1, { big: 1n });
    await assert.rejects(async () => {
      await journal.append({
        documents: [put('a', 2, { n: 2 }), put('b', 1, {}), cannot],
        events: [event('s', 2, 'x')],
      });
    });
    const again = await reopen();
    assert.deepEqual(await again.load(), [put('a', 1, { n: 1 })]);
    assert.deepEqual(
      (await again.history('s', 10)).map(({ text }) => text),
      ['first'],
    );
  });

  check('survives a full disk: nothing of the batch is kept, the next append works', async (under) => {
    const { journal } = under;
    await journal.append({ documents: [put('a', 1, { n: 1 })], events: [] });
    const { tooMuch } = under.fillDisk();
    await assert.rejects(async () => {
      await journal.append({ documents: [put('a', 2, { n: 2 }), tooMuch], events: [event('s', 2, 'never')] });
    }, /full/);
    await journal.append({ documents: [put('a', 2, { n: 3 })], events: [] });
    const again = await under.reopen();
    assert.deepEqual(await again.load(), [put('a', 2, { n: 3 })]);
    assert.deepEqual(await again.history('s', 10), []);
  });
}

function history(check: Check): void {
  check('tells history newest first, of one subject, at most the limit', async ({ journal, reopen }) => {
    await journal.append({ documents: [], events: [event('s', 1, 'one'), event('other', 2, 'no')] });
    await journal.append({ documents: [], events: [event('s', 3, 'two'), event('s', 3, 'three')] });
    const texts = async (from: Journal, limit: number): Promise<string[]> =>
      (await from.history('s', limit)).map(({ text }) => text);
    assert.deepEqual(await texts(journal, 10), ['three', 'two', 'one']);
    assert.deepEqual(await texts(await reopen(), 2), ['three', 'two']);
  });

  check('gives events back whole', async ({ journal }) => {
    const whole: HistoryEvent = { ...event('s', 7, 'text'), by: 'arn:aws:iam::000000000000:user/x' };
    await journal.append({ documents: [], events: [whole] });
    assert.deepEqual(await journal.history('s', 1), [whole]);
  });

  check('forgets history before a moment, and says how much', async ({ journal }) => {
    const many = Array.from({ length: 4_500 }, (_, at) => event('s', at, String(at)));
    await journal.append({ documents: [], events: many });
    assert.equal(await journal.forgetHistoryBefore(epochMs(4_498)), 4_498);
    assert.deepEqual(
      (await journal.history('s', 10)).map(({ text }) => text),
      ['4499', '4498'],
    );
    assert.equal(await journal.forgetHistoryBefore(epochMs(4_498)), 0);
  });
}
