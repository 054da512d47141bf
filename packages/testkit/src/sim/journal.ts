import type { EpochMs } from '@gantry/domain';
import type { HistoryEvent, Journal, JournalBatch, StoredDocument } from '@gantry/control-plane/store/port.ts';

/** One control plane's hold of the journal. After `drop`, as after `kill -9`, nothing more of it gets written. */
export class HeldJournal implements Journal {
  readonly #disk: Journal;
  #dropped = false;

  constructor(disk: Journal) {
    this.#disk = disk;
  }

  drop(): void {
    this.#dropped = true;
  }

  load(): Promise<readonly StoredDocument[]> {
    return this.#disk.load();
  }

  append(batch: JournalBatch): Promise<void> | void {
    if (this.#dropped) throw new Error('the process is gone');
    return this.#disk.append(batch);
  }

  history(subject: string, limit: number): Promise<readonly HistoryEvent[]> {
    return this.#disk.history(subject, limit);
  }

  forgetHistoryBefore(at: EpochMs): Promise<number> {
    return this.#dropped ? Promise.resolve(0) : this.#disk.forgetHistoryBefore(at);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
