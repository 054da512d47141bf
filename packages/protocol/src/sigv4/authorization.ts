import { hash } from 'node:crypto';
import { ServiceError } from '../errors.ts';
import type { SignedRequest } from './canonical.ts';
import { ALGORITHM, queryParameters } from './canonical.ts';
import { amzDateOfHttpDate, parseAmzDate } from './date.ts';

/** What a request says about who signed it: not yet believed. */
export interface Authorization {
  readonly accessKeyId: string;
  /** `YYYYMMDD` */
  readonly scopeDate: string;
  readonly region: string;
  readonly service: string;
  /** Lowercase and sorted. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ` */
  readonly date: string;
  readonly sessionToken?: string;
  /** Set for the presigned form: how long it is good for. */
  readonly expiresSeconds?: number;
}

const LONGEST_PRESIGNED_S = 604_800;

const incomplete = (message: string): ServiceError => new ServiceError('IncompleteSignatureException', message);

function one(headers: SignedRequest['headers'], name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return typeof value === 'string' || value === undefined ? value : value.join(',');
}

/**
 * The service and region in a request's credential scope, believed by nobody yet: to word an authentication error in
 * the protocol of the service that was meant.
 */
export function credentialScope(
  request: Pick<SignedRequest, 'headers' | 'query'>,
): { accessKeyId: string; region: string; service: string } | undefined {
  const given =
    /Credential=([^,\s]+)/.exec(one(request.headers, 'authorization') ?? '')?.[1] ??
    (request.query.includes('X-Amz-Credential') ? queryParameters(request.query).get('X-Amz-Credential') : undefined);
  const [accessKeyId, , region, service] = given?.split('/') ?? [];
  if (accessKeyId === undefined || region === undefined || service === undefined) return undefined;
  return { accessKeyId, region, service };
}

/** The session token a request brings, in its header or presigned; believed by nobody yet. */
export function claimedSession(request: Pick<SignedRequest, 'headers' | 'query'>): string | undefined {
  return one(request.headers, 'x-amz-security-token') ?? queryParameters(request.query).get('X-Amz-Security-Token');
}

/** Takes apart the `Authorization` header or the presigned query. Throws what AWS answers to an incomplete one. */
export function parseAuthorization(request: SignedRequest): Authorization {
  const authorization = one(request.headers, 'authorization');
  if (authorization !== undefined) return fromHeader(authorization, request);
  const query = queryParameters(request.query);
  if (query.has('X-Amz-Algorithm') || query.has('X-Amz-Signature') || query.has('X-Amz-Credential')) {
    return fromQuery(query);
  }
  throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token');
}

function fromHeader(authorization: string, request: SignedRequest): Authorization {
  const blank = authorization.indexOf(' ');
  const algorithm = blank === -1 ? authorization : authorization.slice(0, blank);
  if (algorithm !== ALGORITHM) throw incomplete(`Unsupported AWS 'algorithm': '${algorithm.slice(0, 64)}'.`);
  const fields = new Map<string, string>();
  for (const part of authorization.slice(blank + 1).split(',')) {
    const equals = part.indexOf('=');
    if (equals === -1) {
      throw incomplete(
        `'${hashed(part)}' (hashed) not a valid key=value pair (missing equal-sign) in Authorization header.`,
      );
    }
    fields.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  const [credential, signedHeaders, signature] = ['Credential', 'SignedHeaders', 'Signature'].map((n) => fields.get(n));
  const ownDate = one(request.headers, 'x-amz-date');
  const date = ownDate ?? amzDateOfHttpDate(one(request.headers, 'date') ?? '');
  const lacks = [
    ...(credential ? [] : ["Authorization header requires 'Credential' parameter."]),
    ...(signature ? [] : ["Authorization header requires 'Signature' parameter."]),
    ...(signedHeaders ? [] : ["Authorization header requires 'SignedHeaders' parameter."]),
    ...(date ? [] : ["Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."]),
  ];
  if (!credential || !signedHeaders || !signature || !date) {
    throw incomplete(
      `${lacks.join(' ')} (Hashed with SHA-256 and encoded with Base64) Authorization=${hashed(authorization)}`,
    );
  }
  const sessionToken = one(request.headers, 'x-amz-security-token');
  return complete(credential, signedHeaders, signature, date, sessionToken, undefined);
}

function fromQuery(query: ReadonlyMap<string, string>): Authorization {
  const algorithm = query.get('X-Amz-Algorithm');
  if (algorithm !== undefined && algorithm !== ALGORITHM) {
    throw incomplete(`Unsupported AWS 'algorithm': '${algorithm.slice(0, 64)}'.`);
  }
  const names = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date'];
  const lacks = names.filter((name) => !query.get(name));
  if (lacks.length > 0) {
    throw incomplete(lacks.map((name) => `AWS query-string parameters must include '${name}'.`).join(' '));
  }
  const [, credential = '', signature = '', signedHeaders = '', date = ''] = names.map((name) => query.get(name));
  const expires = query.get('X-Amz-Expires');
  const expiresSeconds = expires === undefined ? 900 : Number(expires);
  if (!Number.isInteger(expiresSeconds) || expiresSeconds < 0 || expiresSeconds > LONGEST_PRESIGNED_S) {
    throw incomplete(`X-Amz-Expires must be a number of seconds from 0 to ${LONGEST_PRESIGNED_S}.`);
  }
  return complete(credential, signedHeaders, signature, date, query.get('X-Amz-Security-Token'), expiresSeconds);
}

function complete(
  credential: string,
  signedHeaders: string,
  signature: string,
  date: string,
  sessionToken: string | undefined,
  expiresSeconds: number | undefined,
): Authorization {
  const parts = credential.split('/');
  const [accessKeyId = '', scopeDate = '', region = '', service = '', terminator = ''] = parts;
  if (parts.length !== 5) {
    throw incomplete(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential.slice(0, 256)}'`,
    );
  }
  if (terminator !== 'aws4_request') {
    throw scopeError(
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator.slice(0, 64)}'.`,
    );
  }
  if (parseAmzDate(date) === undefined) {
    throw incomplete(
      `Date must be in ISO-8601 'basic format'. Got '${date.slice(0, 64)}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  }
  if (!date.startsWith(scopeDate) || scopeDate.length !== 8) {
    throw scopeError(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ` +
        `'${scopeDate.slice(0, 64)}' != '${date.slice(0, 8)}', from ` +
        `'${date}'.`,
    );
  }
  const names = signedHeaders
    .split(';')
    .map((name) => name.toLowerCase())
    .toSorted();
  if (!names.includes('host')) {
    throw scopeError("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  return {
    accessKeyId,
    scopeDate,
    region,
    service,
    signedHeaders: names,
    signature,
    date,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiresSeconds === undefined ? {} : { expiresSeconds }),
  };
}

const scopeError = (message: string): ServiceError => new ServiceError('InvalidSignatureException', message);

/** AWS repeats a faulty header only hashed: it may hold a secret put in the wrong place. */
const hashed = (text: string): string => hash('sha256', text, 'base64');
