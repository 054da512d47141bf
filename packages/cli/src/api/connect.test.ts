import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../host/fake.ts';
import { ServiceError } from '@gantry/protocol';
import { connect, findConnection, patience } from './connect.ts';

function host(env: Readonly<Record<string, string>> = {}): FakeHost {
  const made = new FakeHost();
  Object.assign(made.env, env);
  for (const [dir, port] of [
    ['/var/lib/gantry', 4566],
    ['/d', 9999],
  ] as const) {
    made.files.set(`${dir}/run/endpoint.json`, `{"endpoint":"http://127.0.0.1:${port}","region":"us-east-1"}`);
    made.files.set(`${dir}/credentials.json`, `{"administrator":{"accessKeyId":"OWN${port}","secretAccessKey":"s"}}`);
  }
  return made;
}
const AWS_KEYS = { AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 'e' };

const rows: readonly (readonly [string, Readonly<Record<string, string>>, string | undefined, string])[] = [
  ['the usual data directory', {}, undefined, 'http://127.0.0.1:4566 us-east-1 OWN4566'],
  ['a data directory by flag', {}, '/d', 'http://127.0.0.1:9999 us-east-1 OWN9999'],
  ['a data directory by environment', { GANTRY_DATA_DIR: '/d' }, undefined, 'http://127.0.0.1:9999 us-east-1 OWN9999'],
  ['keys of AWS are not used here', AWS_KEYS, undefined, 'http://127.0.0.1:4566 us-east-1 OWN4566'],
  [
    'endpoint and keys of the environment',
    { ...AWS_KEYS, AWS_ENDPOINT_URL: 'http://far:1/', AWS_REGION: 'eu-west-1' },
    undefined,
    'http://far:1 eu-west-1 ENV',
  ],
  ['an endpoint without keys', { AWS_ENDPOINT_URL: 'http://far:1' }, undefined, 'http://far:1 us-east-1 OWN4566'],
  [
    'a flag beats the environment',
    { ...AWS_KEYS, AWS_ENDPOINT_URL: 'http://far:1' },
    '/d',
    'http://127.0.0.1:9999 us-east-1 OWN9999',
  ],
];
for (const [name, env, flag, expected] of rows) {
  test(`connects with ${name}`, async () => {
    const { where, keys } = await findConnection(host(env), flag);
    assert.equal(`${where.endpoint} ${where.region} ${keys.accessKeyId}`, expected);
  });
}

test('without any Gantry it says how to start or find one', async () => {
  await assert.rejects(findConnection(host(), '/nowhere'), { exitCode: 3, wayOut: /gantry up/ });
});

test('trusts what the endpoint file names, or AWS_CA_BUNDLE for an endpoint of the environment', async () => {
  const made = host({ AWS_ENDPOINT_URL: 'https://far:1', AWS_CA_BUNDLE: '/far.pem' });
  made.files.set('/d/run/endpoint.json', '{"endpoint":"https://127.0.0.1:1","region":"r","caFile":"/d/tls/ca.pem"}');
  assert.equal((await findConnection(made, undefined)).where.caFile, '/far.pem');
  const { where, keys } = await findConnection(made, '/d');
  assert.equal(where.caFile, '/d/tls/ca.pem');
  await assert.rejects(connect(made, where, keys), {
    message: /\/d\/tls\/ca\.pem, which says whom to trust, cannot be read/,
  });
});

test('waits when it is throttled, not for ever, and for nothing else', async () => {
  const made = host();
  const startedAt = made.clock.now();
  const failing = (code: string, times: number) => {
    let calls = 0;
    return {
      call: () => {
        calls += 1;
        return calls > times ? Promise.resolve(calls) : Promise.reject(new ServiceError(code, 'no'));
      },
      calls: () => calls,
    };
  };
  assert.equal(await patience(made)(failing('ThrottlingException', 3).call), 4);
  assert.ok(made.clock.now() > startedAt);
  const stubborn = failing('ThrottlingException', 99);
  await assert.rejects(patience(made)(stubborn.call), { code: 'ThrottlingException' });
  assert.equal(stubborn.calls(), 8);
  const refused = failing('AccessDeniedException', 99);
  await assert.rejects(patience(made)(refused.call), { code: 'AccessDeniedException' });
  assert.equal(refused.calls(), 1);
});
