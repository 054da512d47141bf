import { createHash } from 'node:crypto';
import {
  header,
  type S3Body,
  type S3Checksum,
  type S3Digest,
  type SeedSignature,
  type WireRequest,
} from '@gantry/protocol';
import { notImplemented, s3Error } from '../errors.ts';
import { algorithmNamed, checksumIn, headerOf, summing } from './checksums.ts';
import { unchunked } from './chunked.ts';

type Headers = Pick<WireRequest, 'headers'>;

export const MOST_OBJECT_BYTES = 5 * 1024 ** 3;

const STREAMING = /^STREAMING-(AWS4-HMAC-SHA256|UNSIGNED)-PAYLOAD(-TRAILER)?$/;

/**
 * The body of a request, as what its headers say of it: plain or `aws-chunked`, hashed for x-amz-content-sha256, Content-MD5 and
 * checksums. Nothing is read before it is iterated; iterating it to the end without an error means that all of it is right.
 */
export function bodyOf(request: Headers, source: AsyncIterable<Uint8Array>, seed?: SeedSignature): S3Body {
  const said = header(request, 'x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
  const streaming = STREAMING.exec(said);
  if (streaming === null && said.startsWith('STREAMING-'))
    throw notImplemented(`A body signed with ${said.slice(0, 64)}`);
  const trailers = new Map<string, string>();
  const signed = streaming?.[1] === 'AWS4-HMAC-SHA256';
  const hasTrailer = streaming?.[2] !== undefined;
  const onTrailer = (name: string, value: string): unknown => trailers.set(name, value);
  const bytes = streaming === null ? source : unchunked(source, { seed, signed, hasTrailer, onTrailer });
  return checkedBody(bytes, {
    sha256Hex: /^[0-9a-f]{64}$/.test(said) ? said : undefined,
    md5: md5Of(request),
    announced: announced(request),
    checksum: () => checksumIn((name) => header(request, name) ?? trailers.get(name)),
    length: () => lengthOf(request, streaming !== null),
  });
}

interface Expected {
  readonly sha256Hex: string | undefined;
  /** Base64. */
  readonly md5: string | undefined;
  /** Which checksum there is going to be: its value may come in a trailer. */
  readonly announced: S3Checksum['algorithm'] | undefined;
  readonly checksum: () => S3Checksum | undefined;
  /** Asked when the body is read: most requests have none. */
  readonly length: () => number | undefined;
}

function checkedBody(source: AsyncIterable<Uint8Array>, expected: Expected): S3Body {
  let digest: S3Digest | undefined;
  async function* read(): AsyncGenerator<Uint8Array> {
    const md5 = createHash('md5');
    const sha256 = expected.sha256Hex === undefined ? undefined : createHash('sha256');
    const sum = expected.announced === undefined ? undefined : summing(expected.announced);
    const lengthBytes = expected.length();
    let bytes = 0;
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > MOST_OBJECT_BYTES) throw s3Error('EntityTooLarge', undefined, { MaxSizeAllowed: MOST_OBJECT_BYTES });
      md5.update(chunk);
      sha256?.update(chunk);
      sum?.update(chunk);
      yield chunk;
    }
    if (lengthBytes !== undefined && bytes !== lengthBytes) throw s3Error('IncompleteBody');
    if (sha256 !== undefined && sha256.digest('hex') !== expected.sha256Hex) throw s3Error('XAmzContentSHA256Mismatch');
    const md5Bytes = md5.digest();
    if (expected.md5 !== undefined && md5Bytes.toString('base64') !== expected.md5) throw s3Error('BadDigest');
    digest = { bytes, md5Hex: md5Bytes.toString('hex'), checksum: sumOf(expected, sum?.digest().toString('base64')) };
  }
  return {
    [Symbol.asyncIterator]: () => read(),
    digest: () => {
      if (digest === undefined) throw new Error('the body was not read to its end');
      return digest;
    },
  };
}

/** Held against what the client says; S3 keeps the one it was given. */
function sumOf({ announced, checksum }: Expected, value: string | undefined): S3Checksum | undefined {
  if (announced === undefined || value === undefined) return undefined;
  const given = checksum();
  if (given === undefined || given.value === value) return { algorithm: announced, value };
  throw s3Error('BadDigest', `The ${announced} you specified did not match the calculated checksum.`);
}

function announced(request: Headers): S3Checksum['algorithm'] | undefined {
  const given = checksumIn((name) => header(request, name));
  if (given !== undefined) return given.algorithm;
  const trailer = header(request, 'x-amz-trailer')?.trim().toLowerCase();
  if (trailer === undefined) return undefined;
  const algorithm = algorithmNamed(trailer.replace('x-amz-checksum-', ''));
  if (algorithm === undefined || headerOf(algorithm) !== trailer)
    throw notImplemented(`The trailer ${trailer.slice(0, 64)}`);
  return algorithm;
}

function md5Of(request: Headers): string | undefined {
  const given = header(request, 'content-md5');
  if (given !== undefined && Buffer.from(given, 'base64').length !== 16) throw s3Error('InvalidDigest');
  return given;
}

/** What the client says that it sends, of which chunks are not part. */
function lengthOf(request: Headers, isChunked: boolean): number | undefined {
  const text = header(request, isChunked ? 'x-amz-decoded-content-length' : 'content-length');
  const isThere = text !== undefined && /^\d{1,15}$/.test(text);
  if (!isThere && (isChunked || header(request, 'transfer-encoding') === undefined))
    throw s3Error('MissingContentLength');
  const bytes = isThere ? Number(text) : undefined;
  if ((bytes ?? 0) > MOST_OBJECT_BYTES)
    throw s3Error('EntityTooLarge', undefined, { MaxSizeAllowed: MOST_OBJECT_BYTES });
  return bytes;
}

/** The text of a small body, such as a list of keys. @throws MalformedXML when it is larger */
export async function textOf(body: AsyncIterable<Uint8Array>, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw s3Error('MalformedXML', `The body is larger than ${mostBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
