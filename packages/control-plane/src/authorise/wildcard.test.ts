import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compilePattern, matches } from './wildcard.ts';

const plain = { wildcards: true, variables: false };

/** What the wildcards mean, word by word and slowly. */
function naive(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] === '*') return naive(pattern.slice(1), text) || (text !== '' && naive(pattern, text.slice(1)));
  return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && naive(pattern.slice(1), text.slice(1));
}

test('wildcards mean what they say', () => {
  const letters = (chars: string): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...chars.split('')), maxLength: 10 });
  fc.assert(
    fc.property(letters('ab*?'), letters('ab'), (pattern, text) => {
      assert.equal(matches(compilePattern(pattern, plain), text), naive(pattern, text));
    }),
    { numRuns: 5000 },
  );
});

const VARIABLES: readonly [pattern: string, text: string, fits: boolean][] = [
  ['home/${aws:username}/*', 'home/ann/x', true],
  ['home/${AWS:UserName}', 'home/ann', true],
  ['home/${ aws:username }', 'home/ann', true],
  ['home/${aws:username}', 'home/bob', false],
  ['${aws:PrincipalTag/team}-*', 'a*b-1', true],
  ['${aws:PrincipalTag/team}-*', 'axxb-1', false],
  ['x${aws:missing}', 'x', false],
  ["x${aws:missing, 'none'}", 'xnone', true],
  ["x${aws:username, 'none'}", 'xann', true],
  ['x${aws:many}', 'xone', false],
  ['${*}', '*', true],
  ['${*}', 'a', false],
  ['a${?}', 'a?', true],
  ['${$}{aws:username}', '${aws:username}', true],
  ['a${unclosed', 'a${unclosed', true],
];

test('a variable is the value of its key, taken literally', () => {
  const context = new Map([
    ['aws:username', ['ann']],
    ['aws:principaltag/team', ['a*b']],
    ['aws:many', ['one', 'two']],
  ]);
  for (const [pattern, text, fits] of VARIABLES) {
    const compiled = compilePattern(pattern, { wildcards: true, variables: true });
    assert.equal(matches(compiled, text, context), fits, `${pattern} on ${text}`);
  }
  const old = compilePattern('a${aws:username}', plain);
  assert.equal(matches(old, 'a${aws:username}', context), true, 'text in a policy of 2008');
});

test('no pattern takes longer than its length times the text', () => {
  const text = 'a'.repeat(2048);
  const hostile = ['*a'.repeat(1000) + 'b', '*' + 'a'.repeat(1024) + 'b*', '*' + '?a'.repeat(512) + 'b*'];
  const startedAt = performance.now();
  for (const pattern of hostile) assert.equal(matches(compilePattern(pattern, plain), text), false);
  // A matcher that tries again from every `*` would not end within the age of the universe.
  assert.ok(performance.now() - startedAt < 2000);
});

test('case matters unless it is told not to', () => {
  assert.equal(matches(compilePattern('ecs:Run*', plain), 'ecs:runtask'), false);
  assert.equal(matches(compilePattern('ecs:Run*', { ...plain, ignoreCase: true }), 'ECS:RUNTASK'), true);
});
