import { FakeClock } from '@gantry/testkit/fake-clock.ts';
import { SeededIds } from '@gantry/testkit/seeded.ts';
import { DEFAULTS, type AgentConfig } from '../agent-ports.ts';
import { Agent } from '../agent.ts';
import { FakeCgroups } from '../cgroup/fake.ts';
import { MemoryCheckpoint, MemoryDisk } from '../checkpoint/memory.ts';
import type { FakeDisk } from '../disk/fake.ts';
import { FakeEngine, type EngineCall, type FakeImage } from '../engine/fake.ts';
import { FakeRouterFiles } from '../firelens/fake.ts';
import { FakeSharedDirectories } from '../filesystems/fake.ts';
import { FakeMetadataHost } from '../metadata/fake.ts';
import { FakeNetwork } from '../network/fake.ts';
import type { PortsInUse } from '../supervisor/host-ports.ts';
import { MemoryLink } from './memory-link.ts';
import { ScriptedPlane } from './plane.ts';

export const CONFIG: AgentConfig = {
  ...DEFAULTS,
  cluster: 'default',
  identity: {
    pool: 'ec2',
    instanceType: 'm5.large',
    availabilityZone: 'us-east-1a',
    architecture: 'x64',
    attributes: {},
  },
  capacity: { cpuUnits: 2048, memoryMiB: 4096, tcpPorts: [22], udpPorts: [] },
};

export interface WorldOptions {
  readonly images?: Record<string, FakeImage>;
  readonly config?: Partial<AgentConfig>;
  readonly seed?: number;
  readonly engineLatencyMs?: number;
  /** Calls that take longer. */
  readonly slowMs?: Partial<Record<EngineCall, number>>;
  /** How long the checkpoint's writes take. */
  readonly diskMs?: number;
  /** What tasks use of the disk; left out: it cannot be seen. */
  readonly disk?: FakeDisk;
  /** Whether containers can ask for their metadata. */
  readonly metadata?: boolean;
}

/** One machine (engine, network, disk) and one control plane; agents come and go on it. */
export class AgentWorld {
  readonly clock = new FakeClock();
  readonly ids: SeededIds;
  readonly engine: FakeEngine;
  readonly network: FakeNetwork;
  readonly cgroups = new FakeCgroups();
  readonly directories = new FakeSharedDirectories();
  /** Of the machine: what others than the engine hold. */
  portsInUse: PortsInUse = {
    dynamicRange: () => Promise.resolve([40_000, 40_009]),
    inUse: () => Promise.resolve(new Set()),
  };
  readonly disk = new MemoryDisk();
  readonly plane = new ScriptedPlane();
  readonly logged: string[] = [];
  readonly metadata: FakeMetadataHost;
  readonly routerFiles = new FakeRouterFiles();
  link = new MemoryLink(this.plane);
  agent: Agent | undefined;
  #checkpoint: MemoryCheckpoint | undefined;
  readonly #config: AgentConfig;
  readonly #disk: FakeDisk | undefined;
  readonly #hasMetadata: boolean;
  readonly #diskTime: ((signal: AbortSignal) => Promise<void>) | undefined;

  constructor(options: WorldOptions = {}) {
    this.ids = new SeededIds(options.seed ?? 1);
    const latencyMs = (call: EngineCall): number => options.slowMs?.[call] ?? options.engineLatencyMs ?? 0;
    this.engine = new FakeEngine({ clock: this.clock, images: { '*': {}, ...options.images }, latencyMs });
    this.network = new FakeNetwork({ engine: this.engine });
    this.metadata = new FakeMetadataHost(this.clock);
    this.#disk = options.disk;
    this.#hasMetadata = options.metadata ?? false;
    const { diskMs } = options;
    this.#diskTime = diskMs === undefined ? undefined : (signal) => this.clock.sleep(diskMs, signal);
    this.#config = { ...CONFIG, ...options.config };
  }

  async start(): Promise<Agent> {
    this.link = new MemoryLink(this.plane);
    this.#checkpoint = new MemoryCheckpoint(this.disk, this.#diskTime);
    const { engine, network, cgroups, directories, clock, ids, link } = this;
    const log = (level: string, text: string): void => void this.logged.push(`${level} ${text}`);
    this.metadata.forget();
    this.agent = new Agent(this.#config, {
      engine,
      metadata: this.#hasMetadata ? this.metadata : undefined,
      network,
      cgroups,
      directories,
      disk: this.#disk,
      routerFiles: this.routerFiles,
      portsInUse: this.portsInUse,
      clock,
      ids,
      link,
      log,
      checkpoint: this.#checkpoint,
    });
    const starting = this.agent.start();
    // With a slow engine the start itself takes a few turns of the clock.
    let started = false;
    void starting.then(() => (started = true));
    for (let turns = 0; !started && turns < 1000; turns += 1) await this.clock.turn(1);
    await starting;
    await this.settle();
    return this.agent;
  }

  /** `kill -9`: what was not durable is lost, what is in flight is forgotten; the engine goes on. */
  async kill(): Promise<void> {
    this.#checkpoint?.drop();
    await this.agent?.stop();
    this.link.cut();
    await this.settle();
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 5; i += 1) await this.clock.turn(0);
  }

  /** Own containers that are still there, by short name and state. */
  containers(): readonly string[] {
    return this.engine
      .containers()
      .filter(({ labels }) => 'gantry.agent' in labels)
      .map(({ labels, status }) => `${labels['com.amazonaws.ecs.container-name']} ${status}`);
  }
}
