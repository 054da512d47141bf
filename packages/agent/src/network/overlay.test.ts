import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CommandError, runCommand, type RunCommand } from './command.ts';
import { cardOf, changeWays, NO_WAYS, overlayName, readDevice, waysOf } from './overlay-plan.ts';
import { Overlay } from './overlay.ts';

describe('ways to other hosts, planned', () => {
  const one = waysOf([
    { ipv4Address: '10.0.0.2', via: '192.0.2.2' },
    { ipv4Address: '10.0.0.3', via: '192.0.2.2' },
  ]);

  it('one entry a host, one route a task; what is there already is left alone', () => {
    const { ip, bridge } = changeWays('vx', NO_WAYS, one);
    assert.equal(ip.length, 3);
    assert.deepEqual(bridge, ['fdb replace 0a:48:c0:00:02:02 dev vx dst 192.0.2.2 self permanent']);
    assert.deepEqual(changeWays('vx', one, one), { ip: [], bridge: [] });
  });

  it('a task that moves is replaced in one step, and a host goes with its last task', () => {
    const moved = waysOf([{ ipv4Address: '10.0.0.2', via: '192.0.2.9' }]);
    const { ip, bridge } = changeWays('vx', one, moved);
    assert.ok(ip.includes('route replace 10.0.0.2/32 via 192.0.2.9 dev vx onlink proto 71'));
    assert.ok(!ip.some((line) => line.startsWith('route del 10.0.0.2')));
    assert.ok(ip.includes('route del 10.0.0.3/32 dev vx'));
    assert.ok(ip.indexOf('neigh del 192.0.2.2 dev vx') > ip.indexOf('route del 10.0.0.3/32 dev vx'));
    assert.equal(bridge.length, 2);
  });

  it('takes nothing that is no address, and keeps names short', () => {
    assert.throws(() => waysOf([{ ipv4Address: '10.0.0.2\nlink del eth0', via: '192.0.2.2' }]), /Not an IPv4 address/);
    assert.equal(overlayName('gantry0'), 'gantry0-vx');
    assert.equal(overlayName('a-long-bridge-0'), 'a-long-bridg-vx');
    assert.equal(readDevice('3: eth0: <UP> mtu 1500'), undefined);
    assert.equal(cardOf('10.0.0.255'), '0a:48:0a:00:00:ff');
  });
});

const HOSTS = ['a', 'b'].map((name, index) => ({
  name: `gantry-vx-${name}-${process.pid}`,
  address: `192.0.2.${index + 1}`,
  task: `10.231.77.${index + 2}`,
}));
const inside =
  (host: { name: string }): RunCommand =>
  (program, args, input) =>
    runCommand('ip', ['netns', 'exec', host.name, program, ...args], input);
const skip = await why();

async function why(): Promise<string | false> {
  try {
    await runCommand('unshare', ['-n', 'nft', 'list', 'tables']);
    await runCommand('unshare', ['-n', 'ip', 'link', 'add', 'vx', 'type', 'vxlan', 'id', '1', 'dstport', '4789']);
    return false;
  } catch (error) {
    const reason = `Tests of ways to other hosts NOT RUN: ${error instanceof Error ? error.message : String(error)}`;
    console.error(`\n*** ${reason} ***\n`);
    return reason;
  }
}

/** Two hosts on one wire, each a namespace; a dummy card stands for each one's bridge and task. */
describe('ways to other hosts, for real', { skip, timeout: 60_000 }, () => {
  const [one, two] = HOSTS as [(typeof HOSTS)[number], (typeof HOSTS)[number]];

  before(async () => {
    for (const { name } of HOSTS) await runCommand('ip', ['netns', 'add', name]);
    const wire = ['link', 'add', 'wire', 'netns', one.name, 'type', 'veth', 'peer', 'name', 'wire', 'netns', two.name];
    await runCommand('ip', wire);
    for (const host of HOSTS) {
      const lines = [
        'link set lo up',
        'link set wire mtu 1480 up',
        `addr add ${host.address}/24 dev wire`,
        'link add gantryx type bridge',
        'link set gantryx up',
        `addr add ${host.task}/32 dev gantryx`,
      ];
      await inside(host)('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
    }
  });
  after(async () => {
    for (const { name } of HOSTS) await runCommand('ip', ['netns', 'delete', name]).catch(() => undefined);
  });

  // The device's sysctls are files of the namespace: the test's own process is not in it.
  const overlay = (host: typeof one, run: RunCommand = inside(host)): Overlay =>
    new Overlay({
      bridge: 'gantryx',
      hostAddress: host.address,
      run,
      readFile: (path) => run('cat', [path]),
      writeFile: (path, text) => run('sh', ['-c', `echo ${text} > ${path}`]).then(() => undefined),
    });
  const to = (host: typeof one) => ({ networkId: 77, routes: [{ ipv4Address: host.task, via: host.address }] });
  const ping = (from: typeof one, host: typeof one): Promise<boolean> =>
    inside(from)('busybox', ['ping', '-c1', '-W1', '-I', from.task, host.task]).then(
      () => true,
      () => false,
    );
  const shown = (host: typeof one): Promise<string> => inside(host)('ip', ['-o', 'route', 'show', 'dev', 'gantryx-vx']);

  it('reach each other; are found again by the next process; go when the last task goes', async () => {
    const [left, right] = [overlay(one), overlay(two)];
    await Promise.all([left.set({ networkId: 77, routes: [] }), right.set(to(one))]);
    assert.equal(left.mtu, undefined, 'no device where there are no others');
    await left.set(to(two));
    assert.equal(left.mtu, 1430);
    // What arrives is let in to tasks; here the task is the host itself, so only answers come in.
    await inside(two)('nft', ['flush', 'chain', 'ip', 'gantryvx-gantryx', 'input']);
    assert.ok(await ping(one, two));
    await left.set({ ...to(two), ownAddress: '10.231.77.254' });
    assert.match(await inside(one)('ip', ['route', 'get', two.task]), / src 10\.231\.77\.254 /);
    const next = overlay(one);
    await next.set(to(two));
    assert.match(
      await inside(one)('ip', ['route', 'get', two.task]),
      / src 10\.231\.77\.254 /,
      'nobody said otherwise',
    );
    await next.set({ ...to(two), ownAddress: '10.231.77.253' });
    assert.match(await inside(one)('ip', ['route', 'get', two.task]), / src 10\.231\.77\.253 /);
    assert.equal(next.mtu, 1430);
    assert.equal((await shown(one)).trim().split('\n').length, 1);
    await next.set({ networkId: 77, routes: [{ ipv4Address: '10.231.77.9', via: two.address }] });
    assert.doesNotMatch(await shown(one), /10\.231\.77\.3/);
    assert.match(await shown(one), /^10\.231\.77\.9 via 192\.0\.2\.2 .*proto 71/m);
    await next.set({ networkId: 77, routes: [] });
    assert.doesNotMatch(await inside(one)('ip', ['-o', 'link']), /gantryx-vx/);
    assert.doesNotMatch(await inside(one)('nft', ['list', 'ruleset']), /gantryvx/);
    await Promise.all([next.remove(), right.remove()]);
  });

  it('start anew when the network is another, or somebody removed the device', async () => {
    const left = overlay(one);
    await left.set(to(two));
    await inside(one)('ip', ['link', 'delete', 'gantryx-vx']);
    await assert.rejects(left.set({ networkId: 77, routes: [{ ipv4Address: '10.231.77.9', via: two.address }] }));
    await left.set(to(two));
    assert.match(await shown(one), /10\.231\.77\.3/);
    await left.set({ ...to(two), networkId: 78 });
    assert.match(await inside(one)('ip', ['-d', 'link', 'show', 'gantryx-vx']), /vxlan id 78 /);
    await left.remove();
    await left.remove();
  });

  it('packets of this network are taken from its hosts alone', async () => {
    const left = overlay(one);
    await left.set({ networkId: 77, routes: [{ ipv4Address: '10.231.77.9', via: '192.0.2.7' }] });
    const dropped = async (): Promise<number> => {
      await inside(two)('bash', ['-c', String.raw`printf '\010\0\0\0\0\0\115\0pose' >/dev/udp/192.0.2.1/4789`]);
      const rules = await inside(one)('nft', ['list', 'chain', 'ip', 'gantryvx-gantryx', 'input']);
      return Number(/counter packets (\d+)/.exec(rules)?.[1] ?? -1);
    };
    await inside(one)('nft', [
      'insert',
      'rule',
      'ip',
      'gantryvx-gantryx',
      'input',
      'udp',
      'dport',
      '4789',
      '@th,96,24',
      '77',
      'ip',
      'saddr',
      '!=',
      '@hosts',
      'counter',
      'drop',
    ]);
    assert.equal(await dropped(), 1);
    await left.remove();
  });

  it('say what is missing: the address, the program', async () => {
    const lost = new Overlay({ bridge: 'gantryx', run: inside(one), hostAddress: undefined });
    await assert.rejects(lost.set(to(two)), /set hostAddress in the configuration/);
    const elsewhere = overlay({ ...one, address: '198.51.100.7' });
    await assert.rejects(elsewhere.set(to(two)), /198\.51\.100\.7, .* is no address of it/);
    const without: RunCommand = (program, args, input) =>
      program === 'nft'
        ? Promise.reject(new CommandError('Cannot run nft', undefined))
        : inside(one)(program, args, input);
    const bare = overlay(one, without);
    await assert.rejects(bare.set(to(two)), /install the package nftables/);
    await overlay(one).remove();
  });
});
