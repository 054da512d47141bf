import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundRegExps } from '../wiring.ts';
import { awslogsOptions, awslogsProblem } from './options.ts';
import { goPattern } from './pattern.ts';

const cases: readonly (readonly [pattern: string, matches: string, not: string])[] = [
  ['^\\d{4}-\\d{2}', '2026-01 x', 'x 2026-01'],
  ['(?i)^error', 'ERROR: x', 'an error'],
  ['(?P<level>INFO|WARN)', 'WARN', 'warn'],
  ['^[[:upper:][:digit:]_]+$', 'A_1', 'a_1'],
  ['^[[:punct:]]$', '[', 'a'],
  ['\\Astart', 'start', 'a start'],
  ['end\\z', 'an end', 'end.'],
  ['^\\Q[a.b]\\E', '[a.b] x', 'a'],
  ['^\\Q-*', '-* x', 'x'],
];
for (const [pattern, matches, not] of cases) {
  test(`${pattern} as Go reads it`, () => {
    assert.match(matches, goPattern(pattern));
    assert.doesNotMatch(not, goPattern(pattern));
  });
}

for (const pattern of ['a(?=b)', '(?<!a)b', '(a)\\1', '(?<n>a)\\k<n>', '(?x)a', '(']) {
  test(`${pattern} is refused`, () => {
    assert.throws(() => goPattern(pattern), SyntaxError);
    const Config = { 'awslogs-group': 'g', 'awslogs-region': 'r', 'awslogs-multiline-pattern': pattern };
    const options = awslogsOptions({ Type: 'awslogs', Config }, 'arn:aws:ecs:r:1:task/c/t');
    assert.match((options && awslogsProblem(options)) ?? '', /^awslogs could not parse multiline pattern key/);
  });
}

test('no pattern takes for ever: it would hold up every task of the agent', () => {
  boundRegExps();
  const startedMs = performance.now();
  assert.doesNotMatch(`${'a'.repeat(5_000)}!`, goPattern('^(a+)+$'));
  assert.doesNotMatch(`${'x'.repeat(5_000)}`, goPattern('(x+x+)+y'));
  assert.ok(performance.now() - startedMs < 2_000);
});
