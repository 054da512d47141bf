import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { SERVICES } from '@gantry/protocol';
import { readDeclarations } from './read-declarations.ts';
import { SdkReader } from './read-sdk.ts';
import { SOURCES } from './sources.ts';

const require = createRequire(import.meta.url);
const folderOf = (client: string): string => dirname(require.resolve(`${client}/package.json`));

test('the committed models are what the installed clients say: operations, members, errors', () => {
  for (const source of SOURCES) {
    const client = require(source.client) as Readonly<Record<string, unknown>>;
    // Without botocore bounds are missing and numbers are not told apart, so that the test needs no Python.
    const fresh = new SdkReader(source, client, {}, readDeclarations(folderOf(source.client))).read();
    const { model } = SERVICES[source.service as keyof typeof SERVICES];
    assert.deepEqual(model.operations, fresh.operations, `${source.service}: run "npm run model"`);
    assert.deepEqual(Object.keys(model.errors), Object.keys(fresh.errors));
    for (const [name, shape] of Object.entries(fresh.shapes)) {
      if (!('members' in shape)) continue;
      const committed = model.shapes[name];
      assert.ok(committed !== undefined && 'members' in committed, `${source.service} ${name} is missing`);
      assert.deepEqual(Object.keys(committed.members), Object.keys(shape.members), name);
      assert.deepEqual(committed.required, shape.required, name);
    }
  }
});

test('declarations are read: enums of members, errors of operations', () => {
  const { memberTypes, errors } = readDeclarations(folderOf('@aws-sdk/client-ecs'));
  assert.equal(memberTypes.get('RunTaskRequest.launchType'), 'LaunchType');
  assert.equal(memberTypes.get('RegisterTaskDefinitionRequest.requiresCompatibilities'), 'Compatibility[]');
  assert.ok(errors.get('RunTask')?.includes('ConflictException'));
});

test('every pattern compiles and every enum has values', () => {
  for (const { service } of SOURCES) {
    const { model } = SERVICES[service as keyof typeof SERVICES];
    for (const [name, shape] of Object.entries(model.shapes)) {
      if ('members' in shape) continue;
      if (shape.pattern !== undefined) assert.doesNotThrow(() => new RegExp(`^(?:${shape.pattern})$`, 'u'), name);
      if (shape.enum !== undefined) assert.ok(shape.enum.length > 0, name);
    }
  }
});

test('the types beside a model name the same operations', () => {
  for (const { service } of SOURCES) {
    const file = join(import.meta.dirname, '../../packages/protocol/src/generated', `${service}-types.ts`);
    const text = readFileSync(file, 'utf8');
    const named = [...text.matchAll(/^ {2}(\w+): \{ input: /gm)].map((match) => match[1]);
    assert.deepEqual(named, SERVICES[service as keyof typeof SERVICES].operationNames());
  }
});
