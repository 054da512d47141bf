import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readExports } from './exports.ts';

test('exports are read, as many as there are', () => {
  const problems: string[] = [];
  assert.deepEqual(readExports('fs-0123abcd=nas.example.com:/a/b,fs-89abcdef=[fe80::1]:/', problems), {
    'fs-0123abcd': { server: 'nas.example.com', path: '/a/b' },
    'fs-89abcdef': { server: 'fe80::1', path: '/' },
  });
  assert.deepEqual(readExports('', problems), {});
  assert.deepEqual(problems, []);
});

for (const text of [
  'fs-0123abcd',
  'fs-0123abcd=nas',
  'fs-0123abcd=nas:relative',
  'nas:/a',
  'fs-x=nas:/a',
  'fs-0123abcd=:/a',
])
  test(`${text} is no export`, () => {
    const problems: string[] = [];
    assert.deepEqual(readExports(text, problems), {});
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /it looks like fs-0123456789abcdef0=nas/);
  });

test('a file system has one export', () => {
  const problems: string[] = [];
  readExports('fs-0123abcd=a:/,fs-0123abcd=b:/', problems);
  assert.match(problems[0] ?? '', /is named twice/);
});
