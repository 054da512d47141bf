import type { AccountId, Region } from '@gantry/domain';

export interface Bucket {
  readonly name: string;
  readonly account: AccountId;
  readonly region: Region;
  readonly createdAtMs: number;
}

/** Bytes that are on the disk. Somebody's once a part or an object names them. */
export interface Content {
  readonly id: string;
  readonly bytes: number;
}

export const CHECKSUM_ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** Base64; a composite one has `-<parts>` behind it. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
}

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** Without quotes. */
  readonly etag: string;
  readonly modifiedAtMs: number;
  /** What the owner said of it, given back with it: lowercase names, `content-type`, `x-amz-meta-…`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum?: Checksum | undefined;
  /** In order; one for each part it was uploaded in. */
  readonly contents: readonly Content[];
}

export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly startedAtMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly checksumAlgorithm?: ChecksumAlgorithm | undefined;
}

export interface Part {
  readonly number: number;
  readonly etag: string;
  readonly modifiedAtMs: number;
  readonly checksum?: Checksum | undefined;
  readonly content: Content;
}

/** Asked in the moment an object is put; `undefined`: whatever is there. The object that is there now, if any. */
export type PutCondition = (now: StoredObject | undefined) => boolean;

export type PutOutcome = 'put' | 'no-bucket' | 'condition';

/**
 * Buckets and objects. Adapters: `disk.ts` and `memory.ts`; one contract suite runs on both. What changes the index is
 * durable when it returns; bytes are when `write` resolves. Keys are in the order of their UTF-8 bytes.
 */
export interface ObjectStore {
  /** @returns the bucket that has the name already; `undefined`: it was made */
  createBucket(bucket: Bucket): Bucket | undefined;
  bucket(name: string): Bucket | undefined;
  /** By name. */
  buckets(account: AccountId): readonly Bucket[];
  /** Uploads that were never completed go with it. */
  deleteBucket(name: string): 'deleted' | 'absent' | 'not-empty';

  /** Takes in bytes as they come. Rejects with the source's error, and nothing of them is left. */
  write(source: AsyncIterable<Uint8Array>): Promise<Content>;
  /** For bytes that became nobody's. */
  discard(contents: readonly Content[]): void;
  /**
   * Bytes `from` to `to` (not included) of the contents together. Held from this call on until the iteration ends or
   * is returned from: they can be read to the end although the object is replaced meanwhile.
   */
  read(contents: readonly Content[], from: number, to: number): AsyncIterable<Uint8Array>;

  /** The contents become the object's; those of the one it replaces are gone. When it was not put they are still nobody's. */
  put(bucket: string, object: StoredObject, condition?: PutCondition): PutOutcome;
  object(bucket: string, key: string): StoredObject | undefined;
  /** @returns whether there was one */
  remove(bucket: string, key: string): boolean;
  /** Keys that begin with `prefix` and come after `after` (`''`: from the start). */
  list(bucket: string, query: ListQuery): readonly StoredObject[];

  startUpload(upload: Upload): void;
  upload(id: string): Upload | undefined;
  /** Of a bucket, by key and then by id. */
  uploads(bucket: string): readonly Upload[];
  /** Replaces the part of that number. @returns whether there is such an upload */
  putPart(uploadId: string, part: Part): boolean;
  /** By number. */
  parts(uploadId: string): readonly Part[];
  /** The object gets the contents of the parts it names; other parts, and the upload, are gone. */
  completeUpload(upload: Upload, object: StoredObject, condition?: PutCondition): PutOutcome;
  /** @returns whether there was one */
  abortUpload(id: string): boolean;

  close(): void;
}

export interface ListQuery {
  readonly prefix: string;
  readonly after: string;
  readonly limit: number;
}

/** A stretch of one content. `to` is not included. */
export interface Piece {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

/** Which stretches of which contents bytes `from` to `to` (not included) are. Pure. */
export function piecesOf(contents: readonly Content[], from: number, to: number): readonly Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  for (const { id, bytes } of contents) {
    const [first, last] = [Math.max(from - start, 0), Math.min(to - start, bytes)];
    if (first < last) pieces.push({ id, from: first, to: last });
    start += bytes;
  }
  return pieces;
}
