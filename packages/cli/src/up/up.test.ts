import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Api } from '../api/port.ts';
import { CliError } from '../errors.ts';
import { FakeHost } from '../host/fake.ts';
import type { StartSpec } from '../host/port.ts';
import { upSettings } from '../settings.ts';
import { up, type UpOptions } from './up.ts';

const DATA = '/var/lib/gantry';
const TOOLS = ['apt-get', 'dockerd', 'haproxy', 'crun', 'runsc', 'ip', 'iptables', 'nft', 'busybox'];
const isMain = (spec: StartSpec, name: string): boolean => spec.args.some((arg) => arg.includes(`packages/${name}/`));
const KEYS = JSON.stringify({
  administrator: { accessKeyId: 'AKIAX', secretAccessKey: 's3cret', account: '000000000000' },
});

/** A machine on which everything works; tests take away from it. */
function machine(): FakeHost {
  const host = new FakeHost();
  for (const tool of TOOLS) host.commands.add(tool);
  host.engine = { version: '20.10.24', runtimes: ['runc'] };
  host.onRun = (command) => (command === 'ldd' ? { code: 1, stderr: 'not a dynamic executable' } : undefined);
  host.onStart = (_pid, spec) => {
    if (isMain(spec, 'control-plane')) host.files.set(`${DATA}/credentials.json`, KEYS);
    if (spec.command.endsWith('dockerd')) host.engine = { version: '20.10.24', runtimes: ['runc'] };
  };
  const runs = (name: string): boolean => [...host.processes.values()].some((p) => isMain(p.spec, name));
  host.onGet = () => (runs('control-plane') ? { status: 200, body: '{"status":"ok"}' } : undefined);
  return host;
}

function apiOf(host: FakeHost): Api {
  const agents = (): boolean => [...host.processes.values()].some((p) => isMain(p.spec, 'agent'));
  const instance = (pool: string) => ({ pool, agentConnected: agents(), status: 'ACTIVE' });
  const status = () => ({ instances: [instance('ec2'), instance('fargate')] });
  const refuse = (): never => assert.fail('not called');
  return { gantry: () => Promise.resolve(status()), ecs: refuse, logs: refuse } as unknown as Api;
}

function optionsFor(host: FakeHost, flags: Partial<UpOptions> & { readonly port?: string } = {}): UpOptions {
  const { port, ...rest } = flags;
  const around = { uid: 0, home: '/h', memoryMiB: 8192, env: {} };
  return {
    settings: upSettings(port === undefined ? {} : { port }, around),
    yes: true,
    install: true,
    detach: true,
    writeProfile: false,
    verbose: false,
    command: './gantry',
    dataDirFlag: '',
    connect: () => Promise.resolve(apiOf(host)),
    ...rest,
  };
}

const verbs = (host: FakeHost): readonly string[] =>
  host.did
    .filter((did) => !did.startsWith('run ldd'))
    .map((did) =>
      did
        .replace(/ --(max-semi|disable-warn)\S+/g, '')
        .split(' ')
        .slice(0, 3)
        .join(' '),
    );

async function failure(work: Promise<unknown>): Promise<CliError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof CliError, String(error));
    return error;
  }
  return assert.fail('it should have failed');
}

test('all installed: starts control plane and agent, says how to use it, and leaves the system alone', async () => {
  const host = machine();
  await up(host, optionsFor(host));
  assert.deepEqual(verbs(host), [
    'start /usr/bin/node /opt/gantry/packages/control-plane/src/main.ts',
    'start /usr/bin/node /opt/gantry/packages/agent/src/main.ts',
  ]);
  const said = host.said.join('\n');
  assert.match(said, /Gantry is up\./);
  assert.match(said, /export AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:4566/);
  assert.match(said, /export AWS_SECRET_ACCESS_KEY=s3cret/);
  assert.match(host.files.get(`${DATA}/run/endpoint.json`) ?? '', /4566/);
});

test('a second up says that it runs, and starts nothing', async () => {
  const host = machine();
  await up(host, optionsFor(host));
  const before = host.did.length;
  await up(host, optionsFor(host));
  assert.deepEqual(
    host.did.slice(before).filter((did) => did.startsWith('start')),
    [],
  );
  assert.match(host.said.join('\n'), /Gantry already runs\./);
});

test('up again starts only what died', async () => {
  const host = machine();
  await up(host, optionsFor(host));
  const agent = [...host.processes].find(([, p]) => isMain(p.spec, 'agent'));
  host.die(agent?.[0] ?? 0);
  const before = host.did.length;
  await up(host, optionsFor(host));
  assert.deepEqual(
    host.did
      .slice(before)
      .filter((did) => did.startsWith('start'))
      .map((did) => did.includes('/agent/')),
    [true],
  );
});

test('a running one is not moved to another port', async () => {
  const host = machine();
  await up(host, optionsFor(host));
  assert.match(
    (await failure(up(host, optionsFor(host, { port: '4567' })))).message,
    /already runs .* 4566|already runs/,
  );
});

test('a first up that fails leaves no claim to a task network; one after an agent ran keeps it', async () => {
  const claim = '/run/gantry/networks/gantry0';
  const host = machine();
  host.takenPorts.add(4566);
  await failure(up(host, optionsFor(host)));
  assert.equal(host.files.has(claim), false);
  host.takenPorts.clear();
  await up(host, optionsFor(host));
  for (const pid of host.processes.keys()) host.die(pid);
  host.takenPorts.add(4566);
  await failure(up(host, optionsFor(host)));
  assert.equal(host.files.get(claim), DATA);
});

const SANDBOX = 'gantry-runsc=/opt/gantry/packages/agent/src/isolation/gantry-runsc';

test('nothing installed, without systemd: installs, tries crun and gVisor, starts dockerd with it', async () => {
  const host = machine();
  host.engine = undefined;
  for (const tool of TOOLS) if (tool !== 'apt-get') host.commands.delete(tool);
  host.onRun = (command, args) => {
    if (command === 'env' && args.includes('install')) for (const tool of TOOLS) host.commands.add(tool);
    return undefined;
  };
  await up(host, optionsFor(host));
  assert.deepEqual(verbs(host), [
    'run apt-get update',
    'run env DEBIAN_FRONTEND=noninteractive',
    'run sh -eu',
    'run sh -eu',
    'start /usr/bin/dockerd --add-runtime=crun=/usr/bin/crun',
    'start /usr/bin/node /opt/gantry/packages/control-plane/src/main.ts',
    'start /usr/bin/node /opt/gantry/packages/agent/src/main.ts',
  ]);
  assert.ok(
    host.did.some((did) => did.includes(`--add-runtime=${SANDBOX}`)),
    host.did.join('\n'),
  );
});

test('runtimes that do not work here are not given to the engine', async () => {
  const host = machine();
  host.engine = undefined;
  host.onRun = (command) => (command === 'sh' ? { code: 1 } : { code: 1, stderr: 'not a dynamic executable' });
  await up(host, optionsFor(host));
  assert.ok(host.did.includes('start /usr/bin/dockerd'), host.did.join('\n'));
});

test('a fresh engine under systemd gets crun in its configuration and is restarted', async () => {
  const host = machine();
  host.engine = undefined;
  host.commands.delete('dockerd');
  host.access.set('/run/systemd/system', 'ok');
  host.onRun = (command, args) => {
    if (command === 'systemctl' && args[0] === 'restart') host.engine = { version: '24', runtimes: ['runc', 'crun'] };
    return command === 'ldd' ? { code: 1, stderr: 'not a dynamic executable' } : undefined;
  };
  await up(host, optionsFor(host));
  assert.ok(host.did.some((did) => did.includes('/etc/docker/daemon.json') && did.includes('/usr/bin/crun')));
  assert.ok(host.did.includes('run systemctl restart docker'));
});

test('a user with sudo installs through it', async () => {
  const host = machine();
  host.facts = { ...host.facts, uid: 1000 };
  host.commands.add('sudo');
  host.commands.delete('haproxy');
  await up(host, optionsFor(host));
  assert.ok(host.did.some((did) => did.startsWith('run sudo env DEBIAN_FRONTEND=noninteractive apt-get install')));
});

test('asks on a terminal, and installs nothing at a no', async () => {
  const host = machine();
  host.commands.delete('haproxy');
  host.interactive = true;
  host.answers = ['n'];
  const error = await failure(up(host, optionsFor(host, { yes: false })));
  assert.equal(error.exitCode, 5);
  assert.equal(host.asked.length, 1);
  assert.deepEqual(verbs(host), []);
});

const broken: readonly (readonly [string, (host: FakeHost) => void, RegExp, RegExp])[] = [
  ['no terminal and no --yes', (host) => void host.commands.delete('haproxy'), /not a terminal/, /--yes/],
  [
    'no apt',
    (host) => {
      host.engine = undefined;
      host.commands.delete('dockerd');
      host.commands.delete('apt-get');
    },
    /docker\.io: needed, not here, and there is no apt-get/,
    /docker\.io/,
  ],
  [
    'a dockerd that fails',
    (host) => {
      host.engine = undefined;
      host.onStart = (pid) => host.die(pid, 'failed to mount overlay');
    },
    /Docker Engine did not start/,
    /failed to mount overlay[\s\S]*dockerd\.log/,
  ],
  ['a port that is taken', (host) => void host.takenPorts.add(4566), /port 4566 .* is taken/, /--port/],
  [
    'a control plane that dies at its start',
    (host) => {
      host.onStart = (pid) => host.die(pid, '{"level":"error","message":"the state file is damaged"}');
    },
    /control-plane ended at its start/,
    /the state file is damaged[\s\S]*control-plane\.log/,
  ],
  [
    'a control plane that never answers',
    (host) => void (host.onGet = () => undefined),
    /control-plane did not answer within 60 s/,
    /control-plane\.log/,
  ],
  [
    'an agent that dies',
    (host) => {
      const works = host.onStart;
      host.onStart = (pid, spec) => (isMain(spec, 'agent') ? host.die(pid, 'no engine') : works(pid, spec));
    },
    /agent ended at its start/,
    /no engine[\s\S]*agent\.log/,
  ],
  ['a full disk', (host) => void (host.freeMiB = 3), /disk of \/var\/lib\/gantry is full: 3 MiB/, /--data-dir/],
  ['a write that finds no space', (host) => void (host.writeError = 'ENOSPC'), /no space is left/, /--data-dir/],
  ['a data directory of somebody else', (host) => void (host.writeError = 'EACCES'), /permission denied/, /--data-dir/],
];

for (const [name, breakIt, message, rest] of broken) {
  test(`with ${name} it says so, and leaves no process of its own`, async () => {
    const host = machine();
    breakIt(host);
    const error = await failure(up(host, optionsFor(host, { yes: name !== 'no terminal and no --yes' })));
    assert.match(error.message, message);
    assert.match([...error.details, error.wayOut].join('\n'), rest);
    assert.deepEqual(
      [...host.processes.values()].map((p) => p.spec.command),
      [],
    );
  });
}

test('in the foreground it shows the logs, and Ctrl-C stops both processes', async () => {
  const host = machine();
  let sleeps = 0;
  host.onSleep = () => {
    sleeps += 1;
    if (sleeps === 1) host.append(`${DATA}/run/agent.log`, '{"level":"info","message":"connected","instance":"x"}\n');
    if (sleeps === 3) host.interrupt();
  };
  await up(host, optionsFor(host, { detach: false }));
  assert.ok(host.said.includes('agent         | info  connected instance=x'), host.said.join('\n'));
  assert.equal(host.processes.size, 0);
  assert.deepEqual(
    host.did.slice(-2).map((did) => did.split(' ')[0]),
    ['SIGTERM', 'SIGTERM'],
  );
});

test('in the foreground a death is told with the last words', async () => {
  const host = machine();
  host.onSleep = () => {
    const agent = [...host.processes].find(([, p]) => isMain(p.spec, 'agent'));
    if (agent !== undefined) host.die(agent[0], 'out of memory');
  };
  const error = await failure(up(host, optionsFor(host, { detach: false })));
  assert.match(error.message, /agent ended unexpectedly/);
  assert.deepEqual(error.details, ['out of memory']);
  assert.equal(host.processes.size, 0);
});

test('the profile is written when asked for, and never over a foreign one', async () => {
  const host = machine();
  host.files.set('/home/ann/.aws/config', '[default]\nregion = eu-west-1\n');
  await up(host, optionsFor(host, { writeProfile: true }));
  assert.match(host.files.get('/home/ann/.aws/config') ?? '', /\[default\]\nregion = eu-west-1\n\n\[profile gantry\]/);
  assert.match(host.said.join('\n'), /AWS_PROFILE=gantry/);
  const other = machine();
  other.files.set('/home/ann/.aws/credentials', '[gantry]\naws_access_key_id = MINE\n');
  await up(other, optionsFor(other, { writeProfile: true }));
  assert.equal(other.files.get('/home/ann/.aws/credentials'), '[gantry]\naws_access_key_id = MINE\n');
  assert.equal(other.files.has('/home/ann/.aws/config'), false);
  assert.match(other.said.join('\n'), /left as it was/);
});
