/** What security groups cost packets between two tasks of a host with 500 groups and 1,000 tasks: with the rules against without, in turns. */
import { Enforcer } from '@gantry/agent/network/enforcer.ts';
import { wired } from '@gantry/agent/network/testing/wired.ts';
import { systemClock, type EnforcedSecurityGroup, type NetworkEndpoint, type NetworkMap } from '@gantry/protocol';

const GROUPS = 500;
const TASKS_A_GROUP = 2;
const ROUNDS = 6;
const WORK = { connects: 300, rounds: 3_000, stream: 400 } as const;
type What = keyof typeof WORK;

const TRACKING = `add table ip other
add chain ip other forward { type filter hook forward priority filter; }
add rule ip other forward ct state invalid counter
`;

const world = await wired('gtbench');
try {
  const [client, server] = [await world.task(1, 2), await world.task(2, 3)];
  await server.peer.serve('tcp', 8080);
  // Every host with an engine on it keeps track of connections, with or without us.
  await world.host.run('nft', ['-f', '-'], TRACKING);
  const enforcer = new Enforcer(world.bridge, world.host.run, systemClock);
  await enforcer.prepare();
  if (enforcer.lacking !== undefined) throw new Error(enforcer.lacking);
  await enforcer.plug(new Map([client, server].map(({ wire }) => [wire.device, wire])));
  const map = mapOf([client.wire.ipv4Address, server.wire.ipv4Address]);

  const startedAt = performance.now();
  await enforcer.enforce([map]);
  console.log(`all rules written: ${(performance.now() - startedAt).toFixed(0)} ms`);
  const comings: number[] = [];
  for (let n = 0; n < 10; n += 1) {
    const at = performance.now();
    await enforcer.enforce([{ ...map, endpoints: map.endpoints.slice(0, n % 2 === 0 ? -1 : undefined) }]);
    comings.push(performance.now() - at);
  }
  console.log(`one task comes or goes: ${median(comings).toFixed(1)} ms`);

  const times: Record<What, { with: number[]; without: number[] }> = {
    connects: { with: [], without: [] },
    rounds: { with: [], without: [] },
    stream: { with: [], without: [] },
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const how of ['without', 'with'] as const) {
      await (how === 'with' ? enforcer.enforce([map]) : enforcer.remove());
      for (const what of Object.keys(WORK) as What[])
        times[what][how].push(await client.peer.time(what, server.wire.ipv4Address, 8080, WORK[what]));
    }
  }
  for (const [what, unit] of [
    ['connects', 'a new connection'],
    ['rounds', 'a question and its answer'],
    ['stream', 'a MiB there and back'],
  ] as const) {
    const [on, off] = [median(times[what].with), median(times[what].without)].map((ms) => (ms * 1000) / WORK[what]) as [
      number,
      number,
    ];
    console.log(
      `${unit}: ${on.toFixed(0)} µs with ${GROUPS} groups, ${off.toFixed(0)} µs without: ${(on / off).toFixed(2)} ×`,
    );
  }
} finally {
  await world.close();
}

/** Every group lets its own members and the group before it in, on ten ports; the two that talk are in the last. */
function mapOf(talking: readonly string[]): NetworkMap {
  const members = (group: number): readonly string[] =>
    group === GROUPS - 1
      ? talking
      : Array.from({ length: TASKS_A_GROUP }, (_, n) => `10.${100 + Math.floor(group / 250)}.${group % 250}.${n + 2}`);
  const groupId = (group: number): string => `sg-${String(group).padStart(17, '0')}`;
  const endpoints: NetworkEndpoint[] = [];
  const securityGroups: EnforcedSecurityGroup[] = [];
  for (let group = 0; group < GROUPS; group += 1) {
    for (const ipv4Address of members(group))
      endpoints.push({ taskArn: ipv4Address, ipv4Address, securityGroupIds: [groupId(group)] });
    const peers = [...members(group), ...members(Math.max(0, group - 1))];
    const ports = Array.from({ length: 10 }, (_, n) => 8071 + n);
    securityGroups.push({
      groupId: groupId(group),
      rules: [
        ...ports.map(
          (port) => ({ direction: 'ingress', protocol: 'tcp', fromPort: port, toPort: port, peers }) as const,
        ),
        { direction: 'egress', protocol: '-1', peers: ['0.0.0.0/0'] },
      ],
    });
  }
  return { generation: 1, networkId: 1, endpoints, securityGroups, routes: [] };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
