import type { Clock } from '@gantry/domain';
import { epochMs } from '@gantry/domain';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { AwsClient, ConnectionError } from './client.ts';
import { parseCall, writeError, writeResponse } from './codec/protocol.ts';
import type { WireResponse } from './codec/wire.ts';
import { ServiceError } from './errors.ts';
import type { EcsOperations } from './generated/ecs-types.ts';
import { SERVICES } from './services.ts';
import { verify } from './sigv4/verify.ts';

const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' };
const NOW = Date.UTC(2026, 10, 22);

/** Stands still; sleeping is noted, not done. */
function stillClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  return { slept, now: () => epochMs(NOW), elapsedMs: () => 0, sleep: async (ms) => void slept.push(ms) };
}

/** A server on loopback that checks the signature and lets `answer` speak. */
async function serve(t: TestContext, answer: (name: string, input: unknown) => WireResponse | 'hang'): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const wire = { method, path: url, query: '', headers, body: Buffer.concat(chunks) };
      verify(wire, () => KEY, { now: NOW, service: 'ecs' });
      const call = parseCall(SERVICES.ecs, wire);
      const said = answer(call.operation.name, call.input());
      if (said !== 'hang') response.writeHead(said.status, said.headers).end(said.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const clientOf = (endpoint: string, clock: Clock = stillClock()): AwsClient<EcsOperations> =>
  new AwsClient<EcsOperations>({ service: 'ecs', endpoint, region: 'us-east-1', credentials: KEY, clock });

const operation = SERVICES.ecs.operation('SubmitTaskStateChange');
assert.ok(operation);
const submit = operation;

test('a call goes there and comes back typed', async (t) => {
  let seen: unknown;
  const endpoint = await serve(t, (name, input) => {
    seen = [name, input];
    return writeResponse(submit, { acknowledgment: 'ok' }, 'id');
  });
  const at = new Date(NOW - 500);
  const output = await clientOf(endpoint).call('SubmitTaskStateChange', { task: 't', pullStartedAt: at });
  assert.deepEqual(output, { acknowledgment: 'ok' });
  assert.deepEqual(seen, ['SubmitTaskStateChange', { task: 't', pullStartedAt: at }]);
});

test('a refusal is a ServiceError with its members, and is not tried again', async (t) => {
  let calls = 0;
  const endpoint = await serve(t, () => {
    calls += 1;
    return writeError(
      SERVICES.ecs,
      new ServiceError('ConflictException', 'used', { members: { resourceIds: ['a'] } }),
      'i',
    );
  });
  await assert.rejects(
    clientOf(endpoint).call('RunTask', { taskDefinition: 'a' }, { attempts: 5 }),
    (error: unknown) => {
      assert.ok(error instanceof ServiceError);
      assert.deepEqual(
        [error.code, error.message, error.members],
        ['ConflictException', 'used', { resourceIds: ['a'] }],
      );
      return true;
    },
  );
  assert.equal(calls, 1);
});

test('what may pass is tried again, with growing waits', async (t) => {
  const codes = ['ServerException', 'ThrottlingException', 'ServerException'];
  const endpoint = await serve(t, () => {
    const code = codes.shift();
    if (code !== undefined) return writeError(SERVICES.ecs, new ServiceError(code, 'later'), 'i');
    return writeResponse(submit, { acknowledgment: 'ok' }, 'i');
  });
  const clock = stillClock();
  await clientOf(endpoint, clock).call('SubmitTaskStateChange', {}, { attempts: 4, backoffMs: 10 });
  assert.deepEqual(clock.slept, [10, 20, 40]);
  codes.push('ServerException');
  await assert.rejects(clientOf(endpoint).call('SubmitTaskStateChange', {}), { code: 'ServerException', status: 500 });
});

test('nobody there is a ConnectionError, a page from elsewhere keeps its status', async (t) => {
  const gone = await serve(t, () => 'hang');
  const page = await serve(t, () => ({ status: 502, headers: {}, body: '<html>Bad gateway' }));
  await assert.rejects(clientOf(page).call('ListClusters', {}), /HTTP 502: <html>Bad gateway/);
  await assert.rejects(clientOf(gone.replace(/\d+$/, '1')).call('ListClusters', {}), (error: unknown) => {
    assert.ok(error instanceof ConnectionError);
    assert.match(error.message, /no answer from http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
    return true;
  });
});

test('an abort ends a call that waits', async (t) => {
  const asked = Promise.withResolvers<void>();
  const endpoint = await serve(t, () => {
    asked.resolve();
    return 'hang';
  });
  const abort = new AbortController();
  const call = clientOf(endpoint).call('ListClusters', {}, { signal: abort.signal, attempts: 3 });
  await asked.promise;
  abort.abort(new Error('enough'));
  await assert.rejects(call, /enough/);
});
