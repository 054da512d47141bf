import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { ServiceError, S3_ROUTES, type SeedSignature } from '@gantry/protocol';
import fc from 'fast-check';
import { addressOf, checkBucketName } from '../names.ts';
import { bodyOf } from './body.ts';
import { summing } from './checksums.ts';
import { unchunked, type ChunkedOptions } from './chunked.ts';
import { routeOf } from './route.ts';
import { childText, readXml, xmlDocument } from './xml.ts';

const codeOf = (error: unknown): string => (error instanceof ServiceError ? error.code : String(error));
const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return codeOf(error);
  }
  return 'not refused';
};
async function* cut(bytes: Buffer, every: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += every) yield await Promise.resolve(bytes.subarray(at, at + every));
}
async function read(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The example of S3's page on signed chunks: 66,560 times `a`, in chunks of 64 KiB. */
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const KEY = ['20130524', 'us-east-1', 's3', 'aws4_request'].reduce<string | Buffer>(
  hmac,
  'AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
);
const SEED: SeedSignature = {
  signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  date: '20130524T000000Z',
  scope: '20130524/us-east-1/s3/aws4_request',
  sign: (text) => hmac(KEY, text).toString('hex'),
};
const SIGNATURES = [
  'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
  '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
  'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
];
const EXAMPLE = Buffer.from(
  [65536, 1024, 0]
    .map((bytes, n) => `${bytes.toString(16)};chunk-signature=${SIGNATURES[n]}\r\n${'a'.repeat(bytes)}\r\n`)
    .join(''),
);
const SIGNED: ChunkedOptions = { seed: SEED, signed: true, hasTrailer: false, onTrailer: () => undefined };

describe('aws-chunked', () => {
  it('gives the bytes of AWS’s own example, however it is cut', async () => {
    for (const every of [1, 7, 1000, 100_000])
      assert.equal((await read(unchunked(cut(EXAMPLE, every), SIGNED))).toString(), 'a'.repeat(66_560));
  });

  it('finds a byte that was changed, and a chunk that is missing', async () => {
    const changed = Buffer.from(EXAMPLE);
    changed[EXAMPLE.length - 200] = 0x62;
    const last = EXAMPLE.indexOf('400;');
    for (const bytes of [
      changed,
      Buffer.concat([EXAMPLE.subarray(0, last), EXAMPLE.subarray(EXAMPLE.indexOf('\r\n0;') + 2)]),
    ])
      await assert.rejects(read(unchunked(cut(bytes, 5000), SIGNED)), { code: 'SignatureDoesNotMatch' });
    const short = EXAMPLE.subarray(0, EXAMPLE.length - 50);
    await assert.rejects(read(unchunked(cut(short, 5000), SIGNED)), { code: 'IncompleteBody' });
  });

  it('reads trailers, whose signature is chained to the chunks', async () => {
    const trailers: string[] = [];
    const plain = {
      signed: false,
      hasTrailer: true,
      onTrailer: (...pair: string[]) => void trailers.push(pair.join()),
    };
    const body = Buffer.from('3\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n');
    for (const every of [1, 100]) assert.equal(String(await read(unchunked(cut(body, every), plain))), 'abcde');
    assert.deepEqual(trailers, ['x-amz-checksum-crc32,AAAA', 'x-amz-checksum-crc32,AAAA']);
    const unsigned = Buffer.concat([EXAMPLE.subarray(0, -2), Buffer.from('x-amz-checksum-crc32:AAAA\r\n\r\n')]);
    const asked = read(unchunked(cut(unsigned, 5000), { ...SIGNED, hasTrailer: true }));
    await assert.rejects(asked, { code: 'SignatureDoesNotMatch' });
  });

  it('refuses what is malformed', async () => {
    const plain = { signed: false, hasTrailer: false, onTrailer: () => undefined };
    for (const text of [
      'x\r\n',
      '3\r\nabcd\r\n0\r\n\r\n',
      '0\r\n\r\nmore',
      '-1\r\n',
      '3;other=1\r\nabc\r\n',
      `${'1'.repeat(5000)}`,
    ])
      await assert.rejects(
        read(unchunked(cut(Buffer.from(text), 3), plain)),
        { code: 'InvalidRequest' },
        text.slice(0, 20),
      );
  });

  it('gives back what was sent, whatever that is', async () => {
    const law = fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 })),
      fc.integer({ min: 1, max: 50 }),
      async (parts, every) => {
        const framed = parts.map((part) =>
          Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]),
        );
        const body = Buffer.concat([...framed, Buffer.from('0\r\n\r\n')]);
        const options = { signed: false, hasTrailer: false, onTrailer: () => undefined };
        assert.deepEqual(await read(unchunked(cut(body, every), options)), Buffer.concat(parts));
      },
    );
    await fc.assert(law);
  });
});

describe('bodies', () => {
  const SHA = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  const rows: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ['plain', { 'content-length': '3' }, 'abc'],
    ['with its hash', { 'content-length': '3', 'x-amz-content-sha256': SHA }, 'abc'],
    [
      'with another hash',
      { 'content-length': '3', 'x-amz-content-sha256': SHA.replace('b', 'c') },
      'XAmzContentSHA256Mismatch',
    ],
    ['with its MD5', { 'content-length': '3', 'content-md5': 'kAFQmDzST7DWlj99KOF/cg==' }, 'abc'],
    ['with another MD5', { 'content-length': '3', 'content-md5': 'kAFQmDzST7DWlj99KOF/cA==' }, 'BadDigest'],
    ['with no MD5', { 'content-length': '3', 'content-md5': 'x' }, 'InvalidDigest'],
    ['with its checksum', { 'content-length': '3', 'x-amz-checksum-crc32': 'NSRBwg==' }, 'abc'],
    ['with another checksum', { 'content-length': '3', 'x-amz-checksum-crc32c': 'NSRBwg==' }, 'BadDigest'],
    ['shorter than it says', { 'content-length': '4' }, 'IncompleteBody'],
    ['of no length', {}, 'MissingContentLength'],
    ['larger than an object may be', { 'content-length': '5368709121' }, 'EntityTooLarge'],
    ['signed as nobody does', { 'x-amz-content-sha256': 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' }, 'NotImplemented'],
  ];
  for (const [title, headers, expected] of rows) {
    it(title, async () => {
      const told = async (): Promise<string> =>
        (await read(bodyOf({ headers }, cut(Buffer.from('abc'), 2)))).toString();
      assert.equal(await told().catch(codeOf), expected);
    });
  }

  it('sums are what the algorithms’ authors say', () => {
    const check = (algorithm: Parameters<typeof summing>[0]): string => {
      const sum = summing(algorithm);
      for (const part of ['1234', '', '56789']) sum.update(Buffer.from(part));
      return sum.digest().toString('hex');
    };
    assert.deepEqual((['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1'] as const).map(check), [
      'cbf43926',
      'e3069283',
      'ae8b14860a799888',
      'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
    ]);
  });
});

describe('addresses and routes', () => {
  it('path style and names in front of the host mean the same', () => {
    const rows: readonly (readonly [string, string, string, string])[] = [
      ['/box/a/b', '127.0.0.1:4566', 'box', 'a/b'],
      ['/box', 'localhost', 'box', ''],
      ['/box/', 'localhost', 'box', ''],
      ['/', 'localhost', '', ''],
      ['/a/b', 'box.localhost:4566', 'box', 'a/b'],
      ['/a/b', 'my.box.s3.localhost', 'my.box', 'a/b'],
      ['/box/a', 's3.localhost', 'box', 'a'],
      ['/a', 'box.plane.example:4566', 'box', 'a'],
      ['/box/a', 'plane.example:4566', 'box', 'a'],
      ['/box/a', '[::1]:4566', 'box', 'a'],
      ['/box//a%2Fb%20c+d', 'localhost', 'box', '/a/b c+d'],
      ['//a', 'box.localhost', 'box', '/a'],
    ];
    for (const [path, host, bucket, key] of rows)
      assert.deepEqual(addressOf(path, host, 'plane.example'), { bucket, key }, `${host}${path}`);
    assert.equal(
      refusal(() => addressOf('/box/%zz', 'localhost', 'localhost')),
      'InvalidURI',
    );
  });

  it('every operation is found by its method, level and marker, and nothing else is', () => {
    for (const { method, level, marker, operation } of S3_ROUTES) {
      const [name = '', value = ''] = marker.split('=');
      const query = new Map([['x-id', operation], ...(marker === '' ? [] : [[name, value] as const])]);
      const address = { bucket: level === 'service' ? '' : 'box', key: level === 'object' ? 'a' : '' };
      assert.equal(routeOf(method, address, query, false), operation);
    }
    assert.equal(routeOf('PUT', { bucket: 'b', key: 'a' }, new Map(), true), 'CopyObject');
    assert.equal(routeOf('PUT', { bucket: 'b', key: 'a' }, new Map([['uploadId', 'u']]), true), 'UploadPartCopy');
    assert.equal(
      refusal(() => routeOf('PATCH', { bucket: 'b', key: 'a' }, new Map(), false)),
      'MethodNotAllowed',
    );
  });

  it('names of buckets', () => {
    for (const name of ['box', 'my-box.1', 'a'.repeat(63)]) assert.doesNotThrow(() => checkBucketName(name));
    for (const name of [
      'ab',
      'Box',
      '-box',
      'a..b',
      '10.0.0.1',
      'xn--box',
      'box-s3alias',
      'a'.repeat(64),
      'constructor/',
    ])
      assert.equal(
        refusal(() => checkBucketName(name)),
        'InvalidBucketName',
        name,
      );
  });
});

describe('XML', () => {
  it('is read: namespaces, entities, comments, empty elements', () => {
    const text =
      '<?xml version="1.0"?><!-- x --><s:Delete xmlns:s="u" a=\'1\'><Quiet/><Object><Key>a&amp;&#98;&#x1f600;</Key></Object></s:Delete>\n';
    const root = readXml(text);
    assert.equal(root.name, 'Delete');
    assert.deepEqual(
      root.children.map((child) => [child.name, childText(child, 'Key')]),
      [
        ['Quiet', undefined],
        ['Object', 'ab😀'.replace('a', 'a&')],
      ],
    );
  });

  it('is refused when it is none, or more than a document needs', () => {
    const bad = [
      '',
      'x',
      '<a>',
      '<a></b>',
      '<a/><b/>',
      '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
      '<a b></a>',
      '<a>&#99999999;</a>',
      '<a>'.repeat(20),
    ];
    for (const text of bad)
      assert.equal(
        refusal(() => readXml(text)),
        'MalformedXML',
        text,
      );
  });

  it('is read as it was written', () => {
    const law = fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const legal = text.replace(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '');
      assert.equal(childText(readXml(xmlDocument('A', { B: legal })), 'B'), legal);
    });
    fc.assert(law);
  });
});
