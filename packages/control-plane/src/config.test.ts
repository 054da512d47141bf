import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig, type Surroundings } from './config.ts';

const read = (args: readonly string[], more: Partial<Surroundings> = {}) =>
  readConfig({ args, env: {}, home: '/home/me', isRoot: false, ...more });

describe('configuration', () => {
  it('has a default for everything', () => {
    const config = read([]);
    assert.equal(config.dataDir, '/home/me/.local/share/gantry');
    assert.equal(read([], { isRoot: true }).dataDir, '/var/lib/gantry');
    assert.deepEqual([config.host, config.port, config.insecureAnyKey], ['127.0.0.1', 4566, false]);
    const { defaultScope, endpoint, healthyAfterRunningMs, subnets } = config.platform;
    assert.deepEqual(defaultScope, { account: '000000000000', region: 'us-east-1' });
    assert.deepEqual([endpoint, healthyAfterRunningMs], ['http://127.0.0.1:4566', 40_000]);
    assert.deepEqual(subnets, [
      { subnetId: 'subnet-00000000000000001', availabilityZone: 'us-east-1a', cidr: '10.213.0.0/20' },
    ]);
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.platform));
  });

  it('keeps the key of secrets apart from the data', () => {
    assert.equal(read([]).keyFile, '/home/me/.config/gantry/seal.key');
    assert.equal(read([], { isRoot: true }).keyFile, '/etc/gantry/seal.key');
    assert.equal(read([], { env: { XDG_CONFIG_HOME: '/c' } }).keyFile, '/c/gantry/seal.key');
    const env = { GANTRY_KEY_FILE: '/from/env' };
    assert.equal(read([], { env }).keyFile, '/from/env');
    assert.equal(read(['--key-file=/from/flag'], { env }).keyFile, '/from/flag');
    assert.equal(read(['--data-dir=/d', '--key-file=/d.key']).keyFile, '/d.key');
  });

  it('takes flags before the environment before defaults', () => {
    const env = { GANTRY_PORT: '1', GANTRY_REGION: 'eu-west-1', GANTRY_INSECURE_ANY_KEY: '1', GANTRY_DATA_DIR: '/d' };
    const config = read(['--port=2', '--healthy-after-ms', '5', '--host=::1'], { env });
    assert.deepEqual([config.port, config.dataDir, config.insecureAnyKey], [2, '/d', true]);
    assert.equal(config.platform.endpoint, 'http://[::1]:2');
    assert.equal(config.platform.subnets[0]?.availabilityZone, 'eu-west-1a');
    assert.equal(config.platform.healthyAfterRunningMs, 5);
    assert.equal(read(['--endpoint', 'https://g.example/x/']).platform.endpoint, 'https://g.example/x');
    const subnets = read(['--subnet', 'subnet-a,z1,10.0.0.0/24', '--subnet=subnet-b,z2,10.1.0.0/24']).platform.subnets;
    assert.deepEqual(subnets[1], { subnetId: 'subnet-b', availabilityZone: 'z2', cidr: '10.1.0.0/24' });
  });

  it('speaks plain HTTP, counts nothing and remembers 90 days unless told otherwise', () => {
    const config = read([]);
    assert.deepEqual([config.tls, config.throttle, config.auditRetentionMs], [{ kind: 'off' }, false, 90 * 86_400_000]);
    const env = { GANTRY_THROTTLE: '1', GANTRY_TLS: 'self', GANTRY_AUDIT_RETENTION_DAYS: '7' };
    const other = read(['--host', '0.0.0.0'], { env });
    assert.deepEqual([other.tls, other.throttle, other.auditRetentionMs], [{ kind: 'self' }, true, 7 * 86_400_000]);
    assert.equal(other.platform.endpoint, 'https://127.0.0.1:4566');
    const files = read([
      '--throttle',
      '--tls-cert',
      '/c.pem',
      '--tls-key',
      '/k.pem',
      '--endpoint',
      'https://g.example',
    ]);
    assert.deepEqual(files.tls, { kind: 'files', certFile: '/c.pem', keyFile: '/k.pem' });
    assert.deepEqual([files.throttle, files.platform.endpoint], [true, 'https://g.example']);
    for (const [args, problem] of [
      [['--tls=on'], /--tls on: it is --tls self/],
      [['--tls=self', '--tls-cert=/c', '--tls-key=/k'], /one of the two/],
      [['--tls-cert=/c'], /go together/],
      [['--audit-retention-days=0'], /--audit-retention-days 0/],
    ] as const)
      assert.throws(() => read(args), problem);
  });

  it('reports all problems together', () => {
    const args = ['--port=x', '--region=mars', '--account=1', '--log-level=loud', '--healthy-after-ms=-1'];
    const more = [
      '--host=0.0.0.0',
      '--insecure-any-key',
      '--endpoint=ftp://x',
      '--subnet=a,b,c',
      '--data-dir=/d',
      '--key-file=/d/seal.key',
      '--subnet=subnet-a,z,10.0.0.0/30',
    ];
    assert.throws(
      () => read([...args, ...more]),
      (error: Error) => {
        const lines = error.message.split('\n');
        for (const flag of [
          'port',
          'region',
          'account',
          'log-level',
          'insecure-any-key',
          'endpoint',
          'subnet',
          'key-file',
        ])
          assert.ok(
            lines.some((line) => line.startsWith(`--${flag} `)),
            flag,
          );
        return lines.length >= 9;
      },
    );
    assert.throws(() => read(['--prot=1']), /Unknown option '--prot'/);
  });
});
