import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../tools/tidy/sources.ts';

const PAGE = join(ROOT, 'docs/design/agent-protocol.md');
const tests = globSync('test/conformance/*.test.ts', { cwd: ROOT })
  .map((file) => readFileSync(join(ROOT, file), 'utf8'))
  .join('\n');

test('every item of the page’s checklist has tests with its number', () => {
  const section = readFileSync(PAGE, 'utf8').split(/^## 10\. /m)[1] ?? '';
  const items = [...section.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
  assert.deepEqual(
    items,
    items.map((_, at) => at + 1),
  );
  assert.ok(items.length >= 11, `only ${items.length} items found: the rule would pass vacuously`);
  const missing = items.filter((item) => !new RegExp(`test\\(['"\`]10\\.${item} `).test(tests));
  assert.deepEqual(missing, []);
});
