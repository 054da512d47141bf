import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { AccountId, Ids } from '@gantry/domain';
import { ContentFiles } from './contents.ts';
import type { Bucket, Content, ListQuery, ObjectStore, Part } from './port.ts';
import type { PutCondition, PutOutcome, StoredObject, Upload } from './port.ts';
import { MIGRATIONS, SQL } from './sql.ts';

export interface DiskOptions {
  readonly folder: string;
  readonly ids: Pick<Ids, 'hex32'>;
  readonly onError?: (message: string, error: unknown) => void;
}

type Statements = { readonly [Name in keyof typeof SQL]: StatementSync };

/**
 * Objects on the disk: an index in SQLite (WAL, `synchronous=FULL`), bytes in files beside it. Bytes are whole before the
 * index names them, and are removed after it has forgotten them; what a crash leaves in between is swept at the start.
 */
export class DiskObjectStore implements ObjectStore {
  readonly #db: DatabaseSync;
  readonly #sql: Statements;
  readonly #files: ContentFiles;

  constructor({ folder, ids, onError = () => undefined }: DiskOptions) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, 'index.db');
    this.#db = new DatabaseSync(path);
    this.#db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
    migrate(this.#db, path);
    const prepared = Object.entries(SQL).map(([name, text]) => [name, this.#db.prepare(text)] as const);
    this.#sql = Object.fromEntries(prepared) as Statements;
    this.#files = new ContentFiles(folder, ids, onError);
    const named = this.#named();
    this.#files.sweep((id) => named.has(id));
  }

  createBucket(bucket: Bucket): Bucket | undefined {
    return this.#together(() => {
      const known = this.bucket(bucket.name);
      if (known === undefined) this.#sql.addBucket.run(bucket.name, bucket.account, bucket.region, bucket.createdAtMs);
      return known;
    });
  }

  bucket(name: string): Bucket | undefined {
    const row = this.#sql.bucket.get(name) as unknown as Bucket | undefined;
    return row === undefined ? undefined : { ...row };
  }

  buckets(account: AccountId): readonly Bucket[] {
    return (this.#sql.buckets.all(account) as unknown as readonly Bucket[]).map((row) => ({ ...row }));
  }

  deleteBucket(name: string): 'deleted' | 'absent' | 'not-empty' {
    const loose: Content[] = [];
    const outcome = this.#together(() => {
      if (this.bucket(name) === undefined) return 'absent';
      if (this.list(name, { prefix: '', after: '', limit: 1 }).length > 0) return 'not-empty';
      for (const { id } of this.uploads(name)) loose.push(...this.parts(id).map(({ content }) => content));
      this.#sql.dropBucket.run(name);
      return 'deleted';
    });
    this.#files.discard(loose);
    return outcome;
  }

  write(source: AsyncIterable<Uint8Array>): Promise<Content> {
    return this.#files.write(source);
  }

  discard(contents: readonly Content[]): void {
    this.#files.discard(contents);
  }

  read(contents: readonly Content[], from: number, to: number): AsyncIterable<Uint8Array> {
    return this.#files.read(contents, from, to);
  }

  put(bucket: string, object: StoredObject, condition?: PutCondition): PutOutcome {
    let loose: readonly Content[] = [];
    const outcome = this.#together(() => {
      if (this.bucket(bucket) === undefined) return 'no-bucket';
      const before = this.object(bucket, object.key);
      if (condition?.(before) === false) return 'condition';
      this.#sql.putObject.run(bucket, object.key, JSON.stringify(object));
      loose = before?.contents ?? [];
      return 'put';
    });
    this.#files.discard(loose);
    return outcome;
  }

  object(bucket: string, key: string): StoredObject | undefined {
    const row = this.#sql.object.get(bucket, key) as { json: string } | undefined;
    return row === undefined ? undefined : (JSON.parse(row.json) as StoredObject);
  }

  remove(bucket: string, key: string): boolean {
    const before = this.object(bucket, key);
    if (before === undefined) return false;
    this.#sql.dropObject.run(bucket, key);
    this.#files.discard(before.contents);
    return true;
  }

  list(bucket: string, { prefix, after, limit }: ListQuery): readonly StoredObject[] {
    // Keys with the prefix stand together, and the prefix itself is the first of them.
    const rows = this.#sql.list.all(bucket, after, prefix, limit) as unknown as { key: string; json: string }[];
    const end = rows.findIndex(({ key }) => !key.startsWith(prefix));
    return rows.slice(0, end < 0 ? rows.length : end).map(({ json }) => JSON.parse(json) as StoredObject);
  }

  startUpload(upload: Upload): void {
    this.#sql.addUpload.run(upload.id, upload.bucket, upload.key, JSON.stringify(upload));
  }

  upload(id: string): Upload | undefined {
    const row = this.#sql.upload.get(id) as { json: string } | undefined;
    return row === undefined ? undefined : (JSON.parse(row.json) as Upload);
  }

  uploads(bucket: string): readonly Upload[] {
    const rows = this.#sql.uploads.all(bucket) as unknown as { json: string }[];
    return rows.map(({ json }) => JSON.parse(json) as Upload);
  }

  putPart(uploadId: string, part: Part): boolean {
    let loose: readonly Content[] = [];
    const found = this.#together(() => {
      if (this.upload(uploadId) === undefined) return false;
      const before = this.#sql.part.get(uploadId, part.number) as { json: string } | undefined;
      if (before !== undefined) loose = [(JSON.parse(before.json) as Part).content];
      this.#sql.putPart.run(uploadId, part.number, JSON.stringify(part));
      return true;
    });
    this.#files.discard(loose);
    return found;
  }

  parts(uploadId: string): readonly Part[] {
    const rows = this.#sql.parts.all(uploadId) as unknown as { json: string }[];
    return rows.map(({ json }) => JSON.parse(json) as Part);
  }

  completeUpload(upload: Upload, object: StoredObject, condition?: PutCondition): PutOutcome {
    const loose: Content[] = [];
    const outcome = this.#together(() => {
      const { bucket } = upload;
      if (this.bucket(bucket) === undefined) return 'no-bucket';
      const before = this.object(bucket, object.key);
      if (condition?.(before) === false) return 'condition';
      const taken = new Set(object.contents.map(({ id }) => id));
      const spare = this.parts(upload.id).filter(({ content }) => !taken.has(content.id));
      loose.push(...(before?.contents ?? []), ...spare.map(({ content }) => content));
      this.#sql.putObject.run(bucket, object.key, JSON.stringify(object));
      this.#sql.dropUpload.run(upload.id);
      return 'put';
    });
    this.#files.discard(loose);
    return outcome;
  }

  abortUpload(id: string): boolean {
    const contents = this.parts(id).map(({ content }) => content);
    const { changes } = this.#sql.dropUpload.run(id);
    this.#files.discard(contents);
    return Number(changes) > 0;
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #together<T>(run: () => T): T {
    this.#db.exec('begin immediate');
    try {
      const value = run();
      this.#db.exec('commit');
      return value;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('rollback');
      throw error;
    }
  }

  #named(): ReadonlySet<string> {
    const ids = new Set<string>();
    for (const row of this.#sql.everyObject.iterate())
      for (const { id } of (JSON.parse((row as { json: string }).json) as StoredObject).contents) ids.add(id);
    for (const row of this.#sql.everyPart.iterate())
      ids.add((JSON.parse((row as { json: string }).json) as Part).content.id);
    return ids;
  }
}

function migrate(db: DatabaseSync, path: string): void {
  const { user_version: applied } = db.prepare('pragma user_version').get() as { user_version: number };
  if (applied > MIGRATIONS.length)
    throw new Error(`${path} was written by a newer version of Gantry (schema ${applied}). Start that version.`);
  for (const [index, sql] of MIGRATIONS.entries())
    if (index >= applied) db.exec(`begin immediate; ${sql}; pragma user_version = ${index + 1}; commit`);
}
