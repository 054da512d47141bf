import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTest, sources } from './sources.ts';

/** Who may import whom (docs/design, section 3). Tests may also use the testkit. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  protocol: ['domain'],
  'control-plane': ['domain', 'protocol'],
  agent: ['domain', 'protocol'],
  cli: ['domain', 'protocol'],
  testkit: ['domain', 'protocol', 'control-plane', 'agent'],
};

/** Packages from outside that may be used at run time, and by whom. A new one is a decision: add it here. */
const OUTSIDE: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  protocol: [],
  'control-plane': ['ws'],
  agent: ['undici', 'ws'],
  cli: ['commander', 'undici'],
  testkit: [],
};

const packageOf = (file: string): string | undefined => /^packages\/([^/]+)\/src\//.exec(file)?.[1];
const modules = sources().filter((source) => packageOf(source.file) !== undefined);

test('the rules below saw the house', () => {
  assert.ok(modules.length > 40, `only ${modules.length} modules found: the rules would pass vacuously`);
  for (const name of Object.keys(MAY_IMPORT)) {
    assert.ok(
      modules.some((m) => packageOf(m.file) === name),
      `no module of ${name} was seen`,
    );
  }
  assert.ok(
    modules.flatMap((m) => m.imports).filter((i) => i.startsWith('@gantry/')).length > 40,
    'hardly an import was seen',
  );
});

test('packages import only what lies below them', () => {
  const broken: string[] = [];
  for (const { file, imports } of modules) {
    const from = packageOf(file) as string;
    for (const target of imports) {
      const match = /^@gantry\/([^/]+)/.exec(target);
      if (match === null) continue;
      const to = match[1] as string;
      const allowed = [from, ...(MAY_IMPORT[from] ?? []), ...(isTest(file) ? ['testkit'] : [])];
      if (!allowed.includes(to)) broken.push(`${file} imports ${target}`);
    }
    for (const target of imports.filter((i) => i.startsWith('.'))) {
      const depth = file.split('/').length - 4;
      if (target.split('../').length - 1 > depth) broken.push(`${file} leaves its package: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

test('packages from outside are the ones decided on', () => {
  const broken: string[] = [];
  for (const { file, text } of modules) {
    if (isTest(file)) continue;
    const from = packageOf(file) as string;
    // Types cost nothing at run time, so `import type` may name more.
    const runtime = text.replace(/\bimport\s+type\b[^;]*;/g, '').replace(/\bexport\s+type\b[^;]*from[^;]*;/g, '');
    for (const match of runtime.matchAll(/\bfrom\s*['"]([^'".@][^'"]*|@(?!gantry)[^'"]+)['"]/g)) {
      const target = match[1] as string;
      if (target.startsWith('node:')) continue;
      if (!(OUTSIDE[from] ?? []).includes(target)) broken.push(`${file} imports ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});
