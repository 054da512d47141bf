import type { EpochMs } from '@gantry/domain';
import type { HistoryEvent, Journal, JournalBatch, StoredDocument } from '@gantry/control-plane/store/port.ts';

/** One control plane's hold of the journal. A write takes its time; after `drop`, as after `kill -9`, nothing more gets written. */
export class HeldJournal implements Journal {
  readonly #disk: Journal;
  readonly #takesTime: () => Promise<void>;
  #dropped = false;

  constructor(disk: Journal, takesTime: () => Promise<void>) {
    this.#disk = disk;
    this.#takesTime = takesTime;
  }

  drop(): void {
    this.#dropped = true;
  }

  load(): Promise<readonly StoredDocument[]> {
    return this.#disk.load();
  }

  async append(batch: JournalBatch): Promise<void> {
    await this.#takesTime();
    if (this.#dropped) throw new Error('the process is gone');
    await this.#disk.append(batch);
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
