import type { AccountId, Ids } from '@gantry/domain';
import { piecesOf, type Bucket, type Content, type ListQuery, type ObjectStore, type Part } from './port.ts';
import type { PutCondition, PutOutcome, StoredObject, Upload } from './port.ts';

interface Kept {
  readonly bucket: Bucket;
  readonly objects: Map<string, StoredObject>;
}

/** The object store of tests and the simulator. */
export class MemoryObjectStore implements ObjectStore {
  readonly #ids: Pick<Ids, 'hex32'>;
  readonly #buckets = new Map<string, Kept>();
  readonly #contents = new Map<string, Buffer>();
  readonly #uploads = new Map<string, { readonly upload: Upload; readonly parts: Map<number, Part> }>();

  constructor(ids: Pick<Ids, 'hex32'>) {
    this.#ids = ids;
  }

  /** How many contents there are, whoever names them. */
  get contents(): number {
    return this.#contents.size;
  }

  createBucket(bucket: Bucket): Bucket | undefined {
    const known = this.#buckets.get(bucket.name);
    if (known === undefined) this.#buckets.set(bucket.name, { bucket, objects: new Map() });
    return known?.bucket;
  }

  bucket(name: string): Bucket | undefined {
    return this.#buckets.get(name)?.bucket;
  }

  buckets(account: AccountId): readonly Bucket[] {
    const own = [...this.#buckets.values()].map(({ bucket }) => bucket).filter((each) => each.account === account);
    return own.toSorted((a, b) => byBytes(a.name, b.name));
  }

  deleteBucket(name: string): 'deleted' | 'absent' | 'not-empty' {
    const kept = this.#buckets.get(name);
    if (kept === undefined) return 'absent';
    if (kept.objects.size > 0) return 'not-empty';
    for (const { id } of this.uploads(name)) this.abortUpload(id);
    this.#buckets.delete(name);
    return 'deleted';
  }

  async write(source: AsyncIterable<Uint8Array>): Promise<Content> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of source) chunks.push(Buffer.from(chunk));
    const [id, all] = [this.#ids.hex32(), Buffer.concat(chunks)];
    this.#contents.set(id, all);
    return { id, bytes: all.length };
  }

  discard(contents: readonly Content[]): void {
    for (const { id } of contents) this.#contents.delete(id);
  }

  read(contents: readonly Content[], from: number, to: number): AsyncIterable<Uint8Array> {
    const held = piecesOf(contents, from, to).map((piece) => {
      const found = this.#contents.get(piece.id);
      if (found === undefined) throw new Error(`there is no content ${piece.id}`);
      return found.subarray(piece.from, piece.to);
    });
    return each(held);
  }

  put(bucket: string, object: StoredObject, condition?: PutCondition): PutOutcome {
    const kept = this.#buckets.get(bucket);
    if (kept === undefined) return 'no-bucket';
    const before = kept.objects.get(object.key);
    if (condition?.(before) === false) return 'condition';
    kept.objects.set(object.key, object);
    this.discard(before?.contents ?? []);
    return 'put';
  }

  object(bucket: string, key: string): StoredObject | undefined {
    return this.#buckets.get(bucket)?.objects.get(key);
  }

  remove(bucket: string, key: string): boolean {
    const objects = this.#buckets.get(bucket)?.objects;
    this.discard(objects?.get(key)?.contents ?? []);
    return objects?.delete(key) ?? false;
  }

  list(bucket: string, { prefix, after, limit }: ListQuery): readonly StoredObject[] {
    const all = [...(this.#buckets.get(bucket)?.objects.values() ?? [])];
    return all
      .filter(({ key }) => key.startsWith(prefix) && byBytes(key, after) > 0)
      .toSorted((a, b) => byBytes(a.key, b.key))
      .slice(0, limit);
  }

  startUpload(upload: Upload): void {
    this.#uploads.set(upload.id, { upload, parts: new Map() });
  }

  upload(id: string): Upload | undefined {
    return this.#uploads.get(id)?.upload;
  }

  uploads(bucket: string): readonly Upload[] {
    const all = [...this.#uploads.values()].map(({ upload }) => upload).filter((each) => each.bucket === bucket);
    return all.toSorted((a, b) => byBytes(a.key, b.key) || byBytes(a.id, b.id));
  }

  putPart(uploadId: string, part: Part): boolean {
    const parts = this.#uploads.get(uploadId)?.parts;
    if (parts === undefined) return false;
    const before = parts.get(part.number);
    parts.set(part.number, part);
    if (before !== undefined) this.discard([before.content]);
    return true;
  }

  parts(uploadId: string): readonly Part[] {
    return [...(this.#uploads.get(uploadId)?.parts.values() ?? [])].toSorted((a, b) => a.number - b.number);
  }

  completeUpload(upload: Upload, object: StoredObject, condition?: PutCondition): PutOutcome {
    const outcome = this.put(upload.bucket, object, condition);
    if (outcome !== 'put') return outcome;
    const taken = new Set(object.contents.map(({ id }) => id));
    const all = this.parts(upload.id).map(({ content }) => content);
    this.discard(all.filter(({ id }) => !taken.has(id)));
    this.#uploads.delete(upload.id);
    return 'put';
  }

  abortUpload(id: string): boolean {
    this.discard(this.parts(id).map(({ content }) => content));
    return this.#uploads.delete(id);
  }

  close(): void {
    this.#buckets.clear();
  }
}

async function* each(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
