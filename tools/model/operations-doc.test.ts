import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { operationsDoc, operationsText } from './operations-doc.ts';

test('the page tells what is served, with what it needs and how it fails, and what is not', () => {
  const text = operationsText({ ecs: new Set(['DescribeTasks']), gantry: new Set(['Status', 'Why']) });
  assert.match(text, /\| ecs \| JSON 1\.1 \| 2014-11-13 \| 1 \| 0 \| 88 \|/);
  assert.match(text, /\| `DescribeTasks` \| `tasks` \| AccessDeniedException, ClientException, /);
  assert.match(text, /Not served yet \(87\): .*`RunTask`/);
  assert.match(text, /## AWS STS[^\n]*\n\nNone is served yet\.\n\nNot served yet \(4\)/);
  assert.doesNotMatch(text.slice(text.indexOf('## Gantry')), /Not served/);
});

test('what answers and can bring nothing about yet stands apart, with what it needs', () => {
  const served = { ecs: new Set(['DescribeTasks', 'ListGateways', 'CreateGateway']) };
  const awaited = { ecs: { ListGateways: 'load balancers', CreateGateway: 'load balancers' } };
  const text = operationsText(served, awaited);
  assert.match(text, /\| ecs \| JSON 1\.1 \| 2014-11-13 \| 1 \| 2 \| 88 \|/);
  assert.match(text, /yet \(2\):\n\n- needs load balancers: `ListGateways`, `CreateGateway`\n\nNot served yet \(85\)/);
  assert.doesNotMatch(text, /\| `ListGateways`/);
  assert.throws(() => operationsText({ ecs: new Set() }, awaited), /ecs has no handler for ListGateways/);
});

test('a misspelt handler is found', () => {
  assert.throws(() => operationsText({ ecs: new Set(['DescribeTask']) }), /ecs has no operation DescribeTask/);
});

test('a stale or missing page fails the check, a fresh one passes', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'operations-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'operations.md');
  const served = { ecs: new Set(['RunTask']) };
  assert.equal(operationsDoc(served, { check: true, file }), false);
  operationsDoc(served, { check: false, file });
  assert.equal(operationsDoc(served, { check: true, file }), true);
  assert.equal(operationsDoc({}, { check: true, file }), false);
  writeFileSync(file, '');
  assert.equal(operationsDoc(served, { check: true, file }), false);
});
