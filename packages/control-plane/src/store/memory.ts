import type { EpochMs } from '@gantry/domain';
import type { HistoryEvent, Journal, JournalBatch, StoredDocument } from './port.ts';

/**
 * Keeps the journal's contract without a disk. It outlives the control plane that uses it, so a test can
 * kill one and start the next on the same journal. `failNext` makes the next append throw.
 */
export class MemoryJournal implements Journal {
  readonly #documents = new Map<string, StoredDocument>();
  #events: HistoryEvent[] = [];
  #failure: Error | undefined;

  failNext(error: Error): void {
    this.#failure = error;
  }

  load(): Promise<readonly StoredDocument[]> {
    const all = [...this.#documents.values()];
    return Promise.resolve(all.sort((a, b) => compare(a.kind, b.kind) || compare(a.key, b.key)));
  }

  append(batch: JournalBatch): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    // Through JSON, as a disk would: a document that does not survive that is a bug found here. All before the
    // first is kept, so that one that cannot be written takes its neighbours with it.
    const written = batch.documents.map((write): StoredDocument => {
      if (write.value === undefined) return write;
      return { ...write, value: JSON.parse(JSON.stringify(write.value)) as unknown };
    });
    for (const write of written) {
      const id = `${write.kind}\0${write.key}`;
      if (write.value === undefined) this.#documents.delete(id);
      else this.#documents.set(id, write);
    }
    this.#events.push(...batch.events);
  }

  history(subject: string, limit: number): Promise<readonly HistoryEvent[]> {
    const found = this.#events.filter((event) => event.subject === subject);
    return Promise.resolve(found.reverse().slice(0, limit));
  }

  forgetHistoryBefore(at: EpochMs): Promise<number> {
    const before = this.#events.length;
    this.#events = this.#events.filter((event) => event.at >= at);
    return Promise.resolve(before - this.#events.length);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
