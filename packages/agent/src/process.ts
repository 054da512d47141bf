import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AGENT_VERSION, type AgentEnd, type AgentPorts } from './agent-ports.ts';
import { Agent } from './agent.ts';
import { FileCheckpoint } from './checkpoint/file.ts';
import type { ProcessConfig } from './config.ts';
import type { InstanceGpus } from './gpu/port.ts';
import { shareGpus } from './gpu/share.ts';
import { FILE_SYSTEMS, LinuxSharedDirectories } from './filesystems/linux.ts';
import { HostRouterFiles, ROUTER_FILES } from './firelens/files.ts';
import { taskLimits } from './isolation/open.ts';
import { openHost, type Host } from './host.ts';
import { ImageCleaner, type ImageUser } from './image-cleanup/cleaner.ts';
import { PulledImages } from './image-cleanup/pulled.ts';
import { serveIntrospection, type Introspection } from './introspection/server.ts';
import type { Log } from './log.ts';
import { METADATA_FILES } from './metadata-file/files.ts';
import { NetworkMaps } from './network/maps.ts';
import { HttpLink } from './session/transport-http.ts';
import { gateFor } from './supervisor/gate.ts';
import { messageOf } from './supervisor/perform.ts';
import { systemClock, systemIds } from '@gantry/protocol';
import { credentialsFrom } from './wiring.ts';

/** The instances of one process. They share the engine, the host's network and one queue into the engine. */
export class AgentProcess {
  readonly #config: ProcessConfig;
  readonly #log: Log;
  readonly #agents: Agent[] = [];
  readonly #life = new AbortController();
  #maps: NetworkMaps | undefined;
  #opening: Promise<Host> | undefined;
  #pulled: PulledImages | undefined;
  #introspection: Introspection | undefined;
  #stopping: Promise<void> | undefined;

  constructor(config: ProcessConfig, log: Log) {
    this.#config = config;
    this.#log = log;
  }

  /** Resolves with the exit code when no instance is left; after `stop` with 0. */
  async run(): Promise<0 | 1 | 5> {
    try {
      const { caFile } = this.#config;
      const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
      this.#opening = openHost({ ...this.#config, ca }, this.#log, this.#life.signal);
      return await this.#runOn(await this.#opening, ca);
    } catch (error) {
      if (!this.#life.signal.aborted) throw error;
      return 0;
    } finally {
      // Also when it ended by itself: namespaces kept ready are of use to nobody now.
      await this.stop();
    }
  }

  async #runOn(host: Host, ca: string | undefined): Promise<0 | 1 | 5> {
    const gate = gateFor(host.info.cpus);
    const { network, hostAddress } = host;
    this.#maps = network && new NetworkMaps({ network, hostAddress, clock: systemClock, log: this.#log });
    const { endpoint, region, credentialsFile, dataDir, instances } = this.#config;
    const userAgent = `Gantry agent - v${AGENT_VERSION} (linux)`;
    const credentials = credentialsFrom(credentialsFile, systemClock);
    const link = new HttpLink({ endpoint, region, credentials, clock: systemClock, userAgent, ca });
    const gpus = this.#gpusOf(host);
    const pulled = await this.#cleanImages(host);
    const ends: Promise<AgentEnd>[] = [];
    for (const { name, config } of instances) {
      if (this.#life.signal.aborted) break;
      const log: Log = (level, text) => this.#log(level, `${name}: ${text}`);
      const checkpoint = new FileCheckpoint(join(dataDir, name, 'checkpoint.jsonl'));
      const { engine, metadata, cgroups } = host;
      const ports: AgentPorts = {
        engine,
        network,
        networkMaps: this.#maps,
        sandboxes: host.isolation.sandboxes,
        metadata,
        cgroups,
        disk: host.disk,
        pulled,
        directories: new LinuxSharedDirectories(join(dataDir, name, FILE_SYSTEMS)),
        routerFiles: new HostRouterFiles(join(dataDir, ROUTER_FILES)),
        link,
        checkpoint,
        clock: systemClock,
        ids: systemIds,
        log,
        gate,
      };
      const { isolation } = host;
      const agent = new Agent(
        {
          ...config,
          ...taskLimits(isolation, config.identity.pool),
          identity: { ...config.identity, hostAddress, isolation: isolation[config.identity.pool]?.class },
          mostOpenFiles: host.mostOpenFiles,
          gpus: gpus.get(name),
          metadataFolder: this.#metadataFolder(name, config.identity.pool),
        },
        ports,
      );
      this.#agents.push(agent);
      const { ended } = await agent.start();
      ends.push(ended.then((end) => this.#ended(name, end)));
    }
    await this.#releaseStrayLeases(host);
    await this.#introduce();
    const codes = (await Promise.all(ends)).map(({ exitCode }) => exitCode);
    return codes.includes(5) ? 5 : codes.includes(1) ? 1 : 0;
  }

  /** What tasks pulled is known over restarts, and removed when the configuration says so. */
  async #cleanImages({ engine }: Host): Promise<PulledImages> {
    const { dataDir, imageCleanUp } = this.#config;
    const pulled = (this.#pulled = new PulledImages(
      systemClock,
      new FileCheckpoint(join(dataDir, 'images', 'checkpoint.jsonl')),
    ));
    await pulled.restore();
    if (imageCleanUp !== undefined) {
      const ports = { engine, clock: systemClock, log: this.#log, pulled, users: () => this.#imageUsers() };
      void new ImageCleaner(ports, imageCleanUp).run(this.#life.signal);
    }
    return pulled;
  }

  /** The port may be another agent's of this host: that is no reason to stop. */
  async #introduce(): Promise<void> {
    const { instances, introspectionPort } = this.#config;
    if (introspectionPort === 0 || this.#life.signal.aborted) return;
    const tasksOf = (at: number) => [...(this.#agents[at]?.supervisor?.tasks() ?? [])];
    try {
      this.#introspection = await serveIntrospection({
        port: introspectionPort,
        version: `Gantry agent - v${AGENT_VERSION}`,
        log: this.#log,
        instances: () =>
          instances.flatMap(({ config }, at) => {
            if (config.identity.pool !== 'ec2') return [];
            const { containerInstanceArn } = this.#agents[at] ?? {};
            return [{ cluster: config.cluster, containerInstanceArn, tasks: tasksOf(at) }];
          }),
        containerIds: () =>
          instances
            .flatMap((_, at) => tasksOf(at).flatMap(({ model }) => model.containers))
            .flatMap(({ dockerId = [] }) => dockerId),
      });
    } catch (error) {
      this.#log('info', `no introspection on port ${introspectionPort}: ${messageOf(error)}`);
    }
  }

  /** As with ECS there is none on Fargate. */
  #metadataFolder(name: string, pool: 'ec2' | 'fargate'): string | undefined {
    const { containerMetadata, dataDir } = this.#config;
    return containerMetadata && pool === 'ec2' ? resolve(dataDir, name, METADATA_FILES) : undefined;
  }

  /** `undefined` until every instance has its tasks back. */
  #imageUsers(): readonly ImageUser[] | undefined {
    const users = this.#agents.flatMap(({ supervisor = [] }) => supervisor);
    return users.length === this.#config.instances.length ? users : undefined;
  }

  #gpusOf({ gpus }: Host): ReadonlyMap<string, InstanceGpus> {
    if (gpus === undefined) return new Map();
    const instances = this.#config.instances.map(({ name, config, gpuIds }) => ({
      name,
      pool: config.identity.pool,
      gpuIds,
    }));
    const { byName, problems } = shareGpus(instances, gpus);
    for (const problem of problems) this.#log('warn', problem);
    for (const [name, { ids }] of byName) this.#log('info', `${name}: offers the GPUs ${ids.join(', ')}`);
    return byName;
  }

  /** Saves and ends; containers keep running, with their addresses. */
  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      this.#log('info', 'the agent stops; containers keep running');
      this.#life.abort();
      const host = await this.#opening?.catch(() => undefined);
      await Promise.all(this.#agents.map((agent) => agent.stop()));
      await this.#maps?.close();
      await this.#introspection?.close();
      await this.#pulled?.close();
      await host?.close();
    })();
    return this.#stopping;
  }

  #ended(name: string, end: AgentEnd): AgentEnd {
    if (end.exitCode !== 0) this.#log('error', `instance ${name} ended: ${end.reason}`);
    return end;
  }

  /** Addresses that a crash left behind, of tasks no instance of this host knows. */
  async #releaseStrayLeases(host: Host): Promise<void> {
    try {
      for (const { taskArn } of (await host.network?.leases()) ?? []) {
        if (this.#agents.some((agent) => agent.supervisor?.task(taskArn) !== undefined)) continue;
        this.#log('info', `releasing the address of ${taskArn}, which nobody knows`);
        await host.network?.release(taskArn);
      }
      const left = (await host.network?.leases()) ?? [];
      await host.isolation.sandboxes.prune(left.map(({ pauseContainerId }) => pauseContainerId));
    } catch (error) {
      this.#log('warn', `looking for addresses left behind: ${messageOf(error)}`);
    }
  }
}
