import type { ServiceLoadBalancer } from './service.ts';
import type { Because } from './because.ts';
import type { InstanceId, Scope, TaskId } from './ids.ts';
import type { PlacementConstraint, PlacementStrategyRule, Tag } from './task-definition.ts';
import type { EpochMs } from './time.ts';

/** In order; a state only moves forward (ecs-semantics 3.1). */
export const TASK_STATES = [
  'PROVISIONING',
  'PENDING',
  'ACTIVATING',
  'RUNNING',
  'DEACTIVATING',
  'STOPPING',
  'DEPROVISIONING',
  'STOPPED',
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** A report that would move a state back is late: drop it, it is not an error. */
export function isForward(from: TaskState, to: TaskState): boolean {
  return TASK_STATES.indexOf(to) > TASK_STATES.indexOf(from);
}

export type LaunchType = 'EC2' | 'FARGATE' | 'EXTERNAL' | 'MANAGED_INSTANCES';
export type ContainerState = 'PENDING' | 'RUNNING' | 'STOPPED';
export type HealthStatus = 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN';
export type StopCode =
  | 'TaskFailedToStart'
  | 'EssentialContainerExited'
  | 'UserInitiated'
  | 'ServiceSchedulerInitiated'
  | 'SpotInterruption'
  | 'TerminationNotice';

export interface NetworkBinding {
  readonly bindIP?: string | undefined;
  readonly containerPort?: number | undefined;
  readonly hostPort?: number | undefined;
  readonly protocol?: 'tcp' | 'udp' | undefined;
  readonly containerPortRange?: string | undefined;
  readonly hostPortRange?: string | undefined;
}

export interface TaskContainer {
  readonly containerArn: string;
  readonly name: string;
  readonly image: string;
  readonly essential: boolean;
  readonly lastStatus: ContainerState;
  readonly imageDigest?: string | undefined;
  /** `sha256:…`: what its service's revision resolved the tag of its image to before; it runs this, wherever the tag is now. */
  readonly pinnedDigest?: string | undefined;
  readonly runtimeId?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly reason?: string | undefined;
  readonly networkBindings: readonly NetworkBinding[];
  readonly healthStatus: HealthStatus;
  /** Whether the definition has a health check: only then do its verdicts count. */
  readonly hasHealthCheck: boolean;
  readonly cpu: number;
  readonly memory?: number | undefined;
  readonly memoryReservation?: number | undefined;
  /** How many it asks for; left out for none. */
  readonly gpuCount?: number | undefined;
  /** Its instance's, from placement on. They are others' again when the task is STOPPED. */
  readonly gpuIds?: readonly string[] | undefined;
}

/** An address of its own for an `awsvpc` task (ENI attachment in DescribeTasks). */
export interface TaskNetworkInterface {
  readonly attachmentId: string;
  readonly networkInterfaceId: string;
  readonly subnetId: string;
  readonly privateIPv4Address: string;
  readonly macAddress: string;
  readonly privateDnsName: string;
  readonly status: 'PRECREATED' | 'ATTACHING' | 'ATTACHED' | 'DETACHING' | 'DELETED';
}

export interface AwsVpcConfiguration {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: 'ENABLED' | 'DISABLED';
}

export interface ContainerOverride {
  readonly name?: string | undefined;
  readonly command?: readonly string[] | undefined;
  readonly environment?:
    | readonly { readonly name?: string | undefined; readonly value?: string | undefined }[]
    | undefined;
  readonly cpu?: number | undefined;
  readonly memory?: number | undefined;
  readonly memoryReservation?: number | undefined;
  readonly [member: string]: unknown;
}
export interface TaskOverride {
  readonly containerOverrides: readonly ContainerOverride[];
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
  readonly taskRoleArn?: string | undefined;
  readonly executionRoleArn?: string | undefined;
  readonly [member: string]: unknown;
}

/** What a task takes from its instance, from placement until STOPPED. */
export interface Reservation {
  readonly cpuUnits: number;
  readonly memoryMiB: number;
  readonly tcpPorts: readonly number[];
  readonly udpPorts: readonly number[];
  readonly gpuCount: number;
  /** 1 for awsvpc, else 0. */
  readonly eniCount: number;
}

/** Document kind `task`, key `<account>/<region>/<cluster>/<id>`. */
export interface Task {
  readonly scope: Scope;
  readonly cluster: string;
  readonly id: TaskId;
  readonly taskArn: string;
  readonly taskDefinitionArn: string;
  /** `<account>/<region>/<family>:<revision>`: key of the task definition document. */
  readonly taskDefinitionKey: string;
  readonly family: string;
  readonly revision: number;
  readonly group: string;
  readonly startedBy?: string | undefined;
  /** Key of the service document, for service tasks. */
  readonly serviceKey?: string | undefined;
  /** `ecs-svc/…`: the deployment that started it, for service tasks. */
  readonly deploymentId?: string | undefined;
  readonly launchType: LaunchType;
  readonly capacityProviderName?: string | undefined;
  readonly platformVersion?: string | undefined;
  readonly networkMode: 'bridge' | 'host' | 'awsvpc' | 'none';
  readonly awsvpcConfiguration?: AwsVpcConfiguration | undefined;
  readonly placementConstraints: readonly PlacementConstraint[];
  readonly placementStrategy: readonly PlacementStrategyRule[];
  readonly overrides: TaskOverride;
  readonly enableExecuteCommand: boolean;
  readonly tags: readonly Tag[];
  readonly reservation: Reservation;
  /** CPU units and MiB as ECS shows them (text), when the task has a size of its own. */
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
  readonly ephemeralStorageGiB?: number | undefined;

  /** The control plane alone writes `desiredStatus`; reports alone move `lastStatus` up to RUNNING and to STOPPED. */
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly lastStatus: TaskState;
  readonly containers: readonly TaskContainer[];
  readonly healthStatus: HealthStatus;
  /** Key of the instance document and id, once placed. Not shown to users for FARGATE. */
  readonly instanceKey?: string | undefined;
  readonly instanceId?: InstanceId | undefined;
  readonly availabilityZone?: string | undefined;
  /** Of a task that gets an address of its own: it is told before the address is there. */
  readonly attachmentId?: string | undefined;
  readonly networkInterface?: TaskNetworkInterface | undefined;
  readonly connectivity?: 'CONNECTED' | 'DISCONNECTED' | undefined;
  readonly connectivityAt?: EpochMs | undefined;

  /** Where it is registered while it is RUNNING. */
  readonly loadBalancers?: readonly ServiceLoadBalancer[] | undefined;
  /** Of all of them: healthy in each, unhealthy in one, or not known yet. */
  readonly targetHealth?: 'initial' | 'healthy' | 'unhealthy' | undefined;
  /** The group that finds it unhealthy. */
  readonly unhealthyIn?: string | undefined;
  /** It is to stop once its targets have drained: its agent is not told before. */
  readonly deregisteringAt?: EpochMs | undefined;

  readonly createdAt: EpochMs;
  readonly pullStartedAt?: EpochMs | undefined;
  readonly pullStoppedAt?: EpochMs | undefined;
  readonly startedAt?: EpochMs | undefined;
  readonly stoppingAt?: EpochMs | undefined;
  readonly executionStoppedAt?: EpochMs | undefined;
  readonly stoppedAt?: EpochMs | undefined;
  readonly stopCode?: StopCode | undefined;
  readonly stoppedReason?: string | undefined;
  /** Why it is in the state it is in: the last one also explains the stop. */
  readonly because: Because;
  /** Increases by one at every change a user could see. */
  readonly version: number;
  /** Set while PROVISIONING: when placement is tried again, and until when it may wait. */
  readonly nextPlacementAt?: EpochMs | undefined;
  readonly placementDeadlineAt?: EpochMs | undefined;
  /** Scale-in protection (ecs-semantics 3.10) holds until this moment. */
  readonly protectedUntil?: EpochMs | undefined;
  /** Sealed; the ids its containers ask for their credentials by are made of it. */
  readonly credentialsSeed?: string | undefined;
  /** The service controller has drawn its conclusions from the stop: failure counts, throttle. */
  readonly accounted?: true | undefined;
}

/** Whether scale-in and deployments must leave the task alone now. */
export function isProtected(task: Pick<Task, 'protectedUntil'>, now: EpochMs): boolean {
  return task.protectedUntil !== undefined && task.protectedUntil > now;
}

/** Counts as running for services: wanted, and not on its way out. */
export function isLive(task: Task): boolean {
  return task.desiredStatus === 'RUNNING' && task.lastStatus !== 'STOPPED';
}

/** What its agent is to do with it: a task whose connections drain goes on. */
export function wantedOfAgent({
  desiredStatus,
  lastStatus,
  deregisteringAt,
}: Pick<Task, 'desiredStatus' | 'lastStatus' | 'deregisteringAt'>): 'RUNNING' | 'STOPPED' {
  return deregisteringAt === undefined || lastStatus === 'STOPPED' ? desiredStatus : 'RUNNING';
}
