import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { command, has, until } from './world.ts';

/** `false`: this machine can have one; else why not. */
export const noPrivateEngine =
  process.getuid?.() !== 0
    ? 'SKIPPED: an engine of our own needs root'
    : has('dockerd') && has('unshare')
      ? false
      : 'SKIPPED: dockerd or unshare is not on this machine';

type Runtimes = Readonly<Record<string, { readonly path: string; readonly runtimeArgs?: readonly string[] }>>;

/**
 * An engine of this test alone, in network and mount namespaces of its own: it sees nothing of the one everybody else
 * uses, and nobody else's containers die with it.
 */
export class PrivateEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'gantry-engine-'));
  readonly host = `unix://${join(this.folder, 'sock')}`;
  readonly #runtimes: Runtimes;
  readonly #settings: Readonly<Record<string, unknown>>;
  #daemon: ChildProcess | undefined;

  /** `runtimes`: besides runc; `settings`: what else is in `daemon.json`. */
  constructor(runtimes: Runtimes = {}, settings: Readonly<Record<string, unknown>> = {}) {
    this.#runtimes = runtimes;
    this.#settings = settings;
  }

  async start(): Promise<void> {
    const at = (name: string): string => join(this.folder, name);
    const script = [
      'mount --make-rprivate /',
      // Containers that outlive their engine are found again by the sockets in it: then it is not a new one each time.
      ...(this.#settings['live-restore'] === true
        ? [`mkdir -p ${at('run')}`, `mount --bind ${at('run')} /run`]
        : ['mount -t tmpfs tmpfs /run']),
      'ip link set lo up',
      `exec dockerd --config-file ${at('daemon.json')} --data-root ${at('data')} --exec-root ${at('exec')} --pidfile ${at('pid')} --host ${this.host}` +
        ' --bridge none --iptables=false --ip-forward=false --ip-masq=false',
    ];
    // The record of a containerd that nobody has reaped yet would be believed.
    for (const left of ['pid', 'sock', 'exec/containerd/containerd.pid']) rmSync(at(left), { force: true });
    writeFileSync(at('daemon.json'), JSON.stringify({ ...this.#settings, runtimes: this.#runtimes }));
    writeFileSync(at('start.sh'), script.join('\n'));
    const log = openSync(at('log'), 'a');
    // unshare and sh become dockerd: they exec.
    this.#daemon = spawn('unshare', ['-n', '-m', 'sh', '-e', at('start.sh')], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    await until('the engine answers', () => this.docker('version'), 30_000);
  }

  docker(...args: string[]): Promise<string> {
    return command('docker', ['--host', this.host, ...args]);
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill(signal);
    await ended;
    // Its containerd goes with it, a moment later: the next daemon is not to meet the dying one.
    await until('its containerd has ended', () => Promise.resolve(this.#processes('containerd').length === 0));
  }

  /** Processes of that program which were started for this engine: they name its folder. */
  #processes(program: string): readonly number[] {
    return readdirSync('/proc').flatMap((name) => {
      const pid = Number(name);
      if (!(pid > 1)) return [];
      try {
        const [file = '', ...args] = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
        return basename(file) === program && args.some((arg) => arg.startsWith(`${this.folder}/`)) ? [pid] : [];
      } catch {
        return []; // it has ended
      }
    });
  }

  async remove(): Promise<void> {
    const ids = (await this.docker('ps', '-aq').catch(() => '')).split('\n').filter((id) => id !== '');
    if (ids.length > 0) await this.docker('rm', '-f', ...ids);
    await this.end('SIGTERM');
    for (const pid of this.#processes('containerd-shim-runc-v2')) process.kill(pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
