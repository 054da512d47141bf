import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceError, type S3Conditions } from '@gantry/protocol';
import fc from 'fast-check';
import { MemoryObjectStore } from '../../objects/memory.ts';
import type { StoredObject } from '../../objects/port.ts';
import { checkRead, checkWrite, rangeOf } from './conditions.ts';
import { listPage } from './listing.ts';

const outcome = (run: () => unknown): unknown => {
  try {
    return run() ?? 'passes';
  } catch (error) {
    return error instanceof ServiceError ? `${error.status}` : error;
  }
};
const AT = Date.UTC(2026, 0, 1, 0, 0, 0, 500);
const facts = { etag: 'e', modifiedAtMs: AT };

describe('conditions', () => {
  const before = new Date(AT - 5000);
  const same = new Date(AT - 500);
  const rows: readonly (readonly [S3Conditions, string])[] = [
    [{}, 'passes'],
    [{ IfMatch: '"e"' }, 'passes'],
    [{ IfMatch: '*' }, 'passes'],
    [{ IfMatch: '"x", "e"' }, 'passes'],
    [{ IfMatch: '"x"' }, '412'],
    [{ IfNoneMatch: '"e"' }, '304'],
    [{ IfNoneMatch: 'W/"e"' }, '304'],
    [{ IfNoneMatch: '"x"' }, 'passes'],
    [{ IfModifiedSince: before }, 'passes'],
    [{ IfModifiedSince: same }, '304'],
    [{ IfUnmodifiedSince: before }, '412'],
    [{ IfUnmodifiedSince: same }, 'passes'],
    [{ IfNoneMatch: '"x"', IfModifiedSince: same }, 'passes'],
    [{ IfMatch: '"e"', IfUnmodifiedSince: before }, 'passes'],
  ];
  for (const [given, expected] of rows)
    it(`of a read ${JSON.stringify(given)}: ${expected}`, () => {
      assert.equal(
        outcome(() => checkRead(facts, given)),
        expected,
      );
    });

  it('of a write', () => {
    assert.equal(
      outcome(() => checkWrite(undefined, { IfNoneMatch: '*' })),
      'passes',
    );
    assert.equal(
      outcome(() => checkWrite(facts, { IfNoneMatch: '*' })),
      '412',
    );
    assert.equal(
      outcome(() => checkWrite(facts, { IfMatch: '"e"' })),
      'passes',
    );
    assert.equal(
      outcome(() => checkWrite(facts, { IfMatch: '"x"' })),
      '412',
    );
    assert.equal(
      outcome(() => checkWrite(undefined, { IfMatch: '"e"' })),
      '404',
    );
  });

  it('ranges', () => {
    const range = (text: string): unknown => outcome(() => rangeOf(text, 10) ?? 'whole');
    assert.deepEqual(range('bytes=0-0'), { from: 0, to: 1 });
    assert.deepEqual(range('bytes=3-'), { from: 3, to: 10 });
    assert.deepEqual(range('bytes=-3'), { from: 7, to: 10 });
    assert.deepEqual(range('bytes=-30'), { from: 0, to: 10 });
    assert.deepEqual(range('bytes=5-99'), { from: 5, to: 10 });
    for (const text of ['bytes=10-', 'bytes=10-20', 'bytes=-0']) assert.equal(range(text), '416', text);
    for (const text of ['bytes=0-1,3-4', 'bytes=-', 'bytes=5-4', 'lines=1-2']) assert.equal(range(text), 'whole', text);
  });
});

describe('a listing', () => {
  const key = fc
    .array(fc.constantFrom('a', 'b', '/', 'é', '\u{1f600}', '\u{ff5e}'), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join(''));

  it('read page by page is what there is, each key or common prefix once and in order', () => {
    const law = fc.property(
      fc.uniqueArray(key, { maxLength: 25 }),
      fc.constantFrom('', 'a', 'a/', 'b/a'),
      fc.constantFrom(undefined, '/', 'a', '/a'),
      fc.integer({ min: 1, max: 5 }),
      (keys, Prefix, Delimiter, MaxKeys) => {
        const store = new MemoryObjectStore({ hex32: () => 'x' });
        store.createBucket({ name: 'box', account: '1' as never, region: 'r' as never, createdAtMs: 0 });
        for (const each of keys)
          store.put('box', {
            key: each,
            bytes: 0,
            etag: '',
            modifiedAtMs: 0,
            headers: {},
            contents: [],
          } satisfies StoredObject);
        const rolled = keys
          .filter((each) => each.startsWith(Prefix))
          .map((each) => {
            const at = Delimiter === undefined ? -1 : each.indexOf(Delimiter, Prefix.length);
            return at < 0 ? each : `${each.slice(0, at)}${Delimiter}*`;
          });
        const expected = [...new Set(rolled)].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        const found: string[] = [];
        for (let after: string | undefined = ''; after !== undefined;) {
          const page = listPage((query) => store.list('box', query), { Prefix, Delimiter, MaxKeys }, after);
          assert.ok(page.Contents.length + page.CommonPrefixes.length <= MaxKeys);
          assert.equal(page.IsTruncated, page.Next !== undefined);
          const both = [...page.Contents.map((each) => each.Key), ...page.CommonPrefixes.map((each) => `${each}*`)];
          found.push(...both.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
          after = page.Next;
        }
        assert.deepEqual(found, expected);
      },
    );
    fc.assert(law, { numRuns: 500 });
  });

  it('steps over what it rolls up', () => {
    let looks = 0;
    const page = listPage(
      ({ after }) => {
        looks += 1;
        return after === '' ? [{ key: 'a/1', bytes: 0, etag: '', modifiedAtMs: 0, headers: {}, contents: [] }] : [];
      },
      { Prefix: '', Delimiter: '/', MaxKeys: 1000 },
      '',
    );
    assert.deepEqual([page.CommonPrefixes, looks], [['a/'], 2]);
  });
});
