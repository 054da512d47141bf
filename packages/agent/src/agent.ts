import type { Clock, Ids } from '@gantry/domain';
import type { FrameSocket } from '@gantry/protocol';
import type { TaskCgroups } from './cgroup/port.ts';
import type { Checkpoint } from './checkpoint/port.ts';
import type { Engine, EngineInfo } from './engine/port.ts';
import { LogService } from './logs/service.ts';
import type { Log } from './log.ts';
import type { TaskNetwork } from './network/port.ts';
import { Reporter } from './report/reporter.ts';
import { AcsHandler, acsUrl } from './session/acs.ts';
import type { InstanceIdentity } from './session/attributes.ts';
import { EndpointCache } from './session/endpoint.ts';
import { SessionKeeper } from './session/keep.ts';
import type { ControlPlaneLink } from './session/port.ts';
import { register, RegistrationFailed } from './session/register.ts';
import { tcsUrl } from './session/tcs.ts';
import type { Capacity } from './supervisor/admission.ts';
import { EngineGate } from './supervisor/gate.ts';
import { Images, type PullBehaviour } from './supervisor/images.ts';
import { messageOf } from './supervisor/perform.ts';
import { Supervisor } from './supervisor/supervisor.ts';
import { Publisher } from './telemetry/publisher.ts';
import { UsageReader } from './telemetry/usage.ts';

export const AGENT_VERSION = '0.1.0';
const AGENT_HASH = 'gantry';

/** One container instance, settled: nothing in it is looked up or defaulted any more. */
export interface AgentConfig {
  readonly cluster: string;
  readonly identity: Omit<InstanceIdentity, 'hasTaskNetwork'>;
  /** What is left out follows from the engine: all its cores, all its memory less `reservedMemoryMiB`. */
  readonly capacity: {
    readonly cpuUnits?: number | undefined;
    readonly memoryMiB?: number | undefined;
    readonly tcpPorts: readonly number[];
    readonly udpPorts: readonly number[];
  };
  readonly reservedMemoryMiB: number;
  readonly pullBehaviour: PullBehaviour;
  readonly stopTimeoutS: number;
  readonly cleanUpDelayMs: number;
  readonly resyncMs: number;
  readonly logFileMiB: number;
  readonly logFiles: number;
  /** See SpecOptions; found out about the host. */
  readonly mostOpenFiles?: number | undefined;
}

export const DEFAULTS = {
  reservedMemoryMiB: 0,
  pullBehaviour: 'prefer-cached',
  stopTimeoutS: 30,
  cleanUpDelayMs: 10 * 60_000,
  resyncMs: 5 * 60_000,
  logFileMiB: 20,
  logFiles: 5,
} as const satisfies Partial<AgentConfig>;

export interface AgentPorts {
  readonly engine: Engine;
  /** `undefined`: this host cannot give tasks addresses of their own; awsvpc is not offered. */
  readonly network: TaskNetwork | undefined;
  readonly cgroups: TaskCgroups;
  readonly link: ControlPlaneLink;
  readonly checkpoint: Checkpoint;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Shared by the instances that share an engine. Default: one of its own, twice the cores wide. */
  readonly gate?: EngineGate;
}

/** Document `agent` of the checkpoint. */
interface AgentRecord {
  /** Label of its containers. */
  readonly agentId: string;
  readonly clientToken: string;
  readonly cluster: string;
  readonly containerInstanceArn?: string | undefined;
  readonly manifestSeq: number;
}

/** Why an agent ended by itself: 5 is final, 1 may be started again. `stop()` ends it with 0. */
export interface AgentEnd {
  readonly exitCode: 0 | 1 | 5;
  readonly reason: string;
}

const ENGINE_RETRY_MS = 1_000;

/** The agent of one container instance: from its checkpoint to its sessions. Containers outlive it. */
export class Agent {
  readonly #config: AgentConfig;
  readonly #ports: AgentPorts;
  readonly #life = new AbortController();
  #record: AgentRecord | undefined;
  #supervisor: Supervisor | undefined;
  #reporter: Reporter | undefined;
  #logs: LogService | undefined;
  #running: Promise<AgentEnd> | undefined;

  constructor(config: AgentConfig, ports: AgentPorts) {
    this.#config = config;
    this.#ports = ports;
  }

  get containerInstanceArn(): string | undefined {
    return this.#record?.containerInstanceArn;
  }

  /** Its tasks; `undefined` until they are back from the checkpoint. */
  get supervisor(): Supervisor | undefined {
    return this.#supervisor;
  }

  /**
   * Starts it. Resolves when the tasks of the checkpoint are supervised again; registration and sessions follow by
   * themselves, for as long as that takes. `ended` tells when it is over.
   */
  async start(): Promise<{ readonly ended: Promise<AgentEnd> }> {
    const { signal } = this.#life;
    const documents = await this.#ports.checkpoint.load();
    const record = await this.#loadRecord(documents);
    if (record.cluster !== this.#config.cluster) {
      const reason = `The checkpoint belongs to cluster ${record.cluster}, the configuration says ${this.#config.cluster}.`;
      return { ended: Promise.resolve({ exitCode: 5, reason: `${reason} Use another data directory, or remove it.` }) };
    }
    const engine = await this.#enginePing(signal);
    if (engine === undefined) return { ended: Promise.resolve({ exitCode: 0, reason: 'stopped' }) };
    const capacity = this.#capacity(engine);
    const supervisor = this.#supervise(record, engine, capacity);
    this.#logs?.restore(documents);
    await supervisor.restore(documents);
    void supervisor.watch(signal);
    this.#running = this.#connect(engine, capacity, supervisor);
    return { ended: this.#running };
  }

  /** Saves and ends. Containers keep running; the next start takes them up again. */
  async stop(): Promise<void> {
    this.#life.abort();
    this.#supervisor?.close();
    this.#reporter?.close();
    this.#logs?.close();
    await this.#running?.catch(() => undefined);
    await this.#ports.checkpoint.close();
  }

  async #loadRecord(documents: ReadonlyMap<string, unknown>): Promise<AgentRecord> {
    const { ids } = this.#ports;
    const found = documents.get('agent') as AgentRecord | undefined;
    this.#record = found ?? {
      agentId: ids.uuid(),
      clientToken: ids.uuid(),
      cluster: this.#config.cluster,
      manifestSeq: -1,
    };
    if (found === undefined) await this.#keep({});
    return this.#record;
  }

  /** The label and the ARN must be durable before anything is made in their name. */
  async #keep(change: Partial<AgentRecord>): Promise<void> {
    if (this.#record === undefined) return;
    this.#record = { ...this.#record, ...change };
    this.#ports.checkpoint.put('agent', this.#record);
    await this.#ports.checkpoint.flush();
  }

  async #enginePing(signal: AbortSignal): Promise<EngineInfo | undefined> {
    for (let tries = 1; !signal.aborted; tries += 1) {
      try {
        return await this.#ports.engine.ping(signal);
      } catch (error) {
        if (tries === 1) this.#ports.log('warn', `waiting for the container engine: ${messageOf(error)}`);
        await this.#ports.clock.sleep(ENGINE_RETRY_MS, signal);
      }
    }
    return undefined;
  }

  #capacity(engine: EngineInfo): Capacity {
    const { cpuUnits, memoryMiB, tcpPorts, udpPorts } = this.#config.capacity;
    return {
      cpuUnits: cpuUnits ?? engine.cpus * 1024,
      memoryMiB: Math.max(1, memoryMiB ?? engine.memoryMiB - this.#config.reservedMemoryMiB),
      tcpPorts,
      udpPorts,
    };
  }

  #supervise(record: AgentRecord, info: EngineInfo, capacity: Capacity): Supervisor {
    const { engine, cgroups, link, checkpoint, clock, ids, log } = this.#ports;

    const logs = (this.#logs = new LogService({ engine, link, clock, ids, log, checkpoint }));
    const reporter = (this.#reporter = new Reporter({ link, clock, ids, log }));
    this.#supervisor = new Supervisor(
      {
        engine,
        network: this.#ports.network ?? noNetwork,
        cgroups,
        images: new Images(engine, clock, this.#config.pullBehaviour),
        gate: this.#ports.gate ?? new EngineGate(2 * info.cpus),
        logs,
        clock,
        log,
        checkpoint,
        reporter,
      },
      { ...this.#config, owner: record.agentId, capacity },
    );
    return this.#supervisor;
  }

  async #connect(engine: EngineInfo, capacity: Capacity, supervisor: Supervisor): Promise<AgentEnd> {
    const { signal } = this.#life;
    const record = this.#record;
    if (record === undefined) throw new Error('The agent has no record.');
    try {
      const identity = { ...this.#config.identity, hasTaskNetwork: this.#ports.network !== undefined };
      const arn = await register(this.#ports, { ...record, identity, capacity, engine }, signal);
      if (arn !== record.containerInstanceArn) await this.#keep({ containerInstanceArn: arn });
      this.#ports.log('info', `registered as ${arn}`);
      this.#reporter?.open(supervisor.reportables());
      await this.#sessions(arn, engine, capacity, supervisor, signal);
      return { exitCode: 0, reason: 'stopped' };
    } catch (error) {
      if (signal.aborted) return { exitCode: 0, reason: 'stopped' };
      const exitCode = error instanceof RegistrationFailed ? error.exitCode : 1;
      return { exitCode, reason: messageOf(error) };
    }
  }

  async #sessions(
    arn: string,
    engine: EngineInfo,
    capacity: Capacity,
    supervisor: Supervisor,
    signal: AbortSignal,
  ): Promise<void> {
    const { link, clock, ids, log, cgroups } = this.#ports;
    const identity = { cluster: this.#config.cluster, containerInstanceArn: arn };
    const query = {
      ...identity,
      agentHash: AGENT_HASH,
      agentVersion: AGENT_VERSION,
      dockerVersion: engine.serverVersion,
    };
    const endpoints = new EndpointCache(link, clock);
    const where = { cluster: identity.cluster, arn };
    const handler = new AcsHandler(this.#acsTarget(supervisor), identity, log);
    const usage = new UsageReader(cgroups, clock, capacity.cpuUnits / 1024);
    const publisher = new Publisher({ clock, ids, log, usage, tasks: () => supervisor.tasks() }, identity);
    supervisor.onHealth = (task, container) => publisher.healthChanged(task, container);
    let sendCredentials = true;
    const tcs = new SessionKeeper(this.#ports, {
      kind: 'tcs',
      url: async (until) => tcsUrl((await endpoints.get(where, until)).tcs, query),
      opened: (socket: FrameSocket) => ({ frame: () => undefined, closed: publisher.open(socket) }),
      doubted: () => endpoints.doubt(),
      inactive: () => undefined,
    });
    const acs = new SessionKeeper(this.#ports, {
      kind: 'acs',
      url: async (until) => acsUrl((await endpoints.get(where, until)).acs, { ...query, sendCredentials }),
      opened: (socket: FrameSocket) => {
        sendCredentials = false;
        this.#reporter?.nudge();
        this.#logs?.nudge();
        return { frame: (text) => handler.frame(socket, text), closed: () => undefined };
      },
      doubted: () => endpoints.doubt(),
      inactive: () => tcs.nudge(),
    });
    await Promise.all([acs.run(signal), tcs.run(signal)]);
  }

  #acsTarget(supervisor: Supervisor): ConstructorParameters<typeof AcsHandler>[0] {
    return {
      accept: (task) => supervisor.accept(task),
      running: () =>
        [...supervisor.tasks()]
          .filter(({ model }) => model.desired === 'RUNNING' && model.stoppedAtMs === undefined)
          .map(({ plan, payload }) => ({ arn: plan.arn, clusterArn: payload.taskClusterArn ?? '' })),
      stop: (arn) => supervisor.stop(arn),
      manifestSeq: this.#record?.manifestSeq ?? -1,
      rememberManifest: (manifestSeq) => void this.#keep({ manifestSeq }).catch(() => undefined),
    };
  }
}

/** Stands in where awsvpc is not offered: nothing with an address of its own is placed here. */
const noNetwork: TaskNetwork = {
  prepare: () => Promise.resolve(),
  attach: () =>
    Promise.reject(new Error('this instance has no task networks; it does not offer ecs.capability.task-eni')),
  release: () => Promise.resolve(),
  leases: () => Promise.resolve([]),
  close: () => Promise.resolve(),
};
