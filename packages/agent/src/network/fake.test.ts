import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { epochMs, type Clock } from '@gantry/domain';
import { FakeEngine } from '../engine/fake.ts';
import { networkContract, type NetworkWorld } from './contract.ts';
import { FAKE_PAUSE_IMAGE, FakeNetwork } from './fake.ts';
import type { AttachRequest } from './port.ts';

const clock: Clock = {
  now: () => epochMs(Date.now()),
  elapsedMs: () => performance.now(),
  sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
};

const request = (n: number): AttachRequest => ({
  taskArn: `arn:aws:ecs:us-east-1:123456789012:task/default/${String(n).padStart(32, '0')}`,
  macAddress: `0a:00:00:00:00:0${n}`,
  ipv4Address: `10.0.0.${n + 4}`,
  gatewayCidr: '10.0.0.1/24',
  hostname: `ip-10-0-0-${n + 4}.ec2.internal`,
  dnsServers: [],
});

function world(): NetworkWorld & { readonly network: FakeNetwork } {
  const engine = new FakeEngine({ clock, images: { [FAKE_PAUSE_IMAGE]: {} } });
  const network = new FakeNetwork({ engine });
  return {
    network,
    // The fake is the machine: what a new agent gets is the same one.
    reopen: () => network,
    request,
    isUp: async (lease) => (await engine.inspectContainer(lease.pauseContainerId))?.status === 'running',
    kill: (lease) => Promise.resolve(engine.kill(lease.pauseContainerId)),
    close: () => Promise.resolve(),
  };
}

networkContract('fake', () => Promise.resolve(world()));

describe('fake network', () => {
  it('fails when told to, before or after the effect', async () => {
    const { network } = world();
    network.failNext('attach', new Error('no more namespaces'));
    await assert.rejects(network.attach(request(1)), /no more namespaces/);
    assert.deepEqual(await network.leases(), []);
    network.failNext('attach', new Error('the answer was lost'), { afterEffect: true });
    await assert.rejects(network.attach(request(1)), /the answer was lost/);
    assert.equal((await network.leases()).length, 1);
  });
  it('works without an engine', async () => {
    const network = new FakeNetwork();
    const lease = await network.attach(request(1));
    assert.deepEqual(await network.attach(request(1)), lease);
  });
});
