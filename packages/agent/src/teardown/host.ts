import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AGENT_VERSION } from '../agent-ports.ts';
import { detectTaskCgroups } from '../cgroup/detect.ts';
import { readCheckpoint } from '../checkpoint/file.ts';
import type { ProcessConfig } from '../config.ts';
import { DockerEngine } from '../engine/docker.ts';
import type { Log } from '../log.ts';
import { MetadataDoor, whyNoMetadata } from '../metadata/door.ts';
import { METADATA_FILES } from '../metadata-file/files.ts';
import { removeSandboxes } from '../isolation/sandboxes.ts';
import { LinuxTaskNetwork, whyNoTaskNetwork } from '../network/linux.ts';
import { HttpLink } from '../session/transport-http.ts';
import { messageOf } from '../supervisor/perform.ts';
import { systemClock, systemIds } from '@gantry/protocol';
import { credentialsFrom } from '../wiring.ts';
import { FILE_SYSTEMS, LinuxSharedDirectories } from '../filesystems/linux.ts';
import { HostRouterFiles, ROUTER_FILES } from '../firelens/files.ts';
import { tearDown, type TeardownPorts, type TornDown } from './teardown.ts';

const DEFAULT_BRIDGE = 'gantry0';

/**
 * `tearDown` for the instances of a configuration, on this host. Their agent must have ended. Makes and pulls nothing.
 * `keepNetwork`: the bridge is another agent's by now.
 */
export async function tearDownHost(
  config: ProcessConfig,
  options: { readonly force: boolean; readonly keepNetwork: boolean },
  log: Log,
): Promise<TornDown> {
  const { endpoint, region, credentialsFile, caFile, dataDir, engineSocket, instances } = config;
  const engine = new DockerEngine(engineSocket === undefined ? {} : { socketPath: engineSocket });
  const clock = systemClock;
  const userAgent = `Gantry agent - v${AGENT_VERSION} (linux)`;
  const link = new HttpLink({
    endpoint,
    region,
    credentials: credentialsFrom(credentialsFile, clock),
    clock,
    userAgent,
    ca: caFile === undefined ? undefined : await readFile(caFile, 'utf8').catch(() => undefined),
  });
  try {
    const info = await engine.ping();
    const { cgroups } = await detectTaskCgroups(info);
    const bridge = config.bridge ?? DEFAULT_BRIDGE;
    const network = options.keepNetwork ? undefined : await networkOf(bridge, engine, log);
    const remains = instances.map(async ({ name }) => {
      return { name, documents: await readCheckpoint(join(dataDir, name, 'checkpoint.jsonl')) };
    });
    const routerFiles = new HostRouterFiles(join(dataDir, ROUTER_FILES));
    const directories = instances.map(({ name }) => new LinuxSharedDirectories(join(dataDir, name, FILE_SYSTEMS)));
    const ports = { engine, directories, routerFiles, link, clock, ids: systemIds, log, cgroups, network };
    const done = await tearDown(ports, await Promise.all(remains), options);
    if (done.problems.length === 0)
      for (const { name } of instances) await rm(join(dataDir, name, METADATA_FILES), { recursive: true, force: true });
    return done;
  } catch (error) {
    return { containers: 0, volumes: 0, network: undefined, problems: [messageOf(error)] };
  } finally {
    await engine.close();
  }
}

async function networkOf(bridge: string, engine: DockerEngine, log: Log): Promise<TeardownPorts['network']> {
  if ((await whyNoTaskNetwork()) !== undefined && !existsSync(`/sys/class/net/${bridge}`)) return undefined;
  const onProblem = (error: unknown): void => log('warn', `task networks: ${messageOf(error)}`);
  const network = new LinuxTaskNetwork({ engine, clock: systemClock, ids: systemIds, onProblem, bridge });
  const teardown = async (): Promise<void> => {
    if ((await whyNoMetadata()) === undefined) await new MetadataDoor(bridge).close();
    await removeSandboxes(engine, bridge);
    await network.teardown();
  };
  return { bridge, teardown };
}
