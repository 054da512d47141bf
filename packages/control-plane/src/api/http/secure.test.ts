import assert from 'node:assert/strict';
import { randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { after, before, describe, it } from 'node:test';
import { parseRegion, type AccountId, type Region } from '@gantry/domain';
import { AwsClient, httpTransport, ServiceError, systemClock, systemIds, type EcsOperations } from '@gantry/protocol';
import { WebSocket } from 'ws';
import type { AuditedCall } from '../../audit/port.ts';
import type { ApiCall } from '../../authorise/port.ts';
import type { KeyRing } from '../../identity/principal.ts';
import { openAuthority, type Authority } from '../../tls/authority.ts';
import { signedBy } from './authenticate.ts';
import { FrontDoor, type FrontDoorOptions } from './server.ts';

const KEY = { accessKeyId: 'AKIA1', secretAccessKey: 'secret' };
const account = '123456789012' as AccountId;
const ring: KeyRing = {
  key: (id) =>
    id === KEY.accessKeyId
      ? { ...KEY, account, principalArn: `arn:aws:iam::${account}:root`, principal: { kind: 'administrator' } }
      : undefined,
};
const folder = mkdtempSync(join(tmpdir(), 'gantry-door-'));
const authorityOf = (name: string): Authority =>
  openAuthority({ path: join(folder, name), random: randomBytes, nowMs: systemClock.now() });
const [ours, stranger] = [authorityOf('ours.pem'), authorityOf('stranger.pem')];
const authorised: ApiCall[] = [];
const audited: AuditedCall[] = [];
const doors: FrontDoor[] = [];

async function open(more: Partial<FrontDoorOptions>): Promise<{ door: FrontDoor; port: number }> {
  const door = new FrontDoor({
    authenticate: signedBy(ring, systemClock),
    authorise: (_caller, call) => {
      authorised.push(call);
      if (call.operation === 'DeleteCluster') throw new ServiceError('AccessDeniedException', 'not you');
    },
    handle: (_service, operation) => {
      if (operation === 'StopTask') throw new ServiceError('ClusterNotFoundException', 'Cluster not found.');
      return Promise.resolve({ clusterArns: [] });
    },
    audit: {
      record: (call) => {
        audited.push(call);
        return Promise.resolve();
      },
    },
    ids: systemIds,
    log: () => undefined,
    version: '9.9.9',
    dispatch: {
      exec: { grant: () => assert.fail(), admitClient: () => assert.fail(), admitAgent: () => assert.fail() },
      admit: () => () => undefined,
      accept: () => assert.fail('the front door admits'),
      stop: () => Promise.resolve(),
    },
    ...more,
  });
  doors.push(door);
  return { door, port: await door.listen(0, '127.0.0.1') };
}

let secure: { door: FrontDoor; port: number };
let plain: { door: FrontDoor; port: number };
before(async () => {
  secure = await open({ tls: ours.issue(['localhost', '127.0.0.1'], systemClock.now()) });
  plain = await open({});
});
after(async () => {
  await Promise.all(doors.map((door) => door.stop()));
  rmSync(folder, { recursive: true });
});

const client = (endpoint: string, ca?: string): AwsClient<EcsOperations> =>
  new AwsClient<EcsOperations>({
    service: 'ecs',
    endpoint,
    region: parseRegion('us-east-1') as Region,
    credentials: KEY,
    transport: httpTransport({ ca }),
    headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' },
  });

/** The handshake's end: the certificate shown, or why there is none. */
function handshake(port: number, options: ConnectionOptions): Promise<TLSSocket | string> {
  return new Promise((resolve) => {
    const socket = connectTls({ port, host: '127.0.0.1', ca: ours.certificate, ...options });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

describe('the front door with TLS', () => {
  it('is believed by those who know its authority, under its names alone', async () => {
    assert.deepEqual(
      (await client(`https://127.0.0.1:${secure.port}`, ours.certificate).call('ListClusters', {})).clusterArns,
      [],
    );
    await client(`https://localhost:${secure.port}`, ours.certificate).call('ListClusters', {});
    const refused = client(`https://127.0.0.1:${secure.port}`, stranger.certificate).call('ListClusters', {});
    await assert.rejects(refused, { name: 'ConnectionError' });
    await assert.rejects(client(`https://127.0.0.1:${secure.port}`).call('ListClusters', {}), {
      name: 'ConnectionError',
    });
    assert.equal(await handshake(secure.port, { servername: 'another.example' }), 'ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('shows an expired certificate to nobody who checks', async () => {
    const old = await open({ tls: ours.issue(['127.0.0.1'], systemClock.now() - 91 * 86_400_000) });
    assert.equal(await handshake(old.port, {}), 'CERT_HAS_EXPIRED');
    old.door.renew(ours.issue(['127.0.0.1'], systemClock.now()));
    assert.notEqual(typeof (await handshake(old.port, {})), 'string');
  });

  it('speaks nothing older than TLS 1.2', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const refusal = await handshake(secure.port, old);
    assert.ok(typeof refusal === 'string');
    assert.match(refusal, /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/);
    const socket = await handshake(secure.port, { maxVersion: 'TLSv1.2' });
    assert.ok(typeof socket !== 'string' && socket.getProtocol() === 'TLSv1.2');
    socket.destroy();
  });

  it('gives a new certificate to new connections, and keeps those there are', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, maxCachedSessions: 0, ca: ours.certificate });
    const serial = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const path = '/_gantry/health';
        const call = httpsRequest({ port: secure.port, host: '127.0.0.1', path, agent }, (response) => {
          const { serialNumber } = (response.socket as TLSSocket).getPeerCertificate();
          response.resume().once('end', () => resolve(serialNumber));
        });
        call.once('error', reject).end();
      });
    const before_ = await serial();
    const next = ours.issue(['localhost', '127.0.0.1'], systemClock.now());
    secure.door.renew(next);
    assert.equal(await serial(), before_, 'the connection is the same');
    const fresh = await handshake(secure.port, {});
    assert.ok(typeof fresh !== 'string');
    assert.equal(fresh.getPeerX509Certificate()?.serialNumber, new X509Certificate(next.cert).serialNumber);
    fresh.destroy();
    agent.destroy();
  });

  it('tells who speaks plain HTTP to it that it speaks TLS', async () => {
    for (const first of [
      'GET / HTTP/1.1\r\nhost: x\r\n\r\n',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}',
    ]) {
      const answer = await new Promise<string>((resolve, reject) => {
        let text = '';
        const socket = connectPlain(secure.port, '127.0.0.1', () => socket.write(first));
        socket.on('data', (data) => (text += data.toString()));
        socket.once('error', reject).once('close', () => resolve(text));
      });
      assert.match(answer, /^HTTP\/1\.1 400 [^]*This port speaks TLS: use https/);
    }
  });

  it('closes on what is neither, and lives', async () => {
    for (const first of ['\u0000'.repeat(100), 'SSH-2.0-x\r\n', '\u0016\u0003\u0001\u0002\u0000']) {
      await new Promise<void>((resolve) => {
        const socket = connectPlain(secure.port, '127.0.0.1', () => socket.end(first));
        socket.on('error', () => undefined).on('data', () => undefined);
        socket.once('close', () => resolve());
      });
    }
    await client(`https://127.0.0.1:${secure.port}`, ours.certificate).call('ListClusters', {});
  });

  it('takes websockets, too', async () => {
    const socket = new WebSocket(`wss://127.0.0.1:${secure.port}/acs/ws`, { ca: ours.certificate });
    const status = await new Promise((resolve) =>
      socket.once('unexpected-response', (_q, answer) => resolve(answer.statusCode)),
    );
    assert.equal(status, 400, 'not signed: refused behind the handshake');
    socket.on('error', () => undefined).terminate();
  });
});

describe('where a request came from', () => {
  it('is what the socket says, not a header', async () => {
    authorised.length = 0;
    await client(`http://127.0.0.1:${plain.port}`).call('ListClusters', {});
    await client(`https://127.0.0.1:${secure.port}`, ours.certificate).call('ListClusters', {});
    assert.deepEqual(
      authorised.map((call) => [call.from.address, call.from.secure]),
      [
        ['127.0.0.1', false],
        ['127.0.0.1', true],
      ],
    );
    assert.deepEqual(authorised[0]?.from, { address: '127.0.0.1', secure: false });
    assert.match(authorised[1]?.from.tls?.version ?? '', /^TLSv1\.[23]$/);
    assert.match(authorised[1]?.from.tls?.cipherSuite ?? '', /^TLS_/);
  });
});

describe('what the front door gives to the trail', () => {
  it('is every outcome of a known caller’s call, and nothing of a stranger’s', async () => {
    audited.length = 0;
    const ecs = client(`http://127.0.0.1:${plain.port}`);
    await ecs.call('CreateCluster', { clusterName: 'a' });
    await assert.rejects(ecs.call('DeleteCluster', { cluster: 'a' }));
    await assert.rejects(ecs.call('StopTask', { task: 'x' }));
    await assert.rejects(ecs.call('RunTask', { taskDefinition: undefined as never }));
    const unknown = new AwsClient<EcsOperations>({
      service: 'ecs',
      endpoint: `http://127.0.0.1:${plain.port}`,
      region: 'us-east-1',
      credentials: { ...KEY, secretAccessKey: 'wrong' },
    });
    await assert.rejects(unknown.call('CreateCluster', {}));
    assert.deepEqual(
      audited.map(({ operation, input, output, error }) => [operation, input, output, error?.code]),
      [
        ['CreateCluster', { clusterName: 'a' }, { clusterArns: [] }, undefined],
        ['DeleteCluster', { cluster: 'a' }, undefined, 'AccessDeniedException'],
        ['StopTask', { task: 'x' }, undefined, 'ClusterNotFoundException'],
        ['RunTask', undefined, undefined, 'InvalidParameterException'],
      ],
    );
    assert.deepEqual([audited[0]?.caller.account, audited[0]?.host], [account, `127.0.0.1:${plain.port}`]);
  });
});
