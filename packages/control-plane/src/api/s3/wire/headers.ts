import { header, type S3Conditions, type S3Headers, type WireRequest } from '@gantry/protocol';
import { notImplemented, s3Error } from '../errors.ts';

type Headers = Pick<WireRequest, 'headers'>;

const KEPT = ['cache-control', 'content-disposition', 'content-language', 'content-type', 'expires'] as const;
const META = 'x-amz-meta-';
const MOST_META_BYTES = 2048;

/** What an owner says of an object, from the headers of the request that makes it. @throws MetadataTooLarge */
export function storedHeaders(request: Headers): S3Headers {
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const name of KEPT) {
    const value = header(request, name);
    if (value !== undefined && value !== '') kept[name] = value;
  }
  // `aws-chunked` says how the body was sent, not what it is.
  const encodings = (header(request, 'content-encoding') ?? '').split(',').map((each) => each.trim());
  const encoding = encodings.filter((each) => each !== '' && each !== 'aws-chunked').join(',');
  if (encoding !== '') kept['content-encoding'] = encoding;
  let bytes = 0;
  for (const name of Object.keys(request.headers)) {
    if (!name.startsWith(META)) continue;
    const value = header(request, name) ?? '';
    kept[name] = value;
    bytes += name.length - META.length + Buffer.byteLength(value);
  }
  if (bytes > MOST_META_BYTES)
    throw s3Error('MetadataTooLarge', undefined, { Size: bytes, MaxSizeAllowed: MOST_META_BYTES });
  return kept;
}

const REFUSED =
  /^x-amz-(server-side-encryption|copy-source-server-side|object-lock|grant-|tagging$|website-|write-offset|mfa$|bucket-object-lock)/;
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'x-amz-acl': ['private', 'bucket-owner-full-control'],
  'x-amz-storage-class': ['STANDARD'],
  'x-amz-object-ownership': ['BucketOwnerEnforced'],
  'x-amz-bucket-object-lock-enabled': ['false'],
  'x-amz-tagging-directive': ['COPY'],
};

/** A header that asks for what is not here is refused by name: what was not encrypted must not look as if it were. */
export function refuseHeaders(request: Headers): void {
  for (const name of Object.keys(request.headers)) {
    const value = header(request, name) ?? '';
    const allowed = Object.hasOwn(ALLOWED, name) ? ALLOWED[name] : undefined;
    if (allowed === undefined ? REFUSED.test(name) : !allowed.includes(value))
      throw notImplemented(`The header ${name}: ${value.slice(0, 64)}`);
  }
}

/** `prefix`: `x-amz-copy-source-`, for the conditions on a source. A date that is none is as if it was not there. */
export function conditionsOf(request: Headers, prefix = ''): S3Conditions {
  const date = (name: string): Date | undefined => {
    const value = new Date(header(request, prefix + name) ?? '');
    return Number.isNaN(value.getTime()) ? undefined : value;
  };
  return {
    IfMatch: header(request, `${prefix}if-match`),
    IfNoneMatch: header(request, `${prefix}if-none-match`),
    IfModifiedSince: date('if-modified-since'),
    IfUnmodifiedSince: date('if-unmodified-since'),
  };
}
