import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { parseRegion } from '@gantry/domain';
import { usageError } from './errors.ts';
import { keyFileOf } from './key-file.ts';
import { checkedCidr } from './up/network.ts';
import { tlsSettings } from './up/tls.ts';
import { parseDurationMs } from './text/duration.ts';

/** What `gantry up` runs with, once checked. */
export interface UpSettings {
  readonly dataDir: string;
  /** The key secrets at rest are sealed with. */
  readonly keyFile: string;
  /** Where the control plane listens: loopback alone, unless told otherwise. */
  readonly address: string;
  readonly port: number;
  readonly region: string;
  readonly insecureAnyKey: boolean;
  readonly tls: TlsSettings;
  readonly throttle: boolean;
  readonly auditRetentionDays: number;
  readonly fargate: boolean;
  readonly fargateCpuOvercommit: number;
  /** The engine's runtime for Fargate tasks; absent: the strongest that works. */
  readonly fargateRuntime?: string | undefined;
  /** Memory of the host that tasks of the EC2 instance do not get. */
  readonly memoryReserveMiB: number;
  readonly healthyAfterMs: number;
  /** Addresses of awsvpc tasks; chosen when absent. */
  readonly subnet?: string | undefined;
  /** NFS exports behind file systems, as the control plane takes them. */
  readonly efs?: string | undefined;
  /** `NAME=URL` or `NAME=exec:/path`, as the control plane takes them. */
  readonly deploymentHooks: readonly string[];
}

export type TlsSettings =
  | { readonly kind: 'off' }
  | { readonly kind: 'self' }
  | {
      readonly kind: 'files';
      readonly certFile: string;
      readonly keyFile: string;
      /** What clients trust; absent when the certificate is of a public authority. */
      readonly caFile: string | undefined;
      /** The name in the certificate that clients use. */
      readonly name: string;
    };

/** As commander hands them over: texts, unchecked. */
export interface UpFlags {
  readonly dataDir?: string;
  readonly keyFile?: string;
  readonly port?: string;
  readonly region?: string;
  readonly host?: string;
  readonly insecureAnyKey?: boolean;
  readonly tls?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly throttle?: boolean;
  readonly auditRetentionDays?: string;
  readonly fargate?: boolean;
  readonly fargateCpuOvercommit?: string;
  readonly fargateRuntime?: string;
  readonly memoryReserve?: string;
  readonly healthyAfter?: string;
  readonly subnet?: string;
  readonly efs?: readonly string[];
  readonly deploymentHook?: readonly string[];
}

export interface Surroundings {
  readonly uid: number;
  readonly home: string;
  readonly memoryMiB: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the file of `--tls-cert` holds. */
  readonly certificate?: string | undefined;
}

/** Where state lives unless told otherwise: `/var/lib/gantry` for root, else in the home folder. */
export function dataDirOf(
  flag: string | undefined,
  { uid, home, env }: Pick<Surroundings, 'uid' | 'home' | 'env'>,
): string {
  const told = flag ?? env['GANTRY_DATA_DIR'];
  // The processes run elsewhere: a relative path would be another one there.
  if (told !== undefined && told !== '') return resolve(told);
  if (uid === 0) return '/var/lib/gantry';
  return `${env['XDG_DATA_HOME'] || `${home}/.local/share`}/gantry`;
}

/** @throws CliError (usage) that names every flag that cannot be used, all at once */
export function upSettings(flags: UpFlags, around: Surroundings): UpSettings {
  const problems: string[] = [];
  const whole = (name: string, text: string, low: number, high: number): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= low && value <= high) return value;
    problems.push(`--${name} ${text}: a whole number from ${low} to ${high} is needed`);
    return low;
  };
  const reserveDefault = Math.min(1024, Math.max(128, Math.floor(around.memoryMiB / 16)));
  const port = whole('port', flags.port ?? '4566', 1, 65535);
  const overcommit = whole('fargate-cpu-overcommit', flags.fargateCpuOvercommit ?? '8', 1, 1000);
  const reserve = whole('memory-reserve', flags.memoryReserve ?? String(reserveDefault), 0, around.memoryMiB - 64);
  const region = flags.region ?? 'us-east-1';
  if (parseRegion(region) === undefined) problems.push(`--region ${region}: a region looks like us-east-1`);
  const healthyAfterMs = parseDurationMs(flags.healthyAfter ?? '40s');
  if (healthyAfterMs === undefined) {
    problems.push(`--healthy-after ${flags.healthyAfter}: a duration looks like 40s or 1m30s`);
  }
  const auditRetentionDays = whole('audit-retention-days', flags.auditRetentionDays ?? '90', 1, 3650);
  const address = flags.host ?? '127.0.0.1';
  if (isIP(address) === 0) problems.push(`--host ${address}: an IP address of this machine is needed, such as 0.0.0.0`);
  const tls = tlsSettings(flags, around.certificate, problems);
  for (const each of flags.efs ?? []) {
    if (!/^fs-[0-9a-f]{8,40}=[^,\s]+:\/[^,\s]*$/.test(each))
      problems.push(`--efs ${each}: it looks like fs-0123456789abcdef0=nas.example.com:/export/data`);
  }
  for (const each of flags.deploymentHook ?? []) {
    if (!/^[\w-]{1,64}=(https?:\/\/\S+|exec:\/.+)$/.test(each))
      problems.push(`--deployment-hook ${each}: it looks like check=http://127.0.0.1:9000/ or check=exec:/path`);
  }
  const { fargateRuntime } = flags;
  if (fargateRuntime !== undefined && !/^[\w.-]{1,64}$/.test(fargateRuntime))
    problems.push(`--fargate-runtime ${fargateRuntime}: it is a runtime of the engine, such as runc, or auto`);
  if (problems.length > 0) throw usageError(problems.join('\n'), 'See gantry up --help.');
  return {
    dataDir: dataDirOf(flags.dataDir, around),
    keyFile: keyFileOf(flags.keyFile, around),
    address,
    port,
    region,
    insecureAnyKey: flags.insecureAnyKey === true,
    tls,
    throttle: flags.throttle === true,
    auditRetentionDays,
    fargate: flags.fargate !== false,
    fargateCpuOvercommit: overcommit,
    fargateRuntime: flags.fargateRuntime,
    memoryReserveMiB: reserve,
    healthyAfterMs: healthyAfterMs ?? 40_000,
    subnet: flags.subnet === undefined ? undefined : checkedCidr(flags.subnet),
    efs: flags.efs?.join(','),
    deploymentHooks: flags.deploymentHook ?? [],
  };
}

export function endpointOf({ address, port, tls }: Pick<UpSettings, 'address' | 'port' | 'tls'>): string {
  const reachable = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address;
  const name = tls.kind === 'files' ? tls.name : reachable;
  return `${tls.kind === 'off' ? 'http' : 'https'}://${isIP(name) === 6 ? `[${name}]` : name}:${port}`;
}
