import { createHash, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, boolean, explicit, implicit, integer, octets, oid, sequence, set, time, utf8, type Der } from './der.ts';

export interface CertificateRequest {
  /** 16 random bytes. */
  readonly serial: Uint8Array;
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuer: { readonly name: string; readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** An authority's own certificate, or one for a server of these names and addresses. */
  readonly use: { readonly kind: 'authority' } | { readonly kind: 'server'; readonly names: readonly string[] };
}

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const COMMON_NAME = oid('2.5.4.3');
const EXTENSION = {
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKey: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;
const SERVER_AUTHENTICATION = oid('1.3.6.1.5.5.7.3.1');

/** An X.509 certificate (RFC 5280), PEM. Keys are of P-256. */
export function certificate(request: CertificateRequest): string {
  const { serial, subject, publicKey, issuer, notBeforeMs, notAfterMs } = request;
  const positive = Buffer.from(serial);
  positive[0] = ((positive[0] as number) & 0x7f) | 0x40;
  const content = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(positive),
    ECDSA_WITH_SHA256,
    nameOf(issuer.name),
    sequence(time(notBeforeMs), time(notAfterMs)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions(request))),
  );
  const signature = bits(sign('sha256', content, issuer.privateKey));
  const lines =
    sequence(content, ECDSA_WITH_SHA256, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function extensions({ use, publicKey, issuer }: CertificateRequest): readonly Der[] {
  const ownKey = extension('subjectKey', false, octets(keyId(publicKey)));
  const issuersKey = extension('authorityKey', false, sequence(implicit(0, keyId(issuer.publicKey))));
  if (use.kind === 'authority')
    return [
      // It signs servers, no further authorities.
      extension('basicConstraints', true, sequence(boolean(true), integer(Buffer.from([0])))),
      extension('keyUsage', true, bits(Buffer.from([0x06]), 1)),
      ownKey,
      issuersKey,
    ];
  return [
    extension('basicConstraints', true, sequence()),
    extension('keyUsage', true, bits(Buffer.from([0x80]), 7)),
    extension('extendedKeyUsage', false, sequence(SERVER_AUTHENTICATION)),
    extension('alternativeNames', false, sequence(...use.names.map(generalName))),
    ownKey,
    issuersKey,
  ];
}

function extension(name: keyof typeof EXTENSION, critical: boolean, value: Der): Der {
  return sequence(oid(EXTENSION[name]), ...(critical ? [boolean(true)] : []), octets(value));
}

const nameOf = (commonName: string): Der => sequence(set(sequence(COMMON_NAME, utf8(commonName))));

const generalName = (name: string): Der =>
  isIP(name) === 0 ? implicit(2, Buffer.from(name, 'latin1')) : implicit(7, addressBytes(name));

/** RFC 5280's first way: SHA-1 of the key's bits. */
function keyId(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  return createHash('sha1').update(point).digest();
}

/** 4 bytes of IPv4, 16 of IPv6. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  // The URL writes what IPv4 there is at the end in hexadecimal, too.
  const plain = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [head = [], tail] = plain.split('::').map((side) => side.split(':').filter((group) => group !== ''));
  const zeros = tail === undefined ? [] : Array<string>(8 - head.length - tail.length).fill('0');
  const groups = [...head, ...zeros, ...(tail ?? [])];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
