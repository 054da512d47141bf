/**
 * A new user's first minutes: a fresh clone, `./gantry up`, `./gantry run`, and the first answer over HTTP; then the same again with everything
 * installed. What was not on the machine before is installed in the first round. `node bench/first-minutes.ts`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../tools/tidy/sources.ts';
import { command, freePort } from '../test/e2e/world.ts';
import { report, timed, untilTrue } from './lib.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-clone-'));
const clone = join(folder, 'gantry');
const dataDir = join(folder, 'data');
const env = { ...process.env, CI: 'true', GANTRY_DATA_DIR: dataDir };
const inClone = (...args: string[]): Promise<string> =>
  command('sh', ['-c', 'cd "$0" && exec ./gantry "$@"', clone, ...args], env, 600_000);

async function firstAnswer(port: number): Promise<void> {
  await inClone('up', '--detach', '--yes', '--data-dir', dataDir, '--port', String(port));
  const web = await freePort();
  await inClone('run', 'gantry/hello', '--name', 'first', '-p', `${web}:80`, '--wait');
  await untilTrue(
    'it answers',
    async () => (await fetch(`http://127.0.0.1:${web}/`).catch(() => undefined))?.status === 200,
    60_000,
  );
}

try {
  const fresh = await timed(async () => {
    await command('git', ['clone', '--quiet', ROOT, clone]);
    await firstAnswer(await freePort());
  });
  report('fresh clone to first answer', `${(fresh / 1000).toFixed(1)} s`, '< 180 s with installs', fresh < 180_000);
  await inClone('down', '--tasks', '--data-dir', dataDir);
  rmSync(dataDir, { recursive: true, force: true });
  const again = await timed(async () => firstAnswer(await freePort()));
  report('everything installed to first answer', `${(again / 1000).toFixed(1)} s`, '< 10 s', again < 10_000);
} finally {
  await inClone('down', '--tasks', '--data-dir', dataDir).catch(() => '');
  rmSync(folder, { recursive: true, force: true });
}
