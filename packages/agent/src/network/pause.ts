import { readFile, stat, writeFile } from 'node:fs/promises';
import type { ContainerState, Engine } from '../engine/port.ts';
import { parseAddress } from './address.ts';
import type { RunCommand } from './command.ts';
import type { AttachRequest } from './port.ts';

/** What the network needs of the engine: `DockerEngine` has it. */
export type PauseEngine = Pick<
  Engine,
  'createContainer' | 'startContainer' | 'removeContainer' | 'inspectContainer' | 'listContainers'
> &
  ContainerFiles;

export interface ContainerFiles {
  /** Takes a new name while it runs. A name in use: `conflict`. */
  renameContainer(id: string, name: string): Promise<void>;
  /** Paths on the host of the files the container (and those that join its network) see below /etc. */
  containerFiles(id: string): Promise<{ readonly hosts: string; readonly resolvConf: string }>;
}

/** A network namespace held by a container that does nothing. */
export interface Pause {
  readonly id: string;
  readonly pid: number;
  /** Its hostname cannot change any more; the task's containers have it too. */
  readonly hostname: string;
  readonly hosts: string;
  readonly resolvConf: string;
  /** Tells this namespace from a later one under the same process id. */
  readonly namespace: number;
}

/** Label of every pause container; the value is the bridge's name. */
export const NETWORK_LABEL = 'gantry.network';

/** Label with the hostname it was made with. */
export const HOSTNAME_LABEL = 'gantry.hostname';

/** The host's end of the wire into a pause container. Interface names have at most 15 characters. */
export function vethName(pauseId: string): string {
  return `gv${pauseId.slice(0, 12)}`;
}

export function pauseSpec(image: string, bridge: string, hostname: string): Readonly<Record<string, unknown>> {
  return {
    Image: image,
    Hostname: hostname,
    Labels: { [NETWORK_LABEL]: bridge, [HOSTNAME_LABEL]: hostname },
    HostConfig: {
      NetworkMode: 'none',
      LogConfig: { Type: 'none' },
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: 16,
      Sysctls: {
        // As Docker's own bridge gives it: port 80 is open to any user.
        'net.ipv4.ip_unprivileged_port_start': '0',
        // Neighbours learn the new owner of an address at once.
        'net.ipv4.conf.all.arp_notify': '1',
      },
    },
  };
}

/** Makes a namespace with a wire to the bridge but without an address. Removes what it made when it fails. */
export async function makePause(
  engine: PauseEngine,
  run: RunCommand,
  options: {
    readonly image: string;
    readonly bridge: string;
    readonly mtu: number;
    readonly name: string;
    readonly hostname: string;
  },
): Promise<Pause> {
  const { bridge, mtu, hostname } = options;
  const { id } = await engine.createContainer(options.name, pauseSpec(options.image, bridge, hostname));
  try {
    await engine.startContainer(id);
    const state = await engine.inspectContainer(id);
    if (state?.status !== 'running') throw new Error(`The pause container ${options.name} ended at once.`);
    const pause = await describePause(engine, state);
    const link = vethName(id);
    const lines = [
      `link add ${link} mtu ${mtu} type veth peer name eth0 mtu ${mtu} netns ${pause.pid}`,
      `link set ${link} master ${bridge} up`,
    ];
    await run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
    return pause;
  } catch (error) {
    await engine.removeContainer(id).catch(() => undefined);
    throw error;
  }
}

/** What `dressPause` needs of a running pause container, also of one from an earlier time. */
export async function describePause(engine: PauseEngine, state: ContainerState): Promise<Pause> {
  const files = await engine.containerFiles(state.id);
  const namespace = await namespaceOf(state.pid);
  if (namespace === undefined) throw new Error(`The pause container ${state.name} has just ended.`);
  return { id: state.id, pid: state.pid, hostname: state.labels[HOSTNAME_LABEL] ?? '', namespace, ...files };
}

/** Gives the namespace its address, name and resolvers. May be done again. */
export async function dressPause(run: RunCommand, pause: Pause, request: AttachRequest): Promise<void> {
  await Promise.all([
    run('nsenter', [`--net=/proc/${pause.pid}/ns/net`, 'ip', '-batch', '-'], addressBatch(request)),
    writeFile(pause.hosts, hostsFile(request, pause.hostname)),
    writeResolvers(pause.resolvConf, request.dnsServers),
  ]);
}

export async function isAlive(pause: Pause): Promise<boolean> {
  return (await namespaceOf(pause.pid)) === pause.namespace;
}

/** Commands for `ip -batch` inside the namespace. */
export function addressBatch({ macAddress, ipv4Address, gatewayCidr }: AttachRequest): string {
  const [gateway = '', bits = ''] = gatewayCidr.split('/');
  const lines = [
    'link set lo up',
    `link set eth0 address ${macAddress}`,
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

/** None given: what the engine wrote, which is the host's own, stays. */
async function writeResolvers(path: string, servers: readonly string[]): Promise<void> {
  if (servers.length === 0) return;
  const others = (await readFile(path, 'utf8'))
    .split('\n')
    .filter((line) => /^\s*(search|options|domain)\s/.test(line));
  await writeFile(path, `${[...servers.map((server) => `nameserver ${server}`), ...others].join('\n')}\n`);
}

async function namespaceOf(pid: number): Promise<number | undefined> {
  if (pid <= 0) return undefined;
  return stat(`/proc/${pid}/ns/net`).then(
    (found) => found.ino,
    () => undefined,
  );
}
