import * as files from 'node:fs/promises';
import { formatNetwork, networkOf } from './address.ts';
import type { RunCommand } from './command.ts';
import { CommandError } from './command.ts';
import {
  cardOf,
  changeWays,
  guardTable,
  guardText,
  NO_WAYS,
  overlayName,
  readDevice,
  readWays,
  VXLAN_BYTES,
  VXLAN_PORT,
  waysOf,
  type Ways,
} from './overlay-plan.ts';
import type { OtherHosts } from './port.ts';

export interface OverlayOptions {
  readonly bridge: string;
  /** Where other hosts reach this one; `undefined`: nowhere. */
  readonly hostAddress: string | undefined;
  readonly run: RunCommand;
  /** Of the kernel's files, in the namespace `run` runs in. Default: this process's. */
  readonly readFile?: (path: string) => Promise<string>;
  readonly writeFile?: (path: string, text: string) => Promise<void>;
}

/**
 * The ways to tasks on other hosts: a VXLAN device, and a route through it for each task. It works on any network that carries UDP between
 * the hosts, next to each other or not. Where there is one host there is no device.
 */
export class Overlay {
  readonly device: string;
  readonly #options: OverlayOptions;
  /** What is in the kernel; `undefined`: to be looked up. */
  #ways: Ways | undefined;
  #networkId: number | undefined;
  #guarded = false;
  #ownAddress: string | undefined;
  #mtu: number | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: OverlayOptions) {
    this.#options = options;
    this.device = overlayName(options.bridge);
  }

  /** Of tasks while there are other hosts: what a task sends has to fit with a header more. */
  get mtu(): number | undefined {
    return this.#mtu;
  }

  /** @throws Error what is missing, with the way out; the routes are then as they were or partly new */
  set(others: OtherHosts): Promise<void> {
    return this.#one(async () => {
      const wanted = waysOf(others.routes);
      try {
        const before = await this.#before(others.networkId);
        if (wanted.routes.size > 0) await this.#ensureDevice(others.networkId);
        else if (this.#mtu !== undefined) return await this.#remove();
        await this.#change(before, wanted, others.networkId);
        await this.#callItself(others.ownAddress);
        this.#ways = wanted;
      } catch (error) {
        [this.#ways, this.#ownAddress] = [undefined, undefined];
        throw error;
      }
    });
  }

  /** Idempotent. */
  remove(): Promise<void> {
    return this.#one(() => this.#remove());
  }

  /** Those of an earlier process are taken over, if they are of the same network. */
  async #before(networkId: number): Promise<Ways> {
    if (this.#ways !== undefined && (this.#networkId === networkId || this.#mtu === undefined)) return this.#ways;
    const { run, hostAddress } = this.#options;
    const shown = await run('ip', ['-o', '-d', 'link', 'show', 'type', 'vxlan']);
    const line = shown.split('\n').find((text) => text.split(': ')[1] === this.device);
    this.#mtu = undefined;
    if (line === undefined) return NO_WAYS;
    const found = readDevice(line);
    if (found?.networkId !== networkId || found.hostAddress !== hostAddress) {
      await run('ip', ['link', 'delete', this.device]);
      return NO_WAYS;
    }
    this.#networkId = networkId;
    this.#mtu = Number(/ mtu (\d+) /.exec(line)?.[1]);
    const [routes, neighbours] = await Promise.all([
      run('ip', ['-o', 'route', 'show', 'dev', this.device]),
      run('ip', ['-o', 'neigh', 'show', 'dev', this.device]),
    ]);
    return readWays(routes, neighbours);
  }

  async #ensureDevice(networkId: number): Promise<void> {
    if (this.#mtu !== undefined) return;
    const { run, hostAddress } = this.#options;
    if (hostAddress === undefined) {
      throw new Error(
        'this host has not said where others reach it: set hostAddress in the configuration of its agent',
      );
    }
    const { readFile = (path) => files.readFile(path, 'utf8'), writeFile = files.writeFile } = this.#options;
    const underlay = await deviceOf(run, hostAddress);
    const mtu = Number.parseInt(await readFile(`/sys/class/net/${underlay}/mtu`), 10) - VXLAN_BYTES;
    const vxlan = `type vxlan id ${networkId} dstport ${VXLAN_PORT} local ${hostAddress} nolearning`;
    await run(
      'ip',
      ['-batch', '-'],
      [
        `link add ${this.device} address ${cardOf(hostAddress)} mtu ${mtu} ${vxlan}`,
        `link set ${this.device} up`,
        '',
      ].join('\n'),
    );
    // What comes from an address that is not behind it is not let in.
    await writeFile(`/proc/sys/net/ipv4/conf/${this.device}/rp_filter`, '1');
    this.#mtu = mtu;
    this.#networkId = networkId;
  }

  async #change(before: Ways, wanted: Ways, networkId: number): Promise<void> {
    const { run, bridge } = this.#options;
    const { ip, bridge: fdb } = changeWays(this.device, before, wanted);
    // Before the first packet: and by this process, whatever the one before left.
    if (fdb.length > 0 || (wanted.hosts.size > 0 && !this.#guarded)) {
      const guard = guardText({ bridge, networkId, hosts: wanted.hosts });
      await run('nft', ['-f', '-'], guard).catch((error: unknown) => {
        const missing = error instanceof CommandError && error.exitCode === undefined;
        throw missing
          ? new Error('this host has no program nft: install the package nftables', { cause: error })
          : error;
      });
      this.#guarded = true;
      if (fdb.length > 0) await run('bridge', ['-force', '-batch', '-'], `${fdb.join('\n')}\n`);
    }
    if (ip.length > 0) await run('ip', ['-batch', '-'], `${ip.join('\n')}\n`);
  }

  /** What this host sends by the device comes from there: the bridge's addresses are every other host's, too. */
  async #callItself(ownAddress: string | undefined): Promise<void> {
    if (ownAddress === undefined || ownAddress === this.#ownAddress || this.#mtu === undefined) return;
    const { run } = this.#options;
    const wanted = formatNetwork(networkOf(ownAddress));
    const shown = await run('ip', ['-4', '-o', 'addr', 'show', 'dev', this.device]);
    const had = [...shown.matchAll(/ inet (\d+\.\d+\.\d+\.\d+)/g)].map(([, address]) => `${address}/32`);
    // The new one first: with its last address a device loses its routes.
    const lines = [`addr replace ${wanted} dev ${this.device}`];
    for (const address of had) if (address !== wanted) lines.push(`addr del ${address} dev ${this.device}`);
    await run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
    this.#ownAddress = ownAddress;
  }

  async #remove(): Promise<void> {
    const { run, bridge } = this.#options;
    const shown = await run('ip', ['-o', 'link', 'show', 'type', 'vxlan']);
    if (shown.split('\n').some((text) => text.split(': ')[1] === this.device))
      await run('ip', ['link', 'delete', this.device]);
    const table = guardTable(bridge);
    // A host without the program has no such table either.
    await run('nft', ['-f', '-'], `add table ${table}\ndelete table ${table}\n`).catch(() => undefined);
    [this.#ways, this.#mtu, this.#networkId] = [NO_WAYS, undefined, undefined];
    [this.#guarded, this.#ownAddress] = [false, undefined];
  }

  /** One change at a time. */
  #one(work: () => Promise<void>): Promise<void> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }
}

async function deviceOf(run: RunCommand, hostAddress: string): Promise<string> {
  const shown = await run('ip', ['-4', '-o', 'addr', 'show']);
  const line = shown.split('\n').find((text) => text.includes(` inet ${hostAddress}/`));
  const device = line?.trim().split(/\s+/)[1];
  if (device !== undefined) return device;
  const what = `${hostAddress}, where other hosts are to reach this one, is no address of it`;
  throw new Error(`${what}: set hostAddress in the configuration of its agent`);
}
