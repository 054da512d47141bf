/** One line as it came, before it is stored. */
export interface LogLine {
  /** Milliseconds since 1970, as the sender says. */
  readonly timestamp: number;
  readonly message: string;
}

export interface StoredLogEvent extends LogLine {
  readonly stream: string;
  readonly ingestionTime: number;
  /** Grows by one with every event of the group: with the timestamp it is the event's place. */
  readonly seq: number;
}

/** A place between events: events are ordered by timestamp, then seq. */
export interface Position {
  readonly timestamp: number;
  readonly seq: number;
}

export interface StreamSummary {
  readonly firstEventTimestamp: number;
  readonly lastEventTimestamp: number;
  readonly lastIngestionTime: number;
  /** Bytes of the messages, UTF-8. */
  readonly storedBytes: number;
}

export interface LogRead {
  /** `undefined`: every stream of the group. */
  readonly streams?: ReadonlySet<string> | undefined;
  /** Inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  /** Only what is ordered after it, not itself. */
  readonly after?: Position | undefined;
  /** Only what is ordered before it, not itself. */
  readonly before?: Position | undefined;
  readonly order: 'oldest-first' | 'newest-first';
  readonly limit: number;
  /** Of the messages found; the first is always given. */
  readonly maxBytes: number;
  /** A page ends after so many events were looked at, found or not. */
  readonly maxScanned: number;
  readonly matches?: ((message: string) => boolean) | undefined;
}

export interface LogPage {
  /** In the order asked for. */
  readonly events: readonly StoredLogEvent[];
  /** The last event looked at, found or not: where the next page goes on. */
  readonly scannedTo?: Position | undefined;
  /** Nothing is left in this direction. */
  readonly exhausted: boolean;
}

/**
 * Where log events are. A group is named by its document key; groups come into being with their first event.
 * Metadata (names, retention, tags) is state, not here.
 */
export interface LogStore {
  /** Resolves when the events would survive `kill -9` of the process. All or none. */
  append(group: string, stream: string, lines: readonly LogLine[], ingestionTime: number): Promise<void>;
  read(group: string, read: LogRead): Promise<LogPage>;
  /** Per stream that holds an event. */
  summaries(group: string): Promise<ReadonlyMap<string, StreamSummary>>;
  storedBytes(group: string): Promise<number>;
  deleteStream(group: string, stream: string): Promise<void>;
  deleteGroup(group: string): Promise<void>;
  /** Drops what is wholly older than the moment, in the units the store keeps. Returns how many units went. */
  expire(group: string, beforeMs: number): Promise<number>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}
