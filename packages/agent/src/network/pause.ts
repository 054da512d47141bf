import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { ContainerState, Engine } from '../engine/port.ts';
import type { RunCommand } from './command.ts';

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

/** Device group of all the wires of a bridge: packet rules know them by it. */
export function wireGroup(bridge: string): number {
  return Number.parseInt(createHash('sha256').update(bridge).digest('hex').slice(0, 7), 16) + 1;
}

/** For `ip -batch`: tasks see the host alone, and the host routes. Nobody can pretend to be a neighbour, or has to remember where one was. */
export function wireLines(link: string, bridge: string): readonly string[] {
  return [
    `link set ${link} master ${bridge} group ${wireGroup(bridge)}`,
    `link set ${link} type bridge_slave isolated on`,
  ];
}

/**
 * How a pause container comes by a network namespace. `unshare`: it starts in the host's and leaves it for a new one;
 * the engine then spares all its own work for a namespace, which halves the time. `none`: the engine makes it.
 */
export type PauseWay = 'unshare' | 'none';

export interface PauseOptions {
  readonly image: string;
  readonly bridge: string;
  readonly mtu: number;
  readonly name: string;
  readonly hostname: string;
  readonly way: PauseWay;
}

export function pauseSpec({ image, bridge, hostname, way }: PauseOptions): Readonly<Record<string, unknown>> {
  const unshare = way === 'unshare';
  return {
    Image: image,
    Hostname: hostname,
    Labels: { [NETWORK_LABEL]: bridge, [HOSTNAME_LABEL]: hostname },
    ...(unshare ? { Cmd: ['/bin/busybox', 'unshare', '-n', '/bin/busybox', 'sleep', '2147483647'] } : {}),
    HostConfig: {
      NetworkMode: unshare ? 'host' : 'none',
      LogConfig: { Type: 'none' },
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      // For the one call that makes the namespace.
      ...(unshare ? { CapAdd: ['SYS_ADMIN'] } : {}),
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: 16,
      // For tasks whose containers share it (ipcMode task); those of others never meet it.
      IpcMode: 'shareable',
    },
  };
}

/** Makes a namespace with a wire to the bridge but without an address. What it made is given to `discard` when it fails. */
export async function makePause(
  engine: PauseEngine,
  run: RunCommand,
  options: PauseOptions,
  discard: (idOrName: string) => Promise<void>,
): Promise<Pause> {
  const { bridge, mtu } = options;
  // A create that fails may have been done all the same: its name is known.
  let made = options.name;
  try {
    const { id } = await engine.createContainer(options.name, pauseSpec(options));
    made = id;
    await engine.startContainer(id);
    const state = await engine.inspectContainer(id);
    if (state?.status !== 'running') throw new Error(`The pause container ${options.name} ended at once.`);
    if (options.way === 'unshare') await hasLeftHost(state.pid);
    const pause = await describePause(engine, state);
    const link = vethName(id);
    const lines = [
      `link add ${link} mtu ${mtu} type veth peer name eth0 mtu ${mtu} netns ${pause.pid}`,
      ...wireLines(link, bridge),
      `link set ${link} up`,
    ];
    await run('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
    return pause;
  } catch (error) {
    await discard(made);
    throw error;
  }
}

/**
 * Resolves when the process is in a namespace of its own: it runs its second program only after it has made one.
 * A task that joined it earlier would sit in the host's network.
 */
async function hasLeftHost(pid: number): Promise<void> {
  const deadlineTries = 1000;
  for (let tries = 0; tries < deadlineTries; tries++) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')).split('\0');
    if (words[1] === 'sleep') {
      const [its, ours] = [await namespaceOf(pid), await namespaceOf(process.pid)];
      if (its === undefined || its === ours) break;
      return;
    }
    if (words[1] !== 'unshare' && tries > 0 && words[0] === '') break;
    await wait(2);
  }
  throw new Error('The pause container could not make a network namespace.');
}

/** What `dressPause` needs of a running pause container, also of one from an earlier time. */
export async function describePause(engine: PauseEngine, state: ContainerState): Promise<Pause> {
  const files = await engine.containerFiles(state.id);
  const namespace = await namespaceOf(state.pid);
  if (namespace === undefined) throw new Error(`The pause container ${state.name} has just ended.`);
  return { id: state.id, pid: state.pid, hostname: state.labels[HOSTNAME_LABEL] ?? '', namespace, ...files };
}

export async function isAlive(pause: Pause): Promise<boolean> {
  return (await namespaceOf(pause.pid)) === pause.namespace;
}

async function namespaceOf(pid: number): Promise<number | undefined> {
  if (pid <= 0) return undefined;
  return stat(`/proc/${pid}/ns/net`).then(
    (found) => found.ino,
    () => undefined,
  );
}
