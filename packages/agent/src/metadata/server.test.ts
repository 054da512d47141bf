import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { MetadataHandler } from './handler.ts';
import { relayApi } from './relay.ts';
import { serveMetadata } from './server.ts';

const address = '127.0.0.1';
const handler = new MetadataHandler({ clock: new FakeClock(), sources: () => [], isHost: () => true });
const log = (): void => undefined;

test('answers are JSON; too much is refused', async () => {
  const server = await serveMetadata({ address, handler, log, isHost: () => true, peers: async () => [] });
  const base = `http://${address}:${server.port}`;
  try {
    const unknown = await fetch(`${base}/v2/credentials/x`);
    assert.equal(unknown.status, 400);
    assert.equal(unknown.headers.get('content-type'), 'application/json');
    assert.equal(((await unknown.json()) as { code: string }).code, 'InvalidIdInRequest');
    assert.equal(await (await fetch(`${base}/x`)).text(), '404 page not found');
    const large = await fetch(`${base}/api/x/task-protection/v1/state`, { method: 'PUT', body: 'x'.repeat(20_000) });
    assert.equal(large.status, 413);
  } finally {
    await server.close();
  }
});

test('what a program in host mode asks for is asked of the other agents of the host, once', async () => {
  const asked: string[] = [];
  const other = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${String(request.headers['x-gantry-handed-on'])}`);
    const known = request.url?.endsWith('/mine') === true;
    response
      .writeHead(known ? 200 : 400)
      .end(JSON.stringify(known ? { RoleArn: 'r' } : { code: 'InvalidIdInRequest' }));
  });
  await new Promise<void>((resolve) => void other.listen(0, address, resolve));
  const peer = (other.address() as AddressInfo).port;
  let fromHost = true;
  const isHost = (): boolean => fromHost;
  const server = await serveMetadata({ address, handler, log, isHost, peers: async () => [1, peer] });
  const url = (id: string): string => `http://${address}:${server.port}/v2/credentials/${id}`;
  try {
    assert.deepEqual(await (await fetch(url('mine'))).json(), { RoleArn: 'r' });
    assert.equal((await fetch(url('nobodys'))).status, 400);
    assert.equal((await fetch(url('mine'), { headers: { 'x-gantry-handed-on': '1' } })).status, 400);
    fromHost = false;
    assert.equal((await fetch(url('mine'))).status, 400);
    assert.deepEqual(asked, ['GET /v2/credentials/mine 1', 'GET /v2/credentials/nobodys 1']);
  } finally {
    await server.close();
    await new Promise((resolve) => other.close(resolve));
  }
});

test('the relay hands on bytes as they are', async () => {
  const plane = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => response.end(`${request.method} ${request.url} ${request.headers.host} ${body}`));
  });
  await new Promise<void>((resolve) => void plane.listen(0, address, resolve));
  const endpoint = `http://${address}:${(plane.address() as AddressInfo).port}`;
  const relay = await relayApi({ address, endpoint });
  try {
    const answer = await fetch(`http://${address}:${relay.port}/some/path?q=1`, { method: 'POST', body: 'text' });
    assert.equal(await answer.text(), `POST /some/path?q=1 ${address}:${relay.port} text`);
  } finally {
    await relay.close();
    plane.closeAllConnections();
    await new Promise((resolve) => plane.close(resolve));
  }
});
