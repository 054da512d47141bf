import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { EnforcedRule, NetworkMap } from '@gantry/protocol';
import { runCommand } from './command.ts';
import { networkContract } from './contract.ts';
import { vethName } from './pause.ts';
import { answer, BRIDGE, ids, inWorld, output, request, SECOND, skip, WEB, world } from './testing/linux-world.ts';

networkContract('linux', () => Promise.resolve(world()), skip);
networkContract('linux, namespaces by the engine', () => Promise.resolve(world({ way: 'none' })), skip);

describe('task network on Linux, for real', { skip, timeout: 60_000 }, () => {
  it('answers the host on port 80 at an address a task, and tasks reach each other across subnets', () =>
    inWorld(async (here) => {
      const leases = await Promise.all([here.network.attach(request(1)), here.network.attach(request(2, 92))]);
      const [one, two] = leases;
      await Promise.all(leases.map((lease) => here.join(lease, WEB)));
      const pages = await Promise.all(leases.map((lease) => answer(lease.ipv4Address)));
      assert.match(pages[0] ?? '', /Hello from Gantry\nhost: task-[0-9a-f]{12}\n/);
      assert.notEqual(pages[0], pages[1]);
      const script = `wget -qO- http://${two.ipv4Address}/health && ip route && hostname -i && cat /etc/resolv.conf`;
      const seen = await output(here, await here.join(one, { ...WEB, Cmd: ['/bin/sh', '-c', script] }));
      assert.match(seen, /^ok$/m);
      assert.match(seen, new RegExp(`^default via 10\\.${SECOND}\\.91\\.1 dev eth0`, 'm'));
      assert.match(seen, new RegExp(`^10\\.${SECOND}\\.91\\.5`, 'm'));
      assert.match(seen, /^nameserver 192\.0\.2\.53$/m);
    }));

  it('goes out under an address of the host', () =>
    inWorld(async (here) => {
      const { engine } = here;
      const outside = { ...WEB, User: '', Labels: { 'gantry.test': 'network' } };
      const { id } = await engine.createContainer(`gantry-test-net-${ids.hex32().slice(0, 8)}`, outside);
      try {
        await engine.startContainer(id);
        const lease = await here.network.attach(request(1));
        const inspect = ['inspect', '-f', '{{.NetworkSettings.IPAddress}}', id];
        const address = (await runCommand('docker', inspect)).trim();
        await answer(address);
        const fetched = await output(
          here,
          await here.join(lease, { ...WEB, Cmd: ['wget', '-qO-', `http://${address}/`] }),
        );
        assert.match(fetched, /^Hello from Gantry$/m);
        await engine.stopContainer(id, { timeoutS: 5 });
        const log = await output(here, id);
        assert.match(log, /GET \/$/m);
        assert.doesNotMatch(log, new RegExp(lease.ipv4Address));
      } finally {
        await engine.removeContainer(id);
      }
    }));

  it('knows its own names, and sees its own card', () =>
    inWorld(async (here) => {
      const lease = await here.network.attach(request(3));
      const script = 'cat /etc/hosts; hostname; ip addr show eth0';
      const seen = await output(here, await here.join(lease, { ...WEB, Cmd: ['/bin/sh', '-c', script] }));
      assert.match(
        seen,
        new RegExp(
          `^10\\.${SECOND}\\.91\\.7\tip-10-${SECOND}-91-7\\.ec2\\.internal ip-10-${SECOND}-91-7 task-[0-9a-f]{12}$`,
          'm',
        ),
      );
      assert.match(seen, /0a:00:00:00:5b:03/);
    }));

  it('keeps the gateway where it is for its neighbours, whoever comes and goes', () =>
    inWorld(async ({ network }) => {
      await network.attach(request(1));
      const now = async (): Promise<string> => {
        const [address, assigned] = await Promise.all(
          ['address', 'addr_assign_type'].map((name) => readFile(`/sys/class/net/${BRIDGE}/${name}`, 'utf8')),
        );
        // 3: it was set, and no wire's takes its place.
        return `${address} ${assigned}`;
      };
      const before = await now();
      assert.match(before, /^0a:47:.* 3\s*$/s);
      await network.attach(request(2));
      await network.release(request(1).taskArn);
      assert.equal(await now(), before);
    }));

  it('gives an address to the next task the moment the last one let go of it', () =>
    inWorld(
      async (here) => {
        for (let round = 1; round <= 3; round++) {
          const one = { ...request(1), taskArn: request(round).taskArn, macAddress: request(round).macAddress };
          const lease = await here.network.attach(one);
          const id = await here.join(lease, WEB);
          assert.match(await answer(lease.ipv4Address), /Hello/);
          await here.engine.removeContainer(id);
          await here.network.release(one.taskArn);
        }
      },
      { poolSize: 2 },
    ));

  it('brings a neighbour that talked to the last owner of an address to the next one at once', () =>
    inWorld(
      async (here) => {
        const neighbour = await here.network.attach(request(2));
        const ask = async (): Promise<string> => {
          const script = `until timeout 1 wget -qO- http://${request(1).ipv4Address}/; do [ $((n += 1)) -lt 3 ] || exit 1; done`;
          const id = await here.join(neighbour, { ...WEB, Cmd: ['/bin/sh', '-c', script] });
          return output(here, id);
        };
        for (const round of [1, 3, 4]) {
          const { taskArn, macAddress } = request(round);
          const lease = await here.network.attach({ ...request(1), taskArn, macAddress });
          const id = await here.join(lease, WEB);
          await answer(lease.ipv4Address);
          assert.match(await ask(), /Hello/, `round ${round}`);
          await here.engine.removeContainer(id);
          await here.network.release(taskArn);
        }
      },
      { poolSize: 2 },
    ));

  it('lets tasks send to the host alone, which routes: no frame of theirs reaches another', () =>
    inWorld(async (here) => {
      const [one, two] = await Promise.all([here.network.attach(request(1)), here.network.attach(request(2))]);
      await here.join(two, WEB);
      await answer(two.ipv4Address);
      const script = `timeout 2 wget -qO- http://${two.ipv4Address}/ && cat /proc/net/arp`;
      const seen = await output(here, await here.join(one, { ...WEB, Cmd: ['/bin/sh', '-c', script] }));
      const bridge = (await readFile(`/sys/class/net/${BRIDGE}/address`, 'utf8')).trim();
      assert.match(seen, /Hello/);
      assert.match(seen, new RegExp(`^${two.ipv4Address.replaceAll('.', '\\.')} .* ${bridge} `, 'm'));
    }));

  it('holds security groups over a restart of the agent', () =>
    inWorld(async (here) => {
      const groupId = 'sg-1';
      const endpoints = [1, 2]
        .map((n) => request(n))
        .map(({ taskArn, ipv4Address }) => ({ taskArn, ipv4Address, securityGroupIds: [groupId] }));
      const egress = { direction: 'egress', protocol: '-1', peers: ['0.0.0.0/0'] } as const;
      const ingress = {
        direction: 'ingress',
        protocol: 'tcp',
        fromPort: 80,
        toPort: 80,
        peers: [request(2).ipv4Address],
      } as const;
      const mapOf = (generation: number, ...rules: EnforcedRule[]): NetworkMap => ({
        generation,
        endpoints,
        securityGroups: [{ groupId, rules: [egress, ...rules] }],
        networkId: 1,
        routes: [],
      });
      await here.network.enforce([mapOf(1, ingress)]);
      const [one, two] = await Promise.all([here.network.attach(request(1)), here.network.attach(request(2))]);
      await here.join(one, WEB);
      await answer(one.ipv4Address);
      const fetch = `timeout 2 wget -qO- http://${one.ipv4Address}/health || echo nothing`;
      const seen = async (): Promise<string> =>
        output(here, await here.join(two, { ...WEB, Cmd: ['/bin/sh', '-c', fetch] }));
      assert.equal(await seen(), 'ok');
      await here.network.close();
      const second = here.reopen();
      await second.prepare(new AbortController().signal);
      assert.equal(await seen(), 'ok');
      await second.enforce([mapOf(2)]);
      assert.match(await seen(), /nothing/);
      await second.close();
    }));

  it('lets the engine make namespaces where the faster way fails', async () => {
    const problems: string[] = [];
    const denied = (error: unknown): void => void problems.push(String(error));
    await inWorld(
      async (here) => {
        const lease = await here.network.attach(request(1));
        await here.join(lease, WEB);
        assert.match(await answer(lease.ipv4Address), /Hello/);
      },
      { onProblem: denied, spoil: (spec) => ('Cmd' in spec ? { ...spec, Cmd: ['/absent'] } : spec) },
    );
    assert.match(problems[0] ?? '', /absent/);
  });

  it('leaves no wire behind, and makes one namespace a task when many come at once', () =>
    inWorld(async (here) => {
      const requests = [1, 2, 3, 4, 5, 6].map((n) => request(n));
      const leases = await Promise.all(requests.map((one) => here.network.attach(one)));
      assert.equal(new Set(leases.map((lease) => lease.pauseContainerId)).size, 6);
      await Promise.all(requests.map((one) => here.network.release(one.taskArn)));
      const devices = await readdir('/sys/class/net');
      assert.deepEqual(
        leases.filter((lease) => devices.includes(vethName(lease.pauseContainerId))),
        [],
      );
    }));

  it('refuses a subnet this host sits in, and input that is no address', () =>
    inWorld(async ({ network }) => {
      await assert.rejects(network.attach({ ...request(1), gatewayCidr: '127.0.0.1/8' }), /overlaps 127\.0\.0\.0\/8/);
      await assert.rejects(network.attach({ ...request(1), macAddress: '0a\nlink del lo' }), /Not a MAC address/);
      await assert.rejects(network.attach({ ...request(1), hostname: 'a\nb' }), /Not a hostname/);
      assert.deepEqual(await network.leases(), []);
    }));
});
