import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SortedKeys } from './sorted-keys.ts';
import { Table } from './table.ts';

interface Doc {
  readonly colour: string | undefined;
  readonly size: number;
}

const definitions = {
  colour: (doc: Doc) => doc.colour,
  big: (doc: Doc) => (doc.size > 2 ? 'yes' : undefined),
};

const aKey = fc.constantFrom('a', 'a/1', 'a/10', 'a/2', 'ab', 'b', 'b/1', 'c');
const aDoc = fc.record({
  colour: fc.constantFrom('red', 'blue', undefined),
  size: fc.integer({ min: 0, max: 5 }),
});
const aMove = fc.record({ key: aKey, value: fc.option(aDoc, { nil: undefined }) });

/** The same promises, kept by looking at everything every time. */
class NaiveTable {
  readonly rows = new Map<string, Doc>();

  list(keep: (doc: Doc, key: string) => boolean): [string, Doc][] {
    return [...this.rows].filter(([key, doc]) => keep(doc, key)).sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

describe('Table', () => {
  it('agrees with a naive table after any moves', () => {
    fc.assert(
      fc.property(fc.array(aMove, { maxLength: 40 }), (moves) => {
        const table = new Table<Doc, 'colour' | 'big'>('doc', definitions);
        const naive = new NaiveTable();
        for (const [index, { key, value }] of moves.entries()) {
          table.set(key, value, index + 1);
          if (value === undefined) naive.rows.delete(key);
          else naive.rows.set(key, value);
        }
        agree(table, naive);
      }),
    );
  });

  it('knows no revision of what is not there', () => {
    const table = new Table<Doc>('doc', {});
    table.set('a', { colour: 'red', size: 1 }, 7);
    assert.equal(table.revision('a'), 7);
    table.set('a', undefined, 8);
    assert.equal(table.revision('a'), 0);
  });
});

function agree(table: Table<Doc, 'colour' | 'big'>, naive: NaiveTable): void {
  const docs = (entries: [string, Doc][]): Doc[] => entries.map(([, doc]) => doc);
  const keys = (entries: [string, Doc][]): string[] => entries.map(([key]) => key);
  assert.equal(table.size, naive.rows.size);
  assert.deepEqual([...table.values()], docs(naive.list(() => true)));
  for (const prefix of ['', 'a', 'a/', 'a/1', 'b', 'd'])
    assert.deepEqual([...table.withPrefix(prefix)], docs(naive.list((_doc, key) => key.startsWith(prefix))));
  for (const [index, value] of [
    ['colour', 'red'],
    ['colour', 'blue'],
    ['colour', 'green'],
    ['big', 'yes'],
  ] as const) {
    const expected = naive.list((doc) => definitions[index](doc) === value);
    assert.deepEqual(table.by(index, value), docs(expected));
    assert.deepEqual([...table.keysBy(index, value)], keys(expected));
    assert.equal(table.countBy(index, value), expected.length);
  }
  for (const [key, doc] of naive.rows) assert.equal(table.get(key), doc);
}

describe('SortedKeys', () => {
  it('is a sorted set', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.string({ maxLength: 3 }))), (moves) => {
        const keys = new SortedKeys();
        const set = new Set<string>();
        for (const [add, key] of moves) {
          if (add) {
            keys.add(key);
            set.add(key);
          } else {
            keys.delete(key);
            set.delete(key);
          }
        }
        const expected = [...set].sort((a, b) => (a < b ? -1 : 1));
        assert.deepEqual([...keys], expected);
        assert.equal(keys.size, expected.length);
        for (const probe of ['', 'a', 'm', ...expected])
          assert.equal(keys.firstNotBefore(probe), expected.filter((key) => key < probe).length);
      }),
    );
  });
});
