import type { Instance, Task } from '@gantry/domain';
import { clusterKey, type Tables } from '../../state/tables.ts';
import { PoolIndex } from './pool-index.ts';

interface Place {
  readonly pool: PoolIndex;
  readonly slot: number;
}

/** Whose tasks are spread and kept apart together: a service's, or those of one group of a cluster. */
export function groupKeyOf(task: Pick<Task, 'serviceKey' | 'scope' | 'cluster' | 'group'>): string {
  return task.serviceKey ?? `${clusterKey(task)}\n${task.group}`;
}

/**
 * The view placement decides on: what every instance has left, derived from the documents and kept exact by watching
 * the tables. It is never stored and never wrong by more than nothing: it changes within the write.
 */
export class PlacementIndex {
  static readonly #of = new WeakMap<Tables, PlacementIndex>();
  readonly #pools = new Map<string, PoolIndex>();
  readonly #places = new Map<string, Place>();
  /** Lowest host number that may be free, by subnet. */
  readonly #addressHints = new Map<string, number>();

  /** The one index of these tables; built from them when first asked for. */
  static of(tables: Tables): PlacementIndex {
    let index = PlacementIndex.#of.get(tables);
    if (index === undefined) PlacementIndex.#of.set(tables, (index = new PlacementIndex(tables)));
    return index;
  }

  private constructor(tables: Tables) {
    const tasksOn = (instanceKey: string): readonly Task[] => tables.tasks.by('instance', instanceKey);
    for (const key of tables.instances.keys) this.#instance(key, undefined, tables.instances.get(key), tasksOn);
    tables.instances.observe((key, before, after) => this.#instance(key, before, after, tasksOn));
    tables.tasks.observe((_key, before, after) => this.#task(before, after));
  }

  /** Instances of a cluster, by the cluster's key. */
  pool(cluster: string): PoolIndex | undefined {
    return this.#pools.get(cluster);
  }

  placeOf(instanceKey: string): Place | undefined {
    return this.#places.get(instanceKey);
  }

  /** Where to start looking for a free address in a subnet: no lower host number is free. */
  addressHint(subnetId: string): number {
    return this.#addressHints.get(subnetId) ?? 0;
  }

  raiseAddressHint(subnetId: string, hostNumber: number): void {
    this.#addressHints.set(subnetId, hostNumber);
  }

  #instance(
    key: string,
    before: Instance | undefined,
    after: Instance | undefined,
    tasksOn: (instanceKey: string) => readonly Task[],
  ): void {
    if (before === after) return;
    const place = this.#places.get(key);
    if (after === undefined) {
      place?.pool.remove(place.slot);
      this.#places.delete(key);
    } else if (place === undefined) {
      const pool = this.#poolOf(clusterKey(after));
      const slot = pool.add(key, after);
      this.#places.set(key, { pool, slot });
      for (const task of tasksOn(key)) this.#charge(task, 1);
    } else {
      place.pool.update(place.slot, after);
    }
  }

  #task(before: Task | undefined, after: Task | undefined): void {
    const was = holds(before) ? before : undefined;
    const is = holds(after) ? after : undefined;
    const address = before?.networkInterface;
    // Whatever went away, an address may have come free: looking once too often is cheap, missing it is a leak.
    if (
      address !== undefined &&
      (after === undefined || after.lastStatus === 'STOPPED' || after.networkInterface === undefined)
    )
      this.#addressHints.delete(address.subnetId);
    const same =
      was !== undefined &&
      is !== undefined &&
      was.instanceKey === is.instanceKey &&
      was.reservation === is.reservation &&
      was.desiredStatus === is.desiredStatus;
    if (same) return;
    if (was !== undefined) this.#charge(was, -1);
    if (is !== undefined) this.#charge(is, 1);
  }

  #charge(task: Task, sign: 1 | -1): void {
    const place = this.#places.get(task.instanceKey as string);
    if (place === undefined) return;
    place.pool.charge(place.slot, task, groupKeyOf(task), sign);
    if (task.desiredStatus === 'RUNNING') place.pool.countRunning(place.slot, sign);
  }

  #poolOf(cluster: string): PoolIndex {
    let pool = this.#pools.get(cluster);
    if (pool === undefined) this.#pools.set(cluster, (pool = new PoolIndex()));
    return pool;
  }
}

function holds(task: Task | undefined): task is Task {
  return task !== undefined && task.instanceKey !== undefined && task.lastStatus !== 'STOPPED';
}
