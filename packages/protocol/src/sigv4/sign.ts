import type { SignedRequest } from './canonical.ts';
import { ALGORITHM, canonicalRequest, S3, sha256Hex, stringToSign } from './canonical.ts';
import { amzDate } from './date.ts';
import { SigningKeys } from './key.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface SigningScope {
  readonly service: string;
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const keys = new SigningKeys(16);

/** Headers a proxy or the HTTP client may change: never signed. */
const UNSIGNED = new Set(['connection', 'content-length', 'expect', 'transfer-encoding', 'upgrade', 'user-agent']);

/**
 * Signs a request with SigV4. The request must carry `host`. Returns its headers with `x-amz-date`,
 * `x-amz-security-token` (with a session token) and `authorization` added.
 */
export function sign(
  request: SignedRequest & { readonly headers: Readonly<Record<string, string>> },
  credentials: Credentials,
  { service, region, now }: SigningScope,
): Record<string, string> {
  const date = amzDate(now);
  const payloadHash = sha256Hex(request.body);
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-date': date,
    ...(service === S3 ? { 'x-amz-content-sha256': payloadHash } : {}),
    ...(credentials.sessionToken === undefined ? {} : { 'x-amz-security-token': credentials.sessionToken }),
  };
  const signed = Object.keys(headers)
    .filter((name) => !UNSIGNED.has(name) && !name.startsWith('sec-websocket-'))
    .toSorted();
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  const canonical = canonicalRequest({ ...request, headers }, service, signed, payloadHash);
  const text = stringToSign(date, scope, canonical);
  const signature = keys.signature(credentials.secretAccessKey, date.slice(0, 8), region, service, text);
  const credential = `${credentials.accessKeyId}/${scope}`;
  headers['authorization'] =
    `${ALGORITHM} Credential=${credential}, SignedHeaders=${signed.join(';')}, Signature=${signature}`;
  return headers;
}
