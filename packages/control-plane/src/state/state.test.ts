import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { epochMs, type Clock } from '@gantry/domain';
import { MemoryJournal } from '../store/memory.ts';
import type { Journal, JournalBatch } from '../store/port.ts';
import { State, type Change, type Tx } from './state.ts';

/** A journal that says when, and whether, a batch is durable. */
interface SlowJournal extends Journal {
  readonly waiting: { readonly done: () => void; readonly fail: (error: Error) => void }[];
}

function slowJournal(): SlowJournal {
  const memory = new MemoryJournal();
  const waiting: SlowJournal['waiting'] = [];
  const append = (batch: JournalBatch): Promise<void> =>
    new Promise((resolve, reject) => {
      const done = (): void => {
        memory.append(batch);
        resolve();
      };
      waiting.push({ done, fail: reject });
    });
  return {
    waiting,
    append,
    load: () => memory.load(),
    history: (subject, limit) => memory.history(subject, limit),
    forgetHistoryBefore: (at) => memory.forgetHistoryBefore(at),
    close: () => memory.close(),
  };
}

/** A state whose group commits run when the test says so. */
async function world<J extends Journal>(journal: J) {
  const due: (() => void)[] = [];
  const clock: Clock = { now: () => epochMs(1_000), elapsedMs: () => 0, sleep: () => Promise.resolve() };
  const heard: (readonly Change[])[] = [];
  const errors: unknown[] = [];
  const state = await State.open({
    journal,
    clock,
    schedule: (run) => due.push(run),
    onListenerError: (error) => errors.push(error),
  });
  state.onCommit((changes) => heard.push(changes));
  const runDue = (): void => due.splice(0).forEach((run) => run());
  return { state, journal, heard, errors, due, runDue };
}

const setting = (value: string) => ({ name: 'n', value, principalArn: 'p' });
const put =
  (key: string, value: string) =>
  (tx: Tx): string => {
    tx.put(tx.tables.accountSettings, key, setting(value));
    return value;
  };
const valueOf = (state: State, key: string): string | undefined => state.tables.accountSettings.get(key)?.value;
const settled = async (promises: readonly Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(promises)).map((r) =>
    r.status === 'fulfilled' ? String(r.value) : (r.reason as Error).message,
  );
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('State', () => {
  it('undoes a transaction that throws, and it alone', async () => {
    const { state, runDue, journal } = await world(new MemoryJournal());
    const answers = [
      state.transact(put('a', '1')),
      state.transact((tx) => {
        put('a', '2')(tx);
        put('b', '2')(tx);
        tx.delete(tx.tables.accountSettings, 'a');
        tx.event({ subject: 's', type: 't', because: 'placed', text: 'never' });
        throw new Error('no');
      }),
      state.transact(put('c', '3')),
    ];
    runDue();
    assert.deepEqual(await settled(answers), ['1', 'no', '3']);
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => valueOf(state, key)),
      ['1', undefined, '3'],
    );
    assert.deepEqual(
      (await journal.load()).map(({ key, revision }) => `${key}@${revision}`),
      ['a@1', 'c@1'],
    );
    assert.deepEqual(await journal.history('s', 9), []);
  });

  it('undoes the whole group when the journal fails, and goes on', async () => {
    const { state, runDue, journal, heard } = await world(new MemoryJournal());
    const first = state.transact(put('a', '1'));
    runDue();
    await first;
    journal.failNext(new Error('disk full'));
    const answers = [state.transact(put('a', '2')), state.transact(put('b', '2'))];
    runDue();
    const text = 'The change could not be stored; nothing was changed.';
    assert.deepEqual(await settled(answers), [text, text]);
    assert.deepEqual(
      ['a', 'b'].map((key) => valueOf(state, key)),
      ['1', undefined],
    );
    assert.equal(state.tables.accountSettings.revision('a'), 1);
    const after = state.transact(put('b', '3'));
    runDue();
    assert.equal(await after, '3');
    assert.equal(heard.length, 2);
  });

  it('answers nobody before the group is durable, not even a refusal', async () => {
    const { state, runDue, journal, heard } = await world(slowJournal());
    const order: string[] = [];
    const good = state.transact(put('a', '1')).then((value) => order.push(value));
    const refused = state
      .transact((tx) => {
        throw new Error(`saw ${tx.tables.accountSettings.get('a')?.value}`);
      })
      .catch((error: Error) => order.push(error.message));
    runDue();
    await turn();
    assert.deepEqual([order, heard], [[], []]);
    journal.waiting[0]?.done();
    await Promise.all([good, refused]);
    assert.deepEqual(order, ['1', 'saw 1']);
    assert.equal(heard.length, 1);
  });

  it('never has two groups on their way to the journal', async () => {
    const { state, runDue, journal } = await world(slowJournal());
    let inner: Promise<string> | undefined;
    const outer = state.transact((tx) => {
      // Asked for while the group runs: it is scheduled before the journal has the group.
      inner = state.transact(put('b', '2'));
      return put('a', '1')(tx);
    });
    runDue();
    runDue();
    assert.equal(journal.waiting.length, 1);
    journal.waiting[0]?.fail(new Error('disk full'));
    await assert.rejects(outer, /could not be stored/);
    runDue();
    journal.waiting[1]?.done();
    assert.equal(await inner, '2');
    assert.deepEqual(
      ['a', 'b'].map((key) => valueOf(state, key)),
      [undefined, '2'],
    );
  });

  it('tells listeners the net changes of a group, after it is durable', async () => {
    const { state, runDue, journal, heard } = await world(slowJournal());
    const all = [
      state.transact(put('a', '1')),
      state.transact(put('a', '2')),
      state.transact((tx) => tx.delete(tx.tables.accountSettings, 'nothing')),
    ];
    runDue();
    assert.equal(heard.length, 0);
    journal.waiting[0]?.done();
    await Promise.all(all);
    assert.deepEqual(heard, [[{ kind: 'account-setting', key: 'a', before: undefined, after: setting('2') }]]);
  });

  it('keeps what is durable when a listener throws, and calls the next one', async () => {
    const { state, runDue, errors } = await world(new MemoryJournal());
    let called = 0;
    state.onCommit(() => {
      throw new Error('listener');
    });
    state.onCommit(() => (called += 1));
    const answer = state.transact(put('a', '1'));
    runDue();
    assert.equal(await answer, '1');
    assert.deepEqual([valueOf(state, 'a'), called, errors.length], ['1', 1, 1]);
  });

  it('refuses a transaction that is not synchronous, and writes through a kept tx', async () => {
    const { state, runDue } = await world(new MemoryJournal());
    let kept: Tx | undefined;
    const answers = [
      state.transact(async (tx) => put('a', '1')(tx)),
      state.transact((tx) => {
        kept = tx;
      }),
    ];
    runDue();
    assert.match((await settled(answers))[0] ?? '', /synchronous/);
    assert.equal(valueOf(state, 'a'), undefined);
    assert.throws(() => kept && put('a', '1')(kept), /is over/);
  });

  it('keeps documents of a kind it does not know', async () => {
    const journal = new MemoryJournal();
    journal.append({ documents: [{ kind: 'from-the-future', key: 'k', revision: 1, value: {} }], events: [] });
    const { state, runDue } = await world(journal);
    const answer = state.transact(put('a', '1'));
    runDue();
    await answer;
    assert.equal((await journal.load()).length, 2);
  });
});

const aStep = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  move: fc.constantFrom('put', 'delete', 'throw'),
  group: fc.boolean(),
});

describe('State, after any transactions', () => {
  it('is what a restart loads, revisions included', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { maxLength: 25 }), async (steps) => {
        const { state, runDue, journal } = await world(new MemoryJournal());
        for (const [index, { key, move, group }] of steps.entries()) {
          state
            .transact((tx) => {
              if (move === 'delete') tx.delete(tx.tables.accountSettings, key);
              else put(key, String(index))(tx);
              if (move === 'throw') throw new Error('no');
            })
            .catch(() => undefined);
          if (!group) runDue();
        }
        runDue();
        const again = (await world(journal)).state.tables.accountSettings;
        const now = state.tables.accountSettings;
        assert.deepEqual([...again.values()], [...now.values()]);
        for (const key of ['a', 'b', 'c']) assert.equal(again.revision(key), now.revision(key));
      }),
    );
  });
});
