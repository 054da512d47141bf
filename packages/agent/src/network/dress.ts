import { readFile, writeFile } from 'node:fs/promises';
import { parseAddress } from './address.ts';
import type { RunCommand } from './command.ts';
import type { Pause } from './pause.ts';
import type { AttachRequest } from './port.ts';

/** What Docker gives the namespaces it makes, and: neighbours learn the new owner of an address at once. */
const SYSCTLS = {
  ip_unprivileged_port_start: '0',
  ping_group_range: '0 2147483647',
  'conf/all/arp_notify': '1',
} as const;

/** One program inside the namespace: starting programs is most of what an attach costs. */
const INSIDE = [
  ...Object.entries(SYSCTLS).map(([name, value]) => `echo '${value}' >/proc/sys/net/ipv4/${name}`),
  'exec ip -batch -',
].join(' && ');

/** Where the way out of systemd's local resolver is written, which no other namespace can reach. */
const RESOLVED = '/run/systemd/resolve/resolv.conf';
/** Docker's choice, too, for a host whose only resolver is local. */
const PUBLIC_RESOLVERS = ['8.8.8.8', '8.8.4.4'];

/** Gives the namespace its address, name and resolvers. May be done again. `mtu`: another than its wire was made with. */
export async function dressPause(run: RunCommand, pause: Pause, request: AttachRequest, mtu?: number): Promise<void> {
  await Promise.all([
    run('nsenter', [`--net=/proc/${pause.pid}/ns/net`, '/bin/sh', '-c', INSIDE], addressBatch(request, mtu)),
    writeFile(pause.hosts, hostsFile(request, pause.hostname)),
    writeResolvers(pause.resolvConf, request.dnsServers),
  ]);
}

/** The MAC address the namespace's card has. */
export async function macInside(run: RunCommand, pid: number): Promise<string | undefined> {
  const text = await run('nsenter', [`--net=/proc/${pid}/ns/net`, 'ip', '-o', 'link', 'show', 'eth0']).catch(() => '');
  return /link\/ether ([0-9a-f:]{17})/.exec(text)?.[1];
}

/** Commands for `ip -batch` inside the namespace. */
export function addressBatch({ macAddress, ipv4Address, gatewayCidr }: AttachRequest, mtu?: number): string {
  const [gateway = '', bits = ''] = gatewayCidr.split('/');
  const lines = [
    'link set lo up',
    `link set eth0 address ${macAddress}${mtu === undefined ? '' : ` mtu ${mtu}`}`,
    `addr replace ${ipv4Address}/${bits} broadcast + dev eth0`,
    'link set eth0 up',
    `route replace default via ${gateway} dev eth0`,
  ];
  return `${lines.join('\n')}\n`;
}

/** The task's /etc/hosts: its own names lead to its own address. */
export function hostsFile({ ipv4Address, hostname }: AttachRequest, pauseHostname: string): string {
  const names = [...new Set([hostname, hostname.split('.')[0] ?? '', pauseHostname])].filter((name) => name !== '');
  return [
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'ff02::1\tip6-allnodes',
    'ff02::2\tip6-allrouters',
    `${ipv4Address}\t${names.join(' ')}`,
    '',
  ].join('\n');
}

/** These values become lines of commands and files: nothing but what they should be may pass. */
export function checkRequest(request: AttachRequest): void {
  const { macAddress, ipv4Address, gatewayCidr, hostname, dnsServers } = request;
  parseAddress(ipv4Address);
  parseAddress(gatewayCidr.split('/')[0] ?? '');
  if (!/^[^/]+\/\d{1,2}$/.test(gatewayCidr)) throw new Error(`Not a gateway with its prefix: ${gatewayCidr}`);
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(macAddress)) throw new Error(`Not a MAC address: ${macAddress}`);
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/.test(hostname)) throw new Error(`Not a hostname: ${hostname}`);
  const badServer = dnsServers.find((server) => !/^[0-9a-fA-F.:]+$/.test(server));
  if (badServer !== undefined) throw new Error(`Not the address of a DNS server: ${badServer}`);
}

/** The task's /etc/resolv.conf: these servers, or the host's that are reachable from elsewhere. */
async function writeResolvers(path: string, servers: readonly string[]): Promise<void> {
  const [host, resolved] = await Promise.all(
    ['/etc/resolv.conf', RESOLVED].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  await writeFile(path, resolversFile(servers, host ?? '', resolved ?? ''));
}

/** `host`, `resolved`: texts of the host's own file, and of the one systemd-resolved writes for others. */
export function resolversFile(servers: readonly string[], host: string, resolved: string): string {
  const reachable = (text: string): string[] =>
    [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)]
      .map((match) => match[1] ?? '')
      .filter((server) => !server.startsWith('127.') && server !== '::1');
  const candidates = [servers, reachable(host), reachable(resolved), PUBLIC_RESOLVERS];
  const chosen = candidates.find((list) => list.length > 0) ?? [];
  const others = host.split('\n').filter((line) => /^\s*(search|options|domain)\s/.test(line));
  return `${[...chosen.map((server) => `nameserver ${server}`), ...others].join('\n')}\n`;
}
