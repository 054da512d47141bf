import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type AccountId, type EpochMs, type Region } from '@gantry/domain';
import { ServiceError, sign, type FrameSocket } from '@gantry/protocol';
import { WebSocket } from 'ws';
import { systemClock, systemIds } from '@gantry/protocol';
import { byRole } from '../../authorise/roles.ts';
import type { KeyRing } from '../../identity/principal.ts';
import { TokenBuckets } from '../../throttle/throttle.ts';
import { getCallerIdentity } from '../sts/index.ts';
import { anyKey, signedBy, type Authenticate } from './authenticate.ts';
import type { Handle } from './pipeline.ts';
import { FrontDoor, type FrontDoorOptions, type Limits } from './server.ts';

type Role = 'administrator' | 'agent';
const ACCOUNT = '123456789012' as AccountId;
const secretOf = (role: Role): string => `secret-of-${role}`;
const keyIdOf = (role: Role): string => (role === 'agent' ? 'AKIAAGENT' : 'AKIAADMIN');
const ring: KeyRing = {
  key: (accessKeyId) => {
    const role = (['administrator', 'agent'] as const).find((each) => keyIdOf(each) === accessKeyId);
    if (role === undefined) return undefined;
    const principalArn = `arn:aws:iam::${ACCOUNT}:user/${role}`;
    return { accessKeyId, secretAccessKey: secretOf(role), account: ACCOUNT, principalArn, principal: { kind: role } };
  },
};

const handle: Handle = async (service, operation, input, caller, requestId) => {
  if (service === 'sts') {
    const scope = { account: caller.account, region: caller.region };
    return getCallerIdentity({}, { caller, scope, requestId });
  }
  if (operation === 'DescribeLogGroups') return { logGroups: [{ logGroupName: caller.account }] };
  if (operation === 'ListClusters') return { clusterArns: [`${caller.account}/${caller.region}`] };
  if (operation === 'DescribeClusters') throw new ServiceError('ClientException', 'a modelled refusal');
  if (operation === 'StopTask') throw new Error('the secret inner cause');
  return { echo: input };
};

const sockets: { readonly kind: string; readonly params: URLSearchParams; readonly socket: FrameSocket }[] = [];
const logged: string[] = [];
const doors: FrontDoor[] = [];
const noSession = (): never => {
  throw new ServiceError('BadRequestException', 'There is no such session.', { status: 404 });
};
/** One session, `here`, whose client is told its own first message. */
const exec: FrontDoorOptions['dispatch']['exec'] = {
  grant: noSession,
  admitClient: (id) => (id === 'here' ? (socket) => socket.onMessage((m) => socket.send(m)) : noSession()),
  admitAgent: (params) => (params.get('sessionId') === 'here' ? (socket) => socket.close(1000, 'agent') : noSession()),
};

async function open(
  authenticate: Authenticate,
  limits: Partial<Limits> = {},
  more: Partial<FrontDoorOptions> = {},
): Promise<number> {
  const door = new FrontDoor({
    ...more,
    authenticate,
    authorise: byRole,
    handle,
    ids: systemIds,
    log: (_level, message, fields) => logged.push(`${message} ${JSON.stringify(fields)}`),
    version: '9.9.9',
    limits,
    dispatch: {
      exec,
      admit: (kind, params) => {
        if (params.get('containerInstanceArn') === 'gone')
          throw new ServiceError('InactiveInstanceException', 'deregistered');
        return (socket) => sockets.push({ kind, params, socket });
      },
      accept: () => assert.fail('the front door admits'),
      stop: () => Promise.resolve(),
    },
  });
  doors.push(door);
  return door.listen(0, '127.0.0.1');
}

let port = 0;
let insecurePort = 0;
before(async () => {
  port = await open(signedBy(ring, systemClock));
  insecurePort = await open(anyKey({ account: ACCOUNT, region: 'us-east-1' as Region }, ring, systemClock));
});
after(() => Promise.all(doors.map((door) => door.stop())));

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly service?: string;
  readonly role?: Role;
  readonly now?: number;
  readonly secret?: string;
  readonly port?: number;
}

const target = (operation: string) => ({
  'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
  'content-type': 'application/x-amz-json-1.1',
});

function signed(sent: Sent): Record<string, string> {
  const { method = 'POST', path = '/', headers = {}, body = '', service = 'ecs', role = 'administrator' } = sent;
  const [rawPath = '/', query = ''] = path.split('?');
  return sign(
    { method, path: rawPath, query, headers: { host: `127.0.0.1:${sent.port ?? port}`, ...headers }, body },
    { accessKeyId: keyIdOf(role), secretAccessKey: sent.secret ?? secretOf(role) },
    { service, region: 'eu-west-1', now: sent.now ?? systemClock.now() },
  ) as Record<string, string>;
}

async function send(sent: Sent): Promise<{ status: number; headers: Headers; body: string }> {
  const response = await fetch(`http://127.0.0.1:${sent.port ?? port}${sent.path ?? '/'}`, {
    method: sent.method ?? 'POST',
    headers: signed(sent),
    ...(sent.body === undefined ? {} : { body: sent.body as string }),
  });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

const codeOf = (answer: { body: string }): string => (JSON.parse(answer.body) as { __type: string }).__type;

describe('the front door', () => {
  it('answers a signed request in the region it was signed for', async () => {
    const answer = await send({ headers: target('ListClusters'), body: '{}' });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'application/x-amz-json-1.1');
    assert.match(answer.headers.get('x-amzn-requestid') ?? '', /^[0-9a-f-]{36}$/);
    assert.deepEqual(JSON.parse(answer.body), { clusterArns: [`${ACCOUNT}/eu-west-1`] });
  });

  it('answers modelled errors as they are, and hides what is unplanned', async () => {
    const modelled = await send({ headers: target('DescribeClusters'), body: '{}' });
    assert.deepEqual([modelled.status, codeOf(modelled)], [400, 'ClientException']);
    assert.equal(modelled.headers.get('x-amzn-errortype'), 'ClientException');
    const unplanned = await send({ headers: target('StopTask'), body: '{"task":"x"}' });
    assert.deepEqual([unplanned.status, codeOf(unplanned)], [500, 'ServerException']);
    assert.doesNotMatch(unplanned.body, /secret inner/);
    const requestId = unplanned.headers.get('x-amzn-requestid') ?? 'none';
    assert.ok(logged.some((entry) => entry.includes('secret inner cause') && entry.includes(requestId)));
  });

  it('serves sts in its own protocol, errors too', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const body = 'Action=GetCallerIdentity&Version=2011-06-15';
    const answer = await send({ headers: form, body, service: 'sts' });
    assert.equal(answer.status, 200);
    assert.match(answer.body, /<Arn>arn:aws:iam::123456789012:user\/administrator<\/Arn>/);
    assert.match(answer.body, /<UserId>AIDA[A-Z2-7]{17}<\/UserId>/);
    const wrong = await send({ headers: form, body, service: 'sts', secret: 'wrong' });
    assert.equal(wrong.status, 403);
    assert.match(wrong.body, /<Code>SignatureDoesNotMatch<\/Code>/);
    const got = await send({ method: 'GET', path: `/?${body}`, service: 'sts' });
    assert.equal(got.status, 200);
  });

  it('lets the agent key do what agents do, and no more', async () => {
    const refused = await send({ headers: target('ListClusters'), body: '{}', role: 'agent' });
    assert.deepEqual([refused.status, codeOf(refused)], [400, 'AccessDeniedException']);
    assert.match(refused.body, /not authorized to perform: ecs:ListClusters/);
    const polled = await send({ headers: target('DiscoverPollEndpoint'), body: '{}', role: 'agent' });
    assert.equal(polled.status, 200);
  });

  it('takes an agent’s word for whose logs these are, and nobody else’s', async () => {
    const logs = { 'x-amz-target': 'Logs_20140328.DescribeLogGroups', 'content-type': 'application/x-amz-json-1.1' };
    const headers = { ...logs, 'x-gantry-account': '444455556666' };
    const owner = async (sent: Sent): Promise<unknown> =>
      (JSON.parse((await send(sent)).body) as { logGroups?: [{ logGroupName: string }] }).logGroups?.[0].logGroupName;
    assert.equal(await owner({ headers, body: '{}', service: 'logs', role: 'agent' }), '444455556666');
    assert.equal(await owner({ headers: logs, body: '{}', service: 'logs', role: 'agent' }), ACCOUNT);
    assert.equal(await owner({ headers, body: '{}', service: 'logs' }), ACCOUNT);
  });

  it('inflates a signed gzip body, within its limit', async () => {
    const headers = { ...target('ListClusters'), 'content-encoding': 'gzip' };
    assert.equal((await send({ headers, body: gzipSync('{"maxResults":5}') })).status, 200);
    const bomb = await send({ headers, body: gzipSync(Buffer.alloc(64 << 20)) });
    assert.deepEqual([bomb.status, codeOf(bomb)], [413, 'RequestEntityTooLargeException']);
    assert.equal(codeOf(await send({ headers, body: 'not gzip' })), 'SerializationException');
    const brotli = { ...headers, 'content-encoding': 'br' };
    assert.match((await send({ headers: brotli, body: 'x' })).body, /'br' is not supported/);
  });

  it('counts requests of known callers before it reads them, and refuses in the right protocol', async () => {
    const throttle = new TokenBuckets({ ...systemClock, now: () => 0 as EpochMs });
    const throttled = await open(signedBy(ring, systemClock), {}, { throttle });
    const create = { headers: target('CreateCluster'), body: 'not even JSON', port: throttled };
    for (let call = 0; call < 30; call += 1) await send({ ...create, secret: 'wrong' });
    const codes: string[] = [];
    for (let call = 0; call < 21; call += 1) codes.push(codeOf(await send(create)));
    assert.deepEqual(new Set(codes.slice(0, 20)), new Set(['SerializationException']), 'strangers take no tokens');
    assert.equal(codes[20], 'ThrottlingException');
    const refused = await send(create);
    assert.deepEqual(
      [
        refused.status,
        refused.headers.get('x-amzn-errortype'),
        (JSON.parse(refused.body) as { message: string }).message,
      ],
      [400, 'ThrottlingException', 'Rate exceeded'],
    );
  });

  it('tells that it is healthy, to anybody', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/_gantry/health`);
    assert.deepEqual([answer.status, await answer.json()], [200, { status: 'ok', version: '9.9.9' }]);
  });
});

const json = target('ListClusters');
const BAD: [name: string, sent: Sent, status: number, code: string][] = [
  ['malformed JSON', { headers: json, body: '{"a":' }, 400, 'SerializationException'],
  ['a body that is no object', { headers: json, body: '"x"' }, 400, 'SerializationException'],
  ['a list as body', { headers: json, body: '[]' }, 400, 'SerializationException'],
  ['null as body', { headers: json, body: 'null' }, 400, 'SerializationException'],
  ['a wrong type', { headers: json, body: '{"maxResults":"5"}' }, 400, 'SerializationException'],
  ['a nest of brackets', { headers: json, body: '['.repeat(100_000) }, 400, 'SerializationException'],
  ['bytes that are no UTF-8', { headers: json, body: Buffer.from([0x7b, 0xff, 0x7d]) }, 400, 'SerializationException'],
  ['an unknown operation', { headers: target('Nope'), body: '{}' }, 400, 'UnknownOperationException'],
  ['the operation "constructor"', { headers: target('constructor'), body: '{}' }, 400, 'UnknownOperationException'],
  ['the operation "__proto__"', { headers: target('__proto__'), body: '{}' }, 400, 'UnknownOperationException'],
  ['no operation', { headers: target(''), body: '{}' }, 400, 'UnknownOperationException'],
  ['no target', { body: '{}' }, 400, 'UnknownOperationException'],
  [
    'an unknown service',
    { headers: { 'x-amz-target': 'Sqs.X' }, service: 'sqs', body: '{}' },
    400,
    'UnknownOperationException',
  ],
  ['another service than signed for', { headers: json, service: 'logs', body: '{}' }, 400, 'InvalidSignatureException'],
  ['a wrong secret', { headers: json, body: '{}', secret: 'wrong' }, 400, 'InvalidSignatureException'],
  ['a late signature', { headers: json, body: '{}', now: Date.now() - 3_600_000 }, 400, 'InvalidSignatureException'],
  ['another path', { headers: json, path: '/clusters', body: '{}' }, 404, 'UnknownOperationException'],
  ['a doubled slash', { headers: json, path: '//', body: '{}' }, 404, 'UnknownOperationException'],
  ['GET', { method: 'GET', headers: json }, 405, 'UnknownOperationException'],
  ['PUT', { method: 'PUT', headers: json, body: '{}' }, 405, 'UnknownOperationException'],
  ['a huge body', { headers: json, body: Buffer.alloc(9 << 20, 0x20) }, 413, 'RequestEntityTooLargeException'],
];

describe('bad input', () => {
  for (const [name, sent, status, code] of BAD)
    it(`answers ${name} with ${code}`, async () => {
      const answer = await send(sent);
      assert.deepEqual([answer.status, codeOf(answer)], [status, code]);
      assert.match(answer.headers.get('x-amzn-requestid') ?? '', /^[0-9a-f-]{36}$/);
    });

  it('answers what is not signed, or strangely', async () => {
    const unsigned = async (headers: Record<string, string>): Promise<string> => {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers: { ...json, ...headers } });
      return codeOf({ body: await answer.text() });
    };
    assert.equal(await unsigned({}), 'MissingAuthenticationTokenException');
    assert.equal(await unsigned({ authorization: 'Basic eDp5' }), 'IncompleteSignatureException');
    assert.equal(await unsigned({ authorization: 'AWS4-HMAC-SHA256 Credential=a' }), 'IncompleteSignatureException');
    const stranger = { ...signed({ headers: json }) };
    stranger['authorization'] = (stranger['authorization'] ?? '').replace('AKIAADMIN', 'AKIASOMEBODY');
    assert.equal(await unsigned(stranger), 'UnrecognizedClientException');
  });

  it('drops unknown members', async () => {
    const answer = await send({ headers: json, body: '{"__type":"x","__proto__":{"a":1},"constructor":1,"no":[{}]}' });
    assert.equal(answer.status, 200);
  });
});

/** Sends raw bytes and gives what came back until the connection was closed. */
function raw(bytes: string, portOf = port): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(portOf, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

describe('what is not HTTP', () => {
  const cases: [name: string, bytes: string, answer: RegExp][] = [
    ['rubbish', 'hello\r\n\r\n', /^HTTP\/1\.1 400 .*not valid HTTP/s],
    ['a TLS hello', '\u0016\u0003\u0001\u0002\u0000\u0001', /^HTTP\/1\.1 400/],
    ['huge headers', `GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(40_000)}\r\n\r\n`, /^HTTP\/1\.1 431/],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx', /^HTTP\/1\.1 400/],
    [
      'smuggling',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      /^HTTP\/1\.1 400/,
    ],
    ['a bad chunk', 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', /^HTTP\/1\.1 400/],
    ['an absolute target', 'GET http://other/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', /^HTTP\/1\.1 404/],
    ['an encoded path', 'POST /%2e%2e/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', /^HTTP\/1\.1 404/],
    ['a climbing path', 'GET /../_gantry/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', /^HTTP\/1\.1 404/],
    ['CONNECT', 'CONNECT other:443 HTTP/1.1\r\nhost: x\r\n\r\n', /^$/],
    ['another upgrade', 'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n', /^HTTP\/1\.1 400/],
  ];
  for (const [name, bytes, answer] of cases)
    it(`answers or closes ${name}, and lives`, async () => {
      assert.match(await raw(bytes), answer);
      assert.equal((await send({ headers: json, body: '{}' })).status, 200);
    });

  it('survives clients that go in the middle', async () => {
    for (const bytes of ['', 'POST', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc']) {
      const socket = connect(port, '127.0.0.1');
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.write(bytes, () => socket.resetAndDestroy());
      await new Promise((resolve) => socket.once('close', resolve));
    }
    assert.equal((await send({ headers: json, body: '{}' })).status, 200);
  });
});

describe('slow clients', () => {
  const trickle = async (bytes: string): Promise<string> => {
    const limits = { headersWithinMs: 100, requestWithinMs: 200 };
    const slow = await open(signedBy(ring, systemClock), limits);
    return raw(bytes, slow);
  };
  it('are cut off in the headers', async () => {
    assert.match(await trickle('POST / HTTP/1.1\r\nhost: x\r\n'), /^HTTP\/1\.1 408 .*did not come in time/s);
  });
  it('are cut off in the body', async () => {
    const head = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc';
    assert.match(await trickle(head), /^HTTP\/1\.1 408|^$/);
  });
  it('are cut off before they say anything', async () => {
    assert.match(await trickle(''), /^HTTP\/1\.1 408|^$/);
  });
});

describe('10,000 idle connections', () => {
  it('cost nobody else an answer', async (context) => {
    const most = openFilesLimit();
    if (most < 10_500) {
      context.diagnostic(`SKIPPED: 10,000 connections need 10,500 open files, the limit is ${most} (ulimit -n)`);
      context.skip(`ulimit -n is ${most}`);
      return;
    }
    const fixture = join(import.meta.dirname, 'idle-clients.fixture.ts');
    const child = spawn(process.execPath, [fixture, String(port), '10000'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const said = await new Promise((resolve) => child.stdout.once('data', (data: Buffer) => resolve(data.toString())));
    assert.equal(said, 'ready\n');
    const answers = await Promise.all(Array.from({ length: 20 }, () => send({ headers: json, body: '{}' })));
    assert.ok(answers.every(({ status }) => status === 200));
    child.stdin.end();
    assert.equal(await ended, 0);
    assert.equal((await send({ headers: json, body: '{}' })).status, 200);
  });
});

function openFilesLimit(): number {
  const report = process.report.getReport() as unknown as {
    readonly userLimits: { readonly open_files: { readonly soft: number | 'unlimited' } };
  };
  const { soft } = report.userLimits.open_files;
  return soft === 'unlimited' ? Infinity : soft;
}

describe('websockets', () => {
  const open_ = (path: string, role: Role, secret?: string): WebSocket => {
    const headers = signed({ method: 'GET', path, role, ...(secret === undefined ? {} : { secret }) });
    return new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  };
  const refusal = (socket: WebSocket): Promise<[number | undefined, string]> =>
    new Promise((resolve, reject) => {
      socket.on('open', () => reject(new Error('it was opened')));
      socket.on('error', () => undefined);
      socket.on('unexpected-response', (_request, response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve([response.statusCode, body]));
      });
    });

  it('open for a signed agent and carry frames both ways', async () => {
    const client = open_('/acs/ws?containerInstanceArn=i&seqNum=1', 'agent');
    await new Promise((resolve) => client.once('open', resolve));
    const { kind, params, socket } = sockets.at(-1) ?? assert.fail('nothing was admitted');
    assert.deepEqual([kind, params.get('containerInstanceArn')], ['acs', 'i']);
    client.send('early');
    const pong = new Promise((resolve) => client.once('pong', resolve));
    client.ping();
    await pong;
    const heard = new Promise((resolve) => socket.onFrame(resolve));
    assert.equal(await heard, 'early');
    const back = new Promise((resolve) => client.once('message', (data: Buffer) => resolve(data.toString())));
    socket.send('back');
    assert.equal(await back, 'back');
    const closed = new Promise((resolve) => client.once('close', (code, reason) => resolve([code, reason.toString()])));
    socket.close(1001, 'é'.repeat(200));
    const [code, reason] = (await closed) as [number, string];
    assert.deepEqual([code, reason.length > 50], [1001, true]);
    const late = await new Promise((resolve) => socket.onClose((closeCode) => resolve(closeCode)));
    assert.equal(late, 1001);
  });

  it('of exec sessions: clients need no signature, agents do, and both a session', async () => {
    const client = new WebSocket(`ws://127.0.0.1:${port}/v1/data-channel/here?role=publish_subscribe`);
    const echoed = new Promise((resolve) => client.once('message', (data: Buffer) => resolve(data.toString())));
    client.once('open', () => client.send('token'));
    assert.equal(await echoed, 'token');
    client.terminate();
    const agent = open_('/exec/ws?sessionId=here', 'agent');
    assert.equal(await new Promise((resolve) => agent.once('close', (_code, why) => resolve(why.toString()))), 'agent');
    const stranger = new WebSocket(`ws://127.0.0.1:${port}/v1/data-channel/guess`);
    assert.equal((await refusal(stranger))[0], 404);
    assert.equal((await refusal(open_('/exec/ws?sessionId=guess', 'agent')))[0], 404);
    assert.equal((await refusal(open_('/exec/ws?sessionId=here', 'agent', 'wrong')))[0], 400);
    assert.equal((await refusal(new WebSocket(`ws://127.0.0.1:${port}/exec/ws?sessionId=here`)))[0], 400);
  });

  it('are refused with the exception in the body', async () => {
    const cases: [string, Role, string | undefined, number, string][] = [
      ['/acs/ws?containerInstanceArn=gone', 'agent', undefined, 400, 'InactiveInstanceException'],
      ['/acs/ws?containerInstanceArn=i', 'agent', 'wrong', 400, 'InvalidSignatureException'],
      ['/other/ws', 'agent', undefined, 404, 'BadRequestException'],
    ];
    for (const [path, role, secret, status, code] of cases) {
      const [gotStatus, body] = await refusal(open_(path, role, secret));
      assert.deepEqual([gotStatus, Object.keys(JSON.parse(body) as object)], [status, [code]]);
    }
  });
});

describe('--insecure-any-key', () => {
  const ask = async (headers: Record<string, string>): Promise<[number, string]> => {
    const lines = Object.entries({ ...json, 'content-length': '2', connection: 'close', ...headers });
    const head = lines.map(([name, value]) => `${name}: ${value}`).join('\r\n');
    const text = await raw(`POST / HTTP/1.1\r\n${head}\r\n\r\n{}`, insecurePort);
    return [Number(text.slice(9, 12)), text.slice(text.indexOf('\r\n\r\n') + 4)];
  };
  const credential = (key: string) =>
    `AWS4-HMAC-SHA256 Credential=${key}/20260101/eu-west-1/ecs/aws4_request, Signature=x`;

  it('takes any key, and the account from a 12-digit one', async () => {
    const host = 'localhost:4566';
    const arns = async (headers: Record<string, string>) => JSON.parse((await ask({ host, ...headers }))[1]) as unknown;
    assert.deepEqual(await arns({ authorization: credential('any') }), { clusterArns: [`${ACCOUNT}/eu-west-1`] });
    assert.deepEqual(await arns({ authorization: credential('111122223333') }), {
      clusterArns: ['111122223333/eu-west-1'],
    });
    assert.deepEqual(await arns({}), { clusterArns: [`${ACCOUNT}/us-east-1`] });
  });

  it('takes nothing from a browser or another host name', async () => {
    const [rebound] = await ask({ host: 'evil.example' });
    const [fromPage] = await ask({ host: 'localhost', origin: 'http://evil.example' });
    assert.deepEqual([rebound, fromPage], [400, 400]);
  });
});
