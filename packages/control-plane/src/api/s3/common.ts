import { createHash } from 'node:crypto';
import type { S3BucketRequest, S3Checksum, S3CopySource } from '@gantry/protocol';
import type { Bucket, ObjectStore, StoredObject } from '../../objects/port.ts';
import type { Caller, Platform } from '../../platform.ts';
import { checkRead } from './conditions.ts';
import { s3Error } from './errors.ts';
import { summing } from './wire/checksums.ts';

/** What the handlers are built on. */
export interface S3Ports {
  readonly objects: ObjectStore;
  readonly clock: Platform['clock'];
  readonly ids: Platform['ids'];
}

/** A bucket of the caller's account: there are no bucket policies, so nobody else may. @throws NoSuchBucket, AccessDenied */
export function theBucket(
  objects: ObjectStore,
  { Bucket: name, ExpectedBucketOwner: owner }: S3BucketRequest,
  { account }: Pick<Caller, 'account'>,
): Bucket {
  const bucket = objects.bucket(name);
  if (bucket === undefined) throw s3Error('NoSuchBucket', undefined, { BucketName: name });
  if (bucket.account !== account || (owner !== undefined && owner !== account)) throw s3Error('AccessDenied');
  return bucket;
}

/** @throws NoSuchKey */
export function theObject(objects: ObjectStore, bucket: string, key: string): StoredObject {
  const object = objects.object(bucket, key);
  if (object === undefined) throw s3Error('NoSuchKey', undefined, { Key: key });
  return object;
}

/** The object a copy is made of, as its conditions want it. */
export function sourceOf(objects: ObjectStore, { Conditions, ...source }: S3CopySource, caller: Caller): StoredObject {
  theBucket(objects, source, caller);
  const object = theObject(objects, source.Bucket, source.Key);
  checkRead(object, Conditions, true);
  return object;
}

export interface Summed extends AsyncIterable<Uint8Array> {
  /** Of what has been iterated. */
  readonly md5Hex: () => string;
  readonly checksum: () => S3Checksum | undefined;
}

/** Bytes on their way, and what they add up to. */
export function summed(source: AsyncIterable<Uint8Array>, algorithm?: S3Checksum['algorithm']): Summed {
  const md5 = createHash('md5');
  const sum = algorithm === undefined ? undefined : summing(algorithm);
  async function* read(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      md5.update(chunk);
      sum?.update(chunk);
      yield chunk;
    }
  }
  return {
    [Symbol.asyncIterator]: () => read(),
    md5Hex: () => md5.digest('hex'),
    checksum: () =>
      algorithm === undefined || sum === undefined ? undefined : { algorithm, value: sum.digest().toString('base64') },
  };
}
