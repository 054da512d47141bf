import type { NetworkMap } from '@gantry/protocol';
import { Faults, type FaultOptions } from '../engine/faults.ts';
import type { Engine } from '../engine/port.ts';
import type { AttachRequest, NetworkLease, OtherHosts, TaskNetwork } from './port.ts';
import { Turns } from './turns.ts';

export type NetworkCall = Exclude<keyof TaskNetwork, 'close' | 'whyNotEnforced'>;

/** Image of the pause containers; a FakeEngine must know it (or `*`). */
export const FAKE_PAUSE_IMAGE = 'gantry/pause:1';

/**
 * Addresses in memory. With an engine, each lease is a real pause container there (so that joining and events work as
 * they do on Linux); without one, only an id. State belongs to the "machine": a new agent finds its leases again.
 */
export class FakeNetwork implements TaskNetwork {
  readonly calls: { readonly call: NetworkCall; readonly args: readonly unknown[] }[] = [];
  readonly #engine: Engine | undefined;
  readonly #leases = new Map<string, NetworkLease & { readonly request: AttachRequest }>();
  readonly #turns = new Turns();
  readonly #faults = new Faults<NetworkCall>();
  readonly #waiting = new Set<() => void>();
  #made = 0;
  #maps: readonly NetworkMap[] | undefined;
  #others: OtherHosts | undefined;

  constructor(options: { readonly engine?: Engine } = {}) {
    this.#engine = options.engine;
  }

  /** The next call of this kind fails. `afterEffect`: it does its work and only the answer is lost. */
  failNext(call: NetworkCall, error: Error, options?: FaultOptions): void {
    this.#faults.order(call, error, options);
  }

  prepare(): Promise<void> {
    return this.#run('prepare', [], () => Promise.resolve());
  }

  attach(request: AttachRequest): Promise<NetworkLease> {
    const { taskArn, ipv4Address } = request;
    return this.#run('attach', [request], () =>
      this.#turns.take(taskArn, async () => {
        const lease = await this.#ensure(request);
        await this.#covered(ipv4Address);
        return lease;
      }),
    );
  }

  enforce(maps: readonly NetworkMap[]): Promise<void> {
    return this.#run('enforce', [maps], () => {
      this.#maps = maps;
      for (const wake of this.#waiting) wake();
      return Promise.resolve();
    });
  }

  reach(others: OtherHosts): Promise<void> {
    return this.#run('reach', [others], () => {
      this.#others = others;
      return Promise.resolve();
    });
  }

  /** What is reached now; `undefined`: nobody said. */
  get reached(): OtherHosts | undefined {
    return this.#others;
  }

  whyNotEnforced(): undefined {
    return undefined;
  }

  /** What is enforced now; `undefined`: nothing yet. */
  get enforced(): readonly NetworkMap[] | undefined {
    return this.#maps;
  }

  release(taskArn: string): Promise<void> {
    return this.#run('release', [taskArn], () => this.#turns.take(taskArn, () => this.#remove(taskArn)));
  }

  leases(): Promise<readonly NetworkLease[]> {
    return this.#run('leases', [], () => Promise.resolve([...this.#leases.values()].map(publicLease)));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Without a clock it waits for as long as it takes. */
  #covered(ipv4Address: string): Promise<void> {
    const has = (): boolean =>
      this.#maps?.some(({ endpoints }) => endpoints.some((one) => one.ipv4Address === ipv4Address)) ?? true;
    if (has()) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        if (!has()) return;
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }

  async #remove(taskArn: string): Promise<void> {
    const lease = this.#leases.get(taskArn);
    if (lease === undefined) return;
    await this.#engine?.removeContainer(lease.pauseContainerId);
    this.#leases.delete(taskArn);
  }

  async #ensure(request: AttachRequest): Promise<NetworkLease> {
    const found = this.#leases.get(request.taskArn);
    if (found === undefined) return this.#make(request);
    if (this.#engine === undefined) return publicLease(found);
    const pause = await this.#engine.inspectContainer(found.pauseContainerId);
    if (pause?.status === 'running') return publicLease(found);
    // A namespace does not outlive its pause container.
    await this.#engine.removeContainer(found.pauseContainerId);
    return this.#make(request);
  }

  async #make(request: AttachRequest): Promise<NetworkLease> {
    const { taskArn, ipv4Address } = request;
    this.#made += 1;
    const name = `gantry-pause-${this.#made}`;
    let pauseContainerId = name;
    if (this.#engine !== undefined) {
      const Labels = { 'gantry.pause': 'lease', 'gantry.network.task-arn': taskArn };
      const spec = { Image: FAKE_PAUSE_IMAGE, Labels, HostConfig: { NetworkMode: 'none' } };
      try {
        pauseContainerId = (await this.#engine.createContainer(name, spec)).id;
        await this.#engine.startContainer(pauseContainerId);
      } catch (error) {
        // As the real one does: nothing half made is left. It has no clock to try later, so it tries a few times.
        await this.#discard(this.#engine, pauseContainerId);
        throw error;
      }
    }
    this.#leases.set(taskArn, { taskArn, pauseContainerId, ipv4Address, request });
    return { taskArn, pauseContainerId, ipv4Address };
  }

  async #discard(engine: Engine, idOrName: string): Promise<void> {
    for (let tries = 0; tries < 10; tries += 1) {
      const gone = await engine.removeContainer(idOrName).then(
        () => true,
        () => false,
      );
      if (gone) return;
    }
  }

  #run<T>(call: NetworkCall, args: readonly unknown[], work: () => Promise<T>): Promise<T> {
    this.calls.push({ call, args });
    return this.#faults.run(call, work);
  }
}

function publicLease({ taskArn, pauseContainerId, ipv4Address }: NetworkLease): NetworkLease {
  return { taskArn, pauseContainerId, ipv4Address };
}
