import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { AccountId } from '@gantry/domain';
import { ServiceError, sign, systemClock, systemIds } from '@gantry/protocol';
import type { KeyRing } from '../../identity/principal.ts';
import { DiskObjectStore } from '../../objects/disk.ts';
import { signedBy } from '../http/authenticate.ts';
import { FrontDoor } from '../http/server.ts';
import { s3Handlers } from './index.ts';

const ACCOUNT = '123456789012' as AccountId;
const keys = { owner: 'AKIAOWNER', reader: 'AKIAREADER', other: 'AKIAOTHER' } as const;
type Who = keyof typeof keys;
const ring: KeyRing = {
  key: (accessKeyId) => {
    const who = (Object.keys(keys) as Who[]).find((name) => keys[name] === accessKeyId);
    if (who === undefined) return undefined;
    const account = who === 'other' ? ('999999999999' as AccountId) : ACCOUNT;
    return {
      accessKeyId,
      secretAccessKey: `secret of ${who}`,
      account,
      principalArn: `arn:aws:iam::${account}:user/${who}`,
      principal: { kind: 'administrator' },
    };
  },
};

const folder = mkdtempSync(join(tmpdir(), 'gantry-s3-door-'));
const objects = new DiskObjectStore({ folder, ids: systemIds });
const handlers = s3Handlers({ objects, clock: systemClock, ids: systemIds }) as Record<
  string,
  ((input: unknown, context: unknown) => Promise<unknown>) | undefined
>;
const recorded: string[] = [];
const logged: string[] = [];
const door = new FrontDoor({
  authenticate: signedBy(ring, systemClock),
  // The reader may read objects and nothing else.
  authorise: ({ principalArn }, { operation }) => {
    if (principalArn.endsWith('reader') && operation !== 'GetObject')
      throw new ServiceError(
        'AccessDeniedException',
        `User: ${principalArn} is not authorized to perform: s3:${operation}`,
      );
  },
  handle: async (service, operation, input, caller, requestId) => {
    const handler = handlers[operation];
    if (handler === undefined) throw new ServiceError('UnknownOperationException', `${service} ${operation}`);
    return await handler(input, { caller, scope: { account: caller.account, region: caller.region }, requestId });
  },
  audit: {
    record: ({ operation, error }) => Promise.resolve(void recorded.push(`${operation} ${error?.code ?? 'ok'}`)),
  },
  ids: systemIds,
  log: (level, message, fields) => logged.push(`${level} ${message} ${JSON.stringify(fields)}`),
  version: '1',
  endpointHost: 'plane.example',
  dispatch: {
    exec: {},
    admit: () => assert.fail(),
    accept: () => assert.fail(),
    stop: () => Promise.resolve(),
  } as never,
});
let port = 0;
before(async () => {
  port = await door.listen(0, '127.0.0.1');
});
after(async () => {
  await door.stop();
  objects.close();
  rmSync(folder, { recursive: true });
});

interface Asked {
  readonly who?: Who;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Sent in place of the body that was signed. */
  readonly sent?: string;
  readonly secret?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Of an error document. */
  readonly code: string | undefined;
}

/** `PUT /box/a?uploads`, signed and sent as it stands. */
function ask(
  what: string,
  { who = 'owner', host = 'localhost', headers = {}, body = '', sent = body, secret }: Asked = {},
): Promise<Answer> {
  const [method = '', target = ''] = what.split(' ');
  const [path = '', query = ''] = target.split('?');
  const credentials = { accessKeyId: keys[who], secretAccessKey: secret ?? `secret of ${who}` };
  const scope = { service: 's3', region: 'us-east-1', now: systemClock.now() };
  const signed = sign({ method, path, query, headers: { host, ...headers }, body }, credentials, scope);
  return new Promise((resolve, reject) => {
    const all = { ...signed, 'content-length': Buffer.byteLength(sent) };
    const outgoing = httpRequest(
      { port, host: '127.0.0.1', method, path: target, headers: all, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            code: /<Code>(\w+)/.exec(text)?.[1],
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(sent);
  });
}

const filesLeft = (): readonly string[] => readdirSync(join(folder, 'incoming'));
const statusOf = async (what: string, asked?: Asked): Promise<unknown> => {
  const { status, code } = await ask(what, asked);
  return code === undefined ? status : [status, code];
};

describe('the S3 door', () => {
  it('makes a bucket, keeps an object and gives it back, whichever style it is named in', async () => {
    assert.equal((await ask('PUT /box')).status, 200);
    const headers = { 'content-type': 'text/plain', 'x-amz-meta-who': 'ann', 'cache-control': 'no-cache' };
    const put = await ask('PUT /box/a%20b/%C3%BC+.txt', { headers, body: 'hello' });
    const md5 = createHash('md5').update('hello').digest('hex');
    assert.deepEqual([put.status, put.headers.etag], [200, `"${md5}"`]);
    for (const [path, host] of [
      ['/box/a%20b/%c3%bc%2B.txt', 'localhost'],
      ['/a%20b/ü+.txt'.replace('ü', '%C3%BC'), 'box.localhost:1'],
      ['/a%20b/%C3%BC+.txt', 'box.plane.example'],
    ] as const) {
      const got = await ask(`GET ${path}`, { host });
      assert.deepEqual([got.status, got.text, got.headers['x-amz-meta-who']], [200, 'hello', 'ann'], host);
      assert.equal(got.headers['content-type'], 'text/plain');
    }
    const head = await ask('HEAD /box/a%20b/%C3%BC+.txt');
    assert.deepEqual([head.status, head.headers['content-length'], head.text], [200, '5', '']);
    const part = await ask('GET /box/a%20b/%C3%BC+.txt', { headers: { range: 'bytes=1-3' } });
    assert.deepEqual([part.status, part.text, part.headers['content-range']], [206, 'ell', 'bytes 1-3/5']);
    const same = await ask('GET /box/a%20b/%C3%BC+.txt', { headers: { 'if-none-match': `"${md5}"` } });
    assert.deepEqual([same.status, same.text], [304, '']);
  });

  it('keeps nothing of a body that is not what was signed', async () => {
    assert.deepEqual(await statusOf('PUT /box/forged', { body: 'hello', sent: 'jello' }), [
      400,
      'XAmzContentSHA256Mismatch',
    ]);
    assert.deepEqual(await statusOf('GET /box/forged'), [404, 'NoSuchKey']);
    assert.deepEqual(filesLeft(), []);
  });

  it('keeps nothing of a body that breaks off', async () => {
    const headers = { host: 'localhost', 'content-length': '1000' };
    const credentials = { accessKeyId: keys.owner, secretAccessKey: 'secret of owner' };
    const scope = { service: 's3', region: 'us-east-1', now: systemClock.now() };
    const signed = sign(
      { method: 'PUT', path: '/box/half', query: '', headers, body: 'x'.repeat(1000) },
      credentials,
      scope,
    );
    await new Promise<void>((resolve) => {
      const outgoing = httpRequest({
        port,
        host: '127.0.0.1',
        method: 'PUT',
        path: '/box/half',
        headers: signed,
        agent: false,
      });
      outgoing.on('error', () => undefined);
      outgoing.on('close', () => resolve());
      outgoing.write('x'.repeat(500), () => outgoing.destroy());
    });
    assert.deepEqual(await statusOf('GET /box/half'), [404, 'NoSuchKey']);
    assert.deepEqual(logged, [], 'it is no failure of ours');
  });

  it('tells who is not known, and who may not, in S3’s words', async () => {
    assert.deepEqual(await statusOf('GET /box/x', { secret: 'wrong' }), [403, 'SignatureDoesNotMatch']);
    assert.deepEqual(await statusOf('PUT /box/x', { who: 'reader', body: 'x' }), [403, 'AccessDenied']);
    assert.deepEqual(await statusOf('GET /box/none', { who: 'reader' }), [403, 'AccessDenied'], 'it may not list');
    assert.deepEqual(await statusOf('GET /box/none'), [404, 'NoSuchKey']);
    assert.deepEqual(await statusOf('GET /box', { who: 'other' }), [403, 'AccessDenied']);
    assert.deepEqual(await statusOf('PUT /box', { who: 'other' }), [409, 'BucketAlreadyExists']);
    assert.deepEqual(await statusOf('PUT /box'), [409, 'BucketAlreadyOwnedByYou']);
    const owner = { headers: { 'x-amz-expected-bucket-owner': '999999999999' } };
    assert.deepEqual(await statusOf('GET /box', owner), [403, 'AccessDenied']);
  });

  it('tells clients that sign as S3 did before 2014 how to sign', async () => {
    for (const target of [
      '/box/a?AWSAccessKeyId=AKIAOWNER&Signature=x%3D&Expires=2000000000',
      '/box?Signature=x&AWSAccessKeyId=A',
    ]) {
      const answer = await fetch(`http://127.0.0.1:${port}${target}`);
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), /<Code>InvalidRequest<.*Please use AWS4-HMAC-SHA256/);
    }
  });

  it('refuses what is not served by its name', async () => {
    const named = async (what: string, asked?: Asked): Promise<string | undefined> => {
      const { status, text } = await ask(what, asked);
      assert.equal(status, 501, what);
      return /<Message>(.*) is not served by Gantry/.exec(text)?.[1];
    };
    assert.equal(await named('GET /box?acl'), 'GetBucketAcl');
    assert.equal(await named('PUT /box?versioning', { body: '<x/>' }), 'PutBucketVersioning');
    assert.equal(await named('PUT /box/a?tagging', { body: '<x/>' }), 'PutObjectTagging');
    assert.equal(await named('GET /box/a?versionId=1'), 'Versions of objects (versionId)');
    const secret = { headers: { 'x-amz-server-side-encryption': 'aws:kms' }, body: 'x' };
    assert.equal(await named('PUT /box/a', secret), 'The header x-amz-server-side-encryption: aws:kms');
    assert.deepEqual(await statusOf('GET /box/a'), [404, 'NoSuchKey'], 'it was not kept unencrypted');
  });

  it('puts an object of parts together, and only of parts that are there', async () => {
    const begun = await ask('POST /box/big?uploads');
    const id = /<UploadId>(\w+)/.exec(begun.text)?.[1] ?? '';
    const parts = ['x'.repeat(5 * 1024 * 1024), 'y'.repeat(10)];
    const etags: string[] = [];
    for (const [n, body] of parts.entries())
      etags.push((await ask(`PUT /box/big?partNumber=${n + 1}&uploadId=${id}`, { body })).headers.etag ?? '');
    const complete = (...numbers: readonly number[]): Promise<Answer> => {
      const named = numbers.map(
        (n) => `<Part><PartNumber>${n}</PartNumber><ETag>${etags[n - 1] ?? '"0"'}</ETag></Part>`,
      );
      return ask(`POST /box/big?uploadId=${id}`, {
        body: `<CompleteMultipartUpload>${named.join('')}</CompleteMultipartUpload>`,
      });
    };
    assert.equal((await complete(2, 1)).code, 'InvalidPartOrder');
    assert.equal((await complete(1, 2, 3)).code, 'InvalidPart');
    assert.match((await ask('GET /box?uploads')).text, new RegExp(`<UploadId>${id}<`));
    const done = await complete(1, 2);
    assert.match(done.text, /<ETag>&quot;[0-9a-f]{32}-2&quot;<\/ETag>/);
    const across = { headers: { range: `bytes=${5 * 1024 * 1024 - 2}-${5 * 1024 * 1024 + 1}` } };
    assert.equal((await ask('GET /box/big', across)).text, 'xxyy');
    assert.equal((await complete(1, 2)).code, 'NoSuchUpload');
    assert.equal((await ask('HEAD /box/big')).headers['content-length'], String(5 * 1024 * 1024 + 10));
  });

  it('lists, copies, deletes many, and lets go of a bucket that is empty', async () => {
    await ask('PUT /box/copy', { headers: { 'x-amz-copy-source': '/box/big' } });
    const listed = await ask('GET /box?list-type=2&delimiter=%2F&prefix=');
    assert.deepEqual(
      [...listed.text.matchAll(/<(?:Key|Prefix)>([^<]+)</g)].map(([, name]) => name),
      ['big', 'copy', 'a b/'],
    );
    assert.deepEqual(await statusOf('DELETE /box'), [409, 'BucketNotEmpty']);
    const some = ['big', 'copy', 'a b/ü+.txt', 'none'].map((key) => `<Object><Key>${key}</Key></Object>`).join('');
    const deleted = await ask('POST /box?delete', { body: `<Delete>${some}</Delete>` });
    assert.equal([...deleted.text.matchAll(/<Deleted>/g)].length, 4);
    assert.equal((await ask('DELETE /box')).status, 204);
    assert.deepEqual(await statusOf('HEAD /box'), 404);
    assert.deepEqual(
      readdirSync(join(folder, 'contents'), { recursive: true }).filter((name) => String(name).length > 2),
      [],
    );
  });

  it('answers when all was sent that it does not want, and the connection goes on', async () => {
    const body = 'x'.repeat(4 * 1024 * 1024);
    const { status, code } = await ask('PUT /none/a', { body });
    assert.deepEqual([status, code], [404, 'NoSuchBucket']);
  });

  it('gives every call of somebody known to the trail, which keeps those about buckets', () => {
    assert.ok(recorded.includes('CreateBucket ok') && recorded.includes('DeleteBucket BucketNotEmpty'));
    assert.ok(!recorded.some((each) => each.includes('SignatureDoesNotMatch')));
  });
});
