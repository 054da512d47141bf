import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { formatNetwork, networkOf, overlap, type Network } from './address.ts';
import type { RunCommand } from './command.ts';
import { overlayName } from './overlay-plan.ts';
import { findFirewall, type Firewall } from './firewall.ts';

const DEFAULT_MTU = 1500;

/** The host's side of the task network: a bridge that is every subnet's gateway, forwarding, and packet rules. */
export class HostBridge {
  readonly name: string;
  readonly #run: RunCommand;
  readonly #networks = new Map<string, Network>();
  #firewall: Firewall | undefined;
  #work: Promise<void> = Promise.resolve();
  #mtu = DEFAULT_MTU;

  constructor(name: string, run: RunCommand) {
    if (!/^[a-z][a-z0-9-]{0,14}$/.test(name)) throw new Error(`Not a name for a bridge: ${JSON.stringify(name)}`);
    this.name = name;
    this.#run = run;
  }

  /** The bridge's, which is that of the way out: a packet that fits here fits there. */
  get mtu(): number {
    return this.#mtu;
  }

  /** Makes the bridge and the rules what they should be, with these gateways besides those already known. */
  prepare(gatewayCidrs: readonly string[]): Promise<void> {
    return this.#one(() => this.#ensure(gatewayCidrs));
  }

  /** The bridge answers for this gateway. Cheap when it already does. */
  async ensureGateway(gatewayCidr: string): Promise<void> {
    if (this.#firewall !== undefined && this.#networks.has(gatewayCidr)) return;
    await this.#one(async () => {
      if (!this.#networks.has(gatewayCidr)) await this.#ensure([gatewayCidr]);
    });
  }

  /**
   * The host asks anew who has the address: it would send to the card of its last owner for half a minute. Connections of that one
   * are over: packets that look like theirs would pass the next one's security groups. Without the program conntrack they time out.
   */
  async forget(ipv4Address: string): Promise<void> {
    // Without the bridge, the program or a connection there is nothing to forget.
    const forgotten = [
      this.#run('ip', ['neigh', 'flush', 'to', ipv4Address, 'dev', this.name]),
      ...['--orig-src', '--orig-dst'].map((side) => this.#run('conntrack', ['-D', side, ipv4Address])),
    ];
    await Promise.allSettled(forgotten);
  }

  /** Removes bridge and rules. Idempotent. Forwarding stays on: others may need it. */
  teardown(): Promise<void> {
    return this.#one(async () => {
      // A host without the programs has no rules either.
      const firewall = this.#firewall ?? (await findFirewall(this.name, this.#run).catch(() => undefined));
      await firewall?.remove();
      this.#firewall = undefined;
      this.#networks.clear();
      if (await this.#exists()) await this.#run('ip', ['link', 'delete', this.name]);
    });
  }

  async #ensure(gatewayCidrs: readonly string[]): Promise<void> {
    const networks = new Map(gatewayCidrs.map((cidr) => [cidr, networkOf(cidr)]));
    refuseOverlaps(this.name, [...networks.values()], await this.#run('ip', ['-4', '-o', 'addr', 'show']));
    this.#mtu = await uplinkMtu();
    // One of its own: else it takes that of a task's wire, and every task that comes or goes may change the gateway's.
    const lines = [`link set ${this.name} address ${macOf(this.name)} mtu ${this.#mtu} up`];
    if (!(await this.#exists())) lines.unshift(`link add ${this.name} type bridge forward_delay 0 stp_state 0`);
    for (const cidr of gatewayCidrs) lines.push(`addr replace ${cidr} dev ${this.name}`);
    await this.#run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
    for (const [name, value] of Object.entries(sysctls(this.name)))
      await writeFile(`/proc/sys/net/ipv4/${name}`, value);
    this.#firewall ??= await findFirewall(this.name, this.#run);
    await this.#firewall.apply([...this.#networks.values(), ...networks.values()]);
    for (const [cidr, network] of networks) this.#networks.set(cidr, network);
  }

  async #exists(): Promise<boolean> {
    const links = await this.#run('ip', ['-o', 'link', 'show', 'type', 'bridge']);
    return links.split('\n').some((line) => line.split(': ')[1] === this.name);
  }

  /** One change at a time. */
  #one(work: () => Promise<void>): Promise<void> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }
}

/**
 * The host answers for every address of the subnets, at once, and forwards: wires are kept apart from each other. It does not
 * tell tasks of shorter ways, which there are none. `all` and the bridge's own count together; other devices have their own.
 */
const sysctls = (bridge: string): Readonly<Record<string, string>> => ({
  ip_forward: '1',
  [`conf/${bridge}/proxy_arp`]: '1',
  [`conf/${bridge}/proxy_arp_pvlan`]: '1',
  [`neigh/${bridge}/proxy_delay`]: '0',
  [`conf/${bridge}/send_redirects`]: '0',
  'conf/all/send_redirects': '0',
});

/** Locally administered, and the same at every start. */
function macOf(bridge: string): string {
  const hash = createHash('sha256').update(bridge).digest('hex');
  return ['0a', '47', hash.slice(0, 2), hash.slice(2, 4), hash.slice(4, 6), hash.slice(6, 8)].join(':');
}

/**
 * Throws when a wanted network is one the host already sits in by another device: it could no longer reach its
 * neighbours there. `addresses`: output of `ip -4 -o addr show`.
 */
export function refuseOverlaps(bridge: string, wanted: readonly Network[], addresses: string): void {
  for (const line of addresses.split('\n')) {
    const [, device = '', family, cidr] = line.trim().split(/\s+/);
    if (family !== 'inet' || cidr === undefined || device === bridge || device === overlayName(bridge)) continue;
    const clash = wanted.find((network) => overlap(network, networkOf(cidr)));
    if (clash === undefined) continue;
    const what = `The subnet ${formatNetwork(clash)} overlaps ${formatNetwork(networkOf(cidr))} of this host's ${device}`;
    throw new Error(`${what}. Give tasks another subnet.`);
  }
}

async function uplinkMtu(): Promise<number> {
  const routes = await readFile('/proc/net/route', 'utf8').catch(() => '');
  const device = routes
    .split('\n')
    .find((line) => line.split('\t')[1] === '00000000')
    ?.split('\t')[0];
  if (device === undefined) return DEFAULT_MTU;
  const text = await readFile(`/sys/class/net/${device}/mtu`, 'utf8').catch(() => '');
  return Math.min(DEFAULT_MTU, Number.parseInt(text, 10) || DEFAULT_MTU);
}
