/**
 * Lets a few calls into the engine at a time. A start goes before a create that waits longer: a task that is nearly
 * there is finished before the next one is begun.
 */
export class EngineGate {
  readonly #width: number;
  readonly #starts: (() => void)[] = [];
  readonly #creates: (() => void)[] = [];
  #inside = 0;

  /** About twice the cores: more only makes every start slower. */
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
