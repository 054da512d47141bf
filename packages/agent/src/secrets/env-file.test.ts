import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addedByFiles, readEnvFile } from './env-file.ts';

describe('an environment file', () => {
  const lines: readonly (readonly [title: string, text: string, variables: Readonly<Record<string, string>>])[] = [
    ['has a variable a line', 'A=1\nB=two\n', { A: '1', B: 'two' }],
    ['ends without an end of line', 'A=1', { A: '1' }],
    ['was written on Windows', '\ufeffA=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['has comments and blank lines', '# A=0\n\n  # B=0\nA=1', { A: '1' }],
    [
      'keeps quotes, blanks and what looks like a comment',
      `A="x y" \nB='$HOME' # no`,
      { A: '"x y" ', B: "'$HOME' # no" },
    ],
    ['has = in its values', 'URL=postgres://u:p@h/db?a=b&c=d', { URL: 'postgres://u:p@h/db?a=b&c=d' }],
    ['has empty values', 'A=\nB=1', { A: '', B: '1' }],
    ['has lines that say nothing', 'A\n=1\nexport\nB=1', { B: '1' }],
    ['has a name twice: the last', 'A=1\nA=2', { A: '2' }],
    [
      'has names JavaScript knows',
      '__proto__=1\nconstructor=2',
      Object.fromEntries([
        ['__proto__', '1'],
        ['constructor', '2'],
      ]),
    ],
  ];
  for (const [title, text, variables] of lines) {
    it(title, () => {
      assert.deepEqual(readEnvFile(text), variables);
    });
  }

  it('is read as it was written', () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,10}$/);
    const value = fc.string().filter((text) => !/[\r\n]/.test(text));
    const law = fc.property(fc.dictionary(name, value), (given) => {
      const text = Object.entries(given).map(([key, each]) => `${key}=${each}\n`);
      assert.deepEqual(readEnvFile(text.join('')), { ...given });
    });
    fc.assert(law);
  });
});

describe('files together', () => {
  it('the first stands before the next, and the environment before both', () => {
    const files: readonly Readonly<Record<string, string>>[] = [
      { A: 'first', B: 'first' },
      { B: 'second', C: 'second', D: 'second' },
    ];
    assert.deepEqual(addedByFiles(files, { D: 'own' }), { A: 'first', B: 'first', C: 'second' });
    assert.deepEqual(addedByFiles([], {}), {});
  });
});
