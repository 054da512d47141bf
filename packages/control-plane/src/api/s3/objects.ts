import type { S3Conditions, S3GetObjectRequest, S3Headers, S3ObjectFacts, S3Operations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { PutCondition, PutOutcome, StoredObject } from '../../objects/port.ts';
import type { Caller } from '../../platform.ts';
import { sourceOf, summed, theBucket, theObject, type S3Ports } from './common.ts';
import { checkRead, checkWrite, rangeOf, type ByteRange } from './conditions.ts';
import { s3Error } from './errors.ts';
import { MOST_OBJECT_BYTES } from './wire/body.ts';

type ObjectOperations = Pick<
  S3Operations,
  'CopyObject' | 'DeleteObject' | 'DeleteObjects' | 'GetObject' | 'HeadObject' | 'PutObject'
>;

export function objectHandlers(ports: S3Ports): HandlersOf<ObjectOperations> {
  const { objects, clock } = ports;
  return {
    PutObject: async (input, { caller }) => {
      const { Bucket, Key, Headers, Body } = input;
      theBucket(objects, input, caller);
      // Asked before the bytes are taken as well: nobody likes to be refused after a gigabyte.
      checkWrite(objects.object(Bucket, Key), input);
      const content = await objects.write(Body);
      const { bytes, md5Hex, checksum } = Body.digest();
      const object = { key: Key, bytes, etag: md5Hex, modifiedAtMs: clock.now(), headers: Headers, checksum };
      const { check, outcome } = conditional(input);
      const put = objects.put(Bucket, { ...object, contents: [content] }, check);
      if (put !== 'put') objects.discard([content]);
      outcome(put, Bucket);
      return { ETag: md5Hex, Checksum: checksum };
    },

    GetObject: async (input, { caller }) => {
      theBucket(objects, input, caller);
      const object = theObject(objects, input.Bucket, input.Key);
      checkRead(object, input);
      const range = rangeOf(input.Range, object.bytes);
      const { from, to } = range ?? { from: 0, to: object.bytes };
      return { ...facts(object, input, range), Body: objects.read(object.contents, from, to) };
    },

    HeadObject: async (input, { caller }) => {
      theBucket(objects, input, caller);
      const object = theObject(objects, input.Bucket, input.Key);
      checkRead(object, input);
      return facts(object, input, rangeOf(input.Range, object.bytes));
    },

    CopyObject: (input, { caller }) => copy(ports, input, caller),

    DeleteObject: async (input, { caller }) => {
      theBucket(objects, input, caller);
      objects.remove(input.Bucket, input.Key);
      return undefined;
    },

    DeleteObjects: async (input, { caller }) => {
      theBucket(objects, input, caller);
      for (const key of input.Keys) objects.remove(input.Bucket, key);
      return { Deleted: input.Keys };
    },
  };
}

async function copy(
  { objects, clock }: S3Ports,
  input: S3Operations['CopyObject']['input'],
  caller: Caller,
): Promise<S3Operations['CopyObject']['output']> {
  const { Bucket, Key, CopySource } = input;
  theBucket(objects, input, caller);
  const source = sourceOf(objects, CopySource, caller);
  if (source.bytes > MOST_OBJECT_BYTES)
    throw s3Error(
      'InvalidRequest',
      'The specified copy source is larger than the maximum allowable size for a copy source: 5368709120',
    );
  if (input.Headers === undefined && CopySource.Bucket === Bucket && CopySource.Key === Key)
    throw s3Error('InvalidRequest', TO_ITSELF);
  const bytes = summed(objects.read(source.contents, 0, source.bytes), source.checksum?.algorithm);
  const content = await objects.write(bytes);
  const copy: StoredObject = {
    ...source,
    key: Key,
    etag: bytes.md5Hex(),
    checksum: bytes.checksum(),
    modifiedAtMs: clock.now(),
    headers: input.Headers ?? source.headers,
    contents: [content],
  };
  const put = objects.put(Bucket, copy);
  if (put !== 'put') objects.discard([content]);
  conditional({}).outcome(put, Bucket);
  return { ETag: copy.etag, Checksum: copy.checksum, LastModified: new Date(copy.modifiedAtMs) };
}

const TO_ITSELF =
  "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";

/** A condition for the store to ask in the moment of the put, and the error it stands for. */
export function conditional(given: S3Conditions): {
  readonly check: PutCondition;
  readonly outcome: (put: PutOutcome, bucket: string) => void;
} {
  let refusal: unknown;
  return {
    check: (now) => {
      try {
        checkWrite(now, given);
        return true;
      } catch (error) {
        refusal = error;
        return false;
      }
    },
    outcome: (put, bucket) => {
      if (put === 'no-bucket') throw s3Error('NoSuchBucket', undefined, { BucketName: bucket });
      if (put === 'condition') throw refusal;
    },
  };
}

function facts(
  { etag, bytes, modifiedAtMs, headers, checksum }: StoredObject,
  { ChecksumMode, ResponseHeaders }: Pick<S3GetObjectRequest, 'ChecksumMode' | 'ResponseHeaders'>,
  range: ByteRange | undefined,
): S3ObjectFacts {
  const Headers: S3Headers = { ...headers, ...ResponseHeaders };
  return {
    ETag: etag,
    LastModified: new Date(modifiedAtMs),
    Headers,
    ContentLength: range === undefined ? bytes : range.to - range.from,
    ContentRange: range === undefined ? undefined : `bytes ${range.from}-${range.to - 1}/${bytes}`,
    // It is of the whole.
    Checksum: ChecksumMode === true && range === undefined ? checksum : undefined,
  };
}
