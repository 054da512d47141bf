import { Agent, DEFAULTS, MemoryCheckpoint, MemoryDisk } from '@gantry/agent/index.ts';
import { FakeCgroups } from '@gantry/agent/cgroup/fake.ts';
import { FakeEngine, type EngineCall } from '@gantry/agent/engine/fake.ts';
import { EngineError, type ContainerState } from '@gantry/agent/engine/port.ts';
import { shareGpus } from '@gantry/agent/gpu/share.ts';
import { FakeRouterFiles } from '@gantry/agent/firelens/fake.ts';
import { FakeNetwork } from '@gantry/agent/network/fake.ts';
import type { Clock, Ids } from '@gantry/domain';
import type { Rng } from '../seeded.ts';
import { SettableClock } from '../settable-clock.ts';
import { SIM_IMAGES } from './definitions.ts';
import { fateOfEvent, type WeatherReport } from './faults.ts';
import type { HostView } from './invariants.ts';
import { SimLink, type Plane } from './link.ts';

/** Of every machine; the pool offers none. */
const SIM_GPUS = { driverVersion: '535.104.05', ids: ['GPU-1', 'GPU-2'] };

/** Of what an agent writes down, what may stay when it has no task. */
const OWN_KEYS = /^(agent|acs|instance)/;

export interface SimHostOptions {
  readonly name: string;
  readonly pool: 'ec2' | 'fargate';
  readonly cluster: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly rng: Rng;
  readonly weather: WeatherReport;
  readonly plane: () => Plane | undefined;
  /** Everything agents say, for the one who looks for a bug. */
  readonly heard?: ((text: string) => void) | undefined;
  /** Something an agent should never have to say. */
  readonly problem: (text: string) => void;
}

/** A machine: its engine, namespaces, cgroups and disk are its own and outlive its agents. */
export class SimHost {
  readonly #options: SimHostOptions;
  #engine: FakeEngine;
  #network: FakeNetwork;
  #cgroups = new FakeCgroups();
  #routerFiles = new FakeRouterFiles();
  #disk = new MemoryDisk();
  #agent: Agent | undefined;
  #link: SimLink | undefined;
  #checkpoint: MemoryCheckpoint | undefined;
  #engines = 0;
  readonly #clock: SettableClock;
  /** What engines of this machine have told, and what of it never arrived. */
  readonly events = { told: 0, lost: 0 };

  constructor(options: SimHostOptions) {
    this.#options = options;
    this.#clock = new SettableClock(options.clock);
    this.#engine = this.#newEngine();
    this.#network = new FakeNetwork({ engine: this.#engine });
  }

  #newEngine(): FakeEngine {
    this.#engines += 1;
    const { rng, name, weather } = this.#options;
    return new FakeEngine({
      clock: this.#clock,
      images: SIM_IMAGES,
      name: `${name}-${this.#engines}`,
      latencyMs: () => rng.int(1, 40),
      eventFate: () => {
        const fate = fateOfEvent(rng, weather());
        this.events.told += 1;
        if (fate.length === 0) this.events.lost += 1;
        return fate;
      },
    });
  }

  async startAgent(): Promise<void> {
    if (this.#agent !== undefined) return;
    const { name, pool, cluster, ids, rng, weather, plane, problem } = this.#options;
    const clock = this.#clock;
    const link = new SimLink({ clock, rng, weather, plane });
    const checkpoint = new MemoryCheckpoint(this.#disk, (signal) => clock.sleep(rng.int(0, 20), signal));
    const agent = new Agent(
      {
        ...DEFAULTS,
        cluster,
        identity: {
          pool,
          instanceType: 'sim.large',
          availabilityZone: 'us-east-1a',
          architecture: 'x64',
          attributes: {},
        },
        gpus: shareGpus([{ name, pool, gpuIds: undefined }], SIM_GPUS).byName.get(name),
        capacity: { cpuUnits: 4096, memoryMiB: pool === 'ec2' ? 700 : 8192, tcpPorts: [22], udpPorts: [] },
      },
      {
        engine: this.#engine,
        network: this.#network,
        cgroups: this.#cgroups,
        routerFiles: this.#routerFiles,
        link,
        checkpoint,
        clock,
        ids,
        log: (level, text) => {
          this.#options.heard?.(`${name} ${level}: ${text}`);
          if (level === 'error') problem(`${name}: ${text}`);
        },
      },
    );
    [this.#agent, this.#link, this.#checkpoint] = [agent, link, checkpoint];
    const starting = agent.start();
    void starting
      .then(({ ended }) => ended)
      .then((end) => {
        if (this.#agent === agent && end.exitCode !== 0)
          problem(`${name}: the agent ended with ${end.exitCode}: ${end.reason}`);
      })
      .catch((error: unknown) =>
        problem(`${name}: the agent died: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
      );
    await Promise.resolve();
  }

  /** `kill -9` of the agent: nothing it had not written is there for the next one. */
  async crashAgent(): Promise<void> {
    const agent = this.#agent;
    if (agent === undefined) return;
    this.#agent = undefined;
    this.#link?.hangUp();
    this.#checkpoint?.drop();
    await agent.stop();
  }

  /** The machine is lost with all that was on it, its identity too: what comes back registers as a new instance. */
  async die(): Promise<void> {
    await this.crashAgent();
    this.#engine.goDown();
    this.#engine = this.#newEngine();
    this.#network = new FakeNetwork({ engine: this.#engine });
    this.#cgroups = new FakeCgroups();
    this.#routerFiles = new FakeRouterFiles();
    this.#disk = new MemoryDisk();
  }

  /** Somebody sets the machine's clock. */
  setClock(byMs: number): void {
    this.#clock.set(byMs);
  }

  cutConnections(): void {
    this.#link?.cut();
  }

  /** Until told otherwise nothing gets through. */
  cutOff(away: boolean): void {
    if (away) this.#link?.hangUp();
    else this.#link?.comeBack();
  }

  engineDown(keepContainers: boolean): void {
    this.#engine.goDown({ keepContainers });
  }

  engineUp(): void {
    this.#engine.comeUp();
  }

  breakEvents(): void {
    this.#engine.breakEvents();
  }

  restartEngine(keepContainers: boolean): void {
    this.#engine.restart({ keepContainers });
  }

  failEngineCall(rng: Rng): void {
    const call = rng.pick<EngineCall>([
      'createContainer',
      'startContainer',
      'startContainer',
      'startContainer',
      'stopContainer',
      'stopContainer',
      'removeContainer',
      'inspectContainer',
      'listContainers',
    ]);
    const error = new EngineError(
      rng.pick(['timeout', 'unreachable', 'failed', 'failed']),
      'the engine had a bad moment',
    );
    this.#engine.failNext(call, error, { times: rng.pick([1, 1, 2, 4]), afterEffect: rng.chance(0.5) });
  }

  failTaskResource(rng: Rng): void {
    const error = new Error('the kernel had a bad moment');
    const fault = { times: rng.int(1, 4), afterEffect: rng.chance(0.5) };
    if (rng.chance(0.7)) this.#network.failNext(rng.pick(['attach', 'release'] as const), error, fault);
    else this.#cgroups.failNext(rng.pick(['ensure', 'remove'] as const), error, fault);
  }

  killContainer(rng: Rng, how: 'kill' | 'vanish'): void {
    const running = this.#engine
      .containers()
      .filter((c) => c.status === 'running' && c.labels['com.amazonaws.ecs.task-arn'] !== undefined);
    if (running.length === 0) return;
    const victim = rng.pick<ContainerState>(running);
    if (how === 'kill') this.#engine.kill(victim.id);
    else this.#engine.vanish(victim.id);
  }

  /** What is on the machine beside the agent itself. */
  left(): readonly string[] {
    const name = this.#options.name;
    return [
      // A namespace that could not be finished, nor removed, because the engine went away: the next agent removes it.
      ...this.#engine
        .containers()
        .filter((c) => !(c.name.startsWith('gantry-pause') && c.status === 'created'))
        .map((c) => `${name}: container ${c.name}, ${c.status}`),
      ...[...this.#cgroups.parents.keys()].map((id) => `${name}: cgroup of ${id}`),
      ...[...this.#routerFiles.configs.keys()].map((id) => `${name}: log router of ${id}`),
      ...[...this.#disk.durable.keys()].filter((key) => !OWN_KEYS.test(key)).map((key) => `${name}: document ${key}`),
    ];
  }

  async view(): Promise<HostView> {
    return {
      name: this.#options.name,
      containerInstanceArn: this.#agent?.containerInstanceArn,
      up: this.#agent !== undefined,
      containers: this.#engine.containers(),
      leases: await this.#network.leases(),
    };
  }
}
