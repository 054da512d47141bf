import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { epochMs, type Because, type EpochMs } from '@gantry/domain';
import { MIGRATIONS } from './migrations.ts';
import type { HistoryEvent, Journal, JournalBatch, StoredDocument } from './port.ts';

export interface SqliteOptions {
  /** Gives others a turn between parts of long work: a turn of the event loop in production. */
  readonly pause?: () => Promise<void>;
}

/** Rows deleted in one go, so that forgetting a month of history never blocks the event loop for long. */
const FORGET_ROWS = 2_000;

/**
 * The journal in one SQLite file: WAL, `synchronous=FULL` (a commit is on disk when it returns), locked for this
 * process alone. Synchronous: `append` has finished when it returns.
 */
export class SqliteJournal implements Journal {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #pause: () => Promise<void>;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #event: StatementSync;
  readonly #history: StatementSync;
  readonly #forget: StatementSync;

  private constructor(db: DatabaseSync, path: string, options: SqliteOptions) {
    this.#db = db;
    this.#path = path;
    this.#pause = options.pause ?? (() => Promise.resolve());
    this.#put = db.prepare(
      `insert into documents (kind, key, revision, json) values (?, ?, ?, ?)
       on conflict (kind, key) do update set revision = excluded.revision, json = excluded.json`,
    );
    this.#delete = db.prepare('delete from documents where kind = ? and key = ?');
    this.#event = db.prepare('insert into events (at, subject, type, because, text, by) values (?, ?, ?, ?, ?, ?)');
    this.#history = db.prepare(
      'select at, subject, type, because, text, by from events where subject = ? order by id desc limit ?',
    );
    this.#forget = db.prepare(
      'delete from events where id in (select id from (select id, at from events order by id limit ?) where at < ?)',
    );
  }

  /**
   * Opens or creates the file and its folder, takes the lock and brings the schema up to date.
   * Throws when another process holds it, when a newer version of Gantry wrote it, or when it is damaged.
   */
  static open(path: string, options: SqliteOptions = {}): SqliteJournal {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const db = new DatabaseSync(path);
    try {
      lock(db, path);
      migrate(db, path);
      return new SqliteJournal(db, path, options);
    } catch (error) {
      db.close();
      throw explained(error, path);
    }
  }

  load(): Promise<readonly StoredDocument[]> {
    const documents: StoredDocument[] = [];
    try {
      const rows = this.#db.prepare('select kind, key, revision, json from documents order by kind, key').iterate();
      for (const row of rows) {
        const { kind, key, revision, json } = row as { kind: string; key: string; revision: number; json: string };
        documents.push({ kind, key, revision, value: JSON.parse(json) as unknown });
      }
    } catch (error) {
      return Promise.reject(explained(error, this.#path));
    }
    return Promise.resolve(documents);
  }

  append(batch: JournalBatch): void {
    const db = this.#db;
    db.exec('begin immediate');
    try {
      for (const { kind, key, revision, value } of batch.documents) {
        if (value === undefined) this.#delete.run(kind, key);
        else this.#put.run(kind, key, revision, JSON.stringify(value));
      }
      for (const { at, subject, type, because, text, by } of batch.events)
        this.#event.run(at, subject, type, because, text, by ?? null);
      db.exec('commit');
    } catch (error) {
      // SQLite has already rolled back by itself after some errors (disk full, I/O).
      if (db.isTransaction) db.exec('rollback');
      throw error;
    }
  }

  history(subject: string, limit: number): Promise<readonly HistoryEvent[]> {
    const rows = this.#history.all(subject, limit) as unknown as EventRow[];
    return Promise.resolve(rows.map(({ at, by, ...rest }) => ({ at: epochMs(at), ...rest, by: by ?? undefined })));
  }

  /** The file may not grow past so many pages of 4 KiB: an append that would is refused whole, as on a full disk. */
  limitPages(pages: number): void {
    this.#db.exec(`pragma max_page_count = ${Math.trunc(pages)}`);
  }

  async forgetHistoryBefore(at: EpochMs): Promise<number> {
    for (let gone = 0; ;) {
      const { changes } = this.#forget.run(FORGET_ROWS, at);
      gone += Number(changes);
      if (changes < FORGET_ROWS) return gone;
      await this.#pause();
    }
  }

  close(): Promise<void> {
    if (this.#db.isOpen) this.#db.close();
    return Promise.resolve();
  }
}

interface EventRow {
  readonly at: number;
  readonly subject: string;
  readonly type: string;
  readonly because: Because;
  readonly text: string;
  readonly by: string | null;
}

/** SQLITE_CORRUPT and SQLITE_NOTADB, also extended ones: the low byte of the code. */
const DAMAGED: ReadonlySet<number> = new Set([11, 26]);

/** What cannot be read is never begun anew by itself: the tasks that run are known to this file alone. */
function explained(error: unknown, path: string): unknown {
  const { errcode } = error as { readonly errcode?: number };
  const isDamaged = error instanceof SyntaxError || (errcode !== undefined && DAMAGED.has(errcode & 0xff));
  if (!isDamaged) return error;
  const text = `${path} is damaged (${(error as Error).message}), and the state is in it.`;
  const wayOut = 'Restore a copy of it, or move it and its -wal file away to begin with nothing.';
  return new Error(`${text} ${wayOut}`, { cause: error });
}

/** With `locking_mode=exclusive` the lock taken here is held until the file is closed or the process ends, however. */
function lock(db: DatabaseSync, path: string): void {
  try {
    // Pages that change often are copied into the database once in 16 MiB of log, not once in 4.
    db.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full');
    db.exec('pragma wal_autocheckpoint = 4000');
    db.exec('begin immediate; commit');
  } catch (error) {
    if (!/locked|busy/i.test(String(error))) throw error;
    const text = `${path} is in use by another control plane. Stop that one, or start this one with another --data-dir.`;
    throw new Error(text, { cause: error });
  }
}

function migrate(db: DatabaseSync, path: string): void {
  const { user_version: applied } = db.prepare('pragma user_version').get() as { user_version: number };
  if (applied > MIGRATIONS.length) {
    const text = `${path} was written by a newer version of Gantry (schema ${applied}, this version knows ${MIGRATIONS.length}).`;
    throw new Error(`${text} Start that version, or restore a copy made before the upgrade.`);
  }
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < applied) continue;
    db.exec(`begin immediate; ${sql}; pragma user_version = ${index + 1}; commit`);
  }
}
