/**
 * So many calls for each core. A start waits for the disk, the kernel and its runtime more than it computes: with 2 a core idled
 * now and then, and a busy machine gave the engine less than its share. More than this makes nothing faster.
 */
const CALLS_A_CORE = 8;

/** The gate into the engine of a machine. */
export const gateFor = (cpus: number): EngineGate => new EngineGate(CALLS_A_CORE * cpus);

/**
 * Lets a few calls into the engine at a time. A start goes before a create that waits longer: a task that is nearly
 * there is finished before the next one is begun.
 */
export class EngineGate {
  readonly #width: number;
  readonly #starts: (() => void)[] = [];
  readonly #creates: (() => void)[] = [];
  #inside = 0;

  constructor(width: number) {
    this.#width = Math.max(1, width);
  }

  async run<T>(kind: 'create' | 'start', work: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.#width) {
      await new Promise<void>((enter) => (kind === 'start' ? this.#starts : this.#creates).push(enter));
    } else this.#inside += 1;
    try {
      return await work();
    } finally {
      // The place passes on to who waits; `#inside` counts places, not callers.
      const next = this.#starts.shift() ?? this.#creates.shift();
      if (next === undefined) this.#inside -= 1;
      else next();
    }
  }
}
