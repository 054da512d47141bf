import type { Ids } from '@gantry/domain';

/** mulberry32: a small generator whose whole state is its seed. Same seed, same world. */
export class Rng {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number in [low, high]. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('pick from nothing');
    return items[Math.floor(this.next() * items.length)] as T;
  }
}

/** Ids from a seed: never the same twice within a world, the same in the next run of it. */
export class SeededIds implements Ids {
  readonly #rng: Rng;
  #count = 0;

  constructor(seed = 1) {
    this.#rng = new Rng(seed);
  }

  hex32(): string {
    this.#count += 1;
    const tail = this.#count.toString(16).padStart(8, '0');
    return Array.from({ length: 24 }, () => Math.floor(this.#rng.next() * 16).toString(16)).join('') + tail;
  }

  uuid(): string {
    const h = this.hex32();
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20)}`;
  }

  digits19(): string {
    this.#count += 1;
    const head = String(this.#rng.int(1, 9)) + Array.from({ length: 9 }, () => this.#rng.int(0, 9)).join('');
    return head + String(this.#count).padStart(9, '0');
  }

  random(): number {
    return this.#rng.next();
  }
}
