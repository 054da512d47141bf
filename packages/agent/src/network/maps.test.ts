import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NetworkMapMessage } from '@gantry/protocol';
import { FakeClock } from '@gantry/testkit';
import { FakeNetwork } from './fake.ts';
import { NetworkMaps } from './maps.ts';

const whole = (generation: number, ...addresses: NetworkMapMessage['addresses']): NetworkMapMessage => ({
  messageId: `m${generation}`,
  generation,
  networkId: 7,
  addresses,
  goneAddresses: [],
  securityGroups: [],
  goneSecurityGroups: [],
});
const own = (taskArn: string, ipv4Address: string) => ({ taskArn, ipv4Address, securityGroupIds: [] });
const away = (ipv4Address: string, host: string) => ({ ipv4Address, host, securityGroupIds: [] });

function world() {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const lines: string[] = [];
  const log = (_level: string, text: string): void => void lines.push(text);
  const maps = new NetworkMaps({ network, hostAddress: '192.0.2.1', clock, log });
  const enforced = (): readonly string[] | undefined =>
    network.enforced?.flatMap(({ endpoints }) => endpoints.map(({ taskArn }) => taskArn));
  return { clock, network, lines, maps, enforced };
}

describe('the maps of a host', () => {
  it('are made true together: routes, then rules', async () => {
    const { clock, network, maps, enforced } = world();
    maps.take('one', whole(1, own('a', '10.0.0.2'), away('10.0.0.3', '192.0.2.2')));
    await clock.turn(0);
    maps.take('two', whole(2, own('b', '10.0.0.4')));
    await clock.turn(0);
    assert.deepEqual(enforced(), ['a', 'b']);
    assert.deepEqual(network.reached, {
      networkId: 7,
      routes: [{ ipv4Address: '10.0.0.3', via: '192.0.2.2' }],
      ownAddress: undefined,
    });
    assert.deepEqual(
      network.calls.map(({ call }) => call),
      ['reach', 'enforce', 'reach', 'enforce'],
    );
  });

  it('change nothing before every instance with tasks of an earlier process was told, or has ended', async () => {
    for (const end of ['told', 'ended'] as const) {
      const { clock, maps, enforced } = world();
      maps.await('two');
      maps.take('one', whole(1, own('a', '10.0.0.2')));
      await clock.turn(60_000);
      assert.equal(enforced(), undefined);
      if (end === 'told') maps.take('two', whole(2, own('b', '10.0.0.4')));
      else maps.giveUp('two');
      await clock.turn(0);
      assert.deepEqual(enforced(), end === 'told' ? ['a', 'b'] : ['a']);
    }
  });

  it('a host that cannot reach the others keeps the rules all the same, says why, and tries again', async () => {
    const { clock, network, lines, maps, enforced } = world();
    network.failNext('reach', new Error('no nft'));
    maps.take('one', whole(1, own('a', '10.0.0.2'), away('10.0.0.3', '192.0.2.2')));
    await clock.turn(0);
    assert.deepEqual(enforced(), ['a']);
    assert.deepEqual(lines, ['tasks on other hosts cannot be reached: no nft']);
    const routes = (): number | undefined => network.reached?.routes.length;
    assert.equal(routes(), undefined);
    await clock.turn(1_000);
    assert.equal(routes(), 1);
  });

  it('what cannot be used is told so, and the picture stays', async () => {
    const { clock, maps, enforced } = world();
    assert.ok(maps.take('one', whole(1, own('a', '10.0.0.2'))));
    assert.equal(maps.take('one', { ...whole(3), since: 2, goneAddresses: ['10.0.0.2'] }), false);
    await clock.turn(0);
    assert.deepEqual(enforced(), ['a']);
  });
});
