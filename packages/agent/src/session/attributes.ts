import {
  EXEC_ATTRIBUTE,
  FILE_SYSTEMS_ATTRIBUTE,
  HOST_ADDRESS_ATTRIBUTE,
  NETWORK_MAP_ATTRIBUTE,
  SECURITY_GROUPS_ATTRIBUTE,
  type EcsOperations,
} from '@gantry/protocol';
import type { EngineInfo } from '../engine/port.ts';
import { ISOLATION_ATTRIBUTE, type IsolationClass } from '../isolation/classes.ts';
import type { Capacity } from '../supervisor/admission.ts';

type Register = EcsOperations['RegisterContainerInstance']['input'];
type Attribute = NonNullable<Register['attributes']>[number];
type Resource = NonNullable<Register['totalResources']>[number];

/** What the instance says it is. `pool: 'fargate'`: it belongs to the hidden pool, users never see it. */
export interface InstanceIdentity {
  readonly pool: 'ec2' | 'fargate';
  readonly instanceType: string | undefined;
  readonly availabilityZone: string | undefined;
  /** Node's name of the architecture: `x64`, `arm64`. */
  readonly architecture: string;
  readonly hasTaskNetwork: boolean;
  /** Packets of tasks pass only where their security groups let them. */
  readonly enforcesSecurityGroups?: boolean;
  /** Of an instance whose tasks run in a runtime chosen for them. */
  readonly isolation?: IsolationClass | undefined;
  /** Where other hosts reach this one. */
  readonly hostAddress?: string | undefined;
  /** Tasks can have log routers of their own. */
  readonly hasRouters: boolean;
  /** A Fargate task that takes more of the disk than its share is stopped. */
  readonly watchesDisk?: boolean | undefined;
  /** Containers can ask it for their metadata and credentials. */
  readonly hasMetadata: boolean;
  /** Of an instance with GPUs. */
  readonly gpuDriverVersion?: string | undefined;
  /** Custom ones: sent at the first registration only. */
  readonly attributes: Readonly<Record<string, string>>;
}

const CAPABILITY = 'com.amazonaws.ecs.capability.';
/** What this agent really does; a capability it does not offer keeps tasks that need it away. */
const CAPABILITIES = [
  'ecs.capability.container-ordering',
  'ecs.capability.execute-command',
  'ecs.capability.full-sync',
  'ecs.capability.container-restart-policy',
  'ecs.capability.container-health-check',
  'ecs.capability.task-cpu-mem-limit',
  'ecs.capability.increased-task-cpu-limit',
  'ecs.capability.execution-role-awslogs',
  'ecs.capability.docker-plugin.local',
  'ecs.capability.efs',
  'ecs.capability.efsAuth',
  'ecs.capability.pid-ipc-namespace-sharing',
  'ecs.capability.network.container-port-range',
  'ecs.capability.private-registry-authentication.secretsmanager',
  'ecs.capability.secrets.ssm.environment-variables',
  'ecs.capability.secrets.ssm.bootstrap.log-driver',
  'ecs.capability.secrets.asm.environment-variables',
  'ecs.capability.secrets.asm.bootstrap.log-driver',
  'ecs.capability.env-files.s3',
  `${CAPABILITY}privileged-container`,
  `${CAPABILITY}logging-driver.none`,
] as const;
const TASK_ROLES = [`${CAPABILITY}task-iam-role`, `${CAPABILITY}task-iam-role-network-host`] as const;
/** FireLens stands on the engine's fluentd driver. */
const ROUTERS = [
  'ecs.capability.firelens.fluentbit',
  'ecs.capability.firelens.fluentd',
  'ecs.capability.firelens.options.config.file',
  'ecs.capability.firelens.options.config.s3',
  'ecs.capability.logging-driver.awsfirelens.log-driver-buffer-limit',
  `${CAPABILITY}logging-driver.awsfirelens`,
] as const;
/** Drivers the engine offers that work without anything of ours. */
const PASSED_THROUGH = ['json-file', 'local', 'journald', 'syslog', 'fluentd', 'gelf', 'splunk', 'logentries'];

export function capabilities(identity: InstanceIdentity, engine: EngineInfo): readonly Attribute[] {
  const named = (name: string): Attribute => ({ name });
  const drivers = engine.logDrivers.filter((driver) => PASSED_THROUGH.includes(driver));
  return [
    ...CAPABILITIES.map(named),
    ...apiVersions(engine.apiVersion).map((version) => named(`${CAPABILITY}docker-remote-api.${version}`)),
    // What the agent ships it reads from the engine's own files.
    ...(engine.logDrivers.includes('json-file') ? [named(`${CAPABILITY}logging-driver.awslogs`)] : []),
    ...drivers.map((driver) => named(`${CAPABILITY}logging-driver.${driver}`)),
    ...engine.securityModules.map((name) => named(`${CAPABILITY}${name}`)),
    ...(identity.hasMetadata ? TASK_ROLES.map(named) : []),
    ...(identity.hasRouters && engine.logDrivers.includes('fluentd') ? ROUTERS.map(named) : []),
    ...(identity.hasTaskNetwork ? [named('ecs.capability.task-eni'), named(NETWORK_MAP_ATTRIBUTE)] : []),
    ...(identity.enforcesSecurityGroups === true ? [{ name: SECURITY_GROUPS_ATTRIBUTE, value: 'enforced' }] : []),
    ...(identity.hostAddress === undefined ? [] : [{ name: HOST_ADDRESS_ATTRIBUTE, value: identity.hostAddress }]),
    { name: 'ecs.os-type', value: 'linux' },
    { name: 'ecs.os-family', value: 'LINUX' },
    { name: 'ecs.cpu-architecture', value: identity.architecture === 'arm64' ? 'arm64' : 'x86_64' },
    { name: EXEC_ATTRIBUTE },
    { name: FILE_SYSTEMS_ATTRIBUTE },
    ...(identity.pool === 'fargate'
      ? [{ name: 'gantry.ephemeral-storage', value: identity.watchesDisk === true ? 'watched' : 'none' }]
      : []),
    { name: 'gantry.pool', value: identity.pool },
    ...(identity.isolation === undefined ? [] : [{ name: ISOLATION_ATTRIBUTE, value: identity.isolation }]),
    ...gpuDriver(identity.gpuDriverVersion),
    ...(identity.instanceType === undefined ? [] : [{ name: 'ecs.instance-type', value: identity.instanceType }]),
    ...(identity.availabilityZone === undefined
      ? []
      : [{ name: 'ecs.availability-zone', value: identity.availabilityZone }]),
  ];
}

function gpuDriver(version: string | undefined): readonly Attribute[] {
  if (version === undefined) return [];
  return [
    { name: 'ecs.capability.gpu-driver-version', value: version },
    { name: `ecs.capability.nvidia-driver-version.${version}` },
  ];
}

export function customAttributes(identity: InstanceIdentity): readonly Attribute[] {
  return Object.entries(identity.attributes).map(([name, value]) => (value === '' ? { name } : { name, value }));
}

export function totalResources(capacity: Capacity): readonly Resource[] {
  const amount = (name: string, integerValue: number): Resource => ({ name, type: 'INTEGER', integerValue });
  const set = (name: string, ports: readonly number[]): Resource => ({
    name,
    type: 'STRINGSET',
    stringSetValue: ports.map(String),
  });
  return [
    amount('CPU', capacity.cpuUnits),
    amount('MEMORY', capacity.memoryMiB),
    set('PORTS', capacity.tcpPorts),
    set('PORTS_UDP', capacity.udpPorts),
  ];
}

/** The control plane must echo what was sent to the letter; the first attribute it did not, or `undefined`. */
export function notEchoed(sent: readonly Attribute[], echoed: readonly Attribute[]): Attribute | undefined {
  const values = new Map(echoed.map(({ name, value }) => [name, value]));
  return sent.find(({ name, value }) => (value ?? '') !== '' && values.get(name) !== value);
}

/** 1.17 to what the engine speaks: each level is an attribute of its own. */
function apiVersions(latest: string): readonly string[] {
  const [major = '1', minor = '24'] = latest.split('.');
  if (major !== '1') return [latest];
  return Array.from({ length: Math.max(0, Number(minor) - 16) }, (_, i) => `1.${17 + i}`);
}
