import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportLines } from '../credentials.ts';
import { pathsIn } from '../paths.ts';
import { endpointOf, upSettings, type UpFlags } from '../settings.ts';
import { agentConfig, controlPlaneArguments } from './config.ts';
import { networkOfSlot } from './network.ts';
import { caFileOf } from './tls.ts';

const around = { uid: 0, home: '/home/ann', memoryMiB: 8_192, env: {} };
const CAPACITY = { cpuCount: 2, memoryMiB: 8_192, engineSocket: '/s' };
/** Of its own authority, for *.wild.example, gantry.example and 10.0.0.9. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBuzCCAWKgAwIBAgIUDhwpSJhuAAoykvgbCingrjf5QaAwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOZ2FudHJ5LmV4YW1wbGUwIBcNMjYxMTIyMTAyMzI4WhgPMjEy
NjEwMjkxMDIzMjhaMBkxFzAVBgNVBAMMDmdhbnRyeS5leGFtcGxlMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEg3hcSb7tEee6Hca8L+kau4TiAVZ0pokHm1Fns+4L
ggqd2RqtqyO1FxctAgfthTOLlmIZtYZh614BAOtxIiNMSKOBhTCBgjAdBgNVHQ4E
FgQUraS/878A2L5KrR7Ewwy7J9tcj9kwHwYDVR0jBBgwFoAUraS/878A2L5KrR7E
wwy7J9tcj9kwDwYDVR0TAQH/BAUwAwEB/zAvBgNVHREEKDAmgg4qLndpbGQuZXhh
bXBsZYIOZ2FudHJ5LmV4YW1wbGWHBAoAAAkwCgYIKoZIzj0EAwIDRwAwRAIgfVF5
xLnHc1illxd+CI6xmvUQvHpp6pinHaxFRC65OGwCIHMs06dWlxaq+/yMn4OxLTQG
bpqWnhLkMLvprn351tgG
-----END CERTIFICATE-----
`;

test('TLS is off, of our own, or of files; what clients use and trust follows from it', () => {
  const paths = pathsIn('/d');
  const told = (flags: UpFlags, certificate?: string): readonly unknown[] => {
    const settings = upSettings({ dataDir: '/d', ...flags }, { ...around, certificate });
    const tls = controlPlaneArguments('/root', settings, networkOfSlot(0)).filter((word) =>
      /tls|endpoint|host/.test(word),
    );
    return [endpointOf(settings), caFileOf(settings, paths), ...tls];
  };
  assert.deepEqual(told({}), ['http://127.0.0.1:4566', undefined, '--host=127.0.0.1']);
  assert.deepEqual(told({ tls: 'self', host: '0.0.0.0' }), [
    'https://127.0.0.1:4566',
    '/d/tls/ca.pem',
    '--host=0.0.0.0',
    '--tls=self',
  ]);
  assert.deepEqual(told({ tlsCert: '/c.pem', tlsKey: '/k.pem' }, CERTIFICATE), [
    'https://gantry.example:4566',
    '/c.pem',
    '--host=127.0.0.1',
    '--tls-cert=/c.pem',
    '--tls-key=/k.pem',
    '--endpoint=https://gantry.example:4566',
  ]);
  assert.equal(told({ tlsCert: '/c.pem', tlsKey: '/k.pem', tlsCa: '/ca.pem' }, CERTIFICATE)[1], '/ca.pem');
  assert.equal(
    agentConfig(upSettings({ tls: 'self' }, around), paths, CAPACITY, networkOfSlot(0)).caFile,
    '/d/tls/ca.pem',
  );
  assert.equal('caFile' in agentConfig(upSettings({}, around), paths, CAPACITY, networkOfSlot(0)), false);
});

const wrongTls: readonly (readonly [UpFlags, RegExp])[] = [
  [{ tls: 'yes' }, /--tls yes: it is --tls self/],
  [{ tls: 'self', tlsCert: '/c', tlsKey: '/k' }, /one of the two/],
  [{ tlsCert: '/c' }, /go together/],
  [{ tlsCa: '/ca' }, /--tls-ca goes with --tls-cert/],
  [{ tlsCert: '/c', tlsKey: '/k' }, /--tls-cert \/c: the file cannot be read/],
  [{ host: 'example.com' }, /--host example\.com: an IP address/],
  [{ auditRetentionDays: '0' }, /--audit-retention-days 0/],
];
for (const [flags, expected] of wrongTls)
  test(`refuses ${JSON.stringify(flags)}`, () => assert.throws(() => upSettings(flags, around), { message: expected }));

test('a file that is no certificate is refused by its name', () => {
  const flags = { tlsCert: '/c', tlsKey: '/k' };
  assert.throws(() => upSettings(flags, { ...around, certificate: 'rubbish' }), {
    message: /\/c: it is no certificate/,
  });
});

test('clients are told whom to trust only when there is somebody to', () => {
  const keys = { accessKeyId: 'A', secretAccessKey: 'S' };
  const trusting = exportLines({ endpoint: 'https://h:1', region: 'r', caFile: '/d/tls/ca.pem' }, keys);
  assert.deepEqual(trusting.slice(-2), [
    'export AWS_CA_BUNDLE=/d/tls/ca.pem',
    'export NODE_EXTRA_CA_CERTS=/d/tls/ca.pem',
  ]);
  assert.doesNotMatch(exportLines({ endpoint: 'http://h:1', region: 'r' }, keys).join(), /CA/);
});
