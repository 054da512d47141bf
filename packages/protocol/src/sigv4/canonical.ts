import { hash } from 'node:crypto';

/** What is signed of a request: path and query as they are on the wire, headers by lowercase name. */
export interface SignedRequest {
  readonly method: string;
  /** As it is on the wire, percent-encoding and all, without the query. */
  readonly path: string;
  /** As it is on the wire, without `?`. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array | string;
}

export const ALGORITHM = 'AWS4-HMAC-SHA256';

export const sha256Hex = (data: Uint8Array | string): string => hash('sha256', data, 'hex');

/** RFC 3986: everything but the unreserved characters is encoded, `!'()*` included. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * The path of every service but S3: `.`, `..` and empty segments are taken out, then what is on the wire is encoded
 * once more.
 */
export function canonicalPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') kept.pop();
    else kept.push(encode(wellFormed(segment)));
  }
  if (kept.length === 0) return '/';
  return `/${kept.join('/')}${path.endsWith('/') ? '/' : ''}`;
}

/** The path of S3: nothing is taken out, and every octet is encoded once, however the client wrote it. */
export function canonicalKeyPath(path: string): string {
  return path === ''
    ? '/'
    : path
        .split('/')
        .map((part) => encode(decodeOnce(part)))
        .join('/');
}

/** Sorted by encoded name, then encoded value; `except` is left out (the signature of a presigned request). */
export function canonicalQuery(query: string, except?: string): string {
  if (query === '') return '';
  const pairs: (readonly [string, string])[] = [];
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals === -1 ? part : part.slice(0, equals));
    if (name === except) continue;
    pairs.push([encode(name), encode(equals === -1 ? '' : decode(part.slice(equals + 1)))]);
  }
  return pairs
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** `name:value` lines of the signed headers, values trimmed and their inner blanks folded. */
export function canonicalHeaders(headers: SignedRequest['headers'], names: readonly string[]): string {
  let text = '';
  for (const name of names) {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
    const joined = typeof value === 'string' ? value : (value ?? []).join(',');
    text += `${name}:${joined.trim().replace(/\s+/g, ' ')}\n`;
  }
  return text;
}

/** S3 signs by rules of its own: the path as it is, and a body that need not be hashed. */
export const S3 = 's3';

/** The text both sides hash. `signedHeaders` are lowercase and sorted. */
export function canonicalRequest(
  request: SignedRequest,
  service: string,
  signedHeaders: readonly string[],
  payloadHash: string,
  exceptQuery?: string,
): string {
  return [
    request.method.toUpperCase(),
    service === S3 ? canonicalKeyPath(request.path) : canonicalPath(request.path),
    canonicalQuery(request.query, exceptQuery),
    canonicalHeaders(request.headers, signedHeaders),
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

/** `<algorithm>\n<date>\n<scope>\n<hash>`; `date` is `YYYYMMDDTHHMMSSZ`. */
export function stringToSign(date: string, scope: string, canonical: string): string {
  return `${ALGORITHM}\n${date}\n${scope}\n${sha256Hex(canonical)}`;
}

/** The pairs of a query string, decoded; of a repeated name the first. */
export function queryParameters(query: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of query === '' ? [] : query.split('&')) {
    const equals = part.indexOf('=');
    const name = decode(equals === -1 ? part : part.slice(0, equals));
    if (!found.has(name)) found.set(name, equals === -1 ? '' : decode(part.slice(equals + 1)));
  }
  return found;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** `+` is a space. A bad escape is left as it stands: the signature will not match, and nothing throws. */
const decode = (text: string): string => decodeOnce(text.replaceAll('+', ' '));

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return wellFormed(text);
  }
}

/** encodeURIComponent throws on half a surrogate pair. */
const wellFormed = (text: string): string => text.toWellFormed();
