import { readFile } from 'node:fs/promises';
import { detectTaskCgroups } from './cgroup/detect.ts';
import type { TaskCgroups } from './cgroup/port.ts';
import { awaitEngine } from './engine/await.ts';
import { LinuxDisk } from './disk/linux.ts';
import { DockerEngine } from './engine/docker.ts';
import type { Engine, EngineInfo } from './engine/port.ts';
import { NvidiaGpus } from './gpu/nvidia.ts';
import type { GpuInventory } from './gpu/port.ts';
import { ensureBuiltInImages } from './images/ensure.ts';
import { openIsolation, type Isolation, type WantedRuntimes } from './isolation/open.ts';
import type { Log } from './log.ts';
import { openMetadata, type OpenMetadataHost } from './metadata/host.ts';
import { detectHostAddress } from './network/host-address.ts';
import { LinuxTaskNetwork, whyNoTaskNetwork } from './network/linux.ts';
import type { TaskNetwork } from './network/port.ts';
import { messageOf } from './supervisor/perform.ts';
import { systemClock, systemIds } from '@gantry/protocol';

/** This machine, as the instances of one process share it. */
export interface Host {
  readonly engine: Engine;
  readonly info: EngineInfo;
  readonly network: TaskNetwork | undefined;
  /** Where other hosts reach this one, if anywhere. */
  readonly hostAddress: string | undefined;
  readonly metadata: OpenMetadataHost | undefined;
  readonly isolation: Isolation;
  readonly cgroups: TaskCgroups;
  /** `undefined`: the engine's files cannot be seen. */
  readonly disk: LinuxDisk | undefined;
  /** The most open files a container can be given; `undefined`: no limit. */
  readonly mostOpenFiles: number | undefined;
  /** `undefined`: it has none, or they are not to be offered. */
  readonly gpus: GpuInventory | undefined;
  close(): Promise<void>;
}

export interface HostOptions {
  readonly engineSocket: string | undefined;
  readonly bridge: string | undefined;
  /** Where other hosts reach this one. Default: the address it uses towards the control plane. */
  readonly hostAddress: string | undefined;
  /** The control plane's, and the certificates to trust there (PEM). */
  readonly endpoint: string;
  readonly ca: string | undefined;
  readonly gpuSupport: GpuSupport;
  readonly runtimes: WantedRuntimes;
}

/** `auto`: what the driver shows and the engine can hand out. */
export type GpuSupport = 'auto' | 'on' | 'off';

const DEFAULT_BRIDGE = 'gantry0';

/** Waits for the engine, then sets up what the host can do. What it cannot do is said once, with the way out. */
export async function openHost(options: HostOptions, log: Log, signal: AbortSignal): Promise<Host> {
  const { engineSocket } = options;
  const engine = new DockerEngine(engineSocket === undefined ? {} : { socketPath: engineSocket });
  const info = await awaitEngine(engine, systemClock, log, signal);
  if (info === undefined) throw new Error('stopped before the container engine was there');
  const hostAddress = options.hostAddress ?? (await detectHostAddress(options.endpoint));
  const network = await openNetwork({ ...options, hostAddress }, engine, log, signal);
  const metadata = network === undefined ? undefined : await openMetadataHost(options, log);
  const { bridge = DEFAULT_BRIDGE, runtimes } = options;
  const ports = {
    engine,
    info,
    bridge,
    clock: systemClock,
    ids: systemIds,
    log,
    hasTaskNetwork: network !== undefined,
  };
  const isolation = await openIsolation(runtimes, ports);
  const { cgroups, missing } = await detectTaskCgroups(info);
  if (missing !== undefined) log('warn', missing);
  const mostOpenFiles = await openFilesCeiling();
  if (mostOpenFiles !== undefined) {
    log(
      'warn',
      `containers get at most ${mostOpenFiles} open files: this host lacks CAP_SYS_RESOURCE, which raising the limit needs`,
    );
  }
  return {
    engine,
    info,
    network,
    hostAddress,
    metadata,
    isolation,
    cgroups,
    disk: await openDisk(info, log),
    mostOpenFiles,
    gpus: await findGpus(options.gpuSupport, log),
    close: async () => {
      await metadata
        ?.close()
        .catch((error: unknown) => log('warn', `closing the metadata server: ${messageOf(error)}`));
      await network?.close();
      await engine.close();
    },
  };
}

async function openDisk(info: EngineInfo, log: Log): Promise<LinuxDisk | undefined> {
  const disk = await LinuxDisk.open(info.rootDir);
  if (disk === undefined)
    log(
      'warn',
      `the engine's files (${info.rootDir}) cannot be seen: Fargate tasks may use more disk than their share`,
    );
  return disk;
}

async function openNetwork(
  options: HostOptions,
  engine: DockerEngine,
  log: Log,
  signal: AbortSignal,
): Promise<TaskNetwork | undefined> {
  const lacking = await whyNoTaskNetwork();
  if (lacking !== undefined) {
    log('warn', lacking);
    return undefined;
  }
  try {
    await ensureBuiltInImages(engine);
    const { bridge = DEFAULT_BRIDGE } = options;
    const onProblem = (error: unknown): void => log('warn', `task networks: ${messageOf(error)}`);
    const ports = { engine, clock: systemClock, ids: systemIds, onProblem };
    const network = new LinuxTaskNetwork({ ...ports, bridge, hostAddress: options.hostAddress });
    await network.prepare(signal);
    const unenforced = network.whyNotEnforced();
    if (unenforced !== undefined) log('warn', unenforced);
    return network;
  } catch (error) {
    log('warn', `tasks cannot have addresses of their own on this host (awsvpc is not offered): ${messageOf(error)}`);
    return undefined;
  }
}

async function openMetadataHost(options: HostOptions, log: Log): Promise<OpenMetadataHost | undefined> {
  const { bridge = DEFAULT_BRIDGE, endpoint, ca } = options;
  try {
    return await openMetadata({ bridge, endpoint, ca, clock: systemClock, log });
  } catch (error) {
    log('warn', messageOf(error));
    return undefined;
  }
}

async function findGpus(support: GpuSupport, log: Log): Promise<GpuInventory | undefined> {
  const found = support === 'off' ? undefined : await new NvidiaGpus({ force: support === 'on' }).find();
  for (const problem of found?.problems ?? []) log('warn', problem);
  return found;
}

const CAP_SYS_RESOURCE = 24n;

/**
 * Inside a container without CAP_SYS_RESOURCE (many CI systems) the engine cannot raise limits above its own, and
 * every Fargate task asks for 65,535 open files. Root without the capability tells that the engine lacks it, too.
 */
async function openFilesCeiling(): Promise<number | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [status, limits] = await Promise.all(
    ['/proc/self/status', '/proc/self/limits'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status ?? '')?.[1];
  if (effective === undefined || ((BigInt(`0x${effective}`) >> CAP_SYS_RESOURCE) & 1n) === 1n) return undefined;
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(limits ?? '')?.[1];
  return hard === undefined ? undefined : Number(hard);
}
