import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTest, sources, withoutComments } from './sources.ts';

const house = sources(['packages']).filter((s) => !isTest(s.file));

/** Where the real world comes in: started processes and the adapters of ports. Everything else is given a Clock and Ids. */
const WIRING = [
  /\/main\.ts$/,
  /\/wiring[^/]*\.ts$/,
  /\/adapters\//,
  /\/transport-[^/]+\.ts$/,
  /^packages\/testkit\//,
  /^packages\/control-plane\/src\/api\/http\//,
  /^packages\/agent\/src\/engine\/docker[^/]*\.ts$/,
  /^packages\/agent\/src\/engine\/docker\//,
  // Bounded waits for what only the kernel can say when.
  /^packages\/agent\/src\/network\/(linux|pause)\.ts$/,
  /^packages\/agent\/src\/cgroup\/limits\.ts$/,
  /^packages\/agent\/src\/images\//,
  /^packages\/cli\/src\//,
];
const REAL_WORLD =
  /\bDate\.now\(|\bnew Date\(\s*\)|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(|\bsetImmediate\(|\brandomUUID\(|\brandomBytes\(|\bperformance\.now\(|\bprocess\.hrtime\b|\btimers\/promises\b/;

test('the real clock and chance come in through wiring alone', () => {
  assert.ok(house.length > 40, `only ${house.length} modules seen`);
  const broken: string[] = [];
  for (const { file, text } of house) {
    if (WIRING.some((pattern) => pattern.test(file))) continue;
    withoutComments(text)
      .split('\n')
      .forEach((line, index) => {
        if (REAL_WORLD.test(line)) broken.push(`${file}:${index + 1}: ${line.trim()}`);
      });
  }
  assert.deepEqual(broken, []);
});

test('a decide.ts decides and does nothing else', () => {
  const decisions = house.filter((s) => /\/(decide|place|step)\.ts$/.test(s.file));
  assert.ok(decisions.length >= 5, `only ${decisions.length} decision modules seen`);
  const broken: string[] = [];
  for (const { file, text, imports } of decisions) {
    for (const target of imports) {
      if (/^node:|\/store\/|\/adapters\/|\/apply\.ts$|\/controller\.ts$|^undici$|^ws$/.test(target))
        broken.push(`${file} imports ${target}`);
    }
    if (/\basync\b|\bawait\b|\bPromise\b|\bprocess\.|\bconsole\./.test(withoutComments(text))) {
      broken.push(`${file} is not a synchronous function of what it is given`);
    }
  }
  assert.deepEqual(broken, []);
});

test('nothing is written that Node 22.18 does not read', () => {
  const broken: string[] = [];
  for (const { file, text } of house) {
    const code = withoutComments(text);
    if (/^\s*(await )?using \w+\s*=/m.test(code)) broken.push(`${file} declares with \`using\``);
    if (/\/store\//.test(file) && /\?[1-9]\b/.test(text))
      broken.push(`${file} numbers SQL parameters: Node 22 takes those for names`);
    if (/\bPromise\.try\(|\bRegExp\.escape\(|\bError\.isError\(|\bFloat16Array\b/.test(code))
      broken.push(`${file} uses a built-in of a later Node`);
  }
  assert.deepEqual(broken, []);
});
