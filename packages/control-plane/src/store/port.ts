import type { Because, EpochMs } from '@gantry/domain';

/** A document as the journal keeps it. `revision` counts the writes of this document, from 1. */
export interface StoredDocument {
  readonly kind: string;
  readonly key: string;
  readonly revision: number;
  readonly value: unknown;
}

export interface DocumentWrite {
  readonly kind: string;
  readonly key: string;
  readonly revision: number;
  /** `undefined` deletes the document. */
  readonly value: unknown;
}

/** What happened and why, stored in the transaction of the write it explains. `gantry why` reads these. */
export interface HistoryEvent {
  readonly at: EpochMs;
  /** ARN of what it is about: a task, a service, a container instance, a cluster. */
  readonly subject: string;
  /** `task.placed`, `service.scaled`, … : noun.pastParticiple. */
  readonly type: string;
  readonly because: Because;
  /** One sentence for a person, with the names and numbers of the case. */
  readonly text: string;
  /** Who asked, when a person did (principal ARN). */
  readonly by?: string | undefined;
}

export interface JournalBatch {
  readonly documents: readonly DocumentWrite[];
  readonly events: readonly HistoryEvent[];
}

/** The durable side of the state: node:sqlite in production, memory in tests and replay. One contract suite for all. */
export interface Journal {
  /** Every live document, ordered by kind, then key. */
  load(): Promise<readonly StoredDocument[]>;
  /**
   * Makes a batch durable, all or nothing. A synchronous adapter returns nothing and has finished on return;
   * it throws when it could not (disk full), and then nothing of the batch is kept.
   */
  append(batch: JournalBatch): Promise<void> | void;
  /** Newest first, at most `limit`. */
  history(subject: string, limit: number): Promise<readonly HistoryEvent[]>;
  /** Drops history older than the moment. Returns how many rows went. */
  forgetHistoryBefore(at: EpochMs): Promise<number>;
  close(): Promise<void>;
}
