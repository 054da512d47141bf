import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { LogLine, LogPage, LogRead, LogStore, StreamSummary } from '../port.ts';
import { SegmentGroup, type SegmentLimits } from './group.ts';

export interface SegmentStoreOptions {
  readonly folder: string;
  readonly limits?: Partial<SegmentLimits>;
  /** Sealing failed (the segment stays open and is tried again), or a damaged segment was left out. */
  readonly onError?: (message: string, error: unknown) => void;
}

const LIMITS: SegmentLimits = { bytes: 8 * 1024 * 1024, frames: 20_000 };
const EMPTY: LogPage = { events: [], exhausted: true };

interface Entry {
  readonly name: string;
  readonly folder: string;
  /** Opened at first use; `undefined` after that failed, to be tried again. */
  group: Promise<SegmentGroup> | undefined;
  /** The end of the last operation asked for. Never rejects. */
  tail: Promise<unknown>;
  created: boolean;
}

/**
 * The log store on files: a folder per group, named by a hash (group names are longer than file names may be, and
 * hold slashes). Operations on one group run one after the other; groups do not wait for each other. A file is
 * open only while it is read or written.
 */
export class SegmentLogStore implements LogStore {
  readonly #options: SegmentStoreOptions;
  readonly #limits: SegmentLimits;
  readonly #entries = new Map<string, Entry>();

  constructor(options: SegmentStoreOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
  }

  async append(group: string, stream: string, lines: readonly LogLine[], ingestionTime: number): Promise<void> {
    if (lines.length === 0) return;
    const mustSeal = await this.#inTurn(group, async (segments, entry) => {
      if (!entry.created) await segments.create(group);
      entry.created = true;
      await segments.append(stream, lines, ingestionTime);
      return segments.needsSealing;
    });
    if (mustSeal) this.#sealInTurn(group);
  }

  read(group: string, read: LogRead): Promise<LogPage> {
    if (read.limit <= 0) return Promise.resolve({ ...EMPTY, exhausted: false });
    return this.#inTurn(group, (segments) => segments.read(read));
  }

  summaries(group: string): Promise<ReadonlyMap<string, StreamSummary>> {
    return this.#inTurn(group, (segments) => segments.summaries());
  }

  storedBytes(group: string): Promise<number> {
    return this.#inTurn(group, (segments) => segments.storedBytes);
  }

  deleteStream(group: string, stream: string): Promise<void> {
    return this.#inTurn(group, (segments) => segments.deleteStream(stream));
  }

  deleteGroup(group: string): Promise<void> {
    return this.#inTurn(group, async (segments, entry) => {
      await segments.delete();
      entry.created = false;
    });
  }

  expire(group: string, beforeMs: number): Promise<number> {
    return this.#inTurn(group, (segments) => segments.expire(beforeMs));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => entry.tail));
  }

  #sealInTurn(group: string): void {
    const sealed = this.#inTurn(group, async (segments) => {
      if (segments.needsSealing) await segments.seal();
    });
    sealed.catch((error: unknown) => this.#options.onError?.(`A log segment of ${group} was not sealed.`, error));
  }

  #inTurn<T>(name: string, work: (group: SegmentGroup, entry: Entry) => T | Promise<T>): Promise<T> {
    let entry = this.#entries.get(name);
    if (entry === undefined) this.#entries.set(name, (entry = this.#newEntry(name)));
    const mine = entry;
    const done = mine.tail.then(async () => {
      mine.group ??= SegmentGroup.open(mine.folder, this.#limits, (text, error) =>
        this.#options.onError?.(`${text} It is left out of log group ${name}.`, error),
      );
      const group = await mine.group.catch((error: unknown) => {
        mine.group = undefined;
        throw error;
      });
      return work(group, mine);
    });
    mine.tail = done.catch(() => undefined);
    return done;
  }

  #newEntry(name: string): Entry {
    const hash = createHash('sha256').update(name).digest('hex').slice(0, 40);
    const folder = join(this.#options.folder, hash);
    return { name, folder, group: undefined, tail: Promise.resolve(), created: false };
  }
}
