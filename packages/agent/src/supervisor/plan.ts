import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import { firelensPlan, type FirelensPlan } from '../firelens/plan.ts';
import { awslogsOptions, type AwslogsOptions } from '../logs/options.ts';
import { usesSecrets } from '../secrets/references.ts';
import { gpuIdsOf } from './gpus.ts';
import { needsHolder } from './holder.ts';
import type { TaskModel } from './model.ts';
import { readRange } from './port-ranges.ts';

/** What has to be so before a container is prepared. `CREATE`: it has the other's volumes. */
export interface Dependency {
  readonly on: string;
  readonly condition: 'CREATE' | 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY';
}

export interface ContainerPlan {
  readonly name: string;
  readonly image: string;
  readonly essential: boolean;
  readonly dependencies: readonly Dependency[];
  readonly startTimeoutMs: number | undefined;
  readonly stopTimeoutS: number;
  readonly restart: { readonly ignoredExitCodes: readonly number[]; readonly periodMs: number } | undefined;
  readonly hasHealthCheck: boolean;
  /** Engine-chosen host ports: only then is an inspect needed after the start. */
  readonly dynamicPorts: boolean;
  /** Told as one binding each. */
  readonly portRanges: PayloadContainer['portMappings'];
  readonly awslogs: AwslogsOptions | undefined;
  /** Its image is pulled with a login that is among the task's secrets. */
  readonly needsLogin: boolean;
}

export interface Reservation {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly tcpPorts: readonly number[];
  readonly udpPorts: readonly number[];
  readonly gpuIds: readonly string[];
}

/** The payload, read once: everything `step` needs to know, and nothing it must parse again. */
export interface TaskPlan {
  readonly arn: string;
  readonly taskId: string;
  readonly networkMode: 'bridge' | 'host' | 'none' | 'awsvpc';
  readonly containers: readonly ContainerPlan[];
  readonly needs: {
    /** A container that holds the namespaces which its containers share. */
    readonly holder: boolean;
    readonly cgroup: boolean;
    readonly network: boolean;
    readonly volumes: boolean;
    /** Directories of file systems are among them. */
    readonly directories: boolean;
    readonly secrets: boolean;
    readonly logs: boolean;
  };
  /** `undefined`: its output goes through no router of its own. */
  readonly firelens: FirelensPlan | undefined;
  /** Of an awsvpc task: said to be ATTACHED once its namespace is there. */
  readonly attachmentArn: string | undefined;
  /** `undefined`: exempt from the instance's accounting. */
  readonly reservation: Reservation | undefined;
}

export interface HostConfigShape {
  readonly LogConfig?: { readonly Type?: string; readonly Config?: Readonly<Record<string, string>> };
  readonly MemoryReservation?: number;
  readonly [member: string]: unknown;
}

/** Thrown for a payload that cannot be understood; the task is then reported STOPPED with this text. */
export class InvalidTask extends Error {
  override readonly name = 'InvalidTask';
}

/** @throws InvalidTask */
export function planOf(payload: PayloadTask, defaults: { readonly stopTimeoutS: number }): TaskPlan {
  const taskId = payload.arn.slice(payload.arn.lastIndexOf('/') + 1);
  if (!payload.arn.startsWith('arn:') || taskId === '') throw new InvalidTask(`invalid task ARN ${payload.arn}`);
  const networkMode = payload.networkMode ?? 'bridge';
  if (
    networkMode === 'awsvpc' &&
    payload.containers.length > 0 &&
    (payload.elasticNetworkInterfaces ?? []).length === 0
  ) {
    throw new InvalidTask('an awsvpc task needs a network interface');
  }
  const firelens = firelensOf(payload);
  const containers = payload.containers.map((container) =>
    afterRouter(firelens, containerPlan(container, networkMode, defaults.stopTimeoutS, payload.arn)),
  );
  checkDependencies(containers);
  return {
    arn: payload.arn,
    taskId,
    networkMode,
    containers,
    needs: {
      holder: needsHolder(payload),
      cgroup: containers.length > 0 && ((payload.cpu ?? 0) > 0 || (payload.memory ?? 0) > 0),
      network: containers.length > 0 && networkMode === 'awsvpc',
      volumes: (payload.volumes ?? []).some((volume) => (volume.host?.sourcePath ?? '') === ''),
      directories: (payload.volumes ?? []).some(({ fileSystem }) => fileSystem?.kind === 'directory'),
      secrets: usesSecrets(payload) || containers.some(({ needsLogin }) => needsLogin),
      logs: containers.some((container) => container.awslogs !== undefined),
    },
    firelens,
    attachmentArn: payload.elasticNetworkInterfaces?.[0]?.attachmentArn,
    reservation: reservationOf(payload, networkMode),
  };
}

export function newModel(plan: TaskPlan, order: number, desired: TaskModel['desired']): TaskModel {
  const need = (needed: boolean): 'wanted' | 'unneeded' => (needed ? 'wanted' : 'unneeded');
  return {
    arn: plan.arn,
    order,
    desired,
    admitted: false,
    containers: plan.containers.map(({ name }) => ({
      name,
      desired,
      known: 'NONE',
      applied: 'NONE',
      sent: 'NONE',
      restarts: 0,
      attempts: 0,
    })),
    resources: {
      cgroup: need(plan.needs.cgroup),
      network: need(plan.needs.network || plan.needs.holder),
      volumes: need(plan.needs.volumes),
      secrets: need(plan.needs.secrets),
      logs: need(plan.needs.logs),
    },
    sent: 'NONE',
    everRunning: false,
  };
}

export function hostConfigOf(container: PayloadContainer): HostConfigShape {
  return parseObject(container.dockerConfig.hostConfig, `hostConfig of container ${container.name}`);
}

export function configOf(container: PayloadContainer): Readonly<Record<string, unknown>> {
  return parseObject(container.dockerConfig.config, `config of container ${container.name}`);
}

function containerPlan(
  container: PayloadContainer,
  networkMode: string,
  defaultStopTimeoutS: number,
  taskArn: string,
): ContainerPlan {
  const { name } = container;
  if (typeof name !== 'string' || name === '') throw new InvalidTask('a container has no name');
  if (typeof container.image !== 'string' || container.image === '')
    throw new InvalidTask(`container ${name} has no image`);
  const unknown = Object.keys(parseObject(container.overrides || '{}', `overrides of ${name}`)).find(
    (k) => k !== 'command',
  );
  if (unknown !== undefined) throw new InvalidTask(`overrides of container ${name} have an unknown key ${unknown}`);
  checkRanges(container);
  configOf(container);
  const policy = container.restartPolicy;
  const published = networkMode === 'bridge' ? container.portMappings : [];
  return {
    name,
    image: container.image,
    essential: container.essential,
    dependencies: [
      ...(container.links ?? []).map((link) => ({ on: link.split(':')[0] ?? link, condition: 'START' as const })),
      ...container.volumesFrom.map(({ sourceContainer }) => ({ on: sourceContainer, condition: 'CREATE' as const })),
      ...container.dependsOn.map(({ containerName, condition }) => ({ on: containerName, condition })),
    ],
    startTimeoutMs: (container.startTimeout ?? 0) > 0 ? (container.startTimeout ?? 0) * 1000 : undefined,
    stopTimeoutS: container.stopTimeout ?? defaultStopTimeoutS,
    restart:
      policy?.enabled === true
        ? { ignoredExitCodes: policy.ignoredExitCodes, periodMs: policy.restartAttemptPeriod * 1000 }
        : undefined,
    hasHealthCheck: container.healthCheckType === 'docker',
    dynamicPorts: published.some(({ hostPort }) => (hostPort ?? 0) === 0),
    portRanges: published.filter(({ containerPortRange }) => containerPortRange !== undefined),
    awslogs: awslogsOptions(hostConfigOf(container).LogConfig, taskArn),
    needsLogin: container.registryAuthentication !== undefined,
  };
}

function firelensOf(payload: PayloadTask): FirelensPlan | undefined {
  try {
    return firelensPlan(payload, (container) => hostConfigOf(container).LogConfig);
  } catch (error) {
    throw error instanceof InvalidTask
      ? error
      : new InvalidTask(error instanceof Error ? error.message : String(error));
  }
}

/** What logs to the router begins after it and ends before it. */
function afterRouter(firelens: FirelensPlan | undefined, container: ContainerPlan): ContainerPlan {
  const waits = container.dependencies.some(({ on }) => on === firelens?.router);
  if (firelens === undefined || waits || !firelens.routed.some(({ name }) => name === container.name)) return container;
  return { ...container, dependencies: [...container.dependencies, { on: firelens.router, condition: 'START' }] };
}

function checkRanges({ name, portMappings }: PayloadContainer): void {
  for (const { containerPortRange } of portMappings) {
    if (containerPortRange !== undefined && readRange(containerPortRange) === undefined)
      throw new InvalidTask(`container ${name} has a port range ${containerPortRange}`);
  }
}

function checkDependencies(containers: readonly ContainerPlan[]): void {
  const byName = new Map(containers.map((container) => [container.name, container]));
  if (byName.size !== containers.length) throw new InvalidTask('two containers have the same name');
  const state = new Map<string, 'visiting' | 'done'>();
  const visit = (name: string): void => {
    if (state.get(name) === 'done') return;
    if (state.get(name) === 'visiting') throw new InvalidTask(`the dependencies of container ${name} form a cycle`);
    state.set(name, 'visiting');
    for (const { on } of byName.get(name)?.dependencies ?? []) {
      if (!byName.has(on)) throw new InvalidTask(`container ${name} depends on ${on}, which is not in the task`);
      visit(on);
    }
    state.set(name, 'done');
  };
  for (const { name } of containers) visit(name);
}

function reservationOf(payload: PayloadTask, networkMode: string): Reservation | undefined {
  if (payload.launchType === 'FARGATE') return undefined;
  const sum = (of: (container: PayloadContainer) => number): number =>
    payload.containers.reduce((total, container) => total + of(container), 0);
  const reserved = (container: PayloadContainer): number => {
    const bytes = hostConfigOf(container).MemoryReservation ?? 0;
    return bytes > 0 ? Math.ceil(bytes / 1024 / 1024) : container.memory;
  };
  const ports = (protocol: 'tcp' | 'udp'): readonly number[] =>
    networkMode === 'awsvpc' || networkMode === 'none'
      ? []
      : payload.containers.flatMap(({ portMappings }) =>
          portMappings
            .filter((mapping) => mapping.protocol === protocol)
            .map(({ hostPort, containerPort }) => (networkMode === 'host' ? hostPort || containerPort : hostPort) ?? 0)
            .filter((port) => port > 0),
        );
  return {
    cpuUnits: (payload.cpu ?? 0) > 0 ? Math.round((payload.cpu ?? 0) * 1024) : sum((container) => container.cpu),
    memoryMiB: (payload.memory ?? 0) > 0 ? (payload.memory ?? 0) : sum(reserved),
    tcpPorts: ports('tcp'),
    udpPorts: ports('udp'),
    gpuIds: gpuIdsOf(payload),
  };
}

function parseObject(text: string, what: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text === '' ? '{}' : text);
  } catch (cause) {
    throw new InvalidTask(`${what} is not JSON`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidTask(`${what} is not an object`);
  return value as Readonly<Record<string, unknown>>;
}
