import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../../tools/tidy/sources.ts';
import { command } from './world.ts';

export const PROBE_IMAGE = 'gantry-test/probe:1';

/**
 * An image with this Node, and the AWS SDK for JavaScript as it was installed here; no registry is asked. Its program
 * waits; tests look around from inside with `docker exec <id> /node /probe.mjs …`.
 */
export async function makeProbeImage(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'gantry-probe-'));
  try {
    for (const file of [process.execPath, ...librariesOf(process.execPath)]) {
      const target = join(root, file === process.execPath ? '/node' : file);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(realpathSync(file), target);
    }
    for (const name of packages(['@aws-sdk/client-ecs'])) copyPackage(name, join(root, 'node_modules', name));
    writeFileSync(join(root, 'probe.mjs'), readFileSync(join(import.meta.dirname, 'probe.mjs')));
    mkdirSync(join(root, 'tmp'));
    await importImage(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

export async function removeProbeImage(): Promise<void> {
  await command('docker', ['image', 'rm', '-f', PROBE_IMAGE]);
}

function librariesOf(program: string): readonly string[] {
  const lines = execFileSync('ldd', [program], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}

/** These and all they need, by name. */
function packages(wanted: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    const file = join(ROOT, 'node_modules', name, 'package.json');
    if (found.has(name) || !existsSync(file)) return;
    found.add(name);
    const { dependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as { dependencies?: Record<string, string> };
    for (const dependency of Object.keys(dependencies)) visit(dependency);
  };
  for (const name of wanted) visit(name);
  return found;
}

function copyPackage(name: string, target: string): void {
  const source = join(ROOT, 'node_modules', name);
  cpSync(source, target, { recursive: true, dereference: true, filter: (path) => !/\.d\.ts$|dist-types/.test(path) });
}

function importImage(root: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const tar = spawn('tar', ['-C', root, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const entry = 'ENTRYPOINT ["/node", "-e", "setInterval(() => {}, 1000000)"]';
    const load = spawn('docker', ['import', '--change', entry, '-', PROBE_IMAGE], {
      stdio: [tar.stdout, 'ignore', 'inherit'],
    });
    load.on('error', reject);
    load.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`docker import ended with ${code}`))));
  });
}
