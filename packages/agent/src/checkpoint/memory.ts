import type { Checkpoint } from './port.ts';

/** The "disk": it outlives the agents that open checkpoints on it. */
export class MemoryDisk {
  readonly durable = new Map<string, string>();
}

/** A checkpoint in memory, as forgetful as a real one: what was not flushed is lost when the agent is dropped. */
export class MemoryCheckpoint implements Checkpoint {
  readonly #disk: MemoryDisk;
  #pending = new Map<string, unknown>();
  /** Writes go one after another; the one that has not begun takes along what comes meanwhile. */
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #dropped = false;
  readonly #gone = new AbortController();
  readonly #takesTime: ((signal: AbortSignal) => Promise<void>) | undefined;

  /** `takesTime`: how long a write is on its way to the disk, until the signal aborts. Default: no time. */
  constructor(disk: MemoryDisk = new MemoryDisk(), takesTime?: (signal: AbortSignal) => Promise<void>) {
    this.#disk = disk;
    this.#takesTime = takesTime;
  }

  load(): Promise<ReadonlyMap<string, unknown>> {
    const entries = [...this.#disk.durable].map(([key, text]) => [key, JSON.parse(text) as unknown] as const);
    return Promise.resolve(new Map(entries));
  }

  put(key: string, document: unknown): void {
    this.#pending.set(key, document);
    void this.flush();
  }

  delete(key: string): void {
    this.put(key, undefined);
  }

  flush(): Promise<void> {
    this.#next ??= this.#last = this.#last.then(() => {
      this.#next = undefined;
      return this.#write();
    });
    return this.#next;
  }

  async #write(): Promise<void> {
    const pending = this.#pending;
    this.#pending = new Map();
    await this.#takesTime?.(this.#gone.signal);
    if (this.#dropped) return;
    for (const [key, document] of pending) {
      if (document === undefined) this.#disk.durable.delete(key);
      else this.#disk.durable.set(key, JSON.stringify(document));
    }
  }

  /** As `kill -9` does: what is not on the disk yet never gets there. */
  drop(): void {
    this.#dropped = true;
    this.#gone.abort();
  }

  async close(): Promise<void> {
    await this.flush();
    this.#dropped = true;
  }
}
