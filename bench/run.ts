/** `npm run bench -- NAME [flags]`, or all of them one after another. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const all = readdirSync(here)
  .filter((file) => file.endsWith('.ts') && !['run.ts', 'lib.ts', 'swarm.ts'].includes(file))
  .map((file) => file.slice(0, -3))
  .sort();
const [name, ...flags] = process.argv.slice(2);
if (name !== undefined && !all.includes(name)) {
  console.error(`There is no bench ${name}. There are: ${all.join(', ')}.`);
  process.exit(2);
}
for (const bench of name === undefined ? all : [name]) {
  console.log(`\n# ${bench}`);
  const { status } = spawnSync(process.execPath, [join(here, `${bench}.ts`), ...flags], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
