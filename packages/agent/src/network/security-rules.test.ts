import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EnforcedRule, NetworkMap } from '@gantry/protocol';
import fc from 'fast-check';
import { changeText, type NftTable } from './ruleset.ts';
import { frameTable, packetTable } from './security-rules.ts';

const rule = (given: Partial<EnforcedRule>): EnforcedRule => ({
  direction: 'ingress',
  protocol: 'tcp',
  peers: ['0.0.0.0/0'],
  ...given,
});

const mapOf = (
  endpoints: Readonly<Record<string, readonly string[]>>,
  groups: Readonly<Record<string, EnforcedRule[]>>,
): NetworkMap => ({
  generation: 1,
  networkId: 1,
  routes: [],
  endpoints: Object.entries(endpoints).map(([ipv4Address, securityGroupIds]) => ({
    taskArn: `arn:${ipv4Address}`,
    ipv4Address,
    securityGroupIds,
  })),
  securityGroups: Object.entries(groups).map(([groupId, rules]) => ({ groupId, rules })),
});

const rulesOf = (table: NftTable, chain: string): readonly string[] | undefined => table.chains.get(chain)?.rules;

describe('packet rules of security groups', () => {
  const rows: readonly (readonly [string, EnforcedRule, string | undefined])[] = [
    ['one port', rule({ fromPort: 80, toPort: 80 }), 'tcp dport 80 accept'],
    ['a range', rule({ fromPort: 80, toPort: 90 }), 'tcp dport 80-90 accept'],
    ['all ports', rule({ fromPort: 0, toPort: 65_535 }), 'meta l4proto tcp accept'],
    ['no ports', rule({ protocol: 'udp' }), 'meta l4proto udp accept'],
    ['everything', rule({ protocol: '-1' }), 'accept'],
    ['a network', rule({ protocol: '-1', peers: ['10.1.2.3/16'] }), 'ip saddr 10.1.0.0/16 accept'],
    ['addresses', rule({ protocol: '-1', peers: ['10.1.2.3', '10.1.2.4/32'] }), 'ip saddr @peers-sg-a-0 accept'],
    ['nobody', rule({ peers: [] }), undefined],
    ['IPv6', rule({ peers: ['::/0'] }), undefined],
    ['ping', rule({ protocol: 'icmp', fromPort: 8, toPort: -1 }), 'meta l4proto icmp icmp type 8 accept'],
    ['a code', rule({ protocol: 'icmp', fromPort: 3, toPort: 4 }), 'meta l4proto icmp icmp type 3 icmp code 4 accept'],
    ['all of ICMP', rule({ protocol: 'icmp', fromPort: -1, toPort: -1 }), 'meta l4proto icmp accept'],
    ['ICMPv6', rule({ protocol: 'icmpv6' }), undefined],
    ['a number', rule({ protocol: '47' }), 'meta l4proto 47 accept'],
    ['what is no protocol', rule({ protocol: '47; drop' }), undefined],
  ];
  for (const [name, given, expected] of rows)
    it(`writes ${name}`, () => {
      const table = packetTable('gantry0', [mapOf({ '10.0.0.5': ['sg-a'] }, { 'sg-a': [given] })]);
      assert.deepEqual(rulesOf(table, 'in-sg-a'), expected === undefined ? [] : [expected]);
      assert.deepEqual(rulesOf(table, 'out-sg-a'), []);
    });

  it('sends what may leave on to where it arrives', () => {
    const egress = rule({ direction: 'egress', protocol: '-1', peers: ['10.0.0.0/8'] });
    const table = packetTable('gantry0', [mapOf({ '10.0.0.5': ['sg-a'] }, { 'sg-a': [egress] })]);
    assert.deepEqual(rulesOf(table, 'out-sg-a'), ['ip daddr 10.0.0.0/8 goto arrive']);
  });

  it('lets tasks with the same groups share a chain, and one without any reach nobody', () => {
    const endpoints = { '10.0.0.5': ['sg-b', 'sg-a'], '10.0.0.6': ['sg-a', 'sg-b'], '10.0.0.7': ['sg-none'] };
    const { sets, chains } = packetTable('gantry0', [mapOf(endpoints, { 'sg-a': [], 'sg-b': [] })]);
    const verdicts = [...(sets.get('ingress')?.elements.values() ?? [])];
    assert.deepEqual(verdicts, ['jump in-sg-a.sg-b', 'jump in-sg-a.sg-b', 'drop']);
    assert.deepEqual(chains.get('in-sg-a.sg-b')?.rules, ['jump in-sg-a', 'jump in-sg-b']);
  });

  it('joins the maps of several instances, and passes no text on that is no id or address', () => {
    const bad = mapOf({ '10.0.0.5; flush ruleset': ['sg-a'], '10.0.0.256': ['sg-a'] }, { 'sg-a; x': [], 'sg-a': [] });
    const table = packetTable('gantry0', [mapOf({ '10.0.0.6': ['sg-b'] }, { 'sg-b': [] }), bad]);
    assert.deepEqual([...(table.sets.get('tasks')?.elements.keys() ?? [])], ['10.0.0.6']);
    assert.ok(![...table.chains.keys()].some((name) => name.includes(';')));
  });

  it('changes elements alone when a task comes or goes', () => {
    const groups = { 'sg-a': [rule({ peers: ['10.0.0.5'] })] };
    const before = packetTable('gantry0', [mapOf({ '10.0.0.5': ['sg-a'] }, groups)]);
    const after = packetTable('gantry0', [
      mapOf({ '10.0.0.5': ['sg-a'], '10.0.0.6': ['sg-a'] }, { 'sg-a': [rule({ peers: ['10.0.0.5', '10.0.0.6'] })] }),
    ]);
    const lines = changeText(before, after).trim().split('\n');
    assert.deepEqual(
      lines.map((line) => line.replace('ip gantrysg-gantry0 ', '')),
      [
        'add element tasks { 10.0.0.6 }',
        'add element peers-sg-a-0 { 10.0.0.6 }',
        'add element ingress { 10.0.0.6 : jump in-sg-a }',
        'add element egress { 10.0.0.6 : jump out-sg-a }',
      ],
    );
    assert.match(changeText(after, before), /^delete element .*10\.0\.0\.6/);
    assert.equal(changeText(after, after), '');
  });

  it('binds a wire to its card and address', () => {
    const table = frameTable('gantry0', 7, [
      { device: 'gv1', macAddress: '0A:00:00:00:00:01', ipv4Address: '10.0.0.5' },
    ]);
    assert.deepEqual([...(table.sets.get('wires')?.elements.keys() ?? [])], ['"gv1" . 0a:00:00:00:00:01 . 10.0.0.5']);
  });

  it('names what is there before it is referred to, and takes away what is not referred to any more', () => {
    const anyMap = fc
      .tuple(
        fc.dictionary(
          fc.integer({ min: 2, max: 9 }).map((n) => `10.0.0.${n}`),
          fc.subarray(['sg-a', 'sg-b', 'sg-c']),
        ),
        fc.subarray(['sg-a', 'sg-b', 'sg-c']),
        fc.subarray(['10.0.0.2', '10.0.0.3', '10.1.0.0/16']),
      )
      .map(([endpoints, ids, peers]) => mapOf(endpoints, Object.fromEntries(ids.map((id) => [id, [rule({ peers })]]))));
    fc.assert(
      fc.property(anyMap, anyMap, (one, other) => {
        const [before, after] = [packetTable('gantry0', [one]), packetTable('gantry0', [other])];
        assert.deepEqual(played(before, changeText(before, after)), shapeOf(after));
      }),
    );
  });
});

type Shape = Readonly<Record<string, readonly string[]>>;

const shapeOf = ({ sets, chains }: NftTable): Shape => {
  const elements = [...sets].map(([name, set]) => [name, [...set.elements].map((pair) => pair.join(' : ')).toSorted()]);
  return Object.fromEntries([...elements, ...[...chains].map(([name, { rules }]) => [name, rules])]) as Shape;
};

/** What nft makes of the lines: it refuses to name what is not there. */
function played(before: NftTable, text: string): Shape {
  const state = new Map<string, string[]>(Object.entries(shapeOf(before)).map(([name, list]) => [name, [...list]]));
  const there = (name: string): string[] => state.get(name) ?? assert.fail(`${name} is not there`);
  const refers = (line: string): void => {
    for (const [, name = ''] of line.matchAll(/(?:jump |goto |@)(\S+)/g)) there(name.replace(/,$/, ''));
  };
  for (const line of text
    .trim()
    .split('\n')
    .filter((each) => each !== '')) {
    const [, verb = '', kind = '', , , name = '', rest = ''] =
      /^(\w+) (\w+) (\w+) (\S+) (\S+) ?(.*)$/.exec(line) ?? assert.fail(line);
    const items = (/\{ (.*) \}/.exec(rest)?.[1] ?? '')
      .split(', ')
      .map((item) => (item.includes(' : ') ? item : `${item} : `));
    if (kind !== 'set' && kind !== 'map' && verb === 'add') refers(rest);
    if (kind === 'rule') there(name).push(rest);
    else if (kind === 'element' && verb === 'add') state.set(name, [...there(name), ...items].toSorted());
    else if (kind === 'element')
      state.set(
        name,
        there(name).filter((item) => !items.includes(item)),
      );
    else if (verb === 'add') state.set(name, []);
    else if (verb === 'flush') there(name).length = 0;
    else assert.ok(state.delete(name), `${name} is not there`);
  }
  return Object.fromEntries(state);
}
