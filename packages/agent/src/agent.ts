import { shortName } from '@gantry/domain';
import type { FrameSocket } from '@gantry/protocol';
import { awaitEngine } from './engine/await.ts';
import type { EngineInfo } from './engine/port.ts';
import { DiskWatch } from './disk/watch.ts';
import { capacityOf, type AgentRecord } from './agent-record.ts';
import { ExecSessions } from './exec/sessions.ts';
import { Firelens } from './firelens/service.ts';
import { LogService } from './logs/service.ts';
import { TaskCredentials } from './metadata/credentials.ts';
import { EndpointIds } from './metadata/endpoint-ids.ts';
import { surroundings } from './metadata/environment.ts';
import { MetadataFiles } from './metadata-file/files.ts';
import { NetworkMaps } from './network/maps.ts';
import { Reporter } from './report/reporter.ts';
import { linkStore } from './secrets/link-store.ts';
import { TaskSecrets } from './secrets/service.ts';
import { AcsHandler, acsUrl } from './session/acs.ts';
import { EndpointCache } from './session/endpoint.ts';
import { SessionKeeper } from './session/keep.ts';
import { register, RegistrationFailed } from './session/register.ts';
import { tcsUrl } from './session/tcs.ts';
import type { Capacity } from './supervisor/admission.ts';
import { gateFor } from './supervisor/gate.ts';
import { HostPorts, linuxPorts } from './supervisor/host-ports.ts';
import { Images } from './supervisor/images.ts';
import { messageOf } from './supervisor/perform.ts';
import { Supervisor } from './supervisor/supervisor.ts';
import { AGENT_VERSION, noNetwork, type AgentConfig, type AgentEnd, type AgentPorts } from './agent-ports.ts';
import { Publisher } from './telemetry/publisher.ts';
import { UsageReader } from './telemetry/usage.ts';

const AGENT_HASH = 'gantry';

/** How a control plane says that there is no such instance (any more). */
const INSTANCE_GONE = /is not registered here|was deregistered|is INACTIVE/;

/** The agent of one container instance: from its checkpoint to its sessions. Containers outlive it. */
export class Agent {
  readonly #config: AgentConfig;
  readonly #ports: AgentPorts;
  readonly #life = new AbortController();
  readonly #credentials = new TaskCredentials();
  readonly #maps: NetworkMaps;
  #record: AgentRecord | undefined;
  #disk: DiskWatch | undefined;
  #supervisor: Supervisor | undefined;
  #reporter: Reporter | undefined;
  #logs: LogService | undefined;
  #exec: ExecSessions | undefined;
  #running: Promise<AgentEnd> | undefined;

  constructor(config: AgentConfig, ports: AgentPorts) {
    this.#config = config;
    this.#ports = ports;
    const { network = noNetwork, clock, log } = ports;
    this.#maps = ports.networkMaps ?? new NetworkMaps({ network, ...config.identity, clock, log });
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
    const engine = await awaitEngine(this.#ports.engine, this.#ports.clock, this.#ports.log, signal);
    if (engine === undefined) return { ended: Promise.resolve({ exitCode: 0, reason: 'stopped' }) };
    const capacity = capacityOf(this.#config, engine);
    const supervisor = this.#supervise(record, engine, capacity);
    this.#logs?.restore(documents);
    await supervisor.restore(documents);
    // The rules of their time stay until it is told of them anew.
    if ([...supervisor.tasks()].some(({ plan }) => plan.needs.network)) this.#maps.await(record.agentId);
    void supervisor.watch(signal);
    void this.#disk?.run(signal);
    this.#running = this.#connect(engine, capacity, supervisor);
    return { ended: this.#running };
  }

  /** Saves and ends. Containers keep running; the next start takes them up again. */
  async stop(): Promise<void> {
    this.#life.abort();
    this.#supervisor?.close();
    this.#reporter?.close();
    this.#logs?.close();
    await this.#exec?.close();
    if (this.#ports.networkMaps === undefined) await this.#maps.close();
    await this.#running?.catch(() => undefined);
    await this.#ports.checkpoint.close();
  }

  async #loadRecord(documents: ReadonlyMap<string, unknown>): Promise<AgentRecord> {
    const { ids } = this.#ports;
    const found = documents.get('agent') as AgentRecord | undefined;
    const metadataSecret = found?.metadataSecret ?? `${ids.hex32()}${ids.hex32()}`;
    this.#record = found ?? {
      agentId: ids.uuid(),
      clientToken: ids.uuid(),
      cluster: this.#config.cluster,
      manifestSeq: -1,
    };
    if (found?.metadataSecret === undefined) await this.#keep({ metadataSecret });
    return this.#record;
  }

  /** The label and the ARN must be durable before anything is made in their name. */
  async #keep(change: Partial<AgentRecord>): Promise<void> {
    if (this.#record === undefined) return;
    this.#record = { ...this.#record, ...change };
    this.#ports.checkpoint.put('agent', this.#record);
    await this.#ports.checkpoint.flush();
  }

  #supervise(record: AgentRecord, info: EngineInfo, capacity: Capacity): Supervisor {
    const { engine, cgroups, link, checkpoint, clock, ids, log, metadata } = this.#ports;
    const logs = (this.#logs = new LogService({ engine, link, clock, ids, log, checkpoint }));
    const reporter = (this.#reporter = new Reporter({ link, clock, ids, log }));
    const { routerFiles: files } = this.#ports;
    const { pullBehaviour, pullInactivityMs: inactivityMs, metadataFolder, cluster, identity } = this.#config;
    const where = () => ({ ...identity, cluster, containerInstanceArn: this.containerInstanceArn ?? '' });
    const endpoints = new EndpointIds(record.metadataSecret ?? record.agentId);
    this.#supervisor = new Supervisor(
      {
        engine,
        network: this.#ports.network ?? noNetwork,
        sandboxes: this.#ports.sandboxes,
        cgroups,
        directories: this.#ports.directories,
        images: new Images(engine, clock, pullBehaviour, { pulled: this.#ports.pulled, inactivityMs }),
        gate: this.#ports.gate ?? gateFor(info.cpus),
        hostPorts: new HostPorts(this.#ports.portsInUse ?? linuxPorts, clock),
        logs,
        surroundings: metadata === undefined ? undefined : surroundings(metadata, endpoints),
        metadataFiles: metadataFolder === undefined ? undefined : new MetadataFiles(metadataFolder, ids, where),
        secrets: new TaskSecrets({
          store: linkStore(link),
          credentials: (task, until) => this.#credentials.ofExecution(task, until),
          clock,
        }),
        firelens: files && new Firelens({ engine, files, kept: () => checkpoint.flush() }),
        clock,
        log,
        checkpoint,
        reporter,
      },
      {
        ...this.#config,
        owner: record.agentId,
        capacity,
        logDrivers: info.logDrivers,
        instanceName: () => shortName(this.containerInstanceArn ?? ''),
      },
    );
    this.#disk = this.#diskOf(this.#supervisor);
    this.#introduce(this.#supervisor, endpoints);
    return this.#supervisor;
  }

  /** Where tasks have a share of the disk. */
  #diskOf(supervisor: Supervisor): DiskWatch | undefined {
    const { disk, engine, clock, log } = this.#ports;
    if (disk === undefined || this.#config.identity.pool !== 'fargate') return undefined;
    return new DiskWatch({ disk, engine, clock, log }, () => supervisor.tasks());
  }

  /** What the local server tells containers comes from here. */
  #introduce(supervisor: Supervisor, endpoints: EndpointIds): void {
    const { engine, link, metadata } = this.#ports;
    metadata?.register({
      cluster: this.#config.cluster,
      availabilityZone: this.#config.identity.availabilityZone,
      engine,
      link,
      credentials: this.#credentials,
      endpoints,
      containerInstanceArn: () => this.containerInstanceArn,
      tasks: () => supervisor.tasks(),
      diskBytes: (taskArn) => this.#disk?.usedBytes(taskArn),
    });
  }

  async #connect(engine: EngineInfo, capacity: Capacity, supervisor: Supervisor): Promise<AgentEnd> {
    const { signal } = this.#life;
    const record = this.#record;
    if (record === undefined) throw new Error('The agent has no record.');
    try {
      const arn = await this.#register(record, engine, capacity, supervisor);
      this.#ports.log('info', `registered as ${arn}`);
      this.#reporter?.open(supervisor.reportables());
      await this.#sessions(arn, engine, capacity, supervisor, signal);
      return { exitCode: 0, reason: 'stopped' };
    } catch (error) {
      if (signal.aborted) return { exitCode: 0, reason: 'stopped' };
      const exitCode = error instanceof RegistrationFailed ? error.exitCode : 1;
      this.#maps.giveUp(record.agentId);
      return { exitCode, reason: messageOf(error) };
    }
  }

  /** As who it was; as a new instance when that one is gone for good, or nothing runs here that belongs to it. */
  async #register(
    record: AgentRecord,
    engine: EngineInfo,
    capacity: Capacity,
    supervisor: Supervisor,
  ): Promise<string> {
    const { signal } = this.#life;
    const { network, metadata, routerFiles } = this.#ports;
    const has = {
      hasTaskNetwork: network !== undefined,
      enforcesSecurityGroups: network !== undefined && network.whyNotEnforced() === undefined,
      hasMetadata: metadata !== undefined,
      hasRouters: routerFiles !== undefined,
      watchesDisk: this.#disk !== undefined,
    };
    const identity = { ...this.#config.identity, ...has, gpuDriverVersion: this.#config.gpus?.driverVersion };
    try {
      const arn = await register(this.#ports, { ...record, identity, capacity, engine }, signal);
      if (arn !== record.containerInstanceArn) await this.#keep({ containerInstanceArn: arn });
      return arn;
    } catch (error) {
      const known = record.containerInstanceArn;
      if (known === undefined || !(error instanceof RegistrationFailed) || error.exitCode !== 5) throw error;
      const live = [...supervisor.tasks()].some(({ model }) => model.stoppedAtMs === undefined);
      if (live && !INSTANCE_GONE.test(error.message)) throw error;
      this.#ports.log('warn', `${error.message} Registering as a new container instance.`);
      // Its numbers begin anew, too; tasks of the old one are not in the new one's manifest, and stop.
      await this.#keep({ containerInstanceArn: undefined, clientToken: this.#ports.ids.uuid(), manifestSeq: -1 });
      return await this.#register(this.#record ?? record, engine, capacity, supervisor);
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
    const exec = (this.#exec = new ExecSessions(this.#ports, supervisor, identity));
    const handler = new AcsHandler(this.#acsTarget(supervisor, exec), identity, log);
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

  #acsTarget(supervisor: Supervisor, exec: ExecSessions): ConstructorParameters<typeof AcsHandler>[0] {
    return {
      accept: (task) => supervisor.accept(task),
      takeCredentials: (taskArn, roleType, credentials) => {
        this.#credentials.keep((arn) => arn === taskArn || supervisor.task(arn) !== undefined);
        this.#credentials.put(taskArn, roleType, credentials);
      },
      has: (arn) => supervisor.task(arn) !== undefined,
      running: () =>
        [...supervisor.tasks()]
          .filter(({ model }) => model.desired === 'RUNNING' && model.stoppedAtMs === undefined)
          .map(({ plan, payload }) => ({ arn: plan.arn, clusterArn: payload.taskClusterArn ?? '' })),
      stop: (arn) => supervisor.stop(arn),
      exec: (message) => void exec.open(message),
      takeMap: (message) => this.#maps.take(this.#record?.agentId ?? '', message),
      manifestSeq: this.#record?.manifestSeq ?? -1,
      rememberManifest: (manifestSeq) => void this.#keep({ manifestSeq }).catch(() => undefined),
    };
  }
}
