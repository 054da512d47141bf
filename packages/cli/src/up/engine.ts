import { join } from 'node:path';
import { CliError } from '../errors.ts';
import type { Host } from '../host/port.ts';
import type { Paths } from '../paths.ts';
import { findProcess, logTail, startProcess } from '../process/records.ts';
import { engineFact } from './facts.ts';

const DAEMON_CONFIG = '/etc/docker/daemon.json';
const ENGINE_DEADLINE_MS = 30_000;
const POLL_MS = 100;

/** Ways to get an engine that answers. Each resolves when it does, or rejects with the engine's own last words. */
export interface EngineStart {
  readonly how: 'systemctl' | 'dockerd';
  readonly sudo: boolean;
  /** The engine was installed a moment ago by us: its configuration is ours to begin. */
  readonly fresh: boolean;
}

export async function startEngine(host: Host, paths: Paths, start: EngineStart): Promise<void> {
  const runtimes = await workingRuntimes(host, start.sudo);
  if (start.how === 'systemctl') await startBySystemd(host, start, runtimes);
  else await startDaemon(host, paths, start, runtimes);
}

async function startBySystemd(host: Host, start: EngineStart, runtimes: Runtimes): Promise<void> {
  if (start.fresh && runtimes.size > 0 && (await host.accessTo(DAEMON_CONFIG)) === 'absent') {
    await writeAsRoot(host, start.sudo, DAEMON_CONFIG, `${JSON.stringify(daemonConfig(runtimes), null, 2)}\n`);
  }
  const verb = start.fresh ? 'restart' : 'start';
  const done = await asRoot(host, start.sudo, 'systemctl', [verb, 'docker'], 60_000);
  if (done.code === 0 && (await waitForEngine(host, async () => true))) return;
  const journal = await asRoot(
    host,
    start.sudo,
    'journalctl',
    ['-u', 'docker', '-n', '15', '--no-pager', '-o', 'cat'],
    10_000,
  );
  throw new CliError('the Docker Engine did not start (systemctl start docker).', {
    details: lastLines(`${done.stderr}\n${journal.stdout}`),
    wayOut: 'Mend what it says above, then run gantry up again. gantry doctor shows more.',
  });
}

async function startDaemon(host: Host, paths: Paths, start: EngineStart, runtimes: Runtimes): Promise<void> {
  const daemon = (await host.which('dockerd')) ?? 'dockerd';
  const args = [...runtimes].map(([name, path]) => `--add-runtime=${name}=${path}`);
  await startProcess(host, paths, {
    name: 'dockerd',
    command: start.sudo ? 'sudo' : daemon,
    args: start.sudo ? ['-n', daemon, ...args] : args,
  });
  if (await waitForEngine(host, async () => (await findProcess(host, paths, 'dockerd')) !== undefined)) return;
  throw new CliError('the Docker Engine did not start (dockerd).', {
    details: await logTail(host, paths, 'dockerd', 15),
    wayOut: `Its whole log: ${paths.log('dockerd')}. In a container, dockerd needs --privileged. Mend it, then run gantry up again.`,
  });
}

async function waitForEngine(host: Host, alive: () => Promise<boolean>): Promise<boolean> {
  const giveUpAt = host.clock.now() + ENGINE_DEADLINE_MS;
  for (;;) {
    if ((await engineFact(host)).kind === 'answers') return true;
    if (host.clock.now() >= giveUpAt || !(await alive())) return false;
    await host.clock.sleep(POLL_MS);
  }
}

/** Makes a bundle of a busybox and runs it: some distributions' crun refuses this kernel's cgroups, and only trying tells. */
const TRIAL = `
bundle=$(mktemp -d); trap 'rm -rf "$bundle"' EXIT
mkdir -p "$bundle/rootfs/bin"; cp "$2" "$bundle/rootfs/bin/busybox"; cd "$bundle"
"$1" spec
sed -i 's/"terminal": true/"terminal": false/; s#"sh"#"/bin/busybox", "true"#' config.json
"$1" $3 run "gantry-trial-$$"
`;

/** Runtimes for the engine besides its own, by name: the paths of their programs. */
type Runtimes = ReadonlyMap<string, string>;

export const daemonConfig = (runtimes: Runtimes): { readonly runtimes: Readonly<Record<string, object>> } => ({
  runtimes: Object.fromEntries([...runtimes].map(([name, path]) => [name, { path }])),
});

/** gVisor with one sandbox a task: a wrapper of ours around its runsc. */
export const sandboxRuntime = (host: Host): Runtimes =>
  new Map([['gantry-runsc', join(host.facts.root, 'packages', 'agent', 'src', 'isolation', 'gantry-runsc')]]);

async function workingRuntimes(host: Host, sudo: boolean): Promise<Runtimes> {
  const [crun, runsc] = await Promise.all([workingCrun(host, sudo), runscWorks(host, sudo)]);
  return new Map([...(crun === undefined ? [] : ([['crun', crun]] as const)), ...(runsc ? sandboxRuntime(host) : [])]);
}

/** Whether gVisor starts a container on this machine. */
export async function runscWorks(host: Host, sudo: boolean): Promise<boolean> {
  return (await tried(host, sudo, 'runsc', '--network=none')) !== undefined;
}

/** Path of a crun that really starts a container on this machine. */
export function workingCrun(host: Host, sudo: boolean): Promise<string | undefined> {
  return tried(host, sudo, 'crun', '--log-format=text');
}

async function tried(host: Host, sudo: boolean, program: string, flag: string): Promise<string | undefined> {
  const [path, busybox] = await Promise.all([host.which(program), host.which('busybox')]);
  if (path === undefined || busybox === undefined) return undefined;
  const trial = await asRoot(host, sudo, 'sh', ['-eu', '-c', TRIAL, 'sh', path, busybox, flag], 15_000);
  return trial.code === 0 ? path : undefined;
}

/** Stops the engine that `up` started; one that was there before is not ours. @returns whether there was one */
export async function stopEngine(host: Host, paths: Paths): Promise<boolean> {
  const record = await findProcess(host, paths, 'dockerd');
  if (record === undefined) return false;
  if (!host.kill(record.pid, 'SIGTERM')) await asRoot(host, true, 'kill', [String(record.pid)], 10_000);
  const giveUpAt = host.clock.now() + 30_000;
  while ((await findProcess(host, paths, 'dockerd')) !== undefined && host.clock.now() < giveUpAt) {
    await host.clock.sleep(POLL_MS);
  }
  if ((await findProcess(host, paths, 'dockerd')) !== undefined) {
    throw new CliError(`the Docker Engine (process ${record.pid}) did not stop within 30 s.`, {
      wayOut: `See ${paths.log('dockerd')}.`,
    });
  }
  await host.removeFile(paths.pid('dockerd'));
  return true;
}

async function writeAsRoot(host: Host, sudo: boolean, path: string, text: string): Promise<void> {
  await asRoot(
    host,
    sudo,
    'sh',
    ['-c', 'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1"', 'sh', path, text],
    5_000,
  );
}

function asRoot(host: Host, sudo: boolean, command: string, args: readonly string[], timeoutMs: number) {
  return sudo ? host.run('sudo', [command, ...args], { timeoutMs }) : host.run(command, args, { timeoutMs });
}

const lastLines = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-15);
