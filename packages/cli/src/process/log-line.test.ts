import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineCutter, renderLogLine } from './log-line.ts';

const rows: readonly (readonly [string, string])[] = [
  ['plain words', 'plain words'],
  ['{broken', '{broken'],
  ['{"no":"message"}', '{"no":"message"}'],
  ['{"level":"info","message":"up","port":1}', 'info  up port=1'],
  ['{"time":0,"level":"warn","message":"slow","what":"a b"}', '00:00:00 warn  slow what="a b"'],
  ['{"at":"2026-01-01T10:11:12.000Z","level":"odd","msg":"x","deep":{"a":1}}', '10:11:12 odd x deep={"a":1}'],
];
for (const [line, shown] of rows) test(`shows ${line}`, () => assert.equal(renderLogLine(line), shown));

test('cuts a growing text into whole lines', () => {
  const cutter = new LineCutter();
  assert.deepEqual(
    [cutter.push('a\nb'), cutter.push('c\n'), cutter.push(''), cutter.push('d\n\n')],
    [['a'], ['bc'], [], ['d', '']],
  );
});
