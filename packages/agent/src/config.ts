import { isIPv4 } from 'node:net';
import { NAME_PATTERN, parseRegion } from '@gantry/domain';
import { DEFAULTS, type AgentConfig } from './agent-ports.ts';
import { ConfigReader, type Env, type Json } from './config-reader.ts';
import type { GpuSupport } from './host.ts';
import type { CleanUpRules } from './image-cleanup/choose.ts';
import { readImageCleanUp } from './image-cleanup/config.ts';
import type { WantedRuntimes } from './isolation/open.ts';
import { PULL_BEHAVIOURS, type PullBehaviour } from './supervisor/images.ts';

/** One process: several instances on one engine. */
export interface ProcessConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentialsFile: string;
  /** Certificates to trust for an https endpoint instead of the public ones. */
  readonly caFile: string | undefined;
  readonly dataDir: string;
  readonly engineSocket: string | undefined;
  readonly bridge: string | undefined;
  /** Where other hosts reach this one; looked up when it is left out. */
  readonly hostAddress: string | undefined;
  readonly pidFile: string | undefined;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly gpuSupport: GpuSupport;
  /** Whether containers find a metadata file. */
  readonly containerMetadata: boolean;
  /** Where on the loopback interface the host is told of its tasks; 0: nowhere. */
  readonly introspectionPort: number;
  /** `undefined`: images stay. */
  readonly imageCleanUp: CleanUpRules | undefined;
  readonly runtimes: WantedRuntimes;
  readonly instances: readonly {
    readonly name: string;
    readonly config: AgentConfig;
    /** The GPUs of the host it shall have; see `gpu/share.ts`. */
    readonly gpuIds: readonly string[] | undefined;
  }[];
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** All that is wrong with the configuration, together. */
export class InvalidConfig extends Error {
  override readonly name = 'InvalidConfig';
  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

const INTROSPECTION_PORT = 51_678;
/** The stock agent's: ssh, the engine over TCP, its own two. */
const RESERVED_TCP_PORTS = [22, 2375, 2376, 51678, 51679] as const;

/**
 * Reads the configuration file's value; the environment variables of `ecs.config` lie over it.
 * @throws InvalidConfig
 */
export function readConfig(value: unknown, env: Env, host: { readonly architecture: string }): ProcessConfig {
  const reader = new ConfigReader();
  const file = reader.object(value, 'the file');
  const common = readCommon(reader, file, env);
  const list = Array.isArray(file['instances']) ? (file['instances'] as unknown[]) : [];
  if (list.length === 0) reader.problem('instances must be a list of at least one instance');
  const instances = list.map((entry, index) => readInstance(reader, entry, index, env, { ...common, ...host }));
  const names = instances.map(({ name }) => name);
  if (new Set(names).size !== names.length) reader.problem('two instances have the same name');
  const endpoint = reader.text(file, 'endpoint') ?? '';
  if (!/^https?:\/\/[^/]+/.test(endpoint)) reader.problem(`endpoint must be an http(s) URL, not "${endpoint}"`);
  const region = reader.text(file, 'region') ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  if (parseRegion(region) === undefined) reader.problem(`region "${region}" is not a region`);
  const socket = reader.text(file, 'engineSocket') ?? reader.text(file, 'dockerHost') ?? env['DOCKER_HOST'];
  if (socket?.startsWith('tcp:')) reader.problem(`the engine is reached over a unix socket, not over ${socket}`);
  const logLevel = LOG_LEVELS.find(
    (level) => level === (reader.text(file, 'logLevel') ?? env['ECS_LOGLEVEL'] ?? 'info'),
  );
  if (logLevel === undefined) reader.problem(`logLevel must be one of ${LOG_LEVELS.join(', ')}`);
  const hostAddress = reader.text(file, 'hostAddress');
  if (hostAddress !== undefined && !isIPv4(hostAddress))
    reader.problem(`hostAddress must be an IPv4 address, not "${hostAddress}"`);
  const config = {
    endpoint,
    region,
    credentialsFile: reader.required(file, 'credentialsFile'),
    caFile: reader.text(file, 'caFile'),
    dataDir: reader.required(file, 'dataDir'),
    engineSocket: socket?.replace(/^unix:\/\//, ''),
    bridge: reader.text(file, 'bridge'),
    hostAddress,
    pidFile: reader.text(file, 'pidFile'),
    logLevel: logLevel ?? 'info',
    gpuSupport: readGpuSupport(reader, env),
    containerMetadata: reader.flag(env, 'ECS_ENABLE_CONTAINER_METADATA') ?? false,
    introspectionPort:
      reader.numberText(env, 'GANTRY_INTROSPECTION_PORT') ??
      reader.number(file, 'introspectionPort') ??
      INTROSPECTION_PORT,
    imageCleanUp: readImageCleanUp(reader, env, common.pullBehaviour),
    runtimes: { fargate: reader.text(file, 'fargateRuntime') ?? 'auto', ec2: reader.text(file, 'ec2Runtime') },
    instances,
  };
  if (reader.problems.length > 0) throw new InvalidConfig(reader.problems);
  return config;
}

function readGpuSupport(reader: ConfigReader, env: Env): GpuSupport {
  const wanted = reader.flag(env, 'ECS_ENABLE_GPU_SUPPORT');
  return wanted === undefined ? 'auto' : wanted ? 'on' : 'off';
}

interface Common {
  readonly pullBehaviour: PullBehaviour;
  readonly stopTimeoutS: number;
  readonly cleanUpDelayMs: number;
  readonly cleanUpJitterMs: number | undefined;
  readonly pullInactivityMs: number | undefined;
  readonly reservedMemoryMiB: number;
  readonly logFileMiB: number;
  readonly logFiles: number;
  readonly tcpPorts: readonly number[];
  readonly udpPorts: readonly number[];
}

function readCommon(reader: ConfigReader, file: Json, env: Env): Common {
  const wanted = env['ECS_IMAGE_PULL_BEHAVIOR'] ?? reader.text(file, 'imagePullBehavior') ?? DEFAULTS.pullBehaviour;
  const pullBehaviour = PULL_BEHAVIOURS.find((behaviour) => behaviour === wanted);
  if (pullBehaviour === undefined)
    reader.problem(`the image pull behaviour must be one of ${PULL_BEHAVIOURS.join(', ')}, not "${wanted}"`);
  const stopMs = reader.duration(env, 'ECS_CONTAINER_STOP_TIMEOUT') ?? DEFAULTS.stopTimeoutS * 1000;
  return {
    pullBehaviour: pullBehaviour ?? DEFAULTS.pullBehaviour,
    stopTimeoutS: Math.max(1, Math.round(stopMs / 1000)),
    cleanUpDelayMs:
      reader.duration(env, 'ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION') ??
      reader.number(file, 'cleanUpDelayMs') ??
      DEFAULTS.cleanUpDelayMs,
    cleanUpJitterMs: reader.duration(env, 'ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION_JITTER'),
    pullInactivityMs: reader.duration(env, 'ECS_IMAGE_PULL_INACTIVITY_TIMEOUT'),
    reservedMemoryMiB:
      reader.numberText(env, 'ECS_RESERVED_MEMORY') ??
      reader.number(file, 'reservedMemoryMiB') ??
      DEFAULTS.reservedMemoryMiB,
    logFileMiB: reader.number(file, 'logFileMiB') ?? DEFAULTS.logFileMiB,
    logFiles: reader.number(file, 'logFiles') ?? DEFAULTS.logFiles,
    tcpPorts: reader.ports(env, 'ECS_RESERVED_PORTS') ?? RESERVED_TCP_PORTS,
    udpPorts: reader.ports(env, 'ECS_RESERVED_PORTS_UDP') ?? [],
  };
}

function readInstance(
  reader: ConfigReader,
  value: unknown,
  index: number,
  env: Env,
  common: Common & { readonly architecture: string },
): ProcessConfig['instances'][number] {
  const entry = reader.object(value, `instances[${index}]`);
  const name = reader.required(entry, 'name', `instances[${index}].name`);
  if (!NAME_PATTERN.test(name)) reader.problem(`instances[${index}].name "${name}" is not a name`);
  const pool = reader.text(entry, 'pool') ?? 'ec2';
  if (pool !== 'ec2' && pool !== 'fargate')
    reader.problem(`instances[${index}].pool must be ec2 or fargate, not "${pool}"`);
  const { tcpPorts, udpPorts, architecture, ...rest } = common;
  const given = reader.object(entry['attributes'] ?? reader.json(env, 'ECS_INSTANCE_ATTRIBUTES') ?? {}, 'attributes');
  const attributes = Object.fromEntries(Object.entries(given).map(([key, text]) => [key, String(text)]));
  const config: AgentConfig = {
    ...rest,
    resyncMs: DEFAULTS.resyncMs,
    cluster: reader.text(entry, 'cluster') ?? env['ECS_CLUSTER'] ?? 'default',
    identity: {
      pool: pool === 'fargate' ? 'fargate' : 'ec2',
      instanceType: reader.text(entry, 'instanceType'),
      availabilityZone: reader.text(entry, 'availabilityZone'),
      architecture,
      attributes,
    },
    capacity: {
      cpuUnits: reader.number(entry, 'cpuUnits'),
      memoryMiB: reader.number(entry, 'memoryMiB'),
      tcpPorts,
      udpPorts,
    },
  };
  return { name, config, gpuIds: reader.texts(entry, 'gpuIds') };
}
