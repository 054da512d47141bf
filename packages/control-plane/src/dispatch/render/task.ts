import { clusterArn, shortName, type Task, type TaskDefinition } from '@gantry/domain';
import type { PayloadTask } from '@gantry/protocol';
import type { SubnetConfig } from '../../platform.ts';
import { renderContainer } from './container.ts';
import type { LogMode } from './log-config.ts';
import { renderNetworkInterface } from './network.ts';
import { cpuUnitsOf, memoryMiBOf } from './size.ts';
import { renderVolumes, type FileSystemOf } from './volumes.ts';

const UNITS_PER_VCPU = 1024;
const FARGATE_STORAGE_GIB = 20;

export interface RenderInput {
  readonly task: Task;
  readonly definition: TaskDefinition;
  readonly subnets: readonly SubnetConfig[];
  /** Of containers that do not say. */
  readonly logMode: LogMode;
  /** What file systems are for this agent; undefined for one that finds them itself. */
  readonly fileSystemOf?: FileSystemOf | undefined;
}

/**
 * A task as the agent gets it: definition and overrides merged, Docker's own configuration rendered, every
 * number a JSON number (agent-protocol 4). Pure.
 * @throws Error when the task's subnet is not configured, or a file system of it can not be mounted.
 */
export function renderTask({ task, definition, subnets, logMode, fileSystemOf }: RenderInput): PayloadTask {
  const cpuUnits = cpuUnitsOf(task.overrides.cpu ?? task.cpu ?? definition.cpu);
  const memory = memoryMiBOf(task.overrides.memory ?? task.memory ?? definition.memory);
  const interfaces = renderNetworkInterface(task, subnets);
  return {
    arn: task.taskArn,
    taskClusterArn: clusterArn(task.scope, task.cluster),
    family: task.family,
    version: String(task.revision),
    desiredStatus: 'RUNNING',
    containers: definition.containerDefinitions.map((container) => renderContainer(task, container, logMode)),
    volumes: renderVolumes(task, definition, fileSystemOf),
    networkMode: task.networkMode,
    ...(cpuUnits === undefined ? {} : { cpu: cpuUnits / UNITS_PER_VCPU }),
    ...(memory === undefined ? {} : { memory }),
    ...(task.launchType === 'FARGATE' ? { ephemeralStorageGiB: task.ephemeralStorageGiB ?? FARGATE_STORAGE_GIB } : {}),
    ...(definition.pidMode === undefined ? {} : { pidMode: definition.pidMode }),
    ...(definition.ipcMode === undefined ? {} : { ipcMode: definition.ipcMode }),
    launchType: task.launchType,
    ...(task.serviceKey === undefined ? {} : { serviceName: serviceNameOf(task.serviceKey) }),
    group: task.group,
    ...(interfaces === undefined ? {} : { elasticNetworkInterfaces: interfaces }),
    ...(task.reservation.gpuCount === 0 ? {} : { associations: renderGpus(task) }),
  };
}

/** One association for each GPU, each with exactly one container (agent-protocol 4.1). */
function renderGpus({ containers }: Task): NonNullable<PayloadTask['associations']> {
  return containers.flatMap(({ name, gpuIds = [] }) =>
    gpuIds.map((id) => ({
      name: id,
      type: 'gpu' as const,
      containers: [name],
      content: { encoding: 'identity' as const, value: id },
    })),
  );
}

/** All an agent needs to stop a task, also one whose definition is gone (agent-protocol 3.2). */
export function renderStop(task: Task): PayloadTask {
  return {
    arn: task.taskArn,
    taskClusterArn: clusterArn(task.scope, task.cluster),
    family: task.family,
    version: String(task.revision),
    desiredStatus: 'STOPPED',
    containers: [],
  };
}

function serviceNameOf(serviceKey: string): string {
  return shortName(serviceKey.slice(serviceKey.lastIndexOf('/') + 1));
}
