import type { ContainerSpec, EngineInfo } from './port.ts';

/** How containers of one image behave in the fake engine. Everything is optional: such a container runs until it is stopped. */
export interface FakeImage {
  readonly id?: string;
  readonly repoDigest?: string;
  /** Whether the engine has the image from the start. Default true; false: it must be pulled first. */
  readonly present?: boolean;
  readonly pullMs?: number;
  /** Its registry lets in only who has this password. */
  readonly password?: string;
  /** The pull fails with these words (kind `failed`). */
  readonly pullFails?: string;
  /** Creating a container fails with these words (kind `bad-request`). */
  readonly createFails?: string;
  /** Starting a container fails with these words (kind `failed`). */
  readonly startFails?: string;
  /** The process ends by itself. A list: one entry a start, the last one repeated. */
  readonly exit?: FakeExit | readonly FakeExit[];
  /** Exit code after SIGTERM. Default 143. */
  readonly stopExitCode?: number;
  /** Time from SIGTERM to the exit. Default 0. */
  readonly stopMs?: number;
  /** Only SIGKILL ends it, when the stop time-out has passed. */
  readonly ignoresSigterm?: boolean;
  /** Changes of health, counted from the start of the container. Given (even empty): it starts as `starting`. */
  readonly health?: readonly { readonly afterMs: number; readonly health: 'healthy' | 'unhealthy' | 'starting' }[];
  /** Lines it writes, counted from the start of the container. Lines at 0 are there when `startContainer` resolves. */
  readonly output?: readonly {
    readonly afterMs?: number;
    readonly stream?: 'stdout' | 'stderr';
    readonly text: string;
  }[];
}

/** `label`: `key` or `key=value`. */
export function carries(labels: Readonly<Record<string, string>>, label: string): boolean {
  const at = label.indexOf('=');
  return at < 0 ? label in labels : labels[label.slice(0, at)] === label.slice(at + 1);
}

/** `never`: this start runs until it is stopped. */
export type FakeExit = { readonly code: number; readonly afterMs: number; readonly oomKilled?: boolean } | 'never';

/** What the fake needs to know of a create body. */
export interface SpecView {
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly joins: string | undefined;
  readonly volumes: readonly string[];
  readonly ports: readonly {
    readonly containerPort: number;
    readonly protocol: 'tcp' | 'udp';
    readonly hostIp: string;
    /** 0: the engine chooses. */
    readonly hostPort: number;
  }[];
}

interface SpecShape {
  readonly Image?: string;
  readonly Labels?: Record<string, string>;
  readonly HostConfig?: {
    readonly NetworkMode?: string;
    readonly PortBindings?: Record<string, { HostIp?: string; HostPort?: string }[] | null>;
    readonly Binds?: readonly string[];
    readonly Mounts?: readonly { Type?: string; Source?: string }[];
  };
}

export function viewSpec(spec: ContainerSpec): SpecView {
  const shape = spec as SpecShape;
  const host = shape.HostConfig ?? {};
  const networkMode = host.NetworkMode ?? 'default';
  const ports = Object.entries(host.PortBindings ?? {}).flatMap(([key, bindings]) => {
    const [port = '0', protocol = 'tcp'] = key.split('/');
    return (bindings ?? []).map((binding) => ({
      containerPort: Number(port),
      protocol: protocol === 'udp' ? ('udp' as const) : ('tcp' as const),
      hostIp: binding.HostIp === undefined || binding.HostIp === '' ? '0.0.0.0' : binding.HostIp,
      hostPort: Number(binding.HostPort ?? 0),
    }));
  });
  return {
    image: shape.Image ?? '',
    labels: { ...shape.Labels },
    joins: networkMode.startsWith('container:') ? networkMode.slice('container:'.length) : undefined,
    volumes: [
      ...(host.Binds ?? []).map((bind) => bind.split(':')[0] ?? '').filter((source) => !source.startsWith('/')),
      ...(host.Mounts ?? []).filter((mount) => mount.Type === 'volume').map((mount) => mount.Source ?? ''),
    ],
    ports: networkMode === 'host' || networkMode === 'none' ? [] : ports,
  };
}

export const FAKE_ENGINE_INFO: EngineInfo = {
  apiVersion: '1.41',
  serverVersion: 'fake',
  cpus: 4,
  memoryMiB: 16_384,
  cgroupVersion: '2',
  cgroupDriver: 'systemd',
  runtimes: ['runc'],
  logDrivers: ['json-file', 'local', 'fluentd', 'syslog'],
  securityModules: [],
};
