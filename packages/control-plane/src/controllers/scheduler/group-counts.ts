import type { InstanceClass } from './pool-index.ts';

/** Where the tasks of one service (or of one group of standalone tasks) are. */
export class GroupCounts {
  readonly #perSlot = new Map<number, number>();
  /** Attribute name → value → tasks. Added up when first asked for, kept up to date from then on. */
  readonly #spreads = new Map<string, Map<string, number>>();

  get empty(): boolean {
    return this.#perSlot.size === 0;
  }

  on(slot: number): number {
    return this.#perSlot.get(slot) ?? 0;
  }

  /** Tasks by value of an attribute; instances that lack it share the value ''. */
  spread(attribute: string, classAt: (slot: number) => InstanceClass): ReadonlyMap<string, number> {
    let counts = this.#spreads.get(attribute);
    if (counts === undefined) {
      counts = new Map();
      for (const [slot, count] of this.#perSlot) add(counts, spreadValue(classAt(slot), attribute), count);
      this.#spreads.set(attribute, counts);
    }
    return counts;
  }

  bump(slot: number, instanceClass: InstanceClass, by: number): void {
    add(this.#perSlot, slot, by);
    for (const [attribute, counts] of this.#spreads) add(counts, spreadValue(instanceClass, attribute), by);
  }

  forget(slot: number): void {
    if (this.#perSlot.delete(slot)) this.#spreads.clear();
  }

  forgetSpreads(): void {
    this.#spreads.clear();
  }
}

export function spreadValue(instanceClass: InstanceClass, attribute: string): string {
  return instanceClass.attributes.get(attribute) ?? '';
}

function add<K>(counts: Map<K, number>, key: K, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
