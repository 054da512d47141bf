import type { EcsInput } from '../api/port.ts';
import { usageError } from '../errors.ts';

/** `gantry run` as typed, texts unchecked. */
export interface RunFlags {
  readonly image: string;
  readonly command: readonly string[];
  readonly name?: string;
  readonly publish: readonly string[];
  readonly env: readonly string[];
  /** CPU units, 1024 to the core. */
  readonly cpu?: string;
  /** MiB. */
  readonly memory?: string;
  readonly launchType?: string;
  readonly networkMode?: string;
  readonly service?: boolean;
  readonly count?: string;
  readonly cluster: string;
  readonly subnets: readonly string[];
  /** Default: true. */
  readonly exec?: boolean;
}

export interface RunSurroundings {
  readonly region: string;
  /** What `-e NAME` without a value takes its value from. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Requests to be sent, in order, except for the subnets, which the caller looks up when `needsSubnets`. */
export interface RunPlan {
  readonly family: string;
  readonly logGroup: string;
  readonly cluster: string;
  readonly count: number;
  readonly launchType: 'EC2' | 'FARGATE';
  readonly networkMode: NetworkMode;
  readonly service: boolean;
  /** Commands may be run in it. */
  readonly enableExecuteCommand: boolean;
  /** A host port is fixed: on one instance, the old task must go before the new one comes. */
  readonly fixedHostPort: boolean;
  readonly subnets: readonly string[];
  readonly registration: EcsInput<'RegisterTaskDefinition'>;
}

type NetworkMode = 'bridge' | 'host' | 'awsvpc' | 'none';
export const STREAM_PREFIX = 'run';

/** @throws CliError (usage) for the first flag that cannot be used */
export function planRun(flags: RunFlags, around: RunSurroundings): RunPlan {
  const launchType = oneOf('--launch-type', (flags.launchType ?? 'EC2').toUpperCase(), ['EC2', 'FARGATE'] as const);
  const given = flags.networkMode ?? (launchType === 'FARGATE' ? 'awsvpc' : 'bridge');
  const networkMode = oneOf('--network-mode', given, ['bridge', 'host', 'awsvpc', 'none'] as const);
  if (launchType === 'FARGATE' && networkMode !== 'awsvpc') {
    throw usageError(`--network-mode ${networkMode}: Fargate tasks have an address of their own (awsvpc).`);
  }
  const family = flags.name === undefined ? familyOf(flags.image) : checkedName(flags.name);
  const cpu = whole('--cpu', flags.cpu ?? '256', 0, 196_608);
  const memory = whole('--memory', flags.memory ?? '512', 6, 4_194_304);
  const portMappings = flags.publish.map((text) => portMapping(text, networkMode));
  const logGroup = `/gantry/${family}`;
  const size = { cpu: String(cpu), memory: String(memory) };
  return {
    family,
    logGroup,
    cluster: flags.cluster,
    count: whole('--count', flags.count ?? '1', 1, 5_000),
    launchType,
    networkMode,
    service: flags.service === true,
    enableExecuteCommand: flags.exec !== false,
    fixedHostPort: networkMode !== 'awsvpc' && portMappings.some((p) => p.hostPort !== 0),
    subnets: flags.subnets,
    registration: {
      family,
      networkMode,
      requiresCompatibilities: [launchType],
      ...(launchType === 'FARGATE' ? size : {}),
      containerDefinitions: [
        {
          name: family,
          image: flags.image,
          essential: true,
          ...(launchType === 'FARGATE' ? {} : { cpu, memory }),
          ...(flags.command.length === 0 ? {} : { command: [...flags.command] }),
          ...(flags.env.length === 0 ? {} : { environment: flags.env.map((text) => variable(text, around.env)) }),
          ...(portMappings.length === 0 ? {} : { portMappings }),
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-group': logGroup,
              'awslogs-region': around.region,
              'awslogs-stream-prefix': STREAM_PREFIX,
            },
          },
        },
      ],
    },
  };
}

/** `registry:5000/team/web-app:1.2@sha256:…` gives `web-app`; what a family may not hold becomes `-`. */
export function familyOf(image: string): string {
  const path = image.replace(/@.*$/s, '');
  const last = path.slice(path.lastIndexOf('/') + 1).replace(/:.*$/s, '');
  const name = last.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '');
  if (name === '')
    throw usageError(`'${image}' is not an image name.`, 'It looks like gantry/hello or registry/team/web:1.2.');
  return name.slice(0, 255);
}

function checkedName(name: string): string {
  if (/^[A-Za-z0-9_-]{1,255}$/.test(name)) return name;
  throw usageError(`--name ${name}: up to 255 letters, digits, hyphens and underscores are allowed.`);
}

/** `80`, `8080:80`, `53:53/udp`; host port 0 lets the instance choose. */
export function portMapping(text: string, networkMode: NetworkMode) {
  const match = /^(?:(\d+):)?(\d+)(?:\/(tcp|udp))?$/.exec(text);
  if (match === null) throw usageError(`-p ${text}: a port looks like 80, 8080:80 or 53:53/udp.`);
  const containerPort = port(text, match[2] ?? '', 1);
  const given = match[1] === undefined ? undefined : port(text, match[1], 0);
  const protocol = (match[3] ?? 'tcp') as 'tcp' | 'udp';
  if (networkMode === 'none') throw usageError(`-p ${text}: a task without network has no ports.`);
  if (networkMode === 'bridge') return { containerPort, hostPort: given ?? 0, protocol };
  if (given !== undefined && given !== 0 && given !== containerPort) {
    const why = networkMode === 'awsvpc' ? 'a task with an address of its own' : "a task in the host's network";
    throw usageError(
      `-p ${text}: ${why} cannot map one port to another.`,
      `Use -p ${containerPort}, or --network-mode bridge.`,
    );
  }
  return { containerPort, hostPort: containerPort, protocol };
}

function port(text: string, digits: string, least: number): number {
  const value = Number(digits);
  if (value >= least && value <= 65_535) return value;
  throw usageError(`-p ${text}: ${digits} is not a port.`);
}

function variable(text: string, env: Readonly<Record<string, string | undefined>>) {
  const at = text.indexOf('=');
  const name = at === -1 ? text : text.slice(0, at);
  if (name === '') throw usageError(`-e ${text}: a variable looks like NAME=VALUE.`);
  if (at !== -1) return { name, value: text.slice(at + 1) };
  const value = env[name];
  if (value === undefined) throw usageError(`-e ${text}: there is no variable ${name} here to take the value from.`);
  return { name, value };
}

function whole(flag: string, text: string, low: number, high: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= low && value <= high) return value;
  throw usageError(`${flag} ${text}: a whole number from ${low} to ${high} is needed.`);
}

function oneOf<T extends string>(flag: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((value) => value === text);
  if (found !== undefined) return found;
  throw usageError(`${flag} ${text}: one of ${allowed.join(', ')} is needed.`);
}
