import type { ContainerState, EngineEvent, EngineInfo, ImageInfo } from './port.ts';
import { EngineError } from './port.ts';

/** The oldest engine Gantry works with, and the newest whose answers it was written against. */
const OLDEST = 41;
const NEWEST = 51;

interface VersionBody {
  readonly Version?: string;
  readonly ApiVersion?: string;
  readonly MinAPIVersion?: string;
}

/** The version both sides speak: the newest we know, within what the engine offers. */
export function chooseApiVersion(body: unknown): string {
  const { Version = 'unknown', ApiVersion = '', MinAPIVersion = '1.0' } = (body ?? {}) as VersionBody;
  const offered = minorOf(ApiVersion);
  if (offered === undefined || offered < OLDEST) {
    const spoken = offered === undefined ? 'no API version' : `API ${ApiVersion}`;
    const message = `Container engine ${Version} speaks ${spoken}; Gantry needs API 1.${OLDEST} (Docker 20.10) or newer.`;
    throw new EngineError('failed', message);
  }
  return `1.${Math.max(minorOf(MinAPIVersion) ?? 0, Math.min(NEWEST, offered))}`;
}

function minorOf(version: string): number | undefined {
  const match = /^1\.(\d+)$/.exec(version);
  return match === null ? undefined : Number(match[1]);
}

interface InfoBody {
  readonly ServerVersion?: string;
  readonly DockerRootDir?: string;
  readonly NCPU?: number;
  readonly MemTotal?: number;
  readonly CgroupVersion?: string;
  readonly CgroupDriver?: string;
  readonly Runtimes?: Record<string, unknown>;
  readonly Plugins?: { readonly Log?: readonly string[] };
  /** `name=apparmor`, `name=seccomp,profile=builtin`. */
  readonly SecurityOptions?: readonly string[];
}

export function readInfo(apiVersion: string, body: unknown): EngineInfo {
  const info = body as InfoBody;
  return {
    apiVersion,
    serverVersion: info.ServerVersion ?? 'unknown',
    cpus: info.NCPU ?? 0,
    memoryMiB: Math.floor((info.MemTotal ?? 0) / 1_048_576),
    cgroupVersion: info.CgroupVersion === '2' ? '2' : '1',
    cgroupDriver: info.CgroupDriver === 'systemd' ? 'systemd' : 'cgroupfs',
    runtimes: Object.keys(info.Runtimes ?? {}),
    rootDir: info.DockerRootDir,
    logDrivers: info.Plugins?.Log ?? [],
    securityModules: (info.SecurityOptions ?? []).flatMap((option) => {
      const name = /^name=(apparmor|selinux)(?:,|$)/.exec(option)?.[1];
      return name === undefined ? [] : [name];
    }),
  };
}

/** `name:tag`, `name@sha256:…`; no tag means `latest`, as everywhere. */
export function splitReference(reference: string): { readonly repository: string; readonly tag: string } {
  if (!/^[a-zA-Z0-9][\w./:@-]*$/.test(reference) || reference.includes('..') || reference.includes('//')) {
    throw new EngineError('bad-request', `invalid reference format: ${JSON.stringify(reference)}`);
  }
  const at = reference.indexOf('@');
  if (at >= 0) return { repository: reference.slice(0, at), tag: reference.slice(at + 1) };
  const colon = reference.lastIndexOf(':');
  if (colon <= reference.lastIndexOf('/')) return { repository: reference, tag: 'latest' };
  return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}

/** Its digest in another repository is none of this one's: there it may name nothing. */
export function readImage(reference: string, body: unknown): ImageInfo {
  const { Id, RepoDigests } = body as { Id: string; RepoDigests?: readonly string[] | null };
  const repository = familiar(splitReference(reference).repository);
  const digest = (RepoDigests ?? []).find((one) => familiar(one.slice(0, one.indexOf('@'))) === repository);
  return { id: Id, repoDigest: digest?.slice(digest.indexOf('@') + 1) };
}

/** `docker.io/library/nginx:1` is what the engine calls `nginx`. */
function familiar(repository: string): string {
  return repository
    .replace(/:[^/]*$/, '')
    .replace(/^(index\.)?docker\.io\//, '')
    .replace(/^library\//, '');
}

interface InspectBody {
  readonly Id: string;
  readonly Name: string;
  readonly Created?: string;
  readonly Image?: string;
  readonly Mounts?: readonly { readonly Name?: string; readonly Source: string; readonly Destination: string }[] | null;
  readonly Config: { readonly Labels?: Record<string, string> | null };
  readonly State: {
    readonly Status: ContainerState['status'];
    readonly Pid: number;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly Error: string;
    readonly StartedAt: string;
    readonly FinishedAt: string;
    readonly Health?: { readonly Status?: string };
  };
  /** Of a graph driver that lays one directory over others. */
  readonly GraphDriver?: { readonly Data?: { readonly UpperDir?: string } | null } | null;
  readonly LogPath?: string;
  readonly NetworkSettings?: {
    readonly Ports?: Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null> | null;
    readonly Networks?: Record<string, { readonly IPAddress?: string }> | null;
  };
}

export function readContainer(body: unknown): ContainerState {
  const inspected = body as InspectBody;
  const { Id, Name, Created = '', Image, Mounts, Config, State, NetworkSettings } = inspected;
  const running = State.Status === 'running' || State.Status === 'paused';
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    labels: Config.Labels ?? {},
    status: State.Status,
    pid: State.Pid,
    exitCode: State.ExitCode,
    oomKilled: State.OOMKilled,
    error: State.Error,
    startedAtMs: timeOf(State.StartedAt),
    // Docker keeps the time of the previous end while a restarted container runs.
    finishedAtMs: running ? undefined : timeOf(State.FinishedAt),
    health: healthOf(State.Health?.Status),
    ports: Object.entries(NetworkSettings?.Ports ?? {}).flatMap(([key, bindings]) => {
      const [port = '', protocol = 'tcp'] = key.split('/');
      return (bindings ?? []).map((binding) => ({
        containerPort: Number(port),
        protocol: protocol === 'udp' ? ('udp' as const) : ('tcp' as const),
        hostIp: binding.HostIp,
        hostPort: Number(binding.HostPort),
      }));
    }),
    createdAtMs: timeOf(Created),
    imageId: Image,
    addresses: Object.values(NetworkSettings?.Networks ?? {}).flatMap(({ IPAddress = '' }) =>
      IPAddress === '' ? [] : [IPAddress],
    ),
    writableLayer: inspected.GraphDriver?.Data?.UpperDir,
    logFile: inspected.LogPath === '' ? undefined : inspected.LogPath,
    mounts: (Mounts ?? []).map((mount) => ({
      name: mount.Name,
      source: mount.Source,
      destination: mount.Destination,
    })),
  };
}

/** Docker writes year 1 for "never". */
function timeOf(text: string): number | undefined {
  return text === '' || text.startsWith('0001-') ? undefined : Date.parse(text);
}

function healthOf(status: string | undefined): ContainerState['health'] {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : undefined;
}

interface EventBody {
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: { readonly exitCode?: string } };
  readonly timeNano?: number;
}

const KINDS = { start: 'started', die: 'died', oom: 'oom', destroy: 'destroyed' } as const;

/** `undefined`: an event that is none of ours. */
export function readEvent(body: unknown): EngineEvent | undefined {
  const { Action = '', Actor, timeNano = 0 } = body as EventBody;
  const at = { id: Actor?.ID ?? '', atMs: Math.floor(timeNano / 1_000_000) };
  const health = Action.startsWith('health_status: ') ? healthOf(Action.slice('health_status: '.length)) : undefined;
  if (health !== undefined) return { kind: 'health', ...at, health };
  if (!Object.hasOwn(KINDS, Action)) return undefined;
  const kind = KINDS[Action as keyof typeof KINDS];
  return kind === 'died' ? { kind, ...at, exitCode: Number(Actor?.Attributes?.exitCode ?? 0) } : { kind, ...at };
}

/** What went wrong in a pull's progress stream, if this line says so. */
export function readPullError(body: unknown): EngineError | undefined {
  const { error, errorDetail } = body as { error?: string; errorDetail?: { message?: string } };
  const message = errorDetail?.message ?? error;
  if (message === undefined) return undefined;
  return pullError(message);
}

/** Whether a pull that failed with these words may go through later follows from them alone. */
export function pullError(message: string, cause?: unknown): EngineError {
  if (/manifest unknown|not found|pull access denied|repository does not exist/i.test(message)) {
    return new EngineError('not-found', message, cause);
  }
  const refused = /unauthorized|no basic auth credentials|access forbidden|denied:/i.test(message);
  return new EngineError(refused ? 'bad-request' : 'failed', message, cause);
}
