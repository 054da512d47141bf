import { createHash } from 'node:crypto';
import type { S3Checksum, S3Operations, S3UploadRequest } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import type { Part, StoredObject, Upload } from '../../objects/port.ts';
import type { Caller } from '../../platform.ts';
import { sourceOf, summed, theBucket, type S3Ports } from './common.ts';
import { rangeOf } from './conditions.ts';
import { s3Error } from './errors.ts';
import { conditional } from './objects.ts';
import { summing } from './wire/checksums.ts';

type UploadOperations = Pick<
  S3Operations,
  | 'AbortMultipartUpload'
  | 'CompleteMultipartUpload'
  | 'CreateMultipartUpload'
  | 'ListMultipartUploads'
  | 'ListParts'
  | 'UploadPart'
  | 'UploadPartCopy'
>;

const LEAST_PART_BYTES = 5 * 1024 * 1024;

/** Multipart uploads: parts are objects' bytes already, so completing one moves nothing. */
export function uploadHandlers(ports: S3Ports): HandlersOf<UploadOperations> {
  const { objects, clock, ids } = ports;
  const theUpload = (input: S3UploadRequest, caller: Caller): Upload => {
    theBucket(objects, input, caller);
    const upload = objects.upload(input.UploadId);
    if (upload === undefined || upload.bucket !== input.Bucket || upload.key !== input.Key)
      throw s3Error('NoSuchUpload', undefined, { UploadId: input.UploadId.slice(0, 256) });
    return upload;
  };
  const keepPart = (input: S3UploadRequest & { readonly PartNumber: number }, part: Omit<Part, 'number'>): void => {
    if (objects.putPart(input.UploadId, { number: input.PartNumber, ...part })) return;
    objects.discard([part.content]);
    throw s3Error('NoSuchUpload', undefined, { UploadId: input.UploadId.slice(0, 256) });
  };
  return {
    CreateMultipartUpload: async (input, { caller }) => {
      theBucket(objects, input, caller);
      const { Bucket: bucket, Key: key, Headers: headers, ChecksumAlgorithm } = input;
      const id = ids.hex32();
      objects.startUpload({ id, bucket, key, startedAtMs: clock.now(), headers, checksumAlgorithm: ChecksumAlgorithm });
      return { UploadId: id, ChecksumAlgorithm };
    },

    UploadPart: async (input, { caller }) => {
      theUpload(input, caller);
      const content = await objects.write(input.Body);
      const { md5Hex: etag, checksum } = input.Body.digest();
      keepPart(input, { etag, checksum, content, modifiedAtMs: clock.now() });
      return { ETag: etag, Checksum: checksum };
    },

    UploadPartCopy: async (input, { caller }) => {
      const part = await copiedPart(ports, input, caller, theUpload(input, caller));
      keepPart(input, part);
      return { ETag: part.etag, Checksum: part.checksum, LastModified: new Date(part.modifiedAtMs) };
    },

    CompleteMultipartUpload: (input, { caller }) => complete(ports, input, () => theUpload(input, caller)),

    AbortMultipartUpload: async (input, { caller }) => {
      objects.abortUpload(theUpload(input, caller).id);
      return undefined;
    },

    ListParts: async (input, { caller }) => partsPage(input, objects.parts(theUpload(input, caller).id)),

    ListMultipartUploads: async (input, { caller }) => {
      theBucket(objects, input, caller);
      const own = objects.uploads(input.Bucket).filter(({ key }) => key.startsWith(input.Prefix));
      return {
        Uploads: own.map(({ id, key, startedAtMs }) => ({ Key: key, UploadId: id, Initiated: new Date(startedAtMs) })),
      };
    },
  };
}

/** Those after the marker. Pure. */
function partsPage(
  { PartNumberMarker, MaxParts }: S3Operations['ListParts']['input'],
  uploaded: readonly Part[],
): S3Operations['ListParts']['output'] {
  const all = uploaded.filter(({ number }) => number > PartNumberMarker);
  const page = all.slice(0, MaxParts);
  const IsTruncated = page.length < all.length;
  const Parts = page.map(({ number, etag, content, modifiedAtMs }) => ({
    PartNumber: number,
    ETag: etag,
    Size: content.bytes,
    LastModified: new Date(modifiedAtMs),
  }));
  return { Parts, IsTruncated, Next: IsTruncated ? page.at(-1)?.number : undefined };
}

async function copiedPart(
  { objects, clock }: S3Ports,
  { CopySource, CopySourceRange }: S3Operations['UploadPartCopy']['input'],
  caller: Caller,
  { checksumAlgorithm }: Upload,
): Promise<Omit<Part, 'number'>> {
  const source = sourceOf(objects, CopySource, caller);
  const { from, to } = rangeOf(CopySourceRange, source.bytes) ?? { from: 0, to: source.bytes };
  const bytes = summed(objects.read(source.contents, from, to), checksumAlgorithm);
  const content = await objects.write(bytes);
  return { etag: bytes.md5Hex(), checksum: bytes.checksum(), content, modifiedAtMs: clock.now() };
}

async function complete(
  { objects, clock }: S3Ports,
  input: S3Operations['CompleteMultipartUpload']['input'],
  theUpload: () => Upload,
): Promise<S3Operations['CompleteMultipartUpload']['output']> {
  const upload = theUpload();
  const parts = namedParts(input.Parts, objects.parts(upload.id));
  const contents = parts.map(({ content }) => content);
  const bytes = contents.reduce((sum, content) => sum + content.bytes, 0);
  const composite = compositeOf(upload, parts);
  const checksum = input.Checksum ?? composite;
  if (input.Checksum?.value.includes('-') === true) {
    if (input.Checksum.value !== composite?.value) throw s3Error('BadDigest');
  } else if (input.Checksum !== undefined) await holdAgainst(input.Checksum, objects.read(contents, 0, bytes));
  const etag = etagOf(parts);
  const { key, headers } = theUpload();
  // They may have been uploaded anew while they were summed: the same bytes, kept elsewhere.
  const now = namedParts(input.Parts, objects.parts(upload.id)).map(({ content }) => content);
  const object: StoredObject = { key, bytes, etag, headers, checksum, contents: now, modifiedAtMs: clock.now() };
  const { check, outcome } = conditional(input);
  outcome(objects.completeUpload(upload, object, check), input.Bucket);
  return { ETag: etag, Checksum: checksum };
}

/** The parts an object is to be of, as they were uploaded. Pure. @throws InvalidPart, InvalidPartOrder, EntityTooSmall */
export function namedParts(
  named: S3Operations['CompleteMultipartUpload']['input']['Parts'],
  uploaded: readonly Part[],
): readonly Part[] {
  const byNumber = new Map(uploaded.map((part) => [part.number, part]));
  if (named.some(({ PartNumber }, at) => PartNumber <= (named[at - 1]?.PartNumber ?? 0)))
    throw s3Error('InvalidPartOrder');
  const parts = named.map(({ PartNumber, ETag, Checksum }) => {
    const part = byNumber.get(PartNumber);
    const isOther = Checksum !== undefined && part?.checksum !== undefined && part.checksum.value !== Checksum.value;
    if (part === undefined || part.etag !== ETag || isOther)
      throw s3Error('InvalidPart', undefined, { PartNumber, ETag });
    return part;
  });
  const small = parts.slice(0, -1).find(({ content }) => content.bytes < LEAST_PART_BYTES);
  if (small === undefined) return parts;
  const sizes = { ProposedSize: small.content.bytes, MinSizeAllowed: LEAST_PART_BYTES };
  throw s3Error('EntityTooSmall', undefined, { ...sizes, PartNumber: small.number, ETag: small.etag });
}

/** S3's: the MD5 of the parts' MD5s, and how many they are. */
function etagOf(parts: readonly Part[]): string {
  const md5 = createHash('md5');
  for (const { etag } of parts) md5.update(Buffer.from(etag, 'hex'));
  return `${md5.digest('hex')}-${parts.length}`;
}

/** The checksum of the parts' checksums, where each has one of the upload's kind. */
function compositeOf({ checksumAlgorithm: algorithm }: Upload, parts: readonly Part[]): S3Checksum | undefined {
  // Of these S3 keeps those of whole objects alone.
  if (algorithm === undefined || algorithm === 'CRC64NVME') return undefined;
  const sum = summing(algorithm);
  for (const { checksum } of parts) {
    if (checksum?.algorithm !== algorithm) return undefined;
    sum.update(Buffer.from(checksum.value, 'base64'));
  }
  return { algorithm, value: `${sum.digest().toString('base64')}-${parts.length}` };
}

async function holdAgainst({ algorithm, value }: S3Checksum, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const sum = summing(algorithm);
  for await (const chunk of bytes) sum.update(chunk);
  if (sum.digest().toString('base64') !== value)
    throw s3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
}
