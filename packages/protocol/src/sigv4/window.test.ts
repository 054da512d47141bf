import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { ServiceError } from '../errors.ts';
import type { SignedRequest } from './canonical.ts';
import { sign } from './sign.ts';
import { verify, type KnownKey } from './verify.ts';

/** How long a captured request is of use to whoever captured it: docs/security.md tells these numbers. */
const AT = Date.UTC(2026, 10, 22, 7, 0, 0);
const MINUTE_MS = 60_000;
const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' };

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

const request: SignedRequest & { headers: Record<string, string> } = {
  method: 'POST',
  path: '/',
  query: '',
  headers: { host: 'localhost:4566' },
  body: '{}',
};

function accepted(captured: SignedRequest, now: number, key: KnownKey = KEY): boolean {
  try {
    verify(captured, () => key, { now });
    return true;
  } catch (error) {
    assert.ok(error instanceof ServiceError);
    return false;
  }
}

async function presigned(expiresIn: number): Promise<SignedRequest> {
  const signer = new SignatureV4({ credentials: KEY, region: 'us-east-1', service: 'sts', sha256: Sha256 as never });
  const { query = {} } = await signer.presign(
    { method: 'GET', protocol: 'https:', hostname: 'localhost:4566', path: '/', headers: { host: 'localhost:4566' } },
    { signingDate: new Date(AT), expiresIn },
  );
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return { ...request, method: 'GET', body: '', query: pairs.join('&') };
}

describe('a captured request', () => {
  const captured = { ...request, headers: sign(request, KEY, { service: 'ecs', region: 'us-east-1', now: AT }) };

  test('signed in a header is good from five minutes before its date to five minutes after it, and not a second longer', () => {
    const edge = 5 * MINUTE_MS;
    for (const [offsetMs, expected] of [
      [-edge - 1_000, false],
      [-edge, true],
      [edge, true],
      [edge + 1_000, false],
    ] as const)
      assert.equal(accepted(captured, AT + offsetMs), expected, `${offsetMs}`);
    fc.assert(
      fc.property(fc.integer({ min: -3_600, max: 3_600 }), (seconds) => {
        assert.equal(accepted(captured, AT + seconds * 1_000), Math.abs(seconds) <= 300);
      }),
    );
  });

  test('presigned is good until it expires, within seven days', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 604_800 }),
        fc.integer({ min: -400, max: 700_000 }),
        async (expiresIn, seconds) => {
          const at = AT + seconds * 1_000;
          assert.equal(accepted(await presigned(expiresIn), at), seconds >= -300 && seconds <= expiresIn);
        },
      ),
      { numRuns: 60 },
    );
    for (const [seconds, expected] of [
      [60, true],
      [61, false],
    ] as const)
      assert.equal(accepted(await presigned(60), AT + seconds * 1_000), expected, `${seconds}`);
    assert.equal(
      accepted(
        { ...(await presigned(60)), query: (await presigned(60)).query.replace('Expires=60', 'Expires=604801') },
        AT,
      ),
      false,
    );
    assert.equal(
      accepted(
        { ...(await presigned(60)), query: (await presigned(60)).query.replace('Expires=60', 'Expires=600') },
        AT,
      ),
      false,
    );
  });

  test('of temporary credentials ends with them', async () => {
    const key: KnownKey = { ...KEY, expiresAt: AT + MINUTE_MS };
    assert.equal(accepted(captured, AT + MINUTE_MS - 1, key), true);
    assert.equal(accepted(captured, AT + MINUTE_MS, key), false);
    assert.equal(accepted(await presigned(3_600), AT + MINUTE_MS, key), false);
  });
});
