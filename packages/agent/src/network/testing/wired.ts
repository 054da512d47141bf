import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runCommand, type RunCommand } from '../command.ts';
import { vethName, wireLines } from '../pause.ts';
import type { Wire } from '../security-rules.ts';

/** A network namespace in the role of a task, of an outside machine, or of the host. */
export interface Peer {
  readonly address: string;
  readonly run: RunCommand;
  serve(protocol: 'tcp' | 'udp', port: number): Promise<void>;
  /** `answered`, `nothing`, or the system's words. */
  ask(protocol: 'tcp' | 'udp', address: string, port: number): Promise<string>;
  /** A connection that stays open. */
  open(address: string, port: number): Promise<() => Promise<string>>;
  ping(address: string): Promise<boolean>;
  /** How many ms it takes. */
  time(what: 'connects' | 'rounds' | 'stream', address: string, port: number, count: number): Promise<number>;
}

/** Namespaces as a host with a bridge and tasks behind it, one subnet a number, and a machine outside. Nothing of this host is touched. */
export interface Wired {
  readonly bridge: string;
  readonly host: Peer;
  readonly outside: Peer;
  task(subnet: number, n: number): Promise<{ readonly peer: Peer; readonly wire: Wire }>;
  close(): Promise<void>;
}

export async function wired(prefix = 'gtsg'): Promise<Wired> {
  const bridge = 'gantrytest1';
  const spaces: string[] = [];
  const programs: ChildProcessWithoutNullStreams[] = [];
  const space = async (name: string, address: string): Promise<Peer> => {
    const full = `${prefix}${process.pid}${name}`;
    await runCommand('ip', ['netns', 'add', full]);
    spaces.push(full);
    await runCommand('ip', ['-n', full, 'link', 'set', 'lo', 'up']);
    const program = spawn('ip', [
      'netns',
      'exec',
      full,
      process.execPath,
      join(import.meta.dirname, 'peer.fixture.ts'),
    ]);
    programs.push(program);
    return peerOf(full, address, program);
  };
  const host = await space('h', '10.77.1.1');
  const outside = await space('o', '192.0.2.2');
  const names = { host: spaces[0] as string, outside: spaces[1] as string };
  await host.run('ip', ['-batch', '-'], hostLines(bridge, names.outside));
  await runCommand('ip', ['-n', names.outside, '-batch', '-'], OUTSIDE_LINES);
  await host.run('sh', ['-c', sysctls(bridge)]);
  return {
    bridge,
    host,
    outside,
    task: async (subnet, n) => {
      const [address, id] = [`10.77.${subnet}.${n}`, `${subnet}x${n}`];
      const peer = await space(`t${id}`, address);
      const macAddress = `0a:00:00:00:0${subnet}:0${n}`;
      const device = vethName(id);
      const name = `${prefix}${process.pid}t${id}`;
      const lines = [
        `link add ${device} type veth peer name eth0 address ${macAddress} netns ${name}`,
        ...wireLines(device, bridge),
        `link set ${device} up`,
      ];
      await host.run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
      const inside = [`addr add ${address}/24 dev eth0`, 'link set eth0 up', `route add default via 10.77.${subnet}.1`];
      await runCommand('ip', ['-n', name, '-batch', '-'], `${inside.join('\n')}\n`);
      return { peer, wire: { device, macAddress, ipv4Address: address } };
    },
    close: async () => {
      for (const program of programs) {
        program.stdin.end();
        if (program.exitCode === null) await once(program, 'exit');
      }
      for (const name of spaces) await runCommand('ip', ['netns', 'delete', name]);
    },
  };
}

/** As `host.ts` sets its bridge up. */
const sysctls = (bridge: string): string =>
  [
    ['ip_forward', '1'],
    [`conf/${bridge}/proxy_arp_pvlan`, '1'],
    [`neigh/${bridge}/proxy_delay`, '0'],
  ]
    .map(([name, value]) => `echo ${value} >/proc/sys/net/ipv4/${name}`)
    .join(' && ');

const hostLines = (bridge: string, outside: string): string =>
  [
    `link add ${bridge} type bridge forward_delay 0 stp_state 0`,
    `link set ${bridge} up`,
    `addr add 10.77.1.1/24 dev ${bridge}`,
    `addr add 10.77.2.1/24 dev ${bridge}`,
    `link add up0 type veth peer name eth0 netns ${outside}`,
    'addr add 192.0.2.1/24 dev up0',
    'link set up0 up',
    '',
  ].join('\n');

const OUTSIDE_LINES = 'addr add 192.0.2.2/24 dev eth0\nlink set eth0 up\nroute add default via 192.0.2.1\n';

function peerOf(name: string, address: string, program: ChildProcessWithoutNullStreams): Peer {
  const waiting: PromiseWithResolvers<unknown>[] = [];
  createInterface({ input: program.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)));
  program.once('exit', () => waiting.forEach(({ reject }) => reject(new Error(`The program in ${name} ended.`))));
  let turn: Promise<unknown> = Promise.resolve();
  const order = (what: object): Promise<unknown> => {
    const said = turn.then(() => {
      const answer = Promise.withResolvers<unknown>();
      waiting.push(answer);
      program.stdin.write(`${JSON.stringify(what)}\n`);
      return answer.promise;
    });
    turn = said.catch(() => undefined);
    return said;
  };
  const open = async (to: string, port: number): Promise<number | string> =>
    (await order({ do: 'open', protocol: 'tcp', address: to, port })) as number | string;
  return {
    address,
    run: (command, args, input) => runCommand('ip', ['netns', 'exec', name, command, ...args], input),
    serve: async (protocol, port) => void (await order({ do: 'serve', protocol, port })),
    ask: async (protocol, to, port) => {
      if (protocol === 'udp') return (await order({ do: 'open', protocol, address: to, port })) as string;
      const opened = await open(to, port);
      return typeof opened === 'number' ? ((await order({ do: 'say', id: opened })) as string) : opened;
    },
    open: async (to, port) => {
      const id = await open(to, port);
      if (typeof id !== 'number') throw new Error(id);
      return async () => (await order({ do: 'say', id })) as string;
    },
    time: async (what, to, port, count) => (await order({ do: what, address: to, port, count })) as number,
    ping: async (to) =>
      runCommand('ip', ['netns', 'exec', name, 'busybox', 'ping', '-c1', '-W1', to]).then(
        () => true,
        () => false,
      ),
  };
}
