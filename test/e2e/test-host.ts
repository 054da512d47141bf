import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/tidy/sources.ts';
import type { Switch } from './host-switch.ts';
import { command, until } from './world.ts';

export type HostConfig = (host: {
  readonly name: string;
  readonly address: string;
}) => Readonly<Record<string, unknown>>;

export interface TestHostOptions {
  readonly name: string;
  readonly address: string;
  readonly folder: string;
  readonly network: Switch;
  /** More of its agent's configuration. */
  readonly more: HostConfig | undefined;
}

export class TestHost {
  readonly name: string;
  readonly address: string;
  readonly #options: TestHostOptions;
  #engine: ChildProcess | undefined;
  #agent: ChildProcess | undefined;

  constructor(options: TestHostOptions) {
    this.#options = options;
    this.name = options.name;
    this.address = options.address;
  }

  /** Runs a program in the host's network. */
  run(...words: readonly string[]): Promise<string> {
    return command('nsenter', [`--net=/run/netns/${this.#options.network.namespace(this.name)}`, ...words]);
  }

  docker(...words: readonly string[]): Promise<string> {
    return command('docker', ['--host', `unix://${this.#at('sock')}`, ...words]);
  }

  /** Runs a program in the running container of this task (by its ARN). */
  async inTask(taskArn: string, ...words: readonly string[]): Promise<string> {
    return this.docker('exec', (await this.#containerOf(taskArn)) ?? '', ...words);
  }

  /** Addresses of tasks on other hosts that it knows a way to. */
  async routes(): Promise<readonly string[]> {
    const shown = await this.run('ip', '-o', 'route', 'show', 'proto', '71');
    return shown.split('\n').flatMap((line) => /^\d+\.\d+\.\d+\.\d+/.exec(line) ?? []);
  }

  /** Of the card of this task. */
  async setMtu(taskArn: string, mtu: number): Promise<void> {
    const container = (await this.#containerOf(taskArn)) ?? '';
    const pid = (await this.docker('inspect', '-f', '{{.State.Pid}}', container)).trim();
    await command('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', 'link', 'set', 'eth0', 'mtu', String(mtu)]);
  }

  /** Cuts it off from everybody, or joins it again. */
  async unplug(): Promise<void> {
    await this.#options.network.cut(this.name, 'down');
  }

  async plug(): Promise<void> {
    await this.#options.network.cut(this.name, 'up');
  }

  async up(): Promise<void> {
    mkdirSync(this.#at('data'), { recursive: true });
    await this.#options.network.plug(this.name, this.address);
    const places = { '--config-file': 'daemon.json', '--data-root': 'data', '--exec-root': 'exec', '--pidfile': 'pid' };
    const flags = Object.entries(places).flatMap(([flag, name]) => [flag, this.#at(name)]);
    const daemon = ['dockerd', ...flags, '--host', `unix://${this.#at('sock')}`];
    writeFileSync(this.#at('daemon.json'), '{}');
    this.#engine = this.#spawn('engine', daemon);
    await until(`the engine of host ${this.name} answers`, () => this.docker('version'), 60_000);
  }

  /** Starts it, also again; it finds its tasks. */
  async startAgent(endpoint: string, credentialsFile: string): Promise<void> {
    const { name, address, more } = this.#options;
    const config = {
      endpoint,
      credentialsFile,
      region: 'us-east-1',
      dataDir: this.#at('agent'),
      engineSocket: this.#at('sock'),
      instances: [{ name: `host-${name}`, cluster: 'default', cpuUnits: 2048, memoryMiB: 1024 }],
      ...more?.({ name, address }),
    };
    writeFileSync(this.#at('agent.json'), JSON.stringify(config));
    await this.restartAgent();
  }

  async restartAgent(): Promise<void> {
    this.#agent = this.#spawn('agent', this.#agentProgram());
    return Promise.resolve();
  }

  /** `SIGKILL`: as when it dies. Its tasks go on. */
  async stopAgent(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await ended(this.#agent, signal);
    this.#agent = undefined;
  }

  logs(): string {
    return ['engine', 'agent'].map((what) => `--- ${what} of ${this.name}\n${this.#tail(what)}`).join('\n');
  }

  async down(): Promise<void> {
    await this.stopAgent();
    try {
      if (this.#engine !== undefined && this.#engine.exitCode === null) await this.#tearDown();
    } finally {
      await ended(this.#engine, 'SIGTERM');
      for (const pid of this.#processes()) process.kill(pid, 'SIGKILL');
      await until('its processes have ended', () => Promise.resolve(this.#processes().length === 0));
      await this.#options.network.unplug(this.name);
    }
  }

  async #containerOf(taskArn: string): Promise<string | undefined> {
    const ids = await this.docker('ps', '-q', '--filter', `label=com.amazonaws.ecs.task-arn=${taskArn}`);
    return ids.trim().split('\n')[0];
  }

  /** What the agent left on the machine outside the namespace goes, too: cgroups. */
  async #tearDown(): Promise<void> {
    const [file = '', ...args] = this.#entered([...this.#agentProgram(), '--teardown', '--force']);
    await command(file, args);
    const left = (await this.docker('ps', '-aq')).split('\n').filter((id) => id !== '');
    if (left.length > 0) await this.docker('rm', '-f', ...left);
  }

  #agentProgram(): readonly string[] {
    const main = join(ROOT, 'packages/agent/src/main.ts');
    return [process.execPath, '--disable-warning=ExperimentalWarning', main, '--config', this.#at('agent.json')];
  }

  /**
   * In the host's network, and with a view of the file system in which /sys tells of that network and /run is its own: an engine that
   * finds another's containerd there takes it for its own.
   */
  #entered(words: readonly string[]): readonly string[] {
    const keep = this.#at('cgroup');
    const script = [
      'mount --make-rprivate /',
      `mkdir -p ${keep}`,
      `mount --rbind /sys/fs/cgroup ${keep}`,
      'mount -t sysfs sysfs /sys',
      `mount --rbind ${keep} /sys/fs/cgroup`,
      `umount -l ${keep}`,
      'mount -t tmpfs tmpfs /run',
      'exec "$@"',
    ].join(' && ');
    const network = `--net=/run/netns/${this.#options.network.namespace(this.name)}`;
    return ['nsenter', network, 'unshare', '-m', 'sh', '-c', script, 'host', ...words];
  }

  #spawn(what: string, words: readonly string[]): ChildProcess {
    const [file = '', ...args] = this.#entered(words);
    const log = openSync(this.#at(`${what}.log`), 'a');
    const child = spawn(file, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    return child;
  }

  /** Of the engine: containerd and its shims name the host's folder. */
  #processes(): readonly number[] {
    return readdirSync('/proc').flatMap((name) => {
      const pid = Number(name);
      if (!(pid > 1) || pid === process.pid) return [];
      try {
        const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
        return args.some((arg) => arg.includes(`${this.#options.folder}/`)) ? [pid] : [];
      } catch {
        return []; // it has ended
      }
    });
  }

  #at(name: string): string {
    return join(this.#options.folder, name);
  }

  #tail(what: string): string {
    try {
      return readFileSync(this.#at(`${what}.log`), 'utf8')
        .split('\n')
        .slice(-30)
        .join('\n');
    } catch {
      return '(no log)';
    }
  }
}

async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const end = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await end;
}
