import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SortedKeys } from '../../../state/sorted-keys.ts';
import { lastSeen, pageOf, pageOfList, pagesOf, tokenAfter, type Page } from './paging.ts';

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

test('law: a token that was cut, or altered in one place, is refused', () => {
  const text = fc.string({ minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(text, fc.nat(), fc.nat(), (key, at, by) => {
      const token = tokenAfter(key);
      const place = at % token.length;
      assert.throws(() => lastSeen(token.slice(0, place) || 'x'), /Invalid token/);
      const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const other = letters[(letters.indexOf(token[place] as string) + 1 + (by % 63)) % 64] as string;
      assert.throws(() => lastSeen(token.slice(0, place) + other + token.slice(place + 1)), /Invalid token/);
    }),
  );
});

test('a token is good for its operation and its filters, with any page size', () => {
  const list = ['a', 'b', 'c', 'd'];
  const page = (operation: string, request: object): Page<string> =>
    pageOfList(list, request, pagesOf(operation, LIMITS), (name) => name);
  const { nextToken } = page('ListTasks', { maxResults: 1, family: 'web', cluster: 'c' });
  const again = page('ListTasks', { cluster: 'c', family: 'web', launchType: undefined, maxResults: 2, nextToken });
  assert.deepEqual(again.items, ['b', 'c']);
  for (const [operation, filters] of [
    ['ListServices', { family: 'web', cluster: 'c' }],
    ['ListTasks', { family: 'other', cluster: 'c' }],
    ['ListTasks', { cluster: 'c' }],
    ['ListTasks', { family: 'web', cluster: 'd' }],
  ] as const) {
    assert.throws(() => page(operation, { ...filters, nextToken }), /Invalid token.*same filters/);
  }
});
