import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CliError } from './errors.ts';
import { keyFileOf, keysIn } from './key-file.ts';
import { pathsIn } from './paths.ts';
import { dataDirOf, endpointOf, upSettings } from './settings.ts';
import { agentConfig, controlPlaneArguments } from './up/config.ts';
import { networkOfSlot } from './up/network.ts';
import { exportLines, parseAdministrator, parseEndpoint, shellQuote } from './credentials.ts';

const around = { uid: 0, home: '/home/ann', memoryMiB: 8_192, env: {} };

const dirs: readonly (readonly [string, string | undefined, number, Record<string, string>, string])[] = [
  ['a flag', '/x', 0, { GANTRY_DATA_DIR: '/y' }, '/x'],
  ['the environment', undefined, 0, { GANTRY_DATA_DIR: '/y' }, '/y'],
  ['root', undefined, 0, {}, '/var/lib/gantry'],
  ['a user', undefined, 1000, {}, '/home/ann/.local/share/gantry'],
  ['a user with XDG', undefined, 1000, { XDG_DATA_HOME: '/d' }, '/d/gantry'],
];
for (const [name, flag, uid, env, expected] of dirs) {
  test(`the data directory of ${name}`, () => assert.equal(dataDirOf(flag, { uid, home: '/home/ann', env }), expected));
}

const keyFiles: readonly (readonly [string, string | undefined, number, Record<string, string>, string])[] = [
  ['a flag', '/x', 0, { GANTRY_KEY_FILE: '/y' }, '/x'],
  ['the environment', undefined, 0, { GANTRY_KEY_FILE: '/y' }, '/y'],
  ['root', undefined, 0, {}, '/etc/gantry/seal.key'],
  ['a user', undefined, 1000, {}, '/home/ann/.config/gantry/seal.key'],
  ['a user with XDG', undefined, 1000, { XDG_CONFIG_HOME: '/c' }, '/c/gantry/seal.key'],
];
for (const [name, flag, uid, env, expected] of keyFiles) {
  test(`the key file of ${name}`, () => assert.equal(keyFileOf(flag, { uid, home: '/home/ann', env }), expected));
}

test('a key file holds lines of 64 hex digits', () => {
  const key = '0f'.repeat(32);
  assert.deepEqual([`${key}\n`, `${key}\n\n${key}`, '', 'abc', `${key}0`].map(keysIn), [
    1,
    2,
    undefined,
    undefined,
    undefined,
  ]);
});

test('settings have defaults', () => {
  const settings = upSettings({}, around);
  assert.equal(endpointOf(settings), 'http://127.0.0.1:4566');
  assert.deepEqual(
    [
      settings.region,
      settings.fargate,
      settings.fargateCpuOvercommit,
      settings.memoryReserveMiB,
      settings.healthyAfterMs,
    ],
    ['us-east-1', true, 8, 512, 40_000],
  );
});

test('every wrong flag is named, all at once', () => {
  const flags = { port: '0', region: 'mars', fargateCpuOvercommit: 'x', memoryReserve: '9000', healthyAfter: 'soon' };
  assert.throws(
    () => upSettings(flags, around),
    (error: CliError) => {
      assert.equal(error.exitCode, 2);
      for (const flag of [
        '--port 0',
        '--region mars',
        '--fargate-cpu-overcommit x',
        '--memory-reserve 9000',
        '--healthy-after soon',
      ]) {
        assert.ok(error.message.includes(flag), `${flag} in ${error.message}`);
      }
      return true;
    },
  );
});

test('the agent registers the host once for EC2 and once, overcommitted, for Fargate', () => {
  const settings = upSettings({ fargateCpuOvercommit: '4' }, around);
  const capacity = { cpuCount: 2, memoryMiB: 8_192, engineSocket: '/s' };
  const paths = pathsIn('/d');
  assert.deepEqual(
    agentConfig(settings, paths, capacity, networkOfSlot(0)).instances.map((i) => [i.pool, i.cpuUnits, i.memoryMiB]),
    [
      ['ec2', 2_048, 7_680],
      ['fargate', 8_192, 8_192],
    ],
  );
  assert.equal(upSettings({ fargateRuntime: 'runc' }, around).fargateRuntime, 'runc');
  assert.throws(() => upSettings({ fargateRuntime: 'a b' }, around), /--fargate-runtime a b/);
  const without = upSettings({ fargate: false }, around);
  assert.deepEqual(
    agentConfig(without, paths, capacity, networkOfSlot(0)).instances.map((i) => i.pool),
    ['ec2'],
  );
});

test('the control plane is told its settings', () => {
  const args = controlPlaneArguments(
    '/g',
    upSettings({ insecureAnyKey: true, dataDir: '/d', port: '14566' }, around),
    networkOfSlot(2),
  );
  assert.ok(args.includes('/g/packages/control-plane/src/main.ts'), args.join(' '));
  assert.ok(args.includes('--insecure-any-key'), args.join(' '));
  assert.match(args.join(' '), /14566/);
  assert.ok(args.includes('--subnet=subnet-00000000000000001,us-east-1a,10.213.32.0/20'), args.join(' '));
});

test('files of others are read with care', () => {
  for (const text of [undefined, '', '{', '[]', '{"administrator":{"accessKeyId":1}}']) {
    assert.equal(parseAdministrator(text), undefined);
    assert.equal(parseEndpoint(text), undefined);
  }
  const keys = { accessKeyId: 'A', secretAccessKey: "s'x", account: '1' };
  assert.deepEqual(parseAdministrator(JSON.stringify({ administrator: keys })), keys);
  const lines = exportLines({ endpoint: 'http://127.0.0.1:1', region: 'r' }, keys);
  assert.ok(lines.includes(`export AWS_SECRET_ACCESS_KEY='s'\\''x'`), lines.join('\n'));
  assert.equal(shellQuote('a b'), "'a b'");
});

test('NFS exports behind file systems reach the control plane, and what is none is named', () => {
  const efs = ['fs-0123abcd=nas:/a', 'fs-89abcdef=nas:/b'];
  const settings = upSettings({ efs }, around);
  const given = controlPlaneArguments('/gantry', settings, networkOfSlot(0));
  assert.ok(given.includes('--efs=fs-0123abcd=nas:/a,fs-89abcdef=nas:/b'), given.join(' '));
  assert.ok(
    !controlPlaneArguments('/gantry', upSettings({}, around), networkOfSlot(0)).some((a) => a.startsWith('--efs')),
  );
  assert.throws(() => upSettings({ efs: ['nas:/a'] }, around), /--efs nas:\/a: it looks like fs-0123456789abcdef0=/);
});
