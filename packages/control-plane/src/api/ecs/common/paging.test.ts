import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SortedKeys } from '../../../state/sorted-keys.ts';
import { lastSeen, pageOf, pageOfList, tokenAfter, type Page } from './paging.ts';

const LIMITS = { defaultResults: 10, maxResults: 100 };
const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,4}$/), { maxLength: 60 });

function visitAll(page: (nextToken: string | undefined) => Page<string>): string[] {
  const seen: string[] = [];
  let token: string | undefined;
  for (let rounds = 0; rounds < 1000; rounds += 1) {
    const { items, nextToken } = page(token);
    seen.push(...items);
    if (nextToken === undefined) return seen;
    token = nextToken;
  }
  assert.fail('paging does not end');
}

test('law: pages visit everything that is wanted once, in order, whatever the page size', () => {
  fc.assert(
    fc.property(
      names,
      names,
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 3 }),
      (own, others, maxResults, nth) => {
        const keys = new SortedKeys();
        for (const name of own) keys.add(`a/${name}`);
        for (const name of others) keys.add(`b/${name}`);
        const wanted = (key: string): string | undefined => (key.length % nth === 0 ? key : undefined);
        const expected = [...keys].filter((key) => key.startsWith('a/') && wanted(key) !== undefined);
        const seen = visitAll((nextToken) => pageOf(keys, 'a/', { maxResults, nextToken }, LIMITS, wanted));
        assert.deepEqual(seen, expected);
      },
    ),
  );
});

test('law: what stays is visited once though others come and go between the pages', () => {
  fc.assert(
    fc.property(names, names, names, (stay, leave, come) => {
      const keys = new SortedKeys();
      const others = leave.filter((name) => !stay.includes(name));
      for (const name of [...stay, ...others]) keys.add(`a/${name}`);
      let changed = false;
      const seen = visitAll((nextToken) => {
        if (nextToken !== undefined && !changed) {
          changed = true;
          for (const name of others) keys.delete(`a/${name}`);
          for (const name of come) keys.add(`a/${name}`);
        }
        return pageOf(keys, 'a/', { maxResults: 3, nextToken }, LIMITS, (key) => key.slice(2));
      });
      for (const name of stay) assert.equal(seen.filter((one) => one === name).length, 1);
    }),
  );
});

test('law: lists page as keys do', () => {
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 100 }), (given, maxResults) => {
      const list = [...given].sort();
      const seen = visitAll((nextToken) => pageOfList(list, { maxResults, nextToken }, LIMITS, (name) => name));
      assert.deepEqual(seen, list);
    }),
  );
});

test('tokens: what was made is read, anything else is refused', () => {
  assert.equal(lastSeen(tokenAfter('a/ü')), 'a/ü');
  for (const token of ['x', '!!', 'AA==', `${tokenAfter('a')}x`]) assert.throws(() => lastSeen(token), /Invalid token/);
});
