import { access, constants } from 'node:fs/promises';
import type { Clock, Ids } from '@gantry/domain';
import type { NetworkMap } from '@gantry/protocol';
import { insist } from '../engine/insist.ts';
import type { ContainerState } from '../engine/port.ts';
import { PAUSE_IMAGE } from '../images/ensure.ts';
import { runCommand, type RunCommand } from './command.ts';
import { Enforcer } from './enforcer.ts';
import { HostBridge } from './host.ts';
import { leaseName, parseLeaseName, type LeaseRecord } from './lease-name.ts';
import { checkRequest, dressPause, macInside } from './dress.ts';
import { describePause, isAlive, makePause, NETWORK_LABEL, vethName, wireLines } from './pause.ts';
import type { Pause, PauseEngine, PauseWay } from './pause.ts';
import { Pool } from './pool.ts';
import { Overlay } from './overlay.ts';
import type { AttachRequest, NetworkLease, OtherHosts, TaskNetwork } from './port.ts';
import type { Wire } from './security-rules.ts';
import { Turns } from './turns.ts';

export interface LinuxNetworkOptions {
  readonly engine: PauseEngine;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Default `gantry0`. One network a bridge: two agents on one host need two. */
  readonly bridge?: string;
  /** Where other hosts reach this one; left out, their tasks cannot be. */
  readonly hostAddress?: string | undefined;
  /** Gateways known from the start (`10.0.0.1/24`); others come with the tasks. */
  readonly gatewayCidrs?: readonly string[];
  /** Namespaces kept ready. Default 4. */
  readonly poolSize?: number;
  /** Pause containers made at a time when the pool is empty. Default 4. */
  readonly concurrency?: number;
  readonly refillDelayMs?: number;
  readonly image?: string;
  /** How namespaces are made at first; the other way is the fallback. Default `unshare`, the faster. */
  readonly way?: PauseWay;
  /** What went wrong in the background. */
  readonly onProblem?: (error: unknown) => void;
  readonly run?: RunCommand;
}

/** A task is about to create and start its container, which takes about this long: do not compete with it. */
const REFILL_DELAY_MS = 300;

/** Addresses for tasks by pause containers, veth pairs and a bridge. Needs root and iproute2. */
export class LinuxTaskNetwork implements TaskNetwork {
  readonly #options: LinuxNetworkOptions;
  readonly #engine: PauseEngine;
  readonly #run: RunCommand;
  readonly #host: HostBridge;
  readonly #enforcer: Enforcer;
  readonly #overlay: Overlay;
  readonly #pool: Pool<Pause>;
  readonly #leases = new Map<string, { readonly lease: NetworkLease; readonly dressed: boolean }>();
  readonly #turns = new Turns();
  readonly #life = new AbortController();
  #way: PauseWay;
  #prepared: Promise<void> | undefined;
  #loaded: Promise<void> | undefined;

  constructor(options: LinuxNetworkOptions) {
    this.#options = options;
    this.#engine = options.engine;
    this.#run = options.run ?? runCommand;
    this.#way = options.way ?? 'unshare';
    this.#host = new HostBridge(options.bridge ?? 'gantry0', this.#run);
    this.#enforcer = new Enforcer(this.#host.name, this.#run, options.clock);
    this.#overlay = new Overlay({ bridge: this.#host.name, hostAddress: options.hostAddress, run: this.#run });
    this.#pool = new Pool({
      clock: options.clock,
      size: options.poolSize ?? 4,
      concurrency: options.concurrency ?? 4,
      refillDelayMs: options.refillDelayMs ?? REFILL_DELAY_MS,
      make: () => this.#makePause(),
      destroy: (pause) => this.#removePause(pause.id),
      isAlive,
      onProblem: options.onProblem ?? (() => undefined),
    });
  }

  /** Resolves when the host side stands; the pool fills in the background. */
  async prepare(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await this.#ensurePrepared();
    signal?.throwIfAborted();
    void this.#pool.fill();
  }

  /** Resolves when the pool is full, or could not be filled. */
  async whenFull(): Promise<void> {
    await this.#ensurePrepared();
    await this.#pool.fill();
  }

  attach(request: AttachRequest): Promise<NetworkLease> {
    return this.#turns.take(request.taskArn, async () => {
      checkRequest(request);
      await this.#ensurePrepared();
      const known = this.#leases.get(request.taskArn);
      if (known !== undefined) {
        const again = await this.#again(known, request);
        if (again !== undefined) return again;
      }
      await this.#host.ensureGateway(request.gatewayCidr);
      const pause = await this.#pool.take();
      const { taskArn, ipv4Address } = request;
      try {
        // The name is the record. One without its address is dressed again, one without its name is removed.
        await Promise.all([
          this.#engine.renameContainer(pause.id, leaseName(taskArn, ipv4Address, request.macAddress)),
          dressPause(this.#run, pause, request, this.#overlay.mtu),
          this.#enforcer.plug(new Map([[taskArn, wireOf(pause.id, ipv4Address, request.macAddress)]])),
        ]);
        await this.#enforcer.covers(ipv4Address);
      } catch (error) {
        await this.#discard(pause.id);
        await this.#enforcer.unplug(taskArn);
        throw error;
      }
      const lease = { taskArn, pauseContainerId: pause.id, ipv4Address };
      this.#leases.set(taskArn, { lease, dressed: true });
      return lease;
    });
  }

  release(taskArn: string): Promise<void> {
    return this.#turns.take(taskArn, async () => {
      await this.#load();
      const known = this.#leases.get(taskArn);
      if (known === undefined) return;
      await this.#removePause(known.lease.pauseContainerId);
      await Promise.all([this.#host.forget(known.lease.ipv4Address), this.#enforcer.unplug(taskArn)]);
      this.#leases.delete(taskArn);
    });
  }

  async enforce(maps: readonly NetworkMap[]): Promise<void> {
    await this.#ensurePrepared();
    await this.#enforcer.enforce(maps);
  }

  async reach(others: OtherHosts): Promise<void> {
    await this.#ensurePrepared();
    await this.#overlay.set(others);
  }

  whyNotEnforced(): string | undefined {
    return this.#enforcer.lacking;
  }

  async leases(): Promise<readonly NetworkLease[]> {
    await this.#load();
    return [...this.#leases.values()].map(({ lease }) => lease);
  }

  /** Ends the pool. Leases stay: they belong to tasks, not to this process. */
  async close(): Promise<void> {
    this.#life.abort();
    await this.#pool.close();
  }

  /** Removes everything: leases, pool, bridge and rules. */
  async teardown(): Promise<void> {
    await this.#pool.close();
    await Promise.all((await this.leases()).map((lease) => this.release(lease.taskArn)));
    await Promise.all([this.#enforcer.remove(), this.#overlay.remove()]);
    await this.#host.teardown();
    this.#prepared = undefined;
  }

  /** The lease as it was, if its namespace still stands; else it is gone. */
  async #again(
    known: { readonly lease: NetworkLease; readonly dressed: boolean },
    request: AttachRequest,
  ): Promise<NetworkLease | undefined> {
    const { lease, dressed } = known;
    const state = await this.#engine.inspectContainer(lease.pauseContainerId);
    if (state?.status === 'running' && lease.ipv4Address === request.ipv4Address) {
      if (!dressed) {
        const pause = await describePause(this.#engine, state);
        await dressPause(this.#run, pause, request, this.#overlay.mtu);
        this.#leases.set(request.taskArn, { lease, dressed: true });
      }
      return lease;
    }
    await this.#removePause(lease.pauseContainerId);
    this.#leases.delete(request.taskArn);
    return undefined;
  }

  #ensurePrepared(): Promise<void> {
    this.#prepared ??= this.#prepare().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  async #prepare(): Promise<void> {
    const missing = await whyNoTaskNetwork(this.#run);
    if (missing !== undefined) throw new Error(missing);
    await this.#host.prepare(this.#options.gatewayCidrs ?? []);
    await this.#enforcer.prepare();
    await this.#load();
  }

  #load(): Promise<void> {
    this.#loaded ??= this.#findLeases().catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  /** Leases from the time before; what was in the pool then, or has died, is removed. */
  async #findLeases(): Promise<void> {
    const found = await this.#engine.listContainers(`${NETWORK_LABEL}=${this.#host.name}`);
    const wires = await Promise.all(
      found.map(async (state) => {
        const record = parseLeaseName(state.name);
        return record === undefined ? this.#removePause(state.id) : this.#takeUp(record, state);
      }),
    );
    await this.#enforcer.plug(new Map(wires.filter((wire) => wire !== undefined)));
  }

  /** A lease of the time before, and its wire; it may have been made by a version that knew nothing of rules. */
  async #takeUp(record: LeaseRecord, { id, pid, status }: ContainerState): Promise<[string, Wire] | undefined> {
    const { taskArn, ipv4Address } = record;
    this.#leases.set(taskArn, { lease: { taskArn, ipv4Address, pauseContainerId: id }, dressed: false });
    if (status !== 'running') return undefined;
    // What has died meanwhile has no wire.
    const lines = wireLines(vethName(id), this.#host.name);
    await this.#run('ip', ['-batch', '-'], `${lines.join('\n')}\n`).catch(() => undefined);
    const macAddress = record.macAddress ?? (await macInside(this.#run, pid));
    return macAddress === undefined ? undefined : [taskArn, wireOf(id, ipv4Address, macAddress)];
  }

  async #makePause(): Promise<Pause> {
    const way = this.#way;
    try {
      return await this.#makePauseBy(way);
    } catch (error) {
      if (way === 'none') throw error;
      // Not every engine allows it (user namespaces, an image without busybox): the slower way works with all.
      const pause = await this.#makePauseBy('none');
      this.#way = 'none';
      this.#options.onProblem?.(error);
      return pause;
    }
  }

  #makePauseBy(way: PauseWay): Promise<Pause> {
    const hex = this.#options.ids.hex32().slice(0, 12);
    const options = {
      image: this.#options.image ?? PAUSE_IMAGE,
      bridge: this.#host.name,
      mtu: this.#host.mtu,
      name: `gantry-pause-${hex}`,
      hostname: `task-${hex}`,
      way,
    };
    return makePause(this.#engine, this.#run, options, (idOrName) => this.#discard(idOrName));
  }

  /** Of no use any more. If it cannot be removed now it is in the background: nobody else knows of it before the next start. */
  async #discard(idOrName: string): Promise<void> {
    const remove = (): Promise<void> => this.#removePause(idOrName);
    const { signal } = this.#life;
    await remove().catch((error: unknown) => {
      this.#options.onProblem?.(error);
      void insist({ clock: this.#options.clock, signal }, remove).catch(this.#options.onProblem);
    });
  }

  /** The wire first: the kernel takes its time with a dead namespace, and its address may be wanted at once. */
  async #removePause(id: string): Promise<void> {
    const link = vethName(id);
    const there = await access(`/sys/class/net/${link}`, constants.F_OK).then(
      () => true,
      () => false,
    );
    // It may go by itself between the look and the deed.
    if (there) await this.#run('ip', ['link', 'delete', link]).catch(() => undefined);
    await this.#engine.removeContainer(id);
  }
}

const wireOf = (pauseId: string, ipv4Address: string, macAddress: string): Wire => ({
  device: vethName(pauseId),
  macAddress,
  ipv4Address,
});

/** What this host lacks for addresses of tasks, with the way out; undefined: nothing. */
export async function whyNoTaskNetwork(run: RunCommand = runCommand): Promise<string | undefined> {
  if (process.getuid?.() !== 0) {
    return 'Tasks in network mode awsvpc need root on this host, to make network namespaces. Run Gantry as root.';
  }
  for (const [program, pack] of [
    ['ip', 'iproute2'],
    ['nsenter', 'util-linux'],
  ] as const) {
    try {
      await run(program, ['-V']);
    } catch {
      return `Tasks in network mode awsvpc need the program ${program}. Install the package ${pack}.`;
    }
  }
  return undefined;
}
