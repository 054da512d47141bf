import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeHost } from '../host/fake.ts';
import { checkedCidr, claimNetwork, networkOfSlot } from './network.ts';

test('every Gantry of a machine has a network of its own, and keeps it', async () => {
  const host = new FakeHost();
  const names = ['/a', '/b', '/c'];
  const claimed = await Promise.all(names.map((dir) => claimNetwork(host, dir, undefined)));
  assert.deepEqual(claimed.map((choice) => choice.bridge).sort(), ['gantry0', 'gantry1', 'gantry2']);
  for (const [i, dir] of names.entries()) assert.deepEqual(await claimNetwork(host, dir, undefined), claimed[i]);
});

test('the network of a data directory that is gone is taken over', async () => {
  const host = new FakeHost();
  await claimNetwork(host, '/a', undefined);
  host.files.delete('/a/network.json');
  assert.deepEqual(await claimNetwork(host, '/b', undefined), networkOfSlot(0));
  assert.equal((await claimNetwork(host, '/a', undefined)).bridge, 'gantry1');
});

test('after a boot, who comes second moves on', async () => {
  const host = new FakeHost();
  await claimNetwork(host, '/a', undefined);
  host.files.set('/b/network.json', JSON.stringify(networkOfSlot(0)));
  assert.equal((await claimNetwork(host, '/b', undefined)).bridge, 'gantry1');
});

test('a subnet that was asked for stays', async () => {
  const host = new FakeHost();
  assert.deepEqual(await claimNetwork(host, '/a', '10.99.0.0/20'), { bridge: 'gantry0', cidr: '10.99.0.0/20' });
  assert.deepEqual(await claimNetwork(host, '/a', undefined), { bridge: 'gantry0', cidr: '10.99.0.0/20' });
});

test('seventeen are one too many', async () => {
  const host = new FakeHost();
  for (let i = 0; i < 16; i += 1) await claimNetwork(host, `/d${i}`, undefined);
  await assert.rejects(claimNetwork(host, '/one-more', undefined), /16 Gantries/);
});

test('no two slots overlap, and all lie in 10.213.0.0/16', () => {
  const all = Array.from({ length: 16 }, (_, slot) => networkOfSlot(slot).cidr);
  assert.equal(new Set(all).size, 16);
  for (const cidr of all) assert.match(checkedCidr(cidr), /^10\.213\.\d+\.0\/20$/);
});

for (const text of ['10.0.0.0', '10.0.0.0/29', '10.0.0.0/7', '256.0.0.0/16', 'x', '::/16', '10.0.0/16']) {
  test(`--subnet ${text} is refused`, () => assert.throws(() => checkedCidr(text), { name: 'CliError', exitCode: 2 }));
}
