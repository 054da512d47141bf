import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { certificate } from './certificate.ts';
import { integer, oid, sequence } from './der.ts';
import { serverNames } from './source.ts';

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const issuer = { name: 'An authority', ...keys };
const SECOND_MS = 1_000;

describe('a certificate', () => {
  it('is read by others as it was written, whatever is in it', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
    const aName = fc.oneof(
      fc.array(label, { minLength: 1, maxLength: 4 }).map((l) => l.join('.')),
      fc.ipV4(),
      fc.ipV6(),
    );
    const aMoment = fc.integer({ min: Date.UTC(2000, 0) / SECOND_MS, max: Date.UTC(2100, 0) / SECOND_MS });
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.uniqueArray(
          aName.filter((name) => isIP(name) > 0 || !/^[\d.]+$/.test(name)),
          { minLength: 1, maxLength: 12 },
        ),
        aMoment,
        fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).filter((text) => /^[\p{L} ]+$/u.test(text)),
        (serial, names, from, subject) => {
          const [notBeforeMs, notAfterMs] = [from * SECOND_MS, (from + 86_400) * SECOND_MS];
          const use = { kind: 'server', names } as const;
          const made = new X509Certificate(
            certificate({ serial, subject, publicKey: keys.publicKey, issuer, notBeforeMs, notAfterMs, use }),
          );
          assert.equal(made.validFromDate.getTime(), notBeforeMs);
          assert.equal(made.validToDate.getTime(), notAfterMs);
          assert.equal(made.ca, false);
          assert.ok(made.verify(keys.publicKey) && made.checkPrivateKey(keys.privateKey));
          assert.equal(made.serialNumber.length, 32);
          for (const name of names) {
            const found = isIP(name) === 0 ? made.checkHost(name) : made.checkIP(name);
            assert.notEqual(found, undefined, `${name} of ${made.subjectAltName}`);
          }
          assert.equal(made.checkHost('another.example'), undefined);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of an authority may sign, and one it signed is known as its own', () => {
    const times = { notBeforeMs: 0, notAfterMs: Date.UTC(2060, 0) };
    const common = { serial: new Uint8Array(16), publicKey: keys.publicKey, issuer, ...times };
    const authority = new X509Certificate(certificate({ ...common, subject: issuer.name, use: { kind: 'authority' } }));
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const use = { kind: 'server', names: ['a.example'] } as const;
    const server = new X509Certificate(certificate({ ...common, subject: 'S', publicKey: other.publicKey, use }));
    assert.ok(authority.ca && authority.checkIssued(authority) && server.checkIssued(authority));
    assert.equal(server.validToDate.getUTCFullYear(), 2060);
    assert.equal(server.checkIssued(server), false);
  });
});

describe('DER', () => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

  it('writes the examples of the standard', () => {
    assert.equal(hex(oid('1.2.840.113549')), '06062a864886f70d');
    assert.equal(hex(integer(Buffer.from([0]))), '020100');
    assert.equal(hex(integer(Buffer.from([0, 0, 127]))), '02017f');
    assert.equal(hex(integer(Buffer.from([128]))), '02020080');
    assert.equal(hex(sequence()), '3000');
    assert.equal(hex(sequence(Buffer.alloc(128)).subarray(0, 3)), '308180');
    assert.equal(hex(sequence(Buffer.alloc(256)).subarray(0, 4)), '30820100');
  });
});

describe('the names of a server', () => {
  const rows: readonly (readonly [string, string, string, readonly string[]])[] = [
    ['127.0.0.1', 'https://127.0.0.1:4566', 'box', ['localhost', '127.0.0.1', '::1', 'box']],
    ['0.0.0.0', 'https://g.example:1/x', 'Box', ['localhost', '127.0.0.1', '::1', 'g.example', 'box']],
    ['::', 'https://[fd00::1]:1', 'not a name!', ['localhost', '127.0.0.1', '::1', 'fd00::1']],
  ];
  for (const [host, endpoint, hostname, expected] of rows)
    it(`of ${host}, ${endpoint}, ${hostname}`, () => assert.deepEqual(serverNames(host, endpoint, hostname), expected));
});
