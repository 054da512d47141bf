import { describeBlock, messageBytes, readBlocks, summarise, type LoadableBlock } from './merge.ts';
import type { LogLine, LogPage, LogRead, LogStore, StoredLogEvent, StreamSummary } from './port.ts';

interface Group {
  nextSeq: number;
  blocks: LoadableBlock[];
}

/** Keeps the log store's contract without a disk. Its unit of expiry is one append. `failNext` fails the next append. */
export class MemoryLogStore implements LogStore {
  readonly #groups = new Map<string, Group>();
  #failure: Error | undefined;

  failNext(error: Error): void {
    this.#failure = error;
  }

  append(group: string, stream: string, lines: readonly LogLine[], ingestionTime: number): Promise<void> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) return Promise.reject(failure);
    if (lines.length === 0) return Promise.resolve();
    let found = this.#groups.get(group);
    if (found === undefined) this.#groups.set(group, (found = { nextSeq: 1, blocks: [] }));
    const first = found.nextSeq;
    found.nextSeq += lines.length;
    const events = lines.map(({ timestamp, message }, index): StoredLogEvent => {
      return { stream, timestamp, message, ingestionTime, seq: first + index };
    });
    found.blocks.push({ ...describeBlock(stream, events), load: () => Promise.resolve(events) });
    return Promise.resolve();
  }

  read(group: string, read: LogRead): Promise<LogPage> {
    return readBlocks(this.#blocks(group), read);
  }

  summaries(group: string): Promise<ReadonlyMap<string, StreamSummary>> {
    return Promise.resolve(summarise(this.#blocks(group)));
  }

  storedBytes(group: string): Promise<number> {
    return Promise.resolve(messageBytes(this.#blocks(group)));
  }

  deleteStream(group: string, stream: string): Promise<void> {
    this.#keep(group, (block) => block.stream !== stream);
    return Promise.resolve();
  }

  deleteGroup(group: string): Promise<void> {
    this.#groups.delete(group);
    return Promise.resolve();
  }

  expire(group: string, beforeMs: number): Promise<number> {
    return Promise.resolve(this.#keep(group, (block) => block.maxTimestamp >= beforeMs));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #blocks(group: string): readonly LoadableBlock[] {
    return this.#groups.get(group)?.blocks ?? [];
  }

  /** Returns how many blocks went. */
  #keep(group: string, keeps: (block: LoadableBlock) => boolean): number {
    const found = this.#groups.get(group);
    if (found === undefined) return 0;
    const before = found.blocks.length;
    found.blocks = found.blocks.filter(keeps);
    return before - found.blocks.length;
  }
}
