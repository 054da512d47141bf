import { timingSafeEqual } from 'node:crypto';
import { ServiceError } from '../errors.ts';
import type { Authorization } from './authorization.ts';
import { parseAuthorization } from './authorization.ts';
import type { SignedRequest } from './canonical.ts';
import { canonicalRequest, S3, sha256Hex, stringToSign } from './canonical.ts';
import { amzDate, parseAmzDate } from './date.ts';
import { SigningKeys } from './key.ts';

/** What is known of an access key. */
export interface KnownKey {
  readonly secretAccessKey: string;
  /** Temporary credentials: the request must bring exactly this. */
  readonly sessionToken?: string;
  /** Temporary credentials: milliseconds since 1970. */
  readonly expiresAt?: number;
}

export interface VerifyOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** When given, the credential scope must name this service. */
  readonly service?: string;
  /** Whether `UNSIGNED-PAYLOAD` is taken (S3 and streams over TLS only). */
  readonly allowUnsignedPayload?: boolean;
}

/** Who signed, believed. */
export interface Verified {
  readonly accessKeyId: string;
  readonly service: string;
  readonly region: string;
  readonly signedHeaders: readonly string[];
  /** Of what comes after the head of the request: chunks of a body (S3). */
  readonly seed: SeedSignature;
}

/** The signature each part of a body is chained to, and how the next one is made. */
export interface SeedSignature {
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ` */
  readonly date: string;
  /** `<date>/<region>/<service>/aws4_request` */
  readonly scope: string;
  /** The hexadecimal signature of a text. */
  readonly sign: (text: string) => string;
}

const SKEW_MS = 5 * 60_000;
const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
const keys = new SigningKeys();

const invalid = (message: string): ServiceError => new ServiceError('InvalidSignatureException', message);
export const expiredToken = (): ServiceError =>
  new ServiceError('ExpiredTokenException', 'The security token included in the request is expired');
const unrecognized = (): ServiceError =>
  new ServiceError('UnrecognizedClientException', 'The security token included in the request is invalid.');

/**
 * Verifies the SigV4 signature of a request, in the header or presigned. `request.body` is the body as it was sent,
 * still compressed. Throws a ServiceError with AWS's codes and texts: MissingAuthenticationTokenException,
 * IncompleteSignatureException, UnrecognizedClientException, ExpiredTokenException, InvalidSignatureException.
 */
export function verify(
  request: SignedRequest,
  lookup: (accessKeyId: string, sessionToken: string | undefined) => KnownKey | undefined,
  options: VerifyOptions,
): Verified {
  const claimed = parseAuthorization(request);
  const known = lookup(claimed.accessKeyId, claimed.sessionToken);
  if (known === undefined) throw unrecognized();
  checkToken(claimed, known, options.now);
  if (options.service !== undefined && claimed.service !== options.service) {
    throw invalid(`Credential should be scoped to correct service: '${options.service}'. `);
  }
  checkTime(claimed, options.now);
  const { accessKeyId, scopeDate, region, service, signedHeaders, date, signature } = claimed;
  const payloadHash = service === S3 ? saidHash(request, claimed) : payloadHashOf(request, claimed, options);
  const canonical = canonicalRequest(request, service, signedHeaders, payloadHash, exceptOf(claimed));
  const scope = `${scopeDate}/${region}/${service}/aws4_request`;
  const text = stringToSign(date, scope, canonical);
  const sign = (next: string): string => keys.signature(known.secretAccessKey, scopeDate, region, service, next);
  if (!sameText(sign(text), signature)) throw invalid(mismatchText(canonical, text));
  return { accessKeyId, service, region, signedHeaders, seed: { signature, date, scope, sign } };
}

/** S3's bodies come later: what is signed is what the header says of them, and who reads the body holds it to that. */
function saidHash(request: SignedRequest, { expiresSeconds }: Authorization): string {
  const said = request.headers['x-amz-content-sha256'];
  if (typeof said === 'string') return said;
  if (expiresSeconds !== undefined) return UNSIGNED_PAYLOAD;
  throw new ServiceError('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
}

const exceptOf = (claimed: Authorization): string | undefined =>
  claimed.expiresSeconds === undefined ? undefined : 'X-Amz-Signature';

function checkToken(claimed: Authorization, known: KnownKey, now: number): void {
  const [expected, given] = [known.sessionToken, claimed.sessionToken];
  if (expected === undefined ? given !== undefined : given === undefined || !sameText(expected, given)) {
    throw unrecognized();
  }
  if (known.expiresAt !== undefined && now >= known.expiresAt) {
    throw expiredToken();
  }
}

function checkTime({ date, expiresSeconds }: Authorization, now: number): void {
  const signedAt = parseAmzDate(date) ?? 0;
  const validMs = expiresSeconds === undefined ? SKEW_MS : expiresSeconds * 1000;
  // Dates on the wire are whole seconds, so a moment of the same second is not yet late.
  if (signedAt + validMs < now - (now % 1000)) {
    const [at, oldest] = [amzDate(now), amzDate(now - validMs)];
    const allowed = expiresSeconds === undefined ? '5 min.' : `${expiresSeconds} s.`;
    throw invalid(`Signature expired: ${date} is now earlier than ${oldest} (${at} - ${allowed})`);
  }
  if (signedAt > now + SKEW_MS) {
    const [at, newest] = [amzDate(now), amzDate(now + SKEW_MS)];
    throw invalid(`Signature not yet current: ${date} is still later than ${newest} (${at} + 5 min.)`);
  }
}

/** The hash is always taken of what came; a header that says something else is not believed. */
function payloadHashOf(request: SignedRequest, claimed: Authorization, options: VerifyOptions): string {
  const header = request.headers['x-amz-content-sha256'];
  if (header === UNSIGNED_PAYLOAD) {
    if (options.allowUnsignedPayload === true) return UNSIGNED_PAYLOAD;
    throw invalid('The payload must be signed: x-amz-content-sha256 UNSIGNED-PAYLOAD is not accepted by this service.');
  }
  const actual = sha256Hex(request.body);
  if (typeof header === 'string' && claimed.signedHeaders.includes('x-amz-content-sha256') && header !== actual) {
    throw invalid("The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  return actual;
}

export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function mismatchText(canonical: string, text: string): string {
  return (
    'The request signature we calculated does not match the signature you provided. ' +
    'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\n' +
    `The Canonical String for this request should have been\n'${canonical}'\n\n` +
    `The String-to-Sign should have been\n'${text}'\n`
  );
}
