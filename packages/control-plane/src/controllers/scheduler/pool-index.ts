import type { Instance, Task } from '@gantry/domain';
import { GroupCounts } from './group-counts.ts';

/** Instances that no requirement can tell apart: same kind, zone, provider and attributes. */
export interface InstanceClass {
  readonly pool: Instance['pool'];
  readonly zone: string;
  readonly external: boolean;
  readonly capacityProviderName: string | undefined;
  /** Value by name; '' for an attribute without a value. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** Readiness of a slot: takes tasks, would take them if its agent were connected, does not (DRAINING, INACTIVE, empty). */
export const READY = 2;
export const DISCONNECTED = 1;
export const CLOSED = 0;

/** ECS's bound on reserved ports of one instance, the host's own included. */
export const MOST_PORTS = 100;
export const UDP = 65_536;

/**
 * What the instances of one cluster have left, in columns: a placement scans numbers, never documents. Kept exact at
 * every write by `PlacementIndex`, so it also knows the placements made earlier in the same transaction.
 */
export class PoolIndex {
  freeCpu = new Int32Array(16);
  freeMemory = new Int32Array(16);
  freeEnis = new Int32Array(16);
  freeGpus = new Int32Array(16);
  /** Tasks on it that shall run. */
  running = new Int32Array(16);
  ready = new Uint8Array(16);
  classOf = new Int32Array(16);
  /** Room for the slots a placement is choosing from. */
  scratch = new Int32Array(16);
  /** Slots in use or used before; those without an instance are CLOSED. */
  size = 0;
  readonly classes: InstanceClass[] = [];
  /** Whatever is derived from classes by number starts anew when this moves. */
  epoch = 0;
  readonly #instances: (Instance | undefined)[] = [];
  readonly #keys: string[] = [];
  /** Taken ports by number (udp + 65536), with how many take them. */
  readonly #ports: Map<number, number>[] = [];
  readonly #classIds = new Map<string, number>();
  readonly #groups = new Map<string, GroupCounts>();
  readonly #empty: number[] = [];

  get instanceCount(): number {
    return this.size - this.#empty.length;
  }

  instanceAt(slot: number): Instance | undefined {
    return this.#instances[slot];
  }

  hasInstanceIn(zone: string): boolean {
    for (let slot = 0; slot < this.size; slot += 1)
      if (this.#instances[slot] !== undefined && this.classAt(slot).zone === zone) return true;
    return false;
  }

  keyAt(slot: number): string {
    return this.#keys[slot] as string;
  }

  classAt(slot: number): InstanceClass {
    return this.classes[this.classOf[slot] as number] as InstanceClass;
  }

  groupOf(name: string): GroupCounts | undefined {
    return this.#groups.get(name);
  }

  /** Whether the host or a task has one of the ports, or taking them would pass ECS's bound. */
  portsTaken(slot: number, tcp: readonly number[], udp: readonly number[]): boolean {
    const taken = this.#ports[slot] as Map<number, number>;
    if (taken.size + tcp.length + udp.length > MOST_PORTS) return true;
    return tcp.some((port) => taken.has(port)) || udp.some((port) => taken.has(port + UDP));
  }

  /** A slot for a new instance, nothing charged to it yet. */
  add(key: string, instance: Instance): number {
    const slot = this.#empty.pop() ?? this.size++;
    if (slot >= this.ready.length) this.#grow();
    this.#keys[slot] = key;
    this.#ports[slot] = new Map();
    this.running[slot] = 0;
    this.#register(slot, instance, 1);
    this.#describe(slot, instance);
    return slot;
  }

  update(slot: number, instance: Instance): void {
    const before = this.#instances[slot] as Instance;
    if (before.registered !== instance.registered || before.maxEnis !== instance.maxEnis) {
      this.#register(slot, before, -1);
      this.#register(slot, instance, 1);
    }
    const same =
      before.attributes === instance.attributes &&
      before.pool === instance.pool &&
      before.availabilityZone === instance.availabilityZone &&
      before.capacityProviderName === instance.capacityProviderName;
    if (same) this.#open(slot, instance);
    else this.#describe(slot, instance);
  }

  remove(slot: number): void {
    this.#instances[slot] = undefined;
    this.ready[slot] = CLOSED;
    for (const column of [this.freeCpu, this.freeMemory, this.freeEnis, this.freeGpus]) column[slot] = 0;
    for (const group of this.#groups.values()) group.forget(slot);
    this.#empty.push(slot);
  }

  /** Takes (`sign` 1) what a task reserves from a slot, or gives it back (-1). */
  charge(slot: number, task: Task, group: string, sign: 1 | -1): void {
    const { cpuUnits, memoryMiB, eniCount, gpuCount, tcpPorts, udpPorts } = task.reservation;
    bump(this.freeCpu, slot, -sign * cpuUnits);
    bump(this.freeMemory, slot, -sign * memoryMiB);
    bump(this.freeEnis, slot, -sign * eniCount);
    bump(this.freeGpus, slot, -sign * gpuCount);
    for (const port of tcpPorts) this.#port(slot, port, sign);
    for (const port of udpPorts) this.#port(slot, port + UDP, sign);
    let counts = this.#groups.get(group);
    if (counts === undefined) this.#groups.set(group, (counts = new GroupCounts()));
    counts.bump(slot, this.classAt(slot), sign);
    if (counts.empty) this.#groups.delete(group);
  }

  countRunning(slot: number, by: number): void {
    bump(this.running, slot, by);
  }

  #register(slot: number, { registered, maxEnis }: Instance, sign: 1 | -1): void {
    bump(this.freeCpu, slot, sign * registered.cpuUnits);
    bump(this.freeMemory, slot, sign * registered.memoryMiB);
    bump(this.freeEnis, slot, sign * maxEnis);
    bump(this.freeGpus, slot, sign * registered.gpuIds.length);
    for (const port of registered.tcpPorts) this.#port(slot, port, sign);
    for (const port of registered.udpPorts) this.#port(slot, port + UDP, sign);
  }

  #describe(slot: number, instance: Instance): void {
    const described = classFor(instance);
    const key = keyOfClass(described);
    if (this.classes.length > 2 * this.size + 64) this.#forgetClasses();
    let id = this.#classIds.get(key);
    if (id === undefined) {
      id = this.classes.push(described) - 1;
      this.#classIds.set(key, id);
    }
    // Counts by attribute were added up with the old attributes.
    if (this.#instances[slot] !== undefined) for (const group of this.#groups.values()) group.forgetSpreads();
    this.classOf[slot] = id;
    this.#open(slot, instance);
  }

  /** Attributes that come and go leave unused classes behind; once they outnumber the instances, all are made anew. */
  #forgetClasses(): void {
    this.classes.length = 0;
    this.#classIds.clear();
    this.epoch += 1;
    for (let slot = 0; slot < this.size; slot += 1) {
      const instance = this.#instances[slot];
      if (instance !== undefined) this.#describe(slot, instance);
    }
  }

  #open(slot: number, instance: Instance): void {
    this.#instances[slot] = instance;
    this.ready[slot] = instance.status !== 'ACTIVE' ? CLOSED : instance.agentConnected ? READY : DISCONNECTED;
  }

  #port(slot: number, port: number, sign: 1 | -1): void {
    const taken = this.#ports[slot] as Map<number, number>;
    const count = (taken.get(port) ?? 0) + sign;
    if (count === 0) taken.delete(port);
    else taken.set(port, count);
  }

  #grow(): void {
    const larger = <T extends Int32Array | Uint8Array>(column: T, made: T): T => (made.set(column), made);
    const length = this.ready.length * 2;
    this.freeCpu = larger(this.freeCpu, new Int32Array(length));
    this.freeMemory = larger(this.freeMemory, new Int32Array(length));
    this.freeEnis = larger(this.freeEnis, new Int32Array(length));
    this.freeGpus = larger(this.freeGpus, new Int32Array(length));
    this.running = larger(this.running, new Int32Array(length));
    this.classOf = larger(this.classOf, new Int32Array(length));
    this.ready = larger(this.ready, new Uint8Array(length));
    this.scratch = new Int32Array(length);
  }
}

function bump(column: Int32Array, slot: number, by: number): void {
  column[slot] = (column[slot] as number) + by;
}

function keyOfClass(one: InstanceClass): string {
  const attributes = [...one.attributes].map(([name, value]) => `${name}=${value}`).sort(compareTexts);
  return JSON.stringify([one.pool, one.capacityProviderName ?? '', attributes]);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function classFor(instance: Instance): InstanceClass {
  const attributes = new Map<string, string>([['ecs.availability-zone', instance.availabilityZone]]);
  for (const { name, value } of instance.attributes) if (name !== undefined) attributes.set(name, value ?? '');
  return {
    pool: instance.pool,
    zone: instance.availabilityZone,
    external: attributes.has('ecs.capability.external'),
    capacityProviderName: instance.capacityProviderName,
    attributes,
  };
}
