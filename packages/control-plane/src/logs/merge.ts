import type { LogPage, LogRead, Position, StoredLogEvent, StreamSummary } from './port.ts';

/** A run of events of one stream that is loaded in one piece. */
export interface Block {
  readonly stream: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly minTimestamp: number;
  readonly maxTimestamp: number;
  readonly lastIngestionTime: number;
  /** Bytes of the messages, UTF-8. */
  readonly messageBytes: number;
}

export interface LoadableBlock extends Block {
  /** Events in any order. */
  load(): Promise<readonly StoredLogEvent[]>;
}

export function comparePositions(a: Position, b: Position): number {
  return a.timestamp - b.timestamp || a.seq - b.seq;
}

/**
 * One page of events out of overlapping blocks, in order. A block is loaded only when its first event could be
 * the next one, so a page of a large group reads little.
 */
export async function readBlocks(blocks: readonly LoadableBlock[], read: LogRead): Promise<LogPage> {
  const sign = read.order === 'oldest-first' ? 1 : -1;
  const edge = (block: Block): number => (sign > 0 ? block.minTimestamp : -block.maxTimestamp);
  const ahead = blocks.filter((block) => isWanted(block, read)).toSorted((a, b) => edge(a) - edge(b));
  const page = new PageBuilder(read);
  let waiting: readonly StoredLogEvent[] = [];
  let at = 0;
  for (let next = 0; ;) {
    for (let head = waiting[at]; next < ahead.length; head = waiting[at]) {
      const block = ahead[next] as LoadableBlock;
      if (head !== undefined && edge(block) > sign * head.timestamp) break;
      next += 1;
      const events = (await block.load()).filter((event) => isWithin(event, read));
      waiting = mergeSorted(
        waiting.slice(at),
        events.toSorted((a, b) => sign * comparePositions(a, b)),
        sign,
      );
      at = 0;
    }
    const event = waiting[at];
    if (event === undefined) return page.finish(true);
    if (!page.take(event)) return page.finish(false);
    at += 1;
  }
}

class PageBuilder {
  readonly #read: LogRead;
  readonly #events: StoredLogEvent[] = [];
  #bytes = 0;
  #scanned = 0;
  #scannedTo: Position | undefined;

  constructor(read: LogRead) {
    this.#read = read;
  }

  /** False when the page is full and the event is for the next one. */
  take(event: StoredLogEvent): boolean {
    const { limit, maxBytes, maxScanned, matches } = this.#read;
    if (this.#events.length >= limit || this.#scanned >= maxScanned) return false;
    if (matches === undefined || matches(event.message)) {
      const bytes = Buffer.byteLength(event.message);
      if (this.#events.length > 0 && this.#bytes + bytes > maxBytes) return false;
      this.#bytes += bytes;
      this.#events.push(event);
    }
    this.#scanned += 1;
    this.#scannedTo = { timestamp: event.timestamp, seq: event.seq };
    return true;
  }

  finish(exhausted: boolean): LogPage {
    return { events: this.#events, scannedTo: this.#scannedTo, exhausted };
  }
}

function isWanted(block: Block, { streams, fromMs, toMs, after, before }: LogRead): boolean {
  if (streams !== undefined && !streams.has(block.stream)) return false;
  if (block.maxTimestamp < fromMs || block.minTimestamp >= toMs) return false;
  if (after !== undefined && comparePositions({ timestamp: block.maxTimestamp, seq: block.lastSeq }, after) <= 0)
    return false;
  return before === undefined || comparePositions({ timestamp: block.minTimestamp, seq: block.firstSeq }, before) < 0;
}

function isWithin(event: StoredLogEvent, { fromMs, toMs, after, before }: LogRead): boolean {
  if (event.timestamp < fromMs || event.timestamp >= toMs) return false;
  if (after !== undefined && comparePositions(event, after) <= 0) return false;
  return before === undefined || comparePositions(event, before) < 0;
}

function mergeSorted(
  a: readonly StoredLogEvent[],
  b: readonly StoredLogEvent[],
  sign: number,
): readonly StoredLogEvent[] {
  if (a.length === 0) return b;
  const merged: StoredLogEvent[] = [];
  let i = 0;
  for (const event of b) {
    for (let head = a[i]; head !== undefined && sign * comparePositions(head, event) < 0; head = a[i]) {
      merged.push(head);
      i += 1;
    }
    merged.push(event);
  }
  for (; i < a.length; i += 1) merged.push(a[i] as StoredLogEvent);
  return merged;
}

/** What the blocks of each stream add up to. */
export function summarise(blocks: Iterable<Block>): ReadonlyMap<string, StreamSummary> {
  const sums = new Map<string, StreamSummary>();
  for (const block of blocks) {
    const sum = sums.get(block.stream);
    sums.set(block.stream, {
      firstEventTimestamp: Math.min(sum?.firstEventTimestamp ?? Infinity, block.minTimestamp),
      lastEventTimestamp: Math.max(sum?.lastEventTimestamp ?? -Infinity, block.maxTimestamp),
      lastIngestionTime: Math.max(sum?.lastIngestionTime ?? -Infinity, block.lastIngestionTime),
      storedBytes: (sum?.storedBytes ?? 0) + block.messageBytes,
    });
  }
  return sums;
}

export function messageBytes(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.messageBytes, 0);
}

/** The block a run of events makes, without where it is. */
export function describeBlock(stream: string, events: readonly StoredLogEvent[]): Block {
  let [minTimestamp, maxTimestamp, firstSeq, lastSeq] = [Infinity, -Infinity, Infinity, -Infinity];
  let [lastIngestionTime, messageBytes] = [-Infinity, 0];
  for (const event of events) {
    minTimestamp = Math.min(minTimestamp, event.timestamp);
    maxTimestamp = Math.max(maxTimestamp, event.timestamp);
    firstSeq = Math.min(firstSeq, event.seq);
    lastSeq = Math.max(lastSeq, event.seq);
    lastIngestionTime = Math.max(lastIngestionTime, event.ingestionTime);
    messageBytes += Buffer.byteLength(event.message);
  }
  return { stream, firstSeq, lastSeq, minTimestamp, maxTimestamp, lastIngestionTime, messageBytes };
}
