import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CommandError, type RunCommand } from '../network/command.ts';
import { doorRules, macAddress, MetadataDoor, whyNoMetadata } from './door.ts';

const peers = mkdtempSync(join(tmpdir(), 'gantry-peers-'));
after(() => rmSync(peers, { recursive: true }));

test('addresses are of one bridge, and the same at every start', () => {
  const one = macAddress('gantry3', 'arn:task', 'web');
  assert.match(one, /^06:03(:[0-9a-f]{2}){4}$/);
  assert.equal(macAddress('gantry3', 'arn:task', 'web'), one);
  assert.notEqual(macAddress('gantry3', 'arn:task', 'db'), one);
  assert.match(macAddress('gantry15', 'arn:task', 'web'), /^06:0f/);
  // A name of the user's own is in the other half.
  assert.match(macAddress('mine', 'arn:task', 'web'), /^06:[89a-f]/);
});

test('rules lead the bridge, the addresses and the host to the ports, and let nobody else in', () => {
  const rules = doorRules('gantry3', { metadata: 1111, api: 2222 });
  for (const line of [
    'tcp dport 80 dnat to 169.254.170.2:1111',
    'tcp dport 4566 dnat to 169.254.170.2:2222',
    'ip daddr 169.254.170.2 iifname "gantry3" jump door',
    'ip daddr 169.254.170.2 ether saddr & ff:ff:00:00:00:00 == 06:03:00:00:00:00 jump door',
    'ip daddr 169.254.170.2 tcp dport { 1111, 2222 } ct status dnat accept',
    'ip daddr 169.254.170.2 tcp dport { 1111, 2222 } drop',
  ])
    assert.ok(rules.includes(line), line);
});

test('opening again replaces; closing leaves nothing', async () => {
  const inputs: string[] = [];
  const run: RunCommand = (program, args, input = '') => {
    inputs.push(`${program} ${args.join(' ')}\n${input}`);
    return Promise.resolve('');
  };
  writeFileSync(join(peers, 'gantry9'), '9999');
  const door = new MetadataDoor('gantry3', run, peers);
  await door.prepare();
  await door.open({ metadata: 1111, api: 2222 });
  await door.open({ metadata: 3333, api: 4444 });
  assert.equal(inputs[0], 'ip addr replace 169.254.170.2/32 dev gantry3 scope host\n');
  assert.ok(inputs[2]?.startsWith('nft -f -\nadd table ip gantrymeta-gantry3\ndelete table ip gantrymeta-gantry3\n'));
  assert.deepEqual(await door.peers(), [9999]);
  assert.deepEqual(readdirSync(peers).sort(), ['gantry3', 'gantry9']);
  await door.close();
  assert.equal(inputs.at(-1), 'nft -f -\nadd table ip gantrymeta-gantry3\ndelete table ip gantrymeta-gantry3\n');
  assert.deepEqual(readdirSync(peers), ['gantry9']);
});

test('a host without nft is told what to install', async () => {
  const none: RunCommand = () => Promise.reject(new CommandError('Cannot run nft', undefined));
  assert.match((await whyNoMetadata(none)) ?? '', /has no program nft.*Install the package nftables/);
  assert.equal(await whyNoMetadata(() => Promise.resolve('v1')), undefined);
});
