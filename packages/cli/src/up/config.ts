import { join } from 'node:path';
import { FARGATE_POOL_CLUSTER } from '@gantry/domain';
import type { NetworkChoice } from './network.ts';
import type { Paths } from '../paths.ts';
import { caFileOf } from './tls.ts';
import { endpointOf, type UpSettings } from '../settings.ts';

export const MAIN_OF = {
  'control-plane': join('packages', 'control-plane', 'src', 'main.ts'),
  agent: join('packages', 'agent', 'src', 'main.ts'),
} as const;

/**
 * New objects get little room: a daemon that mostly idles keeps a third less memory for it, and is no slower. Node 22 warns of its SQLite at
 * every start.
 */
const NODE_FLAGS = ['--max-semi-space-size=4', '--disable-warning=ExperimentalWarning'] as const;

/** Node's own flags, then the control plane's main and its arguments. */
export function controlPlaneArguments(root: string, settings: UpSettings, network: NetworkChoice): readonly string[] {
  return [
    ...NODE_FLAGS,
    join(root, MAIN_OF['control-plane']),
    `--data-dir=${settings.dataDir}`,
    `--key-file=${settings.keyFile}`,
    `--host=${settings.address}`,
    `--port=${settings.port}`,
    `--region=${settings.region}`,
    `--healthy-after-ms=${settings.healthyAfterMs}`,
    `--subnet=subnet-00000000000000001,${settings.region}a,${network.cidr}`,
    `--audit-retention-days=${settings.auditRetentionDays}`,
    ...(settings.insecureAnyKey ? ['--insecure-any-key'] : []),
    ...(settings.throttle ? ['--throttle'] : []),
    ...(settings.efs === undefined ? [] : [`--efs=${settings.efs}`]),
    ...settings.deploymentHooks.map((each) => `--deployment-hook=${each}`),
    ...tlsArguments(settings),
  ];
}

function tlsArguments(settings: UpSettings): readonly string[] {
  const { tls } = settings;
  if (tls.kind === 'off') return [];
  if (tls.kind === 'self') return ['--tls=self'];
  // The name in the certificate is what agents must be told.
  return [`--tls-cert=${tls.certFile}`, `--tls-key=${tls.keyFile}`, `--endpoint=${endpointOf(settings)}`];
}

/** Instead of the 4 above: an agent has little to do, and a tenth of its memory would stand empty. */
const LITTLE_YOUNG_SPACE = '--max-semi-space-size=1';

export const agentArguments = (root: string, paths: Paths): readonly string[] => [
  ...NODE_FLAGS,
  LITTLE_YOUNG_SPACE,
  join(root, MAIN_OF.agent),
  '--config',
  paths.agentConfig,
];

export interface Capacity {
  readonly cpuCount: number;
  readonly memoryMiB: number;
  readonly engineSocket: string;
}

export interface AgentConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentialsFile: string;
  readonly caFile?: string;
  readonly dataDir: string;
  readonly engineSocket: string;
  readonly bridge: string;
  readonly fargateRuntime?: string;
  readonly instances: readonly AgentInstance[];
}

export interface AgentInstance {
  readonly name: string;
  readonly pool: 'ec2' | 'fargate';
  readonly cluster: string;
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly availabilityZone: string;
  readonly instanceType: string;
}

/**
 * What the local agent registers: one instance for EC2 tasks, as big as the host less a reserve, and one for Fargate tasks. The
 * Fargate one promises more CPU than there is: its tasks are limited one by one, and most of them idle.
 */
export function agentConfig(
  settings: UpSettings,
  paths: Paths,
  capacity: Capacity,
  network: NetworkChoice,
): AgentConfig {
  const zone = { availabilityZone: `${settings.region}a`, instanceType: 'gantry.local' } as const;
  const cpuUnits = capacity.cpuCount * 1024;
  const ec2: AgentInstance = {
    name: 'local-ec2',
    pool: 'ec2',
    cluster: 'default',
    cpuUnits,
    memoryMiB: capacity.memoryMiB - settings.memoryReserveMiB,
    ...zone,
  };
  const fargate: AgentInstance = {
    name: 'local-fargate',
    pool: 'fargate',
    cluster: FARGATE_POOL_CLUSTER,
    cpuUnits: cpuUnits * settings.fargateCpuOvercommit,
    memoryMiB: capacity.memoryMiB,
    ...zone,
  };
  const caFile = caFileOf(settings, paths);
  return {
    endpoint: endpointOf(settings),
    region: settings.region,
    credentialsFile: paths.credentials,
    ...(caFile === undefined ? {} : { caFile }),
    dataDir: join(paths.dataDir, 'agent'),
    engineSocket: capacity.engineSocket,
    bridge: network.bridge,
    ...(settings.fargateRuntime === undefined ? {} : { fargateRuntime: settings.fargateRuntime }),
    instances: settings.fargate ? [ec2, fargate] : [ec2],
  };
}
