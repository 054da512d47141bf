import type { Because, Clock, EpochMs } from '@gantry/domain';
import type { DocumentWrite, HistoryEvent, Journal } from '../store/port.ts';
import type { Table } from './table.ts';
import { createTables, type Tables } from './tables.ts';

/** One document that changed in a commit. */
export interface Change {
  readonly kind: string;
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface EventInput {
  readonly subject: string;
  readonly type: string;
  readonly because: Because;
  readonly text: string;
  readonly by?: string | undefined;
}

/** What a transaction may do. Reads (through `tables`) see the transaction's own writes. */
export interface Tx {
  readonly now: EpochMs;
  readonly tables: Tables;
  put<T, I extends string>(table: Table<T, I>, key: string, document: T): void;
  delete<T, I extends string>(table: Table<T, I>, key: string): void;
  /** Every put that a person would ask "why?" about is explained by an event in the same transaction. */
  event(event: EventInput): void;
}

export interface StateOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  /** Runs a group commit soon: `setImmediate` in production, so that all requests of one turn share one fsync. */
  readonly schedule: (run: () => void) => void;
  /** A listener threw, which it must not: told here, and the others are still called. Default: thrown on. */
  readonly onListenerError?: (error: unknown) => void;
}

interface Pending {
  readonly work: (tx: Tx) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How one transaction of a group ends, once the group is stored or is not. */
interface Answer {
  readonly stored: () => void;
  readonly reject: (error: unknown) => void;
}

interface Undo {
  readonly table: Table<unknown, string>;
  readonly key: string;
  readonly before: unknown;
  readonly revision: number;
}

/**
 * The one writer. State lives in memory as indexed documents; a transaction is a synchronous function, queued,
 * run with its neighbours and journaled with them in one durable batch. Its promise resolves when that is done,
 * so nothing is answered that a `kill -9` could take back.
 */
export class State {
  readonly tables: Tables = createTables();
  readonly #options: StateOptions;
  readonly #byKind: ReadonlyMap<string, Table<unknown, string>>;
  readonly #listeners: ((changes: readonly Change[]) => void)[] = [];
  #queue: Pending[] = [];
  #flushing: Promise<void> | undefined;
  #scheduled = false;

  private constructor(options: StateOptions) {
    this.#options = options;
    const all = Object.values(this.tables) as unknown as Table<unknown, string>[];
    this.#byKind = new Map(all.map((table) => [table.kind, table]));
  }

  static async open(options: StateOptions): Promise<State> {
    const state = new State(options);
    for (const { kind, key, revision, value } of await options.journal.load()) {
      // A kind this version does not know belongs to a newer one: keep it on disk, do not touch it.
      state.#byKind.get(kind)?.set(key, value, revision);
    }
    return state;
  }

  /** Called after each durable commit with everything it changed. Must not throw. */
  onCommit(listener: (changes: readonly Change[]) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Runs `work` alone on the newest state and resolves with its result once its writes are durable.
   * What `work` throws rejects the promise and undoes its writes alone.
   */
  transact<T>(work: (tx: Tx) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.#scheduleFlush();
    });
  }

  /** Resolves when everything read so far is durable. Needed before answering a read while a journal is asynchronous. */
  settled(): Promise<void> {
    return this.#flushing ?? Promise.resolve();
  }

  #scheduleFlush(): void {
    if (this.#scheduled || this.#flushing !== undefined) return;
    this.#scheduled = true;
    this.#options.schedule(() => {
      this.#scheduled = false;
      // Asked for from inside a commit that is still being stored: that commit's end asks again.
      if (this.#flushing === undefined) this.#flush();
    });
  }

  #flush(): void {
    const batch = this.#queue;
    this.#queue = [];
    if (batch.length === 0) return;
    const commit = new Commit(this.tables, this.#options.clock.now());
    const answers: Answer[] = [];
    for (const { work, resolve, reject } of batch) {
      const mark = commit.mark();
      try {
        const result = work(commit);
        if (isThenable(result))
          throw new TypeError('A transaction is a synchronous function; this one returned a promise.');
        answers.push({ stored: () => resolve(result), reject });
      } catch (error) {
        commit.undoTo(mark);
        // Answered with its neighbours: what it refused on may be a write of theirs that is not stored yet.
        answers.push({ stored: () => reject(error), reject });
      }
    }
    commit.seal();
    this.#store(commit, answers);
  }

  #store(commit: Commit, answers: readonly Answer[]): void {
    let pending: Promise<void> | void;
    try {
      pending = commit.empty ? undefined : this.#options.journal.append(commit.batch());
    } catch (error) {
      return this.#failed(commit, answers, error);
    }
    if (pending === undefined) return this.#stored(commit, answers);
    this.#flushing = pending.then(
      () => this.#stored(commit, answers),
      (error: unknown) => this.#failed(commit, answers, error),
    );
  }

  #stored(commit: Commit, answers: readonly Answer[]): void {
    this.#flushing = undefined;
    const changes = commit.changes();
    for (const answer of answers) answer.stored();
    if (this.#queue.length > 0) this.#scheduleFlush();
    if (changes.length > 0) for (const listener of this.#listeners) this.#tell(listener, changes);
  }

  #tell(listener: (changes: readonly Change[]) => void, changes: readonly Change[]): void {
    try {
      listener(changes);
    } catch (error) {
      if (this.#options.onListenerError === undefined) throw error;
      this.#options.onListenerError(error);
    }
  }

  #failed(commit: Commit, answers: readonly Answer[], cause: unknown): void {
    this.#flushing = undefined;
    commit.undoTo({ undo: 0, events: 0 });
    for (const answer of answers)
      answer.reject(new Error('The change could not be stored; nothing was changed.', { cause }));
    if (this.#queue.length > 0) this.#scheduleFlush();
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

class Commit implements Tx {
  readonly now: EpochMs;
  readonly tables: Tables;
  readonly #undo: Undo[] = [];
  readonly #events: HistoryEvent[] = [];
  #sealed = false;

  constructor(tables: Tables, now: EpochMs) {
    this.tables = tables;
    this.now = now;
  }

  get empty(): boolean {
    return this.#undo.length === 0 && this.#events.length === 0;
  }

  put<T, I extends string>(table: Table<T, I>, key: string, document: T): void {
    this.#write(table as unknown as Table<unknown, string>, key, document);
  }

  delete<T, I extends string>(table: Table<T, I>, key: string): void {
    if (table.get(key) !== undefined) this.#write(table as unknown as Table<unknown, string>, key, undefined);
  }

  event(event: EventInput): void {
    this.#refuseWhenSealed();
    this.#events.push({ at: this.now, ...event });
  }

  mark(): { undo: number; events: number } {
    return { undo: this.#undo.length, events: this.#events.length };
  }

  undoTo(mark: { undo: number; events: number }): void {
    while (this.#undo.length > mark.undo) {
      const { table, key, before, revision } = this.#undo.pop() as Undo;
      table.set(key, before, revision);
    }
    this.#events.length = mark.events;
  }

  /** Net changes: one per document, from before the commit to after it. */
  changes(): readonly Change[] {
    const first = new Map<string, Undo>();
    for (const undo of this.#undo) {
      const id = `${undo.table.kind}\0${undo.key}`;
      if (!first.has(id)) first.set(id, undo);
    }
    return [...first.values()].map(({ table, key, before }) => ({
      kind: table.kind,
      key,
      before,
      after: table.get(key),
    }));
  }

  batch(): { documents: readonly DocumentWrite[]; events: readonly HistoryEvent[] } {
    const last = new Map<string, DocumentWrite>();
    for (const { table, key, revision } of this.#undo) {
      const value = table.get(key);
      last.set(`${table.kind}\0${key}`, {
        kind: table.kind,
        key,
        value,
        revision: value === undefined ? revision + 1 : table.revision(key),
      });
    }
    return { documents: [...last.values()], events: this.#events };
  }

  /** From here on it takes no writes: one that came later, from a kept `tx`, would never be stored. */
  seal(): void {
    this.#sealed = true;
  }

  #refuseWhenSealed(): void {
    if (this.#sealed) throw new Error('This transaction is over; its `tx` must not be kept.');
  }

  #write(table: Table<unknown, string>, key: string, document: unknown): void {
    this.#refuseWhenSealed();
    const revision = table.revision(key);
    this.#undo.push({ table, key, before: table.get(key), revision });
    table.set(key, document, revision + 1);
  }
}
