import type { S3Checksum, S3ListOutput, S3ObjectFacts, S3Operations } from '@gantry/protocol';
import { headerOf } from './checksums.ts';
import { xmlDocument, type XmlMembers } from './xml.ts';

export interface S3Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A text, or bytes as they come, whose length is in the headers. */
  readonly body?: string | AsyncIterable<Uint8Array> | undefined;
}

type Name = keyof S3Operations;
type Output<N extends Name> = S3Operations[N]['output'];
type Input<N extends Name> = S3Operations[N]['input'];
type Writers = { readonly [N in Name]: (output: Output<N>, input: Input<N>) => S3Answer };

/** The answer to an operation that succeeded. */
export function answerOf<N extends Name>(operation: N, output: Output<N>, input: Input<N>): S3Answer {
  return WRITERS[operation](output, input);
}

const NOTHING: S3Answer = { status: 204, headers: {} };
const xml = (name: string, members: XmlMembers, headers: Readonly<Record<string, string>> = {}): S3Answer => ({
  status: 200,
  headers: { 'content-type': 'application/xml', ...headers },
  body: xmlDocument(name, members),
});
const quoted = (etag: string): string => `"${etag}"`;

const WRITERS: Writers = {
  AbortMultipartUpload: () => NOTHING,
  CompleteMultipartUpload: ({ ETag, Checksum }, { Bucket, Key }) =>
    xml('CompleteMultipartUploadResult', {
      Location: `/${Bucket}/${encodeURIComponent(Key)}`,
      Bucket,
      Key,
      ETag: quoted(ETag),
      ...checksumMember(Checksum),
    }),
  CopyObject: (output) => xml('CopyObjectResult', copied(output)),
  CreateBucket: (_output, { Bucket }) => ({ status: 200, headers: { location: `/${Bucket}`, 'content-length': '0' } }),
  CreateMultipartUpload: ({ UploadId, ChecksumAlgorithm }, { Bucket, Key }) =>
    xml(
      'InitiateMultipartUploadResult',
      { Bucket, Key, UploadId },
      ChecksumAlgorithm === undefined ? {} : { 'x-amz-checksum-algorithm': ChecksumAlgorithm },
    ),
  DeleteBucket: () => NOTHING,
  DeleteObject: () => NOTHING,
  DeleteObjects: ({ Deleted }, { Quiet }) =>
    xml('DeleteResult', { Deleted: Quiet ? [] : Deleted.map((Key) => ({ Key })) }),
  // The oldest region has no name here.
  GetBucketLocation: ({ Region }) => ({
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${Region === 'us-east-1' ? '' : Region}</LocationConstraint>`,
  }),
  GetObject: (output) => ({ ...objectAnswer(output), body: output.Body }),
  HeadBucket: ({ Region }) => ({
    status: 200,
    headers: { 'x-amz-bucket-region': Region, 'content-type': 'application/xml' },
  }),
  HeadObject: (output) => objectAnswer(output),
  ListBuckets: ({ Buckets }, { Prefix }) =>
    xml('ListAllMyBucketsResult', { Buckets: { Bucket: Buckets.map((bucket) => ({ ...bucket })) }, Prefix }),
  ListMultipartUploads: ({ Uploads }, { Bucket, Prefix }) =>
    xml('ListMultipartUploadsResult', {
      Bucket,
      Prefix,
      MaxUploads: 1000,
      IsTruncated: false,
      Upload: Uploads.map((upload) => ({ ...upload, StorageClass: 'STANDARD' })),
    }),
  ListObjects: (output, { Marker, ...input }) => {
    const next =
      output.Next === undefined || input.Delimiter === undefined ? {} : { NextMarker: name(output.Next, input) };
    return xml('ListBucketResult', { ...listed(output, input), Marker: name(Marker ?? '', input), ...next });
  },
  ListObjectsV2: (output, input) =>
    xml('ListBucketResult', {
      ...listed(output, input),
      KeyCount: output.Contents.length + output.CommonPrefixes.length,
      ContinuationToken: input.ContinuationToken,
      NextContinuationToken: output.Next,
      StartAfter: input.StartAfter === undefined ? undefined : name(input.StartAfter, input),
    }),
  ListParts: (output, { Bucket, Key, UploadId, MaxParts, PartNumberMarker }) =>
    xml('ListPartsResult', {
      Bucket,
      Key,
      UploadId,
      PartNumberMarker,
      NextPartNumberMarker: output.Next,
      MaxParts,
      IsTruncated: output.IsTruncated,
      StorageClass: 'STANDARD',
      Part: output.Parts.map((part) => ({ ...part, ETag: quoted(part.ETag) })),
    }),
  PutObject: (output) => stored(output),
  UploadPart: (output) => stored(output),
  UploadPartCopy: (output) => xml('CopyPartResult', copied(output)),
};

function stored({ ETag, Checksum }: Output<'PutObject'>): S3Answer {
  return { status: 200, headers: { etag: quoted(ETag), 'content-length': '0', ...checksumHeader(Checksum) } };
}

function copied({ ETag, LastModified, Checksum }: Output<'CopyObject'>): XmlMembers {
  return { LastModified, ETag: quoted(ETag), ...checksumMember(Checksum) };
}

function objectAnswer({ ETag, LastModified, Headers, ContentLength, ContentRange, Checksum }: S3ObjectFacts): S3Answer {
  return {
    status: ContentRange === undefined ? 200 : 206,
    headers: {
      ...Headers,
      etag: quoted(ETag),
      'last-modified': LastModified.toUTCString(),
      'accept-ranges': 'bytes',
      'content-length': String(ContentLength),
      ...(ContentRange === undefined ? {} : { 'content-range': ContentRange }),
      ...checksumHeader(Checksum),
    },
  };
}

function listed(output: S3ListOutput, input: Omit<Input<'ListObjects'>, 'Marker'>): XmlMembers {
  return {
    Name: input.Bucket,
    Prefix: name(input.Prefix, input),
    Delimiter: input.Delimiter === undefined ? undefined : name(input.Delimiter, input),
    MaxKeys: input.MaxKeys,
    EncodingType: input.EncodingType,
    IsTruncated: output.IsTruncated,
    Contents: output.Contents.map(({ Key, LastModified, ETag, Size }) => ({
      Key: name(Key, input),
      LastModified,
      ETag: quoted(ETag),
      Size,
      StorageClass: 'STANDARD',
    })),
    CommonPrefixes: output.CommonPrefixes.map((Prefix) => ({ Prefix: name(Prefix, input) })),
  };
}

/** XML cannot hold every key: a client asks to have them encoded. */
function name(text: string, { EncodingType }: Pick<Input<'ListObjects'>, 'EncodingType'>): string {
  return EncodingType === 'url' ? encodeURIComponent(text).replaceAll('%2F', '/') : text;
}

function typeOf(value: string): string {
  return value.includes('-') ? 'COMPOSITE' : 'FULL_OBJECT';
}

function checksumHeader(checksum: S3Checksum | undefined): Readonly<Record<string, string>> {
  if (checksum === undefined) return {};
  const { algorithm, value } = checksum;
  return { [headerOf(algorithm)]: value, 'x-amz-checksum-type': typeOf(value) };
}

function checksumMember(checksum: S3Checksum | undefined): XmlMembers {
  if (checksum === undefined) return {};
  return { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: typeOf(checksum.value) };
}
