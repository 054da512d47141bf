import fc from 'fast-check';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compilePattern, type Pattern } from './pattern.ts';

function matches(source: string, value: string): boolean {
  const pattern = compilePattern(source);
  assert.ok(typeof pattern !== 'string', String(pattern));
  return pattern(value);
}

describe('a pattern matches whole values', () => {
  const cases: [string, string, boolean][] = [
    ['t2.*', 't2.small', true],
    ['t2.*', 'xt2.small', false],
    ['t2', 't2.small', false],
    ['t2|t3', 't3', true],
    ['^t2.*$', 't2.micro', true],
    ['(a|b)*c', 'ababc', true],
    ['[a-c]+[^x]', 'abcd', true],
    ['[]a]', ']', true],
    ['[a-]', '-', true],
    ['\\d{2,3}', '1234', false],
    ['\\d{2,3}', '123', true],
    ['\\w+\\.\\w+', 'm7g.large', true],
    ['[\\d.]+', '1.2', true],
    ['a{2}', 'aa', true],
    ['a{2,}', 'aaaa', true],
    ['(?i)PROD', 'prod', true],
    ['(?:x|)y?', '', true],
    ['', '', true],
    ['.', '\u{1F600}', true],
  ];
  for (const [source, value, expected] of cases)
    it(`${source} ${value}`, () => assert.equal(matches(source, value), expected));
});

it('refuses what it cannot read or bound', () => {
  for (const source of [
    '(',
    ')',
    '[',
    'a**',
    '*a',
    'a{',
    'a{3,2}',
    '(?=a)',
    '(?<n>a)',
    '\\1',
    '\\b',
    '[b-a]',
    'a++',
    '\\',
    '(((a{99}){99}){99})',
  ])
    assert.equal(typeof compilePattern(source), 'string', source);
});

it('takes its time from the lengths alone', () => {
  assert.equal(matches('(a+)+b', 'a'.repeat(5000)), false);
  assert.equal(matches('((((){1000}){1000}){1000}){1000}', ''), true);
  assert.equal(matches('(a|a)*(a|aa)*c', 'a'.repeat(2000)), false);
});

const { source: anySource } = fc.letrec<{ source: string }>((tie) => ({
  source: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '1', ''),
    fc.tuple(tie('source'), tie('source')).map(([x, y]) => x + y),
    fc.tuple(tie('source'), tie('source')).map(([x, y]) => `(${x}|${y})`),
    fc
      .tuple(tie('source'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{0,}', '*?'))
      .map(([x, q]) => `(?:${x})${q}`),
  ),
}));

it('agrees with the language’s own regular expressions', () => {
  const value = fc.string({ unit: fc.constantFrom('a', 'b', '1', 'x'), maxLength: 8 });
  fc.assert(
    fc.property(anySource, fc.array(value, { minLength: 1, maxLength: 5 }), (source, values) => {
      const pattern = compilePattern(source) as Pattern | string;
      fc.pre(typeof pattern !== 'string');
      const own = new RegExp(`^(?:${source})$`, 'u');
      for (const text of values) assert.equal(pattern(text), own.test(text), `${source} on ${text}`);
    }),
    { numRuns: 500 },
  );
});
