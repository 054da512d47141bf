import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { age, moment, parseDurationMs, parseSince } from './duration.ts';
import { pairs, table } from './table.ts';

const durations: readonly (readonly [string, number | undefined])[] = [
  ['40s', 40_000],
  ['1m30s', 90_000],
  ['250ms', 250],
  ['1.5h', 5_400_000],
  ['2', 2_000],
  ['0', 0],
  ['1d', 86_400_000],
  ['2w', 1_209_600_000],
  [' 3s ', 3_000],
  ['', undefined],
  ['-1s', undefined],
  ['s', undefined],
  ['1 m', undefined],
  ['10 minutes', undefined],
  ['1e3', undefined],
];
for (const [text, ms] of durations) {
  test(`the duration '${text}' is ${ms}`, () => assert.equal(parseDurationMs(text), ms));
}

test('durations add up', () =>
  fc.assert(
    fc.property(fc.nat(1_000), fc.nat(59), fc.nat(59), (h, m, s) => {
      assert.equal(parseDurationMs(`${h}h${m}m${s}s`), ((h * 60 + m) * 60 + s) * 1_000);
    }),
  ));

const ages: readonly (readonly [number, string])[] = [
  [-5, '0s'],
  [0, '0s'],
  [119_000, '119s'],
  [120_000, '2m'],
  [119 * 60_000, '119m'],
  [120 * 60_000, '2h'],
  [47 * 3_600_000, '47h'],
  [48 * 3_600_000, '2d'],
];
for (const [ms, text] of ages) test(`${ms} ms are ${text}`, () => assert.equal(age(ms), text));

test('since takes durations and times', () => {
  assert.equal(parseSince('10m', 1_000_000), 400_000);
  assert.equal(parseSince('2026-01-31T12:00:00Z', 0), Date.UTC(2026, 0, 31, 12));
  assert.equal(parseSince('yesterday', 0), undefined);
  assert.equal(moment(Date.UTC(2026, 0, 31, 12)), '2026-01-31 12:00:00');
});

test('a table is as wide as its cells', () => {
  assert.deepEqual(table(['A', 'LONG', 'B'], [['aaa', 'x', 'y'], ['a']]), ['A    LONG  B', 'aaa  x     y', 'a']);
  assert.deepEqual(table(['A', 'B'], []), ['A  B']);
  assert.deepEqual(
    pairs([
      ['a', '1'],
      ['long', '2'],
    ]),
    ['a     1', 'long  2'],
  );
});

test('every column of a table starts where its title does', () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.stringMatching(/^[a-z]{0,9}$/), fc.stringMatching(/^[a-z]{1,9}$/))), (rows) => {
      const [head = '', ...lines] = table(['FIRST', 'SECOND'], rows);
      for (const [i, line] of lines.entries()) assert.equal(line.slice(head.indexOf('SECOND')), rows[i]?.[1]);
    }),
  ));
