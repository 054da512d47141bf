#!/usr/bin/env node
// The `gantry` of `npx gantry`: plain JavaScript that even an old Node runs, so that it can hand over to a newer one.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const main = join(here, '..', 'src', 'main.ts');
// Compiled code is kept between starts, for this process and the ones it starts.
process.env.NODE_COMPILE_CACHE ??= join(here, '..', 'node_modules', '.cache', 'gantry');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major >= 24 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)) {
  module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE);
  await import(main);
} else {
  const bundled = findUpwards(here, join('node_modules', '.bin', 'node'));
  if (bundled === undefined) {
    console.error(`gantry: Node ${process.versions.node} is too old: 22.18 or newer is needed. Install Node.js 24.`);
    process.exit(1);
  }
  process.on('SIGINT', () => {}); // the child decides what Ctrl-C means
  const done = spawnSync(bundled, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(done.status ?? 1);
}

function findUpwards(from, wanted) {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, wanted))) return join(folder, wanted);
    if (dirname(folder) === folder) return undefined;
  }
}
