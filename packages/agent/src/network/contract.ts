import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NetworkMap } from '@gantry/protocol';
import type { AttachRequest, NetworkLease, TaskNetwork } from './port.ts';

/** What the suite needs of a network's machine. */
export interface NetworkWorld {
  readonly network: TaskNetwork;
  /** Another adapter on the same machine, as after a restart of the agent. */
  readonly reopen: () => TaskNetwork;
  /** A request for the n-th task; equal for equal n. */
  readonly request: (n: number) => AttachRequest;
  /** Whether a container could join it. */
  readonly isUp: (lease: NetworkLease) => Promise<boolean>;
  /** The pause container ends behind the adapter's back. */
  readonly kill: (lease: NetworkLease) => Promise<void>;
  /** Removes all that this world made. */
  readonly close: () => Promise<void>;
}

type Case = (world: NetworkWorld) => Promise<void>;

/** The port's promises, run on every adapter. `skip`: why the adapter cannot run here. */
export function networkContract(name: string, open: () => Promise<NetworkWorld>, skip: string | false = false): void {
  describe(`network contract: ${name}`, { skip, timeout: 60_000 }, () => {
    for (const [title, run] of Object.entries(cases)) {
      it(title, async () => {
        const world = await open();
        try {
          await run(world);
        } finally {
          await world.close();
        }
      });
    }
  });
}

const never = new AbortController().signal;
const arns = (leases: readonly NetworkLease[]): string[] => leases.map((lease) => lease.taskArn).sort();

const cases: Record<string, Case> = {
  'gives each task a namespace of its own, and the same one again': async ({ network, request, isUp }) => {
    await network.prepare(never);
    const [one, two] = await Promise.all([network.attach(request(1)), network.attach(request(2))]);
    assert.notEqual(one.pauseContainerId, two.pauseContainerId);
    assert.equal(one.ipv4Address, request(1).ipv4Address);
    assert.ok((await isUp(one)) && (await isUp(two)));
    const again = await Promise.all([network.attach(request(1)), network.attach(request(1))]);
    assert.deepEqual(again, [one, one]);
    assert.deepEqual(arns(await network.leases()), [request(1).taskArn, request(2).taskArn].sort());
  },
  'prepares twice, and by itself when nobody did': async ({ network, request, isUp }) => {
    const lease = await network.attach(request(1));
    await network.prepare(never);
    await network.prepare(never);
    assert.ok(await isUp(lease));
  },
  'releases once and for all': async ({ network, request, isUp }) => {
    await network.prepare(never);
    const lease = await network.attach(request(1));
    await network.release(request(1).taskArn);
    await network.release(request(1).taskArn);
    await network.release(request(2).taskArn);
    assert.equal(await isUp(lease), false);
    assert.deepEqual(await network.leases(), []);
    const next = await network.attach(request(1));
    assert.notEqual(next.pauseContainerId, lease.pauseContainerId);
  },
  'releases what is still being attached': async ({ network, request, isUp }) => {
    await network.prepare(never);
    const attaching = network.attach(request(1));
    await network.release(request(1).taskArn);
    assert.equal(await isUp(await attaching), false);
    assert.deepEqual(await network.leases(), []);
  },
  'finds leases again after a restart, and releases them by name': async ({ network, reopen, request, isUp }) => {
    await network.prepare(never);
    const [one, two] = await Promise.all([network.attach(request(1)), network.attach(request(2))]);
    await network.close();
    assert.ok((await isUp(one)) && (await isUp(two)));
    const second = reopen();
    assert.deepEqual(
      [...(await second.leases())].sort((a, b) => a.ipv4Address.localeCompare(b.ipv4Address)),
      [one, two],
    );
    await second.prepare(never);
    assert.deepEqual(await second.attach(request(1)), one);
    await second.close();
    const third = reopen();
    await third.release(request(2).taskArn);
    assert.equal(await isUp(two), false);
    assert.deepEqual(await third.leases(), [one]);
    await third.close();
  },
  'gives a new namespace when the old one has died': async ({ network, request, isUp, kill }) => {
    await network.prepare(never);
    const lease = await network.attach(request(1));
    await kill(lease);
    assert.deepEqual(arns(await network.leases()), [request(1).taskArn]);
    const next = await network.attach(request(1));
    assert.notEqual(next.pauseContainerId, lease.pauseContainerId);
    assert.ok(await isUp(next));
    assert.deepEqual(await network.leases(), [next]);
  },
  'keeps to the maps over a restart: who is in them goes on, who is not waits': async (world) => {
    const { network, reopen, request, isUp } = world;
    await network.prepare(never);
    await network.enforce([mapOf(1, request(1))]);
    const lease = await network.attach(request(1));
    await network.close();
    const second = reopen();
    await second.prepare(never);
    assert.deepEqual(await second.attach(request(1)), lease);
    let hasCome = false;
    const attaching = second.attach(request(2)).then(() => (hasCome = true));
    await second.enforce([mapOf(2, request(1))]);
    assert.equal(hasCome, false);
    await second.enforce([mapOf(3, request(1), request(2))]);
    await attaching;
    assert.ok(await isUp(lease));
    await second.close();
  },
  'gives no task an address before its security groups are known, once some are': async ({ network, request }) => {
    await network.prepare(never);
    assert.equal(network.whyNotEnforced(), undefined);
    await network.attach(request(1));
    await network.enforce([mapOf(1, request(1))]);
    await network.attach(request(1));
    let isUp = false;
    const attaching = network.attach(request(2)).then(() => (isUp = true));
    await network.enforce([mapOf(2, request(1))]);
    assert.equal(isUp, false);
    await network.enforce([mapOf(3, request(1)), mapOf(3, request(2))]);
    await attaching;
    await network.release(request(1).taskArn);
    await network.enforce([mapOf(4, request(2))]);
    assert.deepEqual(arns(await network.leases()), [request(2).taskArn]);
  },
};

function mapOf(generation: number, ...requests: readonly AttachRequest[]): NetworkMap {
  const groupId = 'sg-00000000000000001';
  const endpoints = requests.map(({ taskArn, ipv4Address }) => ({ taskArn, ipv4Address, securityGroupIds: [groupId] }));
  const rules = [{ direction: 'egress', protocol: '-1', peers: ['0.0.0.0/0'] }] as const;
  return { generation, endpoints, securityGroups: [{ groupId, rules }], networkId: 1, routes: [] };
}
