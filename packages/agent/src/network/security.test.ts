import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '@gantry/protocol';
import type { EnforcedRule, NetworkEndpoint, NetworkMap } from '@gantry/protocol';
import { runCommand, type RunCommand } from './command.ts';
import { Enforcer } from './enforcer.ts';
import type { Wire } from './security-rules.ts';
import { wired, type Peer, type Wired } from './testing/wired.ts';

/** All in throw-away network namespaces: this host's rules are never touched. */
const skip = await why();

async function why(): Promise<string | false> {
  try {
    await runCommand('unshare', ['-n', 'nft', 'add', 'table', 'bridge', 'trial']);
    await runCommand('busybox', ['true']);
    return false;
  } catch (error) {
    const reason = `Tests of security groups NOT RUN: ${error instanceof Error ? error.message : String(error)}`;
    console.error(`\n*** ${reason} ***\n`);
    return reason;
  }
}

const WEB = 'sg-web';
const CLIENT = 'sg-client';
const OPEN: EnforcedRule = { direction: 'egress', protocol: '-1', peers: ['0.0.0.0/0'] };
const ingress = (protocol: string, peers: readonly string[], fromPort?: number, toPort = fromPort): EnforcedRule => ({
  direction: 'ingress',
  protocol,
  peers,
  fromPort,
  toPort,
});

describe('security groups on the wire', { skip, timeout: 60_000 }, () => {
  let world: Wired;
  let enforcer: Enforcer;
  let one: { readonly peer: Peer; readonly wire: Wire };
  let two: typeof one;
  let far: typeof one;
  let generation = 0;
  /** Changes the kernel did not take, and which were written anew as a whole. */
  const refused: string[] = [];

  const endpoint = ({ wire }: typeof one, ...securityGroupIds: string[]): NetworkEndpoint => ({
    taskArn: `arn:${wire.device}`,
    ipv4Address: wire.ipv4Address,
    securityGroupIds,
  });
  /** `one` and `far` are clients, `two` is the web server with these rules. */
  const enforce = (web: readonly EnforcedRule[], client: readonly EnforcedRule[] = [OPEN]): Promise<void> => {
    const endpoints = [endpoint(one, CLIENT), endpoint(two, WEB), endpoint(far, CLIENT)];
    const securityGroups = [
      { groupId: WEB, rules: [...web] },
      { groupId: CLIENT, rules: [...client] },
    ];
    const map: NetworkMap = { generation: (generation += 1), endpoints, securityGroups, networkId: 1, routes: [] };
    return enforcer.enforce([map]);
  };

  before(async () => {
    world = await wired();
    [one, two, far] = await Promise.all([world.task(1, 2), world.task(1, 3), world.task(2, 4)]);
    const run: RunCommand = async (program, args, input) =>
      world.host.run(program, args, input).catch((error: unknown) => {
        refused.push(`${String(error)}\n${input}`);
        throw error;
      });
    enforcer = new Enforcer(world.bridge, run, systemClock);
    await enforcer.prepare();
    refused.length = 0;
    assert.equal(enforcer.lacking, undefined);
    await enforcer.plug(new Map([one, two, far].map(({ wire }) => [`arn:${wire.device}`, wire])));
    for (const port of [8080, 8081, 53]) await two.peer.serve('tcp', port);
    await two.peer.serve('udp', 8080);
    await world.host.serve('tcp', 53);
    await world.host.serve('tcp', 9000);
    await world.outside.serve('tcp', 80);
  });
  after(() => world?.close());

  const asks = async (from: typeof one, port: number, protocol: 'tcp' | 'udp' = 'tcp'): Promise<string> =>
    from.peer.ask(protocol, two.wire.ipv4Address, port);

  it('lets nobody through without a rule, and the host itself always', async () => {
    await enforce([]);
    assert.equal(await asks(one, 8080), 'nothing');
    assert.equal(await asks(far, 8080), 'nothing');
    assert.equal(await world.outside.ask('tcp', two.wire.ipv4Address, 8080), 'nothing');
    assert.equal(await one.peer.ping(two.wire.ipv4Address), false);
    assert.equal(await world.host.ask('tcp', two.wire.ipv4Address, 8080), 'answered');
  });

  it('lets a port through, and answers without a rule of their own; in one subnet and between two', async () => {
    await enforce([ingress('tcp', ['0.0.0.0/0'], 8080)]);
    for (const client of [one, far]) {
      assert.equal(await asks(client, 8080), 'answered');
      assert.equal(await asks(client, 8081), 'nothing');
      assert.equal(await asks(client, 8080, 'udp'), 'nothing');
    }
    assert.equal(await world.outside.ask('tcp', two.wire.ipv4Address, 8080), 'answered');
  });

  it('knows ranges of ports, other protocols, and networks', async () => {
    await enforce([ingress('tcp', ['10.77.1.0/24'], 8000, 8100), ingress('udp', ['0.0.0.0/0'])]);
    assert.equal(await asks(one, 8081), 'answered');
    assert.equal(await asks(far, 8081), 'nothing');
    assert.equal(await asks(far, 8080, 'udp'), 'answered');
    assert.equal(await asks(one, 53), 'nothing');
    await enforce([ingress('icmp', ['0.0.0.0/0'], 8, -1)]);
    assert.equal(await one.peer.ping(two.wire.ipv4Address), true);
    await enforce([ingress('icmp', ['0.0.0.0/0'], 13, 0)]);
    assert.equal(await one.peer.ping(two.wire.ipv4Address), false);
  });

  it('lets members of a group through, as they come and go', async () => {
    await enforce([ingress('tcp', [one.wire.ipv4Address], 8080)]);
    assert.equal(await asks(one, 8080), 'answered');
    assert.equal(await asks(far, 8080), 'nothing');
    await enforce([ingress('tcp', [far.wire.ipv4Address], 8080)]);
    assert.equal(await asks(one, 8080), 'nothing');
    assert.equal(await asks(far, 8080), 'answered');
  });

  it('holds for what goes out, too: to tasks, to the world, and to the host but for its names', async () => {
    const all = ingress('-1', ['0.0.0.0/0']);
    await enforce(
      [all],
      [{ direction: 'egress', protocol: 'tcp', fromPort: 8080, toPort: 8080, peers: ['10.77.1.3/32'] }],
    );
    assert.equal(await asks(one, 8080), 'answered');
    assert.equal(await asks(one, 8081), 'nothing');
    assert.equal(await one.peer.ask('tcp', world.outside.address, 80), 'nothing');
    assert.equal(await one.peer.ask('tcp', world.host.address, 9000), 'nothing');
    assert.equal(await one.peer.ask('tcp', world.host.address, 53), 'answered');
    await enforce([all]);
    assert.equal(await one.peer.ask('tcp', world.outside.address, 80), 'answered');
    assert.equal(await one.peer.ask('tcp', world.host.address, 9000), 'answered');
  });

  it('leaves open connections as they are when their rule goes, and refuses new ones', async () => {
    await enforce([ingress('tcp', ['0.0.0.0/0'], 8080)]);
    const say = await one.peer.open(two.wire.ipv4Address, 8080);
    assert.equal(await say(), 'answered');
    await enforce([]);
    assert.equal(await say(), 'answered');
    assert.equal(await asks(one, 8080), 'nothing');
  });

  it('lets no address through that is in no map, not even in an open connection', async () => {
    await enforce([ingress('tcp', ['0.0.0.0/0'], 8080)]);
    const say = await one.peer.open(two.wire.ipv4Address, 8080);
    await enforcer.enforce([
      {
        generation: (generation += 1),
        endpoints: [endpoint(one, CLIENT)],
        securityGroups: [{ groupId: CLIENT, rules: [OPEN] }],
        networkId: 1,
        routes: [],
      },
    ]);
    assert.equal(await say(), 'nothing');
    assert.equal(await asks(one, 8080), 'nothing');
  });

  it('lets nobody send as another: neither the address nor the card', async () => {
    await enforce([ingress('tcp', ['10.77.1.9/32', one.wire.ipv4Address], 8080)]);
    const inside = (...args: string[]): Promise<string> => one.peer.run('ip', args);
    assert.equal(await asks(one, 8080), 'answered');
    await inside('addr', 'add', '10.77.1.9/24', 'dev', 'eth0');
    await inside('route', 'replace', '10.77.1.3/32', 'dev', 'eth0', 'src', '10.77.1.9');
    assert.equal(await asks(one, 8080), 'nothing');
    await inside('route', 'delete', '10.77.1.3/32');
    await inside('addr', 'delete', '10.77.1.9/24', 'dev', 'eth0');
    assert.equal(await asks(one, 8080), 'answered');
    await inside('link', 'set', 'eth0', 'address', two.wire.macAddress);
    assert.equal(await asks(one, 8080), 'nothing');
    await inside('link', 'set', 'eth0', 'address', one.wire.macAddress);
    await inside('route', 'replace', 'default', 'via', '10.77.1.1', 'dev', 'eth0');
    assert.equal(await asks(one, 8080), 'answered');
  });

  it('goes on with the rules of the process before, and writes anew what somebody took away', async () => {
    await enforce([ingress('tcp', ['0.0.0.0/0'], 8080)]);
    const second = new Enforcer(world.bridge, world.host.run, systemClock);
    await second.prepare();
    await second.plug(new Map([one, two].map(({ wire }) => [`arn:${wire.device}`, wire])));
    assert.equal(await asks(one, 8080), 'answered');
    assert.equal(await asks(one, 8081), 'nothing');
    assert.equal(await asks(far, 8080), 'nothing');
    assert.deepEqual(refused, []);
    await world.host.run('nft', ['flush', 'ruleset']);
    await enforce([ingress('tcp', ['0.0.0.0/0'], 8081)]);
    assert.equal(await asks(far, 8081), 'answered');
    assert.equal(await asks(far, 8080), 'nothing');
  });

  it('removes its rules, once and again', async () => {
    await enforcer.remove();
    await enforcer.remove();
    assert.equal((await world.host.run('nft', ['list', 'tables'])).includes(world.bridge), false);
    assert.equal(await asks(one, 8081), 'answered');
  });
});
