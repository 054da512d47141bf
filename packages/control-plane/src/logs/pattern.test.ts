import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileFilterPattern } from './pattern.ts';

const MATCHES: [pattern: string, message: string, matches: boolean][] = [
  ['', 'anything', true],
  ['  ', 'anything', true],
  ['ERROR', '[ERROR 400] bad', true],
  ['ERROR', '[error 400] bad', false],
  ['ERROR memory', 'out of memory: ERROR', true],
  ['ERROR memory', 'ERROR only', false],
  ['"out of memory"', 'went out of memory', true],
  ['"out of memory"', 'memory is out', false],
  ['"say \\"no\\""', 'they say "no"', true],
  ['ERROR -DEBUG', 'ERROR', true],
  ['ERROR -DEBUG', 'DEBUG ERROR', false],
  ['-DEBUG', 'INFO', true],
  ['-"two words"', 'two words', false],
  ['?A ?B', 'has B', true],
  ['?A ?B', 'has C', false],
  ['?A C', 'has C', true],
  ['?"a b" ?x', 'a b', true],
  ['{ $.level = "error" }', '{"level":"error"}', true],
  ['{ $.level = "error" }', '{"level":"info"}', false],
  ['{ $.level = "error" }', 'level error', false],
  ['{$.level=error}', '{"level":"error"}', true],
  ['{ $.level = "err*" }', '{"level":"error"}', true],
  ['{ $.level = "*r*o*" }', '{"level":"error"}', true],
  ['{ $.level = "err*ror" }', '{"level":"error"}', false],
  ['{ $.level = "e.r" }', '{"level":"exr"}', false],
  ['{ $.level != "error" }', '{"level":"info"}', true],
  ['{ $.level != "error" }', '{}', false],
  ['{ $.ms > 100 && $.ms <= 200 }', '{"ms":150}', true],
  ['{ $.ms > 100 && $.ms <= 200 }', '{"ms":201}', false],
  ['{ $.ms = 1.5e2 }', '{"ms":150}', true],
  ['{ $.ms > 100 }', '{"ms":"150"}', false],
  ['{ ($.a = 1 || $.b = 1) && $.c = 1 }', '{"b":1,"c":1}', true],
  ['{ $.a = 1 || $.b = 1 && $.c = 1 }', '{"a":1}', true],
  ['{ $.a.b[1]["c d"] = "x" }', '{"a":{"b":[0,{"c d":"x"}]}}', true],
  ['{ $.a IS NULL }', '{"a":null}', true],
  ['{ $.a IS NULL }', '{}', false],
  ['{ $.a IS TRUE || $.b is false }', '{"b":false}', true],
  ['{ $.a NOT EXISTS }', '{}', true],
  ['{ $.a EXISTS }', '{"a":null}', true],
  ['{ $.constructor EXISTS }', '{}', false],
];

const REFUSED: [pattern: string, says: RegExp][] = [
  ['[ip, user]', /space-delimited patterns .* not supported/],
  ['%ERR[0-9]%', /regular expressions .* not supported/],
  ['A %b%', /regular expressions/],
  ['"open', /cannot be read at character 1/],
  ['a "b"c', /cannot be read at character 2/],
  ['""', /empty term/],
  ['{ }', /expected a property/],
  ['{ $.a }', /unknown operator '}'/],
  ['{ $.a = }', /expected a value/],
  ['{ $.a > "x" }', /compares with a number/],
  ['{ $.a = 1', /expected '}', found 'the end'/],
  ['{ $.a = 1 } x', /after the selector's end/],
  ['{ ($.a = 1 }', /expected '\)'/],
  ['{ $.a = %x% }', /regular expressions/],
  ['{ $.a IS 3 }', /IS stands before/],
  [`{ ${'('.repeat(40)}$.a = 1${')'.repeat(40)} }`, /nested too deeply/],
];

describe('filter patterns', () => {
  for (const [pattern, message, expected] of MATCHES)
    it(`${pattern || '(none)'} ${expected ? 'finds' : 'passes over'} ${message}`, () => {
      assert.equal(compileFilterPattern(pattern)(message), expected);
    });
  for (const [pattern, says] of REFUSED)
    it(`refuses ${pattern.slice(0, 40)}`, () => {
      assert.throws(() => compileFilterPattern(pattern), { code: 'InvalidParameterException', message: says });
    });

  it('answers every text with a matcher or a modelled error', () => {
    const anyPattern = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'{ } $ . a b " = < & | ( ) [ ] ? - % \\ * 1'.split(' '), ' ') }),
    );
    fc.assert(
      fc.property(anyPattern, fc.json(), (pattern, message) => {
        try {
          assert.equal(typeof compileFilterPattern(pattern)(message), 'boolean');
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'InvalidParameterException');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
