import type { Instance, Task } from '@gantry/domain';
import type { Change } from '../../state/state.ts';
import type { Tables } from '../../state/tables.ts';
import type { NetworkHost } from '../../state/tables.ts';
import { groupKeysOf } from './groups.ts';
import { hostAddressOf } from './hosts.ts';

/** An address that a task has, and where. */
export interface Placed {
  readonly taskKey: string;
  readonly taskArn: string;
  readonly ipv4Address: string;
  readonly instanceKey: string;
  readonly groupKeys: readonly string[];
}

/** What commits changed: addresses, and keys of security groups. */
export interface Touched {
  readonly addresses: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Who has which address on which host, of all tasks, following commits document by document: what a commit costs depends on what it
 * changed, not on how many tasks there are.
 */
export class AddressDirectory {
  readonly #tables: Tables;
  readonly #addresses = new Map<string, Placed>();
  readonly #ofInstance = new Map<string, Set<string>>();
  /** The host's address, by instance. */
  readonly #hosts = new Map<string, string>();
  /** Which host has an address of its own. */
  readonly #called = new Map<string, string>();

  constructor(tables: Tables) {
    this.#tables = tables;
    for (const key of tables.instances.keys) this.#setHost(key, tables.instances.get(key));
    for (const key of tables.networkHosts.keys) this.#call(key, tables.networkHosts.get(key));
    for (const key of tables.tasks.keys) this.#enter(this.#placed(key, tables.tasks.get(key)));
  }

  /** All addresses, hosts' included. */
  addresses(): readonly string[] {
    return [...this.#addresses.keys(), ...this.#called.keys()];
  }

  /** The host that has this address among the tasks'. */
  hostCalled(address: string): string | undefined {
    return this.#called.get(address);
  }

  get(address: string): Placed | undefined {
    return this.#addresses.get(address);
  }

  hostOf(instanceKey: string): string | undefined {
    return this.#hosts.get(instanceKey);
  }

  addressesOf(instanceKey: string): ReadonlySet<string> {
    return this.#ofInstance.get(instanceKey) ?? NONE;
  }

  committed(changes: readonly Change[]): Touched {
    const [addresses, groups] = [new Set<string>(), new Set<string>()];
    for (const { kind, key, before, after } of changes) {
      if (kind === 'security-group') groups.add(key);
      else if (kind === 'instance') this.#instanceChanged(key, after as Instance | undefined, addresses);
      else if (kind === 'network-host') {
        for (const one of [before, after] as (NetworkHost | undefined)[])
          if (one !== undefined) addresses.add(one.ipv4Address);
        this.#call(key, undefined, before as NetworkHost | undefined);
        this.#call(key, after as NetworkHost | undefined);
      } else if (kind === 'task')
        this.#taskChanged(key, before as Task | undefined, after as Task | undefined, addresses);
    }
    return { addresses, groups };
  }

  #instanceChanged(key: string, after: Instance | undefined, touched: Set<string>): void {
    const was = this.#hosts.get(key);
    this.#setHost(key, after);
    if (this.#hosts.get(key) !== was) for (const address of this.addressesOf(key)) touched.add(address);
  }

  #taskChanged(key: string, before: Task | undefined, after: Task | undefined, touched: Set<string>): void {
    if (before !== undefined && after !== undefined && samePlace(before, after)) return;
    const old = before?.networkInterface?.privateIPv4Address;
    const mine = old === undefined ? undefined : this.#addresses.get(old);
    // Its next owner may have come in the same commit, and been looked at first.
    if (mine?.taskKey === key) {
      this.#leave(mine);
      touched.add(mine.ipv4Address);
    }
    const placed = this.#placed(key, after);
    if (placed === undefined) return;
    this.#enter(placed);
    touched.add(placed.ipv4Address);
  }

  #placed(taskKey: string, task: Task | undefined): Placed | undefined {
    if (task === undefined || !holdsAddress(task)) return undefined;
    return {
      taskKey,
      taskArn: task.taskArn,
      ipv4Address: task.networkInterface.privateIPv4Address,
      instanceKey: task.instanceKey,
      groupKeys: groupKeysOf(this.#tables, task),
    };
  }

  #enter(placed: Placed | undefined): void {
    if (placed === undefined) return;
    const before = this.#addresses.get(placed.ipv4Address);
    if (before !== undefined) this.#leave(before);
    this.#addresses.set(placed.ipv4Address, placed);
    const own = this.#ofInstance.get(placed.instanceKey);
    if (own === undefined) this.#ofInstance.set(placed.instanceKey, new Set([placed.ipv4Address]));
    else own.add(placed.ipv4Address);
  }

  #leave({ ipv4Address, instanceKey }: Placed): void {
    this.#addresses.delete(ipv4Address);
    const own = this.#ofInstance.get(instanceKey);
    own?.delete(ipv4Address);
    if (own?.size === 0) this.#ofInstance.delete(instanceKey);
  }

  #setHost(key: string, instance: Instance | undefined): void {
    const host = hostAddressOf(instance);
    if (host === undefined) this.#hosts.delete(key);
    else this.#hosts.set(key, host);
  }

  #call(host: string, is: NetworkHost | undefined, was?: NetworkHost): void {
    if (was !== undefined && this.#called.get(was.ipv4Address) === host) this.#called.delete(was.ipv4Address);
    if (is !== undefined) this.#called.set(is.ipv4Address, host);
  }
}

type Addressed = Task & Required<Pick<Task, 'networkInterface' | 'instanceKey'>>;

function holdsAddress(task: Task): task is Addressed {
  return task.lastStatus !== 'STOPPED' && task.networkInterface !== undefined && task.instanceKey !== undefined;
}

function samePlace(before: Task, after: Task): boolean {
  return (
    holdsAddress(before) === holdsAddress(after) &&
    before.instanceKey === after.instanceKey &&
    before.networkInterface?.privateIPv4Address === after.networkInterface?.privateIPv4Address &&
    before.awsvpcConfiguration === after.awsvpcConfiguration
  );
}
