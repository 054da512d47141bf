/**
 * The whole test command: style, types, then every test from the quick to the slow, and one closing line.
 * `node tools/test/run.ts [--only checks,unit,sim,conformance,differential,e2e] [--grep TEXT]`
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { ROOT } from '../tidy/sources.ts';

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const CHECKS: readonly (readonly [string, string, readonly string[]])[] = [
  ['format', 'oxfmt', ['--check', '.']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings']],
  ['types', 'tsc', ['-p', 'tsconfig.json']],
  ['operations page', 'node', ['tools/model/operations.ts', '--check']],
];

/** In order: what fails fast comes first. End-to-end files share one engine, so they run one after another. */
const SUITES: readonly {
  readonly name: string;
  readonly files: string;
  readonly concurrency: number;
  readonly timeoutMs: number;
}[] = [
  { name: 'unit', files: '{packages/*/src,tools}/**/*.test.ts', concurrency: 2, timeoutMs: 300_000 },
  { name: 'sim', files: 'test/sim/**/*.test.ts', concurrency: 2, timeoutMs: 600_000 },
  { name: 'conformance', files: 'test/conformance/**/*.test.ts', concurrency: 2, timeoutMs: 120_000 },
  { name: 'differential', files: 'test/differential/**/*.test.ts', concurrency: 1, timeoutMs: 600_000 },
  { name: 'e2e', files: 'test/e2e/**/*.test.ts', concurrency: 1, timeoutMs: 600_000 },
];

function runChecks(count: Count): void {
  for (const [name, command, args] of CHECKS) {
    const { status, error } = spawnSync(join(ROOT, 'node_modules/.bin', command), args, {
      cwd: ROOT,
      stdio: 'inherit',
    });
    if (error !== undefined) console.error(`${name}: ${error.message}`);
    if (status === 0) count.passed += 1;
    else count.failed += 1;
    console.log(`${status === 0 ? '✔' : '✖'} ${name}`);
  }
}

async function runSuite(suite: (typeof SUITES)[number], grep: string | undefined, count: Count): Promise<void> {
  const files = globSync(suite.files, { cwd: ROOT, exclude: (path) => path.includes('node_modules') })
    .map((file) => join(ROOT, file))
    .sort();
  console.log(`\n# ${suite.name}: ${files.length} files`);
  if (files.length === 0) {
    count.failed += 1;
    console.error(`No ${suite.name} test was found: that is a failure, not a pass.`);
    return;
  }
  const stream = run({
    files,
    concurrency: suite.concurrency,
    timeout: suite.timeoutMs,
    ...(grep === undefined ? {} : { testNamePatterns: [grep] }),
  });
  stream.on('test:pass', (event) => {
    if (event.details.type === 'suite') return;
    if (event.skip !== undefined && event.skip !== false) count.skipped += 1;
    else count.passed += 1;
  });
  stream.on('test:fail', (event) => {
    if (event.details.type !== 'suite') count.failed += 1;
  });
  const report = stream.compose(new spec());
  report.pipe(process.stdout, { end: false });
  await new Promise((resolve) => report.once('end', resolve));
}

// Control planes that tests start make their key here, and not where the user's own is.
const keys = mkdtempSync(join(tmpdir(), 'gantry-keys-'));
process.env['GANTRY_KEY_FILE'] = join(keys, 'seal.key');
const { values } = parseArgs({ options: { only: { type: 'string' }, grep: { type: 'string' } } });
const only = values.only?.split(',');
const wanted = (name: string): boolean => only === undefined || only.includes(name);
const count: Count = { passed: 0, failed: 0, skipped: 0 };
if (wanted('checks')) runChecks(count);
for (const suite of SUITES) if (wanted(suite.name)) await runSuite(suite, values.grep, count);
rmSync(keys, { recursive: true });
console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1;
