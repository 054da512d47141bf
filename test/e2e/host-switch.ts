import { command } from './world.ts';

/** Two of these at the same time need two subnets: by process id. */
const subnetOf = (pid: number): string => `198.18.${pid % 256}`;

/** The wire between the hosts: a bridge in a namespace of its own, where no rules of this machine count. */
export class Switch {
  readonly subnet: string;
  readonly #pid: number;

  constructor(pid: number) {
    this.#pid = pid;
    this.subnet = subnetOf(pid);
  }

  /** The control plane's address. */
  get plane(): string {
    return `${this.subnet}.254`;
  }

  get enter(): readonly string[] {
    return ['nsenter', `--net=/run/netns/${this.namespace('sw')}`];
  }

  namespace(name: string): string {
    return `gantry-host-${this.#pid}-${name}`;
  }

  async up(): Promise<void> {
    await command('ip', ['netns', 'add', this.namespace('sw')]);
    await this.#batch([
      'link set lo up',
      'link add sw type bridge forward_delay 0 stp_state 0',
      `addr add ${this.plane}/24 dev sw`,
      'link set sw up',
    ]);
    // The test's own end of it.
    await command('ip', [
      'link',
      'add',
      this.#own,
      'type',
      'veth',
      'peer',
      'name',
      'test',
      'netns',
      this.namespace('sw'),
    ]);
    await command('ip', ['addr', 'add', `${this.subnet}.253/24`, 'dev', this.#own]);
    await command('ip', ['link', 'set', this.#own, 'up']);
    await this.#batch(['link set test master sw up']);
  }

  async plug(host: string, address: string): Promise<void> {
    const namespace = this.namespace(host);
    await command('ip', ['netns', 'add', namespace]);
    await command('ip', [
      '-n',
      this.namespace('sw'),
      'link',
      'add',
      `port-${host}`,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      namespace,
    ]);
    await this.#batch([`link set port-${host} master sw up`]);
    for (const words of [
      'link set lo up',
      `addr add ${address}/24 dev eth0`,
      'link set eth0 up',
      `route add default via ${this.plane}`,
    ])
      await command('ip', ['-n', namespace, ...words.split(' ')]);
  }

  /** Pulls a host's plug, or puts it back. */
  async cut(host: string, how: 'up' | 'down'): Promise<void> {
    await this.#batch([`link set port-${host} ${how}`]);
  }

  async unplug(host: string): Promise<void> {
    await command('ip', ['netns', 'delete', this.namespace(host)]).catch(() => undefined);
  }

  async down(): Promise<void> {
    await command('ip', ['link', 'delete', this.#own]).catch(() => undefined);
    await this.unplug('sw');
  }

  get #own(): string {
    return `gh${this.#pid}`;
  }

  async #batch(lines: readonly string[]): Promise<void> {
    for (const line of lines) await command('ip', ['-n', this.namespace('sw'), ...line.split(' ')]);
  }
}
