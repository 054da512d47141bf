import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './sources.ts';

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(ts|md|json|yaml|yml|sh)$|^gantry$|^\.ci\//.test(file) && file !== 'tools/tidy/words.test.ts');

/** The repository speaks of the product alone: nothing of one machine, one workplace, one registry host. */
const FOREIGN = /\/work\/|\/root\/|registry\.npmjs|\.npmjs\.org|deb\.debian\.org|\bTODO\b|\bFIXME\b|\bXXX\b/;

test('no file speaks of the place it was written at, or of work left over', () => {
  assert.ok(files.length > 60, `only ${files.length} files seen`);
  const broken: string[] = [];
  for (const file of files) {
    let text: string;
    try {
      text = readFileSync(join(ROOT, file), 'utf8');
    } catch {
      continue; // deleted in the work tree, not yet in the index
    }
    text.split('\n').forEach((line, index) => {
      if (FOREIGN.test(line)) broken.push(`${file}:${index + 1}: ${line.trim().slice(0, 120)}`);
    });
  }
  assert.deepEqual(broken, []);
});
