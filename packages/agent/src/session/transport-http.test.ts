import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { verify } from '@gantry/protocol';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { WebSocketServer, type WebSocket } from 'ws';
import { LinkError } from './port.ts';
import { HttpLink } from './transport-http.ts';

const KEY = { accessKeyId: 'AKIDAGENT', secretAccessKey: 'secret' };
const clock = new FakeClock();
const signal = new AbortController().signal;

let server: Server;
let endpoint: string;
let onSocket: (socket: WebSocket) => void = () => undefined;
let refusal: { readonly status: number; readonly body: string } | undefined;
const verified: string[] = [];
/** Credentials of a task's role, and what calls with them carry. */
const ROLE = { accessKeyId: 'ASIAROLE', secretAccessKey: 'role secret', sessionToken: 'token' };

function check(request: IncomingMessage, body: string): void {
  const [path = '/', query = ''] = (request.url ?? '/').split('?');
  const { accessKeyId } = verify(
    { method: request.method ?? '', path, query, headers: request.headers, body },
    (id) => (id === ROLE.accessKeyId ? ROLE : KEY),
    { now: clock.now(), service: request.headers['x-amz-target']?.includes('SSM') === true ? 'ssm' : 'ecs' },
  );
  const token = request.headers['x-amz-security-token'];
  verified.push(`${request.method} ${path} ${accessKeyId}${token === undefined ? '' : ` ${String(token)}`}`);
}

before(async () => {
  const sockets = new WebSocketServer({ noServer: true });
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      check(request, body);
      if (refusal !== undefined) response.writeHead(refusal.status).end(refusal.body);
      else
        response
          .writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
          .end('{"endpoint":"http://here/acs/"}');
    });
  });
  server.on('upgrade', (request, socket, head) => {
    check(request, '');
    if (refusal === undefined) return sockets.handleUpgrade(request, socket, head, (ws) => onSocket(ws));
    socket.end(
      `HTTP/1.1 ${refusal.status} No\r\ncontent-length: ${refusal.body.length}\r\nconnection: close\r\n\r\n${refusal.body}`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const link = (): HttpLink =>
  new HttpLink({ endpoint, region: 'us-east-1', credentials: () => KEY, clock, userAgent: 'test' });

describe('the link over HTTP', () => {
  test('signs calls and reads answers', async () => {
    const answer = await link().call('DiscoverPollEndpoint', { cluster: 'default' }, signal);
    assert.equal(answer.endpoint, 'http://here/acs/');
    assert.deepEqual(verified.splice(0), ['POST / AKIDAGENT']);
  });

  test("signs with the credentials of a task's role, and with its own again", async () => {
    const own = link();
    await own.call('DiscoverPollEndpoint', {}, signal);
    await own.call('GetParameters', { Names: ['/a'] }, signal, { region: 'eu-west-1', credentials: ROLE });
    await own.call('DiscoverPollEndpoint', {}, signal);
    assert.deepEqual(verified.splice(0), ['POST / AKIDAGENT', 'POST / ASIAROLE token', 'POST / AKIDAGENT']);
  });

  test('tells errors of the service from silence', async () => {
    refusal = { status: 400, body: '{"__type":"ClusterNotFoundException","message":"Cluster not found."}' };
    await assert.rejects(link().call('DiscoverPollEndpoint', {}, signal), {
      code: 'ClusterNotFoundException',
      message: 'Cluster not found.',
    });
    refusal = undefined;
    const nobody = new HttpLink({
      endpoint: 'http://127.0.0.1:1',
      region: 'us-east-1',
      credentials: () => KEY,
      clock,
      userAgent: 't',
    });
    await assert.rejects(nobody.call('DiscoverPollEndpoint', {}, signal), { code: 'Unreachable' });
    await assert.rejects(nobody.connect('acs', 'http://127.0.0.1:1/acs/ws', signal), { code: 'Unreachable' });
    const without = new HttpLink({
      endpoint,
      region: 'r',
      credentials: () => assert.fail('no file'),
      clock,
      userAgent: 't',
    });
    await assert.rejects(without.call('DiscoverPollEndpoint', {}, signal), { code: 'Unreachable' });
    verified.length = 0;
  });

  test('opens signed websockets; frames that come at once are kept', async () => {
    const heard: string[] = [];
    const closed = new Promise<readonly [number, string]>((resolve) => {
      onSocket = (socket) => {
        socket.send('first');
        socket.on('message', (data: Buffer) => heard.push(data.toString()));
        socket.on('close', (code, reason) => resolve([code, reason.toString()]));
      };
    });
    const socket = await link().connect(
      'acs',
      `${endpoint}/acs/ws?containerInstanceArn=arn%3Aa%2Fb&dockerVersion=Docker%20Version`,
      signal,
    );
    assert.deepEqual(verified.splice(0), ['GET /acs/ws AKIDAGENT']);
    await new Promise<void>((resolve) => socket.onFrame((text) => (assert.equal(text, 'first'), resolve())));
    socket.send('{"type":"X"}');
    socket.close(1000, 'done');
    assert.deepEqual(await closed, [1000, 'done']);
    assert.deepEqual(heard, ['{"type":"X"}']);
  });

  test('puts a signed header block before telemetry frames', async () => {
    const frame = new Promise<string>((resolve) => {
      onSocket = (socket) => socket.on('message', (data: Buffer) => resolve(data.toString()));
    });
    const socket = await link().connect('tcs', `${endpoint}/tcs/ws?cluster=default`, signal);
    socket.send('{"type":"PublishMetricsRequest"}');
    const text = await frame;
    assert.match(
      text,
      /^Authorization: AWS4-HMAC-SHA256 Credential=AKIDAGENT\/.*\r\nHost: 127\.0\.0\.1:\d+\r\nX-Amz-Date: \d{8}T\d{6}Z\r\n\r\n\{"type":"PublishMetricsRequest"\}$/,
    );
    socket.close(1000, '');
    verified.length = 0;
  });

  test('a connection that breaks is closed with 1006', async () => {
    onSocket = (socket) => socket.terminate();
    const socket = await link().connect('acs', `${endpoint}/acs/ws`, signal);
    assert.equal(await new Promise<number>((resolve) => socket.onClose(resolve)), 1006);
    verified.length = 0;
  });

  for (const [body, code] of [
    ['{"InactiveInstanceException":"it was deregistered"}', 'InactiveInstanceException'],
    ['{"type":"InvalidClusterException","message":{}}', 'InvalidClusterException'],
    ['{"__type":"AccessDeniedException","message":"no"}', 'AccessDeniedException'],
    ['<html>', 'Unreachable'],
  ] as const) {
    test(`a handshake refused with ${body} says ${code}`, async () => {
      refusal = { status: 400, body };
      await assert.rejects(
        link().connect('acs', `${endpoint}/acs/ws`, signal),
        (error: unknown) => error instanceof LinkError && error.code === code,
      );
      refusal = undefined;
      verified.length = 0;
    });
  }
});
