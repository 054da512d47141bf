import {
  header,
  type S3Body,
  type S3BucketRequest,
  type S3CopySource,
  type S3Operations,
  type WireRequest,
} from '@gantry/protocol';
import { notImplemented, s3Error } from '../errors.ts';
import { checkKey, type Address } from '../names.ts';
import { textOf } from './body.ts';
import { algorithmNamed, checksumIn } from './checksums.ts';
import { conditionsOf, refuseHeaders, storedHeaders } from './headers.ts';
import { childText, readXml, type XmlElement } from './xml.ts';

/** A request whose operation is known. */
export interface S3Request {
  readonly wire: Omit<WireRequest, 'body'>;
  readonly query: ReadonlyMap<string, string>;
  readonly address: Address;
  readonly body: S3Body;
}

type Inputs = { readonly [Name in keyof S3Operations]: S3Operations[Name]['input'] };
type Readers = { readonly [Name in keyof S3Operations]: (request: S3Request) => Inputs[Name] | Promise<Inputs[Name]> };

const MOST_LISTED = 1000;
const MOST_XML_BYTES = 8 * 1024 * 1024;

/**
 * The input of an operation; of one that is not served, bucket and key. A small body is read here, an object's is left to the handler.
 * @throws ServiceError what S3 answers to a request it cannot read
 */
export async function inputOf(operation: string, request: S3Request): Promise<unknown> {
  const read = Object.hasOwn(READERS, operation) ? READERS[operation as keyof S3Operations] : undefined;
  if (read === undefined) return request.address.key === '' ? bucketIn(request) : objectIn(request);
  refuseHeaders(request.wire);
  return await read(request);
}

/** Operations whose answer is a stream or whose body is one. */
const READERS: Readers = {
  AbortMultipartUpload: (request) => uploadIn(request),
  CompleteMultipartUpload: async (request) => ({
    ...uploadIn(request),
    ...conditionsOf(request.wire),
    Parts: partsIn(await xmlIn(request, 'CompleteMultipartUpload')),
    Checksum: checksumIn((name) => header(request.wire, name)),
  }),
  CopyObject: (request) => ({
    ...objectIn(request),
    CopySource: sourceIn(request),
    Headers: directive(request) === 'REPLACE' ? storedHeaders(request.wire) : undefined,
  }),
  CreateBucket: async (request) => {
    const xml = await textOf(request.body, MOST_XML_BYTES);
    if (xml.trim() === '') return bucketIn(request);
    const root = readXml(xml);
    const other = root.children.find(({ name }) => name !== 'LocationConstraint');
    if (other !== undefined) throw notImplemented(`CreateBucketConfiguration with ${other.name.slice(0, 64)}`);
    return {
      ...bucketIn(request),
      CreateBucketConfiguration: { LocationConstraint: childText(root, 'LocationConstraint') },
    };
  },
  CreateMultipartUpload: (request) => ({
    ...objectIn(request),
    Headers: storedHeaders(request.wire),
    ChecksumAlgorithm: algorithmNamed(header(request.wire, 'x-amz-checksum-algorithm')),
  }),
  DeleteBucket: (request) => bucketIn(request),
  DeleteObject: (request) => objectIn(request),
  DeleteObjects: async (request) => {
    const root = await xmlIn(request, 'Delete');
    const objects = root.children.filter(({ name }) => name === 'Object');
    if (objects.length === 0 || objects.length > MOST_LISTED) throw s3Error('MalformedXML');
    if (objects.some((each) => (childText(each, 'VersionId') ?? 'null') !== 'null'))
      throw notImplemented('Versions of objects');
    const Keys = objects.map((each) => childText(each, 'Key') ?? '');
    if (Keys.includes('')) throw s3Error('MalformedXML');
    return { ...bucketIn(request), Keys, Quiet: childText(root, 'Quiet') === 'true' };
  },
  GetBucketLocation: (request) => bucketIn(request),
  GetObject: (request) => readIn(request),
  HeadBucket: (request) => bucketIn(request),
  HeadObject: (request) => readIn(request),
  ListBuckets: ({ query }) => ({ Prefix: query.get('prefix') }),
  ListMultipartUploads: (request) => ({ ...bucketIn(request), Prefix: request.query.get('prefix') ?? '' }),
  ListObjects: (request) => ({ ...listIn(request), Marker: request.query.get('marker') }),
  ListObjectsV2: (request) => ({
    ...listIn(request),
    ContinuationToken: request.query.get('continuation-token'),
    StartAfter: request.query.get('start-after'),
    FetchOwner: request.query.get('fetch-owner') === 'true',
  }),
  ListParts: (request) => ({
    ...uploadIn(request),
    MaxParts: numberIn(request, 'max-parts', 0, MOST_LISTED, MOST_LISTED),
    PartNumberMarker: numberIn(request, 'part-number-marker', 0, 10_000, 0),
  }),
  PutObject: (request) => ({
    ...objectIn(request),
    ...conditionsOf(request.wire),
    Headers: storedHeaders(request.wire),
    Body: request.body,
  }),
  UploadPart: (request) => ({ ...uploadIn(request), PartNumber: partNumber(request), Body: request.body }),
  UploadPartCopy: (request) => ({
    ...uploadIn(request),
    PartNumber: partNumber(request),
    CopySource: sourceIn(request),
    CopySourceRange: header(request.wire, 'x-amz-copy-source-range'),
  }),
};

function bucketIn({ wire, address }: S3Request): S3BucketRequest {
  return { Bucket: address.bucket, ExpectedBucketOwner: header(wire, 'x-amz-expected-bucket-owner') };
}

function objectIn(request: S3Request): S3BucketRequest & { readonly Key: string } {
  const { address, query } = request;
  checkKey(address.key);
  if ((query.get('versionId') ?? 'null') !== 'null') throw notImplemented('Versions of objects (versionId)');
  return { ...bucketIn(request), Key: address.key };
}

const RESPONSES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

function readIn(request: S3Request): Inputs['GetObject'] {
  const { wire, query } = request;
  if (query.has('partNumber')) throw notImplemented('Reading one part of an object (partNumber)');
  const given = RESPONSES.flatMap((name) => {
    const value = query.get(`response-${name}`);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...objectIn(request),
    ...conditionsOf(wire),
    Range: header(wire, 'range'),
    ChecksumMode: header(wire, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED',
    ResponseHeaders: Object.fromEntries(given),
  };
}

function listIn(request: S3Request): Inputs['ListObjects'] {
  const { query } = request;
  const encoding = query.get('encoding-type');
  if (encoding !== undefined && encoding !== 'url')
    throw s3Error('InvalidArgument', 'Invalid Encoding Method specified in Request', { ArgumentName: 'encoding-type' });
  const delimiter = query.get('delimiter');
  return {
    ...bucketIn(request),
    Prefix: query.get('prefix') ?? '',
    Delimiter: delimiter === '' ? undefined : delimiter,
    MaxKeys: numberIn(request, 'max-keys', 0, 2 ** 31 - 1, MOST_LISTED),
    EncodingType: encoding,
  };
}

function uploadIn(request: S3Request): Inputs['AbortMultipartUpload'] {
  return { ...objectIn(request), UploadId: request.query.get('uploadId') ?? '' };
}

function partNumber(request: S3Request): number {
  return numberIn(request, 'partNumber', 1, 10_000);
}

function numberIn({ query }: S3Request, name: string, low: number, high: number, absent?: number): number {
  const text = query.get(name);
  if (text === undefined && absent !== undefined) return absent;
  const value = /^\d{1,10}$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (value >= low && value <= high) return value;
  // More than a page may be asked for.
  if (name.startsWith('max-') && value > high) return high;
  throw s3Error('InvalidArgument', `${name} must be an integer between ${low} and ${high}`, {
    ArgumentName: name,
    ArgumentValue: (text ?? '').slice(0, 64),
  });
}

function directive({ wire }: S3Request): string {
  return header(wire, 'x-amz-metadata-directive')?.toUpperCase() ?? 'COPY';
}

/** `/bucket/key`, percent-encoded, with or without the first slash. */
function sourceIn({ wire }: S3Request): S3CopySource {
  const [path = '', version] = (header(wire, 'x-amz-copy-source') ?? '').split('?versionId=');
  if (version !== undefined && version !== 'null') throw notImplemented('Versions of objects (versionId)');
  let text: string;
  try {
    text = decodeURIComponent(path).replace(/^\//, '');
  } catch {
    text = '';
  }
  const [, Bucket = '', Key = ''] = /^([^/]+)\/(.+)$/s.exec(text) ?? [];
  if (Key === '')
    throw s3Error('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  checkKey(Key);
  return { Bucket, Key, Conditions: conditionsOf(wire, 'x-amz-copy-source-') };
}

async function xmlIn({ body }: S3Request, name: string): Promise<XmlElement> {
  const root = readXml(await textOf(body, MOST_XML_BYTES));
  if (root.name !== name) throw s3Error('MalformedXML');
  return root;
}

function partsIn({ children }: XmlElement): Inputs['CompleteMultipartUpload']['Parts'] {
  const parts = children.filter(({ name }) => name === 'Part');
  if (parts.length === 0 || parts.length > 10_000) throw s3Error('MalformedXML');
  return parts.map((part) => {
    const checksum = part.children.find(({ name }) => algorithmNamed(name.replace('Checksum', '')) !== undefined);
    const algorithm = algorithmNamed(checksum?.name.replace('Checksum', ''));
    return {
      PartNumber: Number(childText(part, 'PartNumber') ?? 'NaN'),
      ETag: unquoted(childText(part, 'ETag') ?? ''),
      Checksum: algorithm === undefined || checksum === undefined ? undefined : { algorithm, value: checksum.text },
    };
  });
}

export const unquoted = (etag: string): string => etag.replace(/^"(.*)"$/, '$1');
