import { resolve } from 'node:path';
import { parseRegion } from '@gantry/domain';
import { usageError } from './errors.ts';
import { keyFileOf } from './key-file.ts';
import { checkedCidr } from './up/network.ts';
import { parseDurationMs } from './text/duration.ts';

/** What `gantry up` runs with, once checked. */
export interface UpSettings {
  readonly dataDir: string;
  /** The key secrets at rest are sealed with. */
  readonly keyFile: string;
  /** The control plane listens on loopback alone. */
  readonly address: string;
  readonly port: number;
  readonly region: string;
  readonly insecureAnyKey: boolean;
  readonly fargate: boolean;
  readonly fargateCpuOvercommit: number;
  /** Memory of the host that tasks of the EC2 instance do not get. */
  readonly memoryReserveMiB: number;
  readonly healthyAfterMs: number;
  /** Addresses of awsvpc tasks; chosen when absent. */
  readonly subnet?: string | undefined;
}

/** As commander hands them over: texts, unchecked. */
export interface UpFlags {
  readonly dataDir?: string;
  readonly keyFile?: string;
  readonly port?: string;
  readonly region?: string;
  readonly insecureAnyKey?: boolean;
  readonly fargate?: boolean;
  readonly fargateCpuOvercommit?: string;
  readonly memoryReserve?: string;
  readonly healthyAfter?: string;
  readonly subnet?: string;
}

export interface Surroundings {
  readonly uid: number;
  readonly home: string;
  readonly memoryMiB: number;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Where state lives unless told otherwise: `/var/lib/gantry` for root, else in the home folder. */
export function dataDirOf(flag: string | undefined, { uid, home, env }: Omit<Surroundings, 'memoryMiB'>): string {
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
  if (problems.length > 0) throw usageError(problems.join('\n'), 'See gantry up --help.');
  return {
    dataDir: dataDirOf(flags.dataDir, around),
    keyFile: keyFileOf(flags.keyFile, around),
    address: '127.0.0.1',
    port,
    region,
    insecureAnyKey: flags.insecureAnyKey === true,
    fargate: flags.fargate !== false,
    fargateCpuOvercommit: overcommit,
    memoryReserveMiB: reserve,
    healthyAfterMs: healthyAfterMs ?? 40_000,
    subnet: flags.subnet === undefined ? undefined : checkedCidr(flags.subnet),
  };
}

export const endpointOf = (settings: Pick<UpSettings, 'address' | 'port'>): string =>
  `http://${settings.address}:${settings.port}`;
