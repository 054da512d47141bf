import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { ServiceError } from '../errors.ts';
import { credentialScope } from './authorization.ts';
import type { SignedRequest } from './canonical.ts';
import { canonicalPath, canonicalQuery } from './canonical.ts';
import { amzDate, parseAmzDate } from './date.ts';
import { SigningKeys } from './key.ts';
import { sign } from './sign.ts';
import type { KnownKey } from './verify.ts';
import { verify } from './verify.ts';

const NOW = Date.UTC(2026, 10, 22, 7, 0, 0);
const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const lookup =
  (known: KnownKey | undefined = KEY) =>
  (id: string): KnownKey | undefined =>
    id === KEY.accessKeyId ? known : undefined;

class Sha256 {
  readonly #hash;
  constructor(key?: unknown) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key as Uint8Array);
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return new Uint8Array(this.#hash.digest());
  }
}

const signerOf = (token?: string): SignatureV4 =>
  new SignatureV4({
    credentials: { ...KEY, ...(token === undefined ? {} : { sessionToken: token }) },
    region: 'eu-west-1',
    service: 'ecs',
    sha256: Sha256 as never,
    applyChecksum: true,
  });

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** What the SDK's request looks like once it is on the wire. */
function onWire(request: {
  method: string;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: unknown;
}): SignedRequest {
  const query = Object.entries(request.query ?? {})
    .flatMap(([name, value]) =>
      [value].flat().map((one) => (one === null ? encode(name) : `${encode(name)}=${encode(one)}`)),
    )
    .join('&');
  const headers = Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k.toLowerCase(), v]));
  return { method: request.method, path: request.path, query, headers, body: (request.body ?? '') as string };
}

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ServiceError, String(error));
    return error.code;
  }
  return 'verified';
};

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const segment = fc.oneof(fc.constantFrom('.', '..', '', 'a%2Fb', '%20', '~'), text.map(encode));
const anyRequest = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT'),
  path: fc.array(segment, { maxLength: 5 }).map((parts) => `/${parts.join('/')}`),
  query: fc.dictionary(
    fc.stringMatching(/^[A-Za-z ~*'()+=&/é]{1,8}$/),
    fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })),
    { maxKeys: 4, noNullPrototype: true },
  ),
  extra: fc.dictionary(fc.stringMatching(/^x-[a-z]{1,8}$/), fc.stringMatching(/^[ -~]{0,20}$/), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  body: text,
  token: fc.option(fc.stringMatching(/^[A-Za-z0-9+/=]{1,40}$/), { nil: undefined }),
});

describe('what the SDK signs', () => {
  test('verifies in the header form, and no tampered copy does', async () => {
    const law = fc.asyncProperty(anyRequest, async ({ extra, token, ...rest }) => {
      const request = {
        ...rest,
        protocol: 'http:',
        hostname: 'localhost',
        headers: { host: 'localhost:4566', ...extra },
      };
      const signed = await signerOf(token).sign(request, { signingDate: new Date(NOW) });
      const wire = onWire(signed as never);
      const known = { ...KEY, ...(token === undefined ? {} : { sessionToken: token }) };
      const verified = verify(wire, lookup(known), { now: NOW, service: 'ecs' });
      assert.deepEqual([verified.accessKeyId, verified.region], [KEY.accessKeyId, 'eu-west-1']);
      const tampered: SignedRequest[] = [
        { ...wire, body: `${rest.body}x` },
        { ...wire, path: `${wire.path}x` },
        { ...wire, query: wire.query === '' ? 'x=' : `${wire.query}&x=` },
        { ...wire, method: 'DELETE' },
        { ...wire, headers: { ...wire.headers, host: 'elsewhere' } },
      ];
      for (const copy of tampered) {
        assert.equal(
          codeOf(() => verify(copy, lookup(known), { now: NOW })),
          'InvalidSignatureException',
        );
      }
    });
    await fc.assert(law, { numRuns: 300 });
  });

  test('verifies in the presigned form until it expires', async () => {
    const law = fc.asyncProperty(anyRequest, fc.integer({ min: 1, max: 3600 }), async (given, expiresIn) => {
      const { extra, token, ...rest } = given;
      const request = {
        ...rest,
        protocol: 'http:',
        hostname: 'localhost',
        headers: { host: 'localhost:4566', ...extra },
      };
      const signed = await signerOf(token).presign(request, { signingDate: new Date(NOW), expiresIn });
      const wire = onWire(signed as never);
      const known = { ...KEY, ...(token === undefined ? {} : { sessionToken: token }) };
      const at = (ms: number): string => codeOf(() => verify(wire, lookup(known), { now: NOW + ms }));
      assert.equal(at(0), 'verified');
      assert.equal(at(expiresIn * 1000), 'verified');
      assert.equal(at(expiresIn * 1000 + 1000), 'InvalidSignatureException');
      assert.equal(at(-301_000), 'InvalidSignatureException');
    });
    await fc.assert(law, { numRuns: 200 });
  });
});

describe('what we sign', () => {
  const request = {
    method: 'POST',
    path: '/',
    query: '',
    headers: { host: 'localhost:4566', 'user-agent': 'x' },
    body: '{}',
  };
  const scope = { service: 'ecs', region: 'us-east-1', now: NOW };

  test('the SDK signs the same way', async () => {
    const ours = sign(request, KEY, { ...scope, region: 'eu-west-1' });
    const theirs = await signerOf().sign(
      {
        method: 'POST',
        protocol: 'http:',
        hostname: 'localhost',
        path: '/',
        headers: { ...request.headers, 'x-amz-content-sha256': createHash('sha256').update('{}').digest('hex') },
        body: '{}',
      },
      { signingDate: new Date(NOW), unsignableHeaders: new Set(['x-amz-content-sha256', 'user-agent']) },
    );
    assert.equal(ours['authorization'], theirs.headers['authorization']);
  });

  test('verifies; headers a hop may change do not matter', () => {
    const headers = { ...sign(request, KEY, scope), 'user-agent': 'changed', connection: 'close' };
    const { seed, ...verified } = verify({ ...request, headers }, lookup(), { now: NOW });
    assert.ok(sign(request, KEY, scope)['authorization']?.endsWith(seed.signature));
    assert.deepEqual(verified, {
      accessKeyId: KEY.accessKeyId,
      service: 'ecs',
      region: 'us-east-1',
      signedHeaders: ['host', 'x-amz-date'],
    });
    assert.deepEqual(credentialScope({ headers, query: '' }), {
      accessKeyId: KEY.accessKeyId,
      service: 'ecs',
      region: 'us-east-1',
    });
  });

  test('refusals are worded as AWS words them', () => {
    const headers = sign(request, KEY, scope);
    const authorization = headers['authorization'] ?? '';
    const minute = 60_000;
    const tables: readonly (readonly [string, Record<string, string>, number, KnownKey | undefined, string, RegExp])[] =
      [
        ['nothing', { host: 'h' }, 0, KEY, 'MissingAuthenticationTokenException', /^Missing Authentication Token$/],
        ['basic', { authorization: 'Basic x' }, 0, KEY, 'IncompleteSignatureException', /Unsupported AWS 'algorithm'/],
        [
          'no parameters',
          { authorization: 'AWS4-HMAC-SHA256 Credential=a' },
          0,
          KEY,
          'IncompleteSignatureException',
          /requires 'Signature' parameter\. .* 'SignedHeaders' parameter\. .*'X-Amz-Date'/,
        ],
        ['unknown key', headers, 0, undefined, 'UnrecognizedClientException', /^The security token included/],
        ['late', headers, 5 * minute + 1000, KEY, 'InvalidSignatureException', /^Signature expired: 20261122T070000Z/],
        ['in time', headers, 5 * minute, KEY, 'verified', /^$/],
        ['early', headers, -5 * minute - 1000, KEY, 'InvalidSignatureException', /^Signature not yet current/],
        [
          'wrong secret',
          headers,
          0,
          { secretAccessKey: 'other' },
          'InvalidSignatureException',
          /^The request signature we calculated does not match/,
        ],
        [
          'wrong day',
          { ...headers, 'x-amz-date': '20261121T070000Z' },
          0,
          KEY,
          'InvalidSignatureException',
          /^Date in Credential scope does not match/,
        ],
        [
          'scope',
          { ...headers, authorization: authorization.replace('/ecs/', '/sts/') },
          0,
          KEY,
          'InvalidSignatureException',
          /^Credential should be scoped to correct service: 'ecs'/,
        ],
        [
          'terminator',
          { ...headers, authorization: authorization.replace('aws4_request', 'aws5') },
          0,
          KEY,
          'InvalidSignatureException',
          /valid terminator/,
        ],
        [
          'missing token',
          headers,
          0,
          { ...KEY, sessionToken: 't' },
          'UnrecognizedClientException',
          /^The security token included/,
        ],
        [
          'needless token',
          sign(request, { ...KEY, sessionToken: 't' }, scope),
          0,
          KEY,
          'UnrecognizedClientException',
          /./,
        ],
        ['ended', headers, 0, { ...KEY, expiresAt: NOW }, 'ExpiredTokenException', /is expired$/],
        [
          'unsigned payload',
          { ...headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
          0,
          KEY,
          'InvalidSignatureException',
          /must be signed/,
        ],
      ];
    for (const [name, given, shift, known, code, message] of tables) {
      let said = { code: 'verified', message: '' };
      try {
        verify({ ...request, headers: given }, lookup(known), { now: NOW + shift, service: 'ecs' });
      } catch (error) {
        said = error as ServiceError;
      }
      if (name === 'unknown key') {
        assert.equal(
          codeOf(() => verify({ ...request, headers: given }, () => undefined, { now: NOW })),
          code,
        );
        continue;
      }
      assert.equal(said.code, code, name);
      assert.match(said.message, message, name);
    }
  });
});

test('no text in the authorization or the query throws anything but a refusal', () => {
  const piece = fc.constantFrom(
    'AWS4-HMAC-SHA256 ',
    'Credential=',
    `${KEY.accessKeyId}/20261122/us-east-1/ecs/aws4_request`,
    ',',
    'SignedHeaders=host',
    'Signature=',
    '%',
    '%ZZ',
    '&',
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    'X-Amz-Credential=',
    'X-Amz-Expires=1e9',
    '\ud800',
    '__proto__',
  );
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece, { maxLength: 10 }).map((p) => p.join('')),
  );
  const law = fc.property(anything, anything, anything, fc.boolean(), (authorization, query, path, withHeader) => {
    const headers = { host: 'h', 'x-amz-date': amzDate(NOW), ...(withHeader ? { authorization } : {}) };
    const request = { method: 'GET', path: `/${path}`, query, headers, body: '' };
    credentialScope(request);
    assert.notEqual(
      codeOf(() => verify(request, lookup(), { now: NOW })),
      'verified',
    );
  });
  fc.assert(law, { numRuns: 2000 });
});

describe('canonical forms', () => {
  for (const [given, expected] of [
    ['/', '/'],
    ['', '/'],
    ['//a///b/', '/a/b/'],
    ['/a/./b/../c', '/a/c'],
    ['/../..', '/'],
    ['/a%20b/*', '/a%2520b/%2A'],
  ] as const) {
    test(`path ${given || '(empty)'}`, () => assert.equal(canonicalPath(given), expected));
  }
  for (const [given, expected] of [
    ['b=2&a=1&a=0', 'a=0&a=1&b=2'],
    ['flag', 'flag='],
    ["q=a'b*c", 'q=a%27b%2Ac'],
    ['q=%7E&&p=%', 'p=%25&q=~'],
    ['a=1=2', 'a=1%3D2'],
    // Go's SDK sends a space as `+` and signs it as `%20`; the stock agent's websockets depend on it.
    ['v=Docker%3A+20.10&w=1%2B1&x+y=', 'v=Docker%3A%2020.10&w=1%2B1&x%20y='],
  ] as const) {
    test(`query ${given}`, () => assert.equal(canonicalQuery(given), expected));
  }
});

test('the prepared HMAC is the HMAC', () => {
  const hmac = (key: string | Uint8Array, data: string): Buffer => createHmac('sha256', key).update(data).digest();
  const law = fc.property(fc.string(), fc.string(), fc.string({ unit: 'binary' }), (secret, region, data) => {
    const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, '20261122'), region), 'ecs'), 'aws4_request');
    assert.equal(
      new SigningKeys(1).signature(secret, '20261122', region, 'ecs', data),
      hmac(key, data).toString('hex'),
    );
  });
  fc.assert(law);
});

test('dates go there and back, and others are refused', () => {
  assert.equal(parseAmzDate(amzDate(NOW)), NOW);
  for (const bad of ['', '20261122', '20261322T070000Z', '20260230T070000Z', '2026-11-22T07:00:00Z']) {
    assert.equal(parseAmzDate(bad), undefined, bad);
  }
});
