import { clusterArn, instanceArn, type Task, type TaskContainer, type TaskNetworkInterface } from '@gantry/domain';
import type { Attachment, Container, ManagedAgent, Task as WireTask, TaskField } from '@aws-sdk/client-ecs';
import { wireDate, wireList } from '../common/handler.ts';

/** Of an instance, as its agent registers it, and of the Fargate tasks there. */
export const ISOLATION_ATTRIBUTE = 'gantry.isolation';

/** What a task's description takes from other documents. */
export interface TaskSurroundings {
  /** `x86_64` or `arm64`, of the instance; unknown until the task is placed. */
  readonly cpuArchitecture?: string | undefined;
  /** What a Fargate task runs in: `kata`, `runsc`, `crun` or `runc`; unknown until it is placed. */
  readonly isolation?: string | undefined;
}

function attributesOf({ cpuArchitecture, isolation }: TaskSurroundings): NonNullable<WireTask['attributes']> {
  return [
    ...(cpuArchitecture === undefined ? [] : [{ name: 'ecs.cpu-architecture', value: cpuArchitecture }]),
    ...(isolation === undefined ? [] : [{ name: ISOLATION_ATTRIBUTE, value: isolation }]),
  ];
}

/** A task as RunTask, StopTask and DescribeTasks show it (ecs-semantics 3.2, 12). Pure. */
export function describeTask(
  task: Task,
  surroundings: TaskSurroundings = {},
  include: readonly TaskField[] = [],
): WireTask {
  const fargate = task.launchType === 'FARGATE';
  const storage = fargate ? { sizeInGiB: task.ephemeralStorageGiB ?? 20 } : undefined;
  return {
    attachments: attachmentsOf(task),
    attributes: attributesOf(surroundings),
    availabilityZone: task.availabilityZone,
    capacityProviderName: task.capacityProviderName,
    clusterArn: clusterArn(task.scope, task.cluster),
    connectivity: task.connectivity,
    connectivityAt: wireDate(task.connectivityAt),
    containerInstanceArn:
      fargate || task.instanceId === undefined ? undefined : instanceArn(task.scope, task.cluster, task.instanceId),
    containers: task.containers.map((container) => describeContainer(task, container)),
    cpu: task.cpu,
    createdAt: wireDate(task.createdAt),
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: task.enableExecuteCommand,
    executionStoppedAt: wireDate(task.executionStoppedAt),
    group: task.group,
    healthStatus: task.healthStatus,
    lastStatus: task.lastStatus,
    launchType: task.launchType,
    memory: task.memory,
    overrides: { ...(task.overrides as unknown as WireTask['overrides']), inferenceAcceleratorOverrides: [] },
    platformVersion: task.platformVersion,
    platformFamily: fargate ? 'Linux' : undefined,
    pullStartedAt: wireDate(task.pullStartedAt),
    pullStoppedAt: wireDate(task.pullStoppedAt),
    startedAt: wireDate(task.startedAt),
    startedBy: task.startedBy,
    stopCode: task.stopCode,
    stoppedAt: wireDate(task.stoppedAt),
    stoppedReason: task.stoppedReason,
    stoppingAt: wireDate(task.stoppingAt),
    tags: include.includes('TAGS') ? wireList(task.tags) : [],
    taskArn: task.taskArn,
    taskDefinitionArn: task.taskDefinitionArn,
    version: task.version,
    ephemeralStorage: storage,
    fargateEphemeralStorage: storage,
  };
}

function describeContainer(task: Task, container: TaskContainer): Container {
  const { networkInterface } = task;
  return {
    containerArn: container.containerArn,
    taskArn: task.taskArn,
    name: container.name,
    image: container.image,
    imageDigest: container.imageDigest,
    runtimeId: container.runtimeId,
    lastStatus: container.lastStatus,
    exitCode: container.exitCode,
    reason: container.reason,
    networkBindings: wireList(container.networkBindings),
    networkInterfaces:
      networkInterface === undefined
        ? []
        : [
            {
              attachmentId: networkInterface.attachmentId,
              privateIpv4Address: networkInterface.privateIPv4Address,
            },
          ],
    healthStatus: container.healthStatus,
    cpu: String(container.cpu),
    memory: container.memory === undefined ? undefined : String(container.memory),
    memoryReservation: container.memoryReservation === undefined ? undefined : String(container.memoryReservation),
    gpuIds: container.gpuIds === undefined ? undefined : wireList(container.gpuIds),
    managedAgents: task.enableExecuteCommand ? [executeCommandAgent(task, container)] : undefined,
  };
}

/** Our agent serves sessions itself: it is ready when the task runs. */
function executeCommandAgent(task: Task, { lastStatus }: TaskContainer): ManagedAgent {
  const name = 'ExecuteCommandAgent';
  if (task.startedAt === undefined && lastStatus !== 'STOPPED') return { name, lastStatus: 'PENDING' };
  return { name, lastStatus, lastStartedAt: wireDate(task.startedAt) };
}

/** The network interface; of one that is still to come its id, and its subnet when there is no choice. */
function attachmentsOf(task: Task): Attachment[] {
  const { attachmentId, awsvpcConfiguration, networkInterface } = task;
  if (networkInterface !== undefined) return [attachmentOf(networkInterface)];
  if (attachmentId === undefined || task.lastStatus === 'STOPPED') return [];
  const [value, another] = awsvpcConfiguration?.subnets ?? [];
  const details = value === undefined || another !== undefined ? [] : [{ name: 'subnetId', value }];
  return [{ id: attachmentId, type: 'ElasticNetworkInterface', status: 'PRECREATED', details }];
}

function attachmentOf(networkInterface: TaskNetworkInterface): Attachment {
  const { subnetId, networkInterfaceId, macAddress, privateDnsName, privateIPv4Address } = networkInterface;
  return {
    id: networkInterface.attachmentId,
    type: 'ElasticNetworkInterface',
    status: networkInterface.status,
    details: [
      { name: 'subnetId', value: subnetId },
      { name: 'networkInterfaceId', value: networkInterfaceId },
      { name: 'macAddress', value: macAddress },
      { name: 'privateDnsName', value: privateDnsName },
      { name: 'privateIPv4Address', value: privateIPv4Address },
    ],
  };
}
