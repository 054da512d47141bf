import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTest, sources, withoutComments } from './sources.ts';

const MOST_LINES_OF_A_FILE = 320;
const MOST_LINES_OF_A_FUNCTION = 64;
const house = sources(['packages', 'tools', 'bench']).filter((s) => !isTest(s.file));

test('no file is longer than a person reads in one go', () => {
  assert.ok(house.length > 40, `only ${house.length} modules seen`);
  const long = house
    .map((s) => [s.file, s.text.split('\n').length] as const)
    .filter(([, lines]) => lines > MOST_LINES_OF_A_FILE);
  assert.deepEqual(long, [], 'what is the second thing in there?');
});

test('no function is longer than a screen', () => {
  const long: string[] = [];
  let seen = 0;
  for (const { file, text } of house) {
    for (const found of functionsOf(withoutComments(text))) {
      seen += 1;
      if (found.lines > MOST_LINES_OF_A_FUNCTION) long.push(`${file}:${found.line} has ${found.lines} lines`);
    }
  }
  assert.ok(seen > 200, `only ${seen} functions seen`);
  assert.deepEqual(long, []);
});

/** Functions and methods declared at the start of a line: their indentation closes them (the formatter sees to that). */
export function functionsOf(code: string): readonly { readonly line: number; readonly lines: number }[] {
  const rows = code.split('\n');
  const found: { line: number; lines: number }[] = [];
  const head =
    /^(\s*)(?:export\s+)?(?:default\s+)?(?:(?:async\s+)?function\*?\s+\w+|(?:(?:private|protected|public|static|override|async|get|set)\s+)*\*?#?\w+\s*\([^;]*\)?[^;=]*\{\s*$|const\s+\w+[^=]*=\s*(?:async\s*)?\([^;]*=>\s*\{\s*$)/;
  rows.forEach((row, index) => {
    const match = head.exec(row);
    if (match === null || /^\s*(if|for|while|switch|return|catch|else|do|try)\b/.test(row)) return;
    const indent = match[1] as string;
    const closing = new RegExp(`^${indent}\\}([;,)]|$)`);
    const end = rows.findIndex((later, at) => at > index && closing.test(later));
    if (end > index) found.push({ line: index + 1, lines: end - index + 1 });
  });
  return found;
}
