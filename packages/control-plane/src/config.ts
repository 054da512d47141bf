import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseAccountId, parseRegion, type AccountId, type Region } from '@gantry/domain';
import { readExports } from './filesystems/exports.ts';
import type { PlatformConfig, SubnetConfig } from './platform.ts';

/** Everything the process is told, checked and frozen. */
export interface ServerConfig {
  readonly dataDir: string;
  /** The key secrets at rest are sealed with: apart from the data directory. */
  readonly keyFile: string;
  readonly host: string;
  readonly port: number;
  readonly insecureAnyKey: boolean;
  /** Requests are counted in ECS's token buckets. */
  readonly throttle: boolean;
  readonly auditRetentionMs: number;
  readonly tls: TlsConfig;
  readonly logLevel: LogLevel;
  readonly platform: PlatformConfig;
}

export type TlsConfig =
  | { readonly kind: 'off' }
  /** A certificate of a CA of our own, whose key lies beside the key file. */
  | { readonly kind: 'self' }
  | { readonly kind: 'files'; readonly certFile: string; readonly keyFile: string };

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Flag, environment variable `GANTRY_<FLAG>`, default. */
const DEFAULTS = {
  'data-dir': '',
  'key-file': '',
  host: '127.0.0.1',
  port: '4566',
  endpoint: '',
  region: 'us-east-1',
  account: '000000000000',
  'log-level': 'info',
  'healthy-after-ms': '40000',
  'stopped-task-retention-ms': '3600000',
  'history-retention-ms': '2592000000',
  'instance-gone-after-ms': '600000',
  'audit-retention-days': '90',
  tls: '',
  'tls-cert': '',
  'tls-key': '',
  efs: '',
} as const;
type Setting = keyof typeof DEFAULTS;
const SWITCHES = ['insecure-any-key', 'throttle'] as const;
type Switch = (typeof SWITCHES)[number];

const DAY_MS = 86_400_000;
/** A private range that neither AWS's default VPC nor Docker's own networks use. */
const DEFAULT_CIDR = '10.213.0.0/20';

export interface Surroundings {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly isRoot: boolean;
}

/** @throws Error whose message lists every problem, one a line. */
export function readConfig(around: Surroundings): ServerConfig {
  const problems: string[] = [];
  const given = readFlags(around.args, problems);
  const text = (name: Setting): string => {
    const fromEnv = around.env[environmentName(name)];
    return given.settings[name] ?? (fromEnv === undefined || fromEnv === '' ? DEFAULTS[name] : fromEnv);
  };
  const whole = (name: Setting, low: number, high: number): number => {
    const value = /^\d{1,15}$/.test(text(name)) ? Number(text(name)) : Number.NaN;
    if (value >= low && value <= high) return value;
    problems.push(`--${name} ${text(name)}: a whole number from ${low} to ${high} is needed`);
    return low;
  };
  const host = text('host');
  const port = whole('port', 0, 65_535);
  const region = parseRegion(text('region'));
  if (region === undefined) problems.push(`--region ${text('region')}: a region looks like us-east-1`);
  const account = parseAccountId(text('account'));
  if (account === undefined) problems.push(`--account ${text('account')}: an account has 12 digits`);
  const logLevel = LOG_LEVELS.find((level) => level === text('log-level'));
  if (logLevel === undefined) problems.push(`--log-level ${text('log-level')}: one of ${LOG_LEVELS.join(', ')}`);
  const isOn = (name: Switch): boolean => given.on.has(name) || around.env[environmentName(name)] === '1';
  const insecureAnyKey = isOn('insecure-any-key');
  const tls = readTls({ mode: text('tls'), cert: text('tls-cert'), key: text('tls-key') }, problems);
  if (insecureAnyKey && !isLoopback(host))
    problems.push(`--insecure-any-key with --host ${host}: it is for loopback alone, such as 127.0.0.1`);
  const auditRetentionDays = whole('audit-retention-days', 1, 3_650);
  const platform: PlatformConfig = {
    defaultScope: { account: account as AccountId, region: region as Region },
    endpoint: readEndpoint(text('endpoint'), endpointOf(host, port, tls), problems),
    healthyAfterRunningMs: whole('healthy-after-ms', 0, DAY_MS),
    stoppedTaskRetentionMs: whole('stopped-task-retention-ms', 1_000, 365 * DAY_MS),
    historyRetentionMs: whole('history-retention-ms', 1_000, 3_650 * DAY_MS),
    instanceGoneAfterMs: whole('instance-gone-after-ms', 1_000, 365 * DAY_MS),
    subnets: readSubnets(given.subnets, region ?? 'us-east-1', problems),
    fileSystemExports: readExports(text('efs'), problems),
    deploymentHooks: readHooks(given.hooks, problems),
  };
  const dataDir = resolve(text('data-dir') || defaultDataDir(around));
  const keyFile = resolve(text('key-file') || defaultKeyFile(around));
  if (`${keyFile}/`.startsWith(`${dataDir}/`))
    problems.push(
      `--key-file ${keyFile}: it must be outside the data directory ${dataDir}, so that a copy of the data tells no secret`,
    );
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return Object.freeze({
    dataDir,
    keyFile,
    host,
    port,
    insecureAnyKey,
    throttle: isOn('throttle'),
    auditRetentionMs: auditRetentionDays * DAY_MS,
    tls,
    logLevel: logLevel ?? 'info',
    platform: Object.freeze(platform),
  });
}

interface Given {
  readonly settings: Partial<Record<Setting, string>>;
  readonly on: ReadonlySet<Switch>;
  readonly subnets: readonly string[];
  readonly hooks: readonly string[];
}

function readFlags(args: readonly string[], problems: string[]): Given {
  const settings = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, { type: 'string' as const }]));
  try {
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      options: {
        ...settings,
        ...Object.fromEntries(SWITCHES.map((name) => [name, { type: 'boolean' as const }])),
        subnet: { type: 'string', multiple: true },
        'deployment-hook': { type: 'string', multiple: true },
      },
    });
    const { subnet, 'deployment-hook': hooks, ...rest } = values as Record<string, unknown>;
    return {
      settings: rest as Given['settings'],
      on: new Set(SWITCHES.filter((name) => rest[name] === true)),
      subnets: (subnet as string[] | undefined) ?? [],
      hooks: (hooks as string[] | undefined) ?? [],
    };
  } catch (error) {
    problems.push((error as Error).message);
    return { settings: {}, on: new Set(), subnets: [], hooks: [] };
  }
}

/** Where clients and agents reach us; `--endpoint` for what is in front of us. */
function readEndpoint(text: string, own: string, problems: string[]): string {
  if (text === '') return own;
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '')
    return text.replace(/\/+$/, '');
  problems.push(`--endpoint ${text}: a URL such as https://gantry.example.com is needed`);
  return text;
}

export function endpointOf(host: string, port: number, tls: TlsConfig): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const scheme = tls.kind === 'off' ? 'http' : 'https';
  return `${scheme}://${isIP(reachable) === 6 ? `[${reachable}]` : reachable}:${port}`;
}

const environmentName = (flag: string): string => `GANTRY_${flag.toUpperCase().replaceAll('-', '_')}`;

/** `--tls self`, or `--tls-cert FILE --tls-key FILE`. */
function readTls(given: { mode: string; cert: string; key: string }, problems: string[]): TlsConfig {
  const { mode, cert, key } = given;
  if (mode !== '' && mode !== 'self') problems.push(`--tls ${mode}: it is --tls self, or --tls-cert and --tls-key`);
  if (mode !== '' && cert + key !== '') problems.push('--tls self and --tls-cert: one of the two');
  if ((cert === '') !== (key === '')) problems.push('--tls-cert and --tls-key go together');
  if (cert !== '') return { kind: 'files', certFile: resolve(cert), keyFile: resolve(key) };
  return { kind: mode === 'self' ? 'self' : 'off' };
}

/** `--subnet subnet-1,us-east-1a,10.0.0.0/24`, as often as there are subnets. */
function readSubnets(given: readonly string[], region: string, problems: string[]): readonly SubnetConfig[] {
  if (given.length === 0)
    return [{ subnetId: 'subnet-00000000000000001', availabilityZone: `${region}a`, cidr: DEFAULT_CIDR }];
  return given.map((text) => {
    const [subnetId = '', availabilityZone = '', cidr = '', more] = text.split(',');
    const [address = '', bits = ''] = cidr.split('/');
    const isCidr = isIP(address) === 4 && /^\d{1,2}$/.test(bits) && Number(bits) >= 8 && Number(bits) <= 28;
    if (more !== undefined || !/^subnet-[\w-]+$/.test(subnetId) || availabilityZone === '' || !isCidr)
      problems.push(`--subnet ${text}: it looks like subnet-1,${region}a,10.0.0.0/24 (IPv4, /8 to /28)`);
    return { subnetId, availabilityZone, cidr };
  });
}

/** `--deployment-hook check=http://127.0.0.1:9000/check` or `check=exec:/usr/local/bin/check`. */
function readHooks(given: readonly string[], problems: string[]): Readonly<Record<string, string>> {
  const hooks: Record<string, string> = {};
  for (const text of given) {
    const [, name, target] = /^([\w-]{1,64})=(.+)$/s.exec(text) ?? [];
    if (name !== undefined && target !== undefined && /^(https?:\/\/\S+|exec:\/.+)$/.test(target)) hooks[name] = target;
    else problems.push(`--deployment-hook ${text}: it looks like NAME=http://127.0.0.1:9000/ or NAME=exec:/path`);
  }
  return hooks;
}

/** Only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function defaultDataDir({ env, home, isRoot }: Surroundings): string {
  if (isRoot) return '/var/lib/gantry';
  return join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'gantry');
}

function defaultKeyFile({ env, home, isRoot }: Surroundings): string {
  if (isRoot) return '/etc/gantry/seal.key';
  return join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'gantry', 'seal.key');
}
