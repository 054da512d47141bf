import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NetworkMapMessage } from '@gantry/protocol';
import { NetworkPicture, routesOf } from './picture.ts';

const message = (generation: number, over: Partial<NetworkMapMessage> = {}): NetworkMapMessage => ({
  messageId: `m${generation}`,
  generation,
  networkId: 7,
  addresses: [],
  goneAddresses: [],
  securityGroups: [],
  goneSecurityGroups: [],
  ...over,
});

const address = (ipv4Address: string, host: string | undefined, securityGroupIds: string[], taskArn?: string) => ({
  ipv4Address,
  ...(host === undefined ? {} : { host }),
  ...(taskArn === undefined ? {} : { taskArn }),
  securityGroupIds,
});

describe('the picture of the network', () => {
  it('is whole, then changes; members of groups are those of all hosts', () => {
    const picture = new NetworkPicture('192.0.2.1');
    assert.equal(picture.map(), undefined);
    const rule = { direction: 'ingress', protocol: 'tcp', fromPort: 80, toPort: 80 } as const;
    const group = {
      groupId: 'sg-1',
      rules: [
        { ...rule, peer: { groupId: 'sg-2' } },
        { ...rule, peer: { cidrIpv4: '10.0.0.0/8' } },
      ],
    };
    const addresses = [
      address('10.0.0.2', '192.0.2.1', ['sg-1'], 'arn:one'),
      address('10.0.0.3', '192.0.2.1', ['sg-2']),
      address('10.0.0.4', '192.0.2.2', ['sg-2']),
      address('10.0.0.5', undefined, []),
    ];
    assert.ok(picture.take(message(1, { addresses, securityGroups: [group] })));
    assert.deepEqual(picture.map(), {
      generation: 1,
      networkId: 7,
      endpoints: [{ taskArn: 'arn:one', ipv4Address: '10.0.0.2', securityGroupIds: ['sg-1'] }],
      securityGroups: [
        {
          groupId: 'sg-1',
          rules: [
            { ...rule, peers: ['10.0.0.3', '10.0.0.4'] },
            { ...rule, peers: ['10.0.0.0/8'] },
          ],
        },
      ],
      routes: [{ ipv4Address: '10.0.0.4', via: '192.0.2.2' }],
      hosts: [],
      ownAddress: undefined,
    });
    const moved = [address('10.0.0.3', '192.0.2.9', ['sg-2'])];
    assert.ok(picture.take(message(2, { since: 1, addresses: moved, goneAddresses: ['10.0.0.4'] })));
    assert.deepEqual(picture.map()?.routes, [{ ipv4Address: '10.0.0.3', via: '192.0.2.9' }]);
    assert.deepEqual(picture.map()?.securityGroups[0]?.rules[0]?.peers, ['10.0.0.3']);
    assert.ok(picture.take(message(3, { since: 2, goneSecurityGroups: ['sg-1'] })));
    assert.deepEqual(picture.map()?.securityGroups, []);
  });

  it('hosts: its own address, and ways to the others', () => {
    const picture = new NetworkPicture('192.0.2.1');
    const host = (ipv4Address: string, of: string) => ({ ...address(ipv4Address, of, []), ofHost: true as const });
    picture.take(message(1, { addresses: [host('10.0.0.254', '192.0.2.1'), host('10.0.0.253', '192.0.2.2')] }));
    const { hosts, ownAddress, routes } = picture.map() ?? {};
    assert.deepEqual([hosts, ownAddress], [['10.0.0.254', '10.0.0.253'], '10.0.0.254']);
    assert.deepEqual(routes, [{ ipv4Address: '10.0.0.253', via: '192.0.2.2' }]);
  });

  it('takes no change that goes on from something else, and any whole one', () => {
    const picture = new NetworkPicture(undefined);
    assert.equal(picture.take(message(2, { since: 1 })), false);
    assert.ok(picture.take(message(5, { addresses: [address('10.0.0.2', '192.0.2.2', [])] })));
    assert.equal(picture.take(message(7, { since: 6, goneAddresses: ['10.0.0.2'] })), false);
    assert.equal(picture.map()?.routes.length, 1);
    // A control plane whose data was put back from a copy counts from lower numbers.
    assert.ok(picture.take(message(3)));
    assert.deepEqual(picture.map()?.routes, []);
  });

  it('routes of several instances: the newer word counts, and what is here needs none', () => {
    const maps = [
      { generation: 4, routes: [{ ipv4Address: '10.0.0.2', via: 'new' }], endpoints: [] },
      {
        generation: 3,
        routes: [
          { ipv4Address: '10.0.0.2', via: 'old' },
          { ipv4Address: '10.0.0.3', via: 'old' },
        ],
        endpoints: [],
      },
      { generation: 2, routes: [], endpoints: [{ taskArn: 'a', ipv4Address: '10.0.0.3', securityGroupIds: [] }] },
    ].map((map) => ({ networkId: 1, securityGroups: [], ...map }));
    assert.deepEqual(routesOf(maps), [{ ipv4Address: '10.0.0.2', via: 'new' }]);
  });
});
