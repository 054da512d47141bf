import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wordsOf } from './words.ts';

const cases: readonly (readonly [line: string, words: readonly string[] | undefined])[] = [
  ['sh', ['sh']],
  ['  ls   -l\t/tmp ', ['ls', '-l', '/tmp']],
  [`sh -c 'echo "$HOME" *'`, ['sh', '-c', 'echo "$HOME" *']],
  [`a"b c"d`, ['ab cd']],
  [`"a\\"b\\\\c\\d"`, ['a"b\\c\\d']],
  [`a\\ b \\'`, ['a b', "'"]],
  [`'' ""`, ['', '']],
  [`'it'\\''s'`, ["it's"]],
  [`'open`, undefined],
  [`"open`, undefined],
  ['end\\', undefined],
  ['   ', undefined],
];
for (const [line, words] of cases) test(`words of ${line}`, () => assert.deepEqual(wordsOf(line), words));

test('any words come back when each is quoted', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (words) => {
      const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
      assert.deepEqual(wordsOf(line), words);
    }),
  );
});
