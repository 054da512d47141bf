import { s3Error } from './errors.ts';

const MOST_KEY_BYTES = 1024;

/** S3's rules for the names of general purpose buckets. Pure. @throws InvalidBucketName */
export function checkBucketName(name: string): void {
  const isLike = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name);
  const isReserved = /^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name);
  const isAddress = /^\d+\.\d+\.\d+\.\d+$/.test(name);
  if (!isLike || isReserved || isAddress || name.includes('..'))
    throw s3Error('InvalidBucketName', undefined, { BucketName: name.slice(0, 256) });
}

/** @throws KeyTooLongError */
export function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes > MOST_KEY_BYTES)
    throw s3Error('KeyTooLongError', undefined, { Size: bytes, MaxSizeAllowed: MOST_KEY_BYTES });
}

export interface Address {
  readonly bucket: string;
  /** `''`: the bucket itself. */
  readonly key: string;
}

const HOST = /^(\[[^\]]+\]|[^:]+)(?::\d+)?$/;

/**
 * Which bucket and key a request is for: `/bucket/key`, or `/key` at `bucket.localhost`, `bucket.s3.localhost`, or
 * `bucket.<the endpoint's own name>`. Pure. @throws InvalidURI
 */
export function addressOf(path: string, hostHeader: string, endpointHost: string): Address {
  const named = bucketOfHost(HOST.exec(hostHeader)?.[1]?.toLowerCase() ?? '', endpointHost.toLowerCase());
  if (named !== undefined) return { bucket: named, key: decoded(path.replace(/^\//, '')) };
  const [, bucket = '', key = ''] = /^\/?([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return { bucket: decoded(bucket), key: decoded(key) };
}

function bucketOfHost(host: string, endpointHost: string): string | undefined {
  if (host === endpointHost || isAddress(host)) return undefined;
  for (const base of [endpointHost, 'localhost']) {
    if (isAddress(base) || host === `s3.${base}` || !host.endsWith(`.${base}`)) continue;
    return host.slice(0, -base.length - 1).replace(/\.s3$/, '');
  }
  return undefined;
}

const isAddress = (host: string): boolean => /^(\d+\.){3}\d+$|^\[/.test(host);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw s3Error('InvalidURI');
  }
}
