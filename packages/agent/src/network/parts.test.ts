import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatNetwork, networkOf, overlap } from './address.ts';
import { CommandError, runCommand, type RunCommand } from './command.ts';
import { findFirewall } from './firewall.ts';
import { HostBridge, refuseOverlaps } from './host.ts';
import { leaseName, parseLeaseName } from './lease-name.ts';
import { addressBatch, hostsFile, resolversFile } from './dress.ts';
import { detectHostAddress } from './host-address.ts';
import { Turns } from './turns.ts';

describe('addresses', () => {
  for (const [one, other, expected] of [
    ['10.0.0.1/24', '10.0.0.9/32', true],
    ['10.0.0.0/8', '10.200.0.0/16', true],
    ['10.0.0.0/24', '10.0.1.0/24', false],
    ['0.0.0.0/0', '192.0.2.1', true],
    ['255.255.255.255/32', '255.255.255.254/32', false],
  ] as const) {
    it(`${one} and ${other}: ${expected ? 'overlap' : 'apart'}`, () => {
      assert.equal(overlap(networkOf(one), networkOf(other)), expected);
      assert.equal(overlap(networkOf(other), networkOf(one)), expected);
    });
  }
  it('writes a network as it is read', () => assert.equal(formatNetwork(networkOf('10.1.2.3/20')), '10.1.0.0/20'));
  for (const bad of ['10.0.0', '10.0.0.256/24', '10.0.0.1/33', 'a/24', '10.0.0.1/', '::1/64']) {
    it(`refuses ${bad}`, () => assert.throws(() => networkOf(bad), /Not an IPv4/));
  }
  it('names the device a subnet clashes with', () => {
    const shown = '1: lo    inet 127.0.0.1/8 scope host lo\n2: eth0    inet 10.0.3.7/16 brd + scope global eth0\n';
    const check = (cidr: string) => () => refuseOverlaps('gantry0', [networkOf(cidr)], shown);
    assert.throws(check('10.0.0.1/24'), /10\.0\.0\.0\/24 overlaps 10\.0\.0\.0\/16 of this host's eth0.*another subnet/);
    assert.doesNotThrow(check('10.1.0.1/24'));
    assert.doesNotThrow(() => refuseOverlaps('eth0', [networkOf('10.0.0.1/24')], shown));
    // The host's own address among the tasks' is no other network.
    const called = '9: gantry0-vx    inet 10.9.0.254/32 scope global gantry0-vx';
    assert.doesNotThrow(() => refuseOverlaps('gantry0', [networkOf('10.9.0.1/24')], called));
  });
});

describe('lease names', () => {
  it('come back as they were', () => {
    const part = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/);
    const address = fc
      .tuple(...[0, 1, 2, 3].map(() => fc.integer({ min: 0, max: 255 })))
      .map((bytes) => bytes.join('.'));
    fc.assert(
      fc.property(part, part, address, (cluster, id, ipv4Address) => {
        const taskArn = `arn:aws:ecs:us-east-1:123456789012:task/${cluster}/${id}`;
        const name = leaseName(taskArn, ipv4Address, '0A:11:22:33:44:55');
        assert.match(name, /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);
        assert.deepEqual(parseLeaseName(name), { taskArn, ipv4Address, macAddress: '0a:11:22:33:44:55' });
      }),
    );
  });
  it('are not read into other names', () => assert.equal(parseLeaseName('gantry-pause-0123'), undefined));
});

describe('small parts', () => {
  it('an address that is given back is forgotten with its connections, whatever the host lacks', async () => {
    const ran: string[] = [];
    const bridge = new HostBridge('gantryx', (program, args) => {
      ran.push([program, ...args].join(' '));
      return program === 'ip' ? Promise.resolve('') : Promise.reject(new CommandError('no such program', undefined));
    });
    await bridge.forget('10.0.0.5');
    assert.deepEqual(ran, [
      'ip neigh flush to 10.0.0.5 dev gantryx',
      'conntrack -D --orig-src 10.0.0.5',
      'conntrack -D --orig-dst 10.0.0.5',
    ]);
  });

  it('a hosts file leads all names of a task to its own address', () => {
    const request = { hostname: 'ip-10-0-0-5.ec2.internal', ipv4Address: '10.0.0.5' };
    const rest = { taskArn: '', macAddress: '', gatewayCidr: '', dnsServers: [] };
    assert.match(
      hostsFile({ ...request, ...rest }, 'task-1'),
      /^10\.0\.0\.5\tip-10-0-0-5\.ec2\.internal ip-10-0-0-5 task-1$/m,
    );
  });

  for (const [title, servers, host, resolved, expected] of [
    ['those asked for', ['10.0.0.2'], 'nameserver 192.0.2.1\nsearch corp\n', '', 'nameserver 10.0.0.2\nsearch corp\n'],
    ["the host's", [], '# c\nnameserver 192.0.2.1\noptions ndots:2', '', 'nameserver 192.0.2.1\noptions ndots:2\n'],
    ['what is behind a local one', [], 'nameserver 127.0.0.53\n', 'nameserver 192.0.2.9\n', 'nameserver 192.0.2.9\n'],
    ['public ones as a last resort', [], 'nameserver ::1\n', '', 'nameserver 8.8.8.8\nnameserver 8.8.4.4\n'],
  ] as const) {
    it(`resolvers are ${title}`, () => assert.equal(resolversFile(servers, host, resolved), expected));
  }

  it('a program that fails says so in its own words', async () => {
    await assert.rejects(runCommand('sh', ['-c', 'echo broken >&2; exit 3']), (error) => {
      assert.ok(error instanceof CommandError);
      assert.deepEqual([error.exitCode, error.message.endsWith('exit code 3: broken')], [3, true]);
      return true;
    });
    await assert.rejects(runCommand('/nowhere/tool', []), /Cannot run \/nowhere\/tool/);
    assert.equal(await runCommand('cat', [], 'through'), 'through');
  });

  it('turns keep their order, and a failure does not stop the next', async () => {
    const turns = new Turns();
    const order: number[] = [];
    const step = (n: number, error?: Error) => async (): Promise<void> => {
      await Promise.resolve();
      order.push(n);
      if (error !== undefined) throw error;
    };
    const results = [turns.take('a', step(1, new Error('x'))), turns.take('a', step(2)), turns.take('b', step(3))];
    await Promise.allSettled(results);
    assert.deepEqual(order.indexOf(1) < order.indexOf(2), true);
    assert.equal(order.length, 3);
  });

  it('gives a card the smaller MTU where there are other hosts', () => {
    const request = {
      taskArn: 'arn',
      macAddress: '0a:00:00:00:00:01',
      ipv4Address: '10.0.0.2',
      gatewayCidr: '10.0.0.1/24',
      hostname: 'h',
      dnsServers: [],
    };
    assert.match(addressBatch(request), /^link set eth0 address 0a:00:00:00:00:01$/m);
    assert.match(addressBatch(request, 1450), /^link set eth0 address 0a:00:00:00:00:01 mtu 1450$/m);
  });

  it('finds an address of this host that is not loopback alone, or none', async () => {
    for (const endpoint of ['http://127.0.0.1:4566', 'http://192.0.2.1:4566', 'http://no-such-host.invalid']) {
      const found = await detectHostAddress(endpoint);
      if (found === undefined) continue;
      assert.doesNotMatch(found, /^127\./);
      assert.match(await runCommand('ip', ['-4', '-o', 'addr', 'show']), new RegExp(` inet ${found}/`));
    }
  });

  it('falls back to nft, then says what to install', async () => {
    const ran: string[] = [];
    const only =
      (...programs: string[]): RunCommand =>
      (program, args, input = '') => {
        ran.push(`${program} ${args.join(' ')} ${input}`);
        if (programs.includes(program)) return Promise.resolve('');
        return Promise.reject(new CommandError(`Cannot run ${program}`, undefined));
      };
    await (await findFirewall('gantry0', only('nft'))).apply([networkOf('10.0.0.1/24')]);
    assert.match(ran.at(-1) ?? '', /ip saddr 10\.0\.0\.0\/24 oifname != \{ "gantry0", "gantry0-vx" \} masquerade/);
    await assert.rejects(findFirewall('gantry0', only()), /Install iptables/);
  });
});
