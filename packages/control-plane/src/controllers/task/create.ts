import {
  containerArn,
  epochMs,
  taskArn,
  type AwsVpcConfiguration,
  type Because,
  type EpochMs,
  type Ids,
  type LaunchType,
  type PlacementConstraint,
  type PlacementStrategyRule,
  type Scope,
  type Tag,
  type Task,
  type TaskContainer,
  type TaskDefinition,
  type TaskId,
  type TaskOverride,
} from '@gantry/domain';
import type { Seal } from '../../seal/port.ts';
import { taskKey } from '../../state/keys.ts';
import { effectiveContainers, reservationOf } from './reservation.ts';
import { sealedSeed } from './roles.ts';

/** How long a task may stay PROVISIONING for want of capacity (ecs-semantics 4.3). */
export const PROVISIONING_DEADLINE_MS = 30 * 60_000;

/** Fargate's `LATEST` for Linux. */
export const LATEST_PLATFORM_VERSION = '1.4.0';

export interface NewTaskInput {
  readonly ids: Ids;
  readonly seal: Pick<Seal, 'seal'>;
  readonly now: EpochMs;
  readonly scope: Scope;
  /** Name of the cluster. */
  readonly cluster: string;
  readonly definition: TaskDefinition;
  readonly overrides: TaskOverride;
  readonly launchType: LaunchType;
  readonly capacityProviderName?: string | undefined;
  readonly platformVersion?: string | undefined;
  readonly awsvpcConfiguration?: AwsVpcConfiguration | undefined;
  readonly group: string;
  readonly startedBy?: string | undefined;
  readonly serviceKey?: string | undefined;
  readonly deploymentId?: string | undefined;
  readonly tags: readonly Tag[];
  readonly placementConstraints: readonly PlacementConstraint[];
  readonly placementStrategy: readonly PlacementStrategyRule[];
  readonly enableExecuteCommand: boolean;
  readonly because: Because;
}

export { taskKey } from '../../state/keys.ts';

/**
 * The one place where a Task document is made. It is not stored and not placed: FARGATE tasks are put as they are
 * and placed by the scheduler controller; others go through `placeNow` in the caller's transaction.
 *
 * The definition's placement constraints are put before the run's own; Fargate tasks have none.
 */
export function newTask(input: NewTaskInput): Task {
  const { ids, now, definition, scope, cluster } = input;
  const id = ids.hex32() as TaskId;
  const fargate = input.launchType === 'FARGATE';
  const waits = fargate || definition.networkMode === 'awsvpc' || input.capacityProviderName !== undefined;
  return {
    scope,
    cluster,
    id,
    taskArn: taskArn(scope, cluster, id),
    taskDefinitionArn: definition.taskDefinitionArn,
    taskDefinitionKey: `${definition.scope.account}/${definition.scope.region}/${definition.family}:${definition.revision}`,
    family: definition.family,
    revision: definition.revision,
    group: input.group,
    startedBy: input.startedBy,
    serviceKey: input.serviceKey,
    deploymentId: input.deploymentId,
    launchType: input.launchType,
    capacityProviderName: input.capacityProviderName,
    platformVersion: fargate ? platformVersionOf(input.platformVersion) : undefined,
    networkMode: definition.networkMode,
    awsvpcConfiguration: input.awsvpcConfiguration,
    placementConstraints: fargate ? [] : [...definition.placementConstraints, ...input.placementConstraints],
    placementStrategy: fargate ? [] : input.placementStrategy,
    overrides: echoOf(definition, input.overrides),
    enableExecuteCommand: input.enableExecuteCommand,
    tags: input.tags,
    reservation: reservationOf(definition, input.overrides),
    cpu: input.overrides.cpu ?? definition.cpu,
    memory: input.overrides.memory ?? definition.memory,
    ephemeralStorageGiB: definition.ephemeralStorageGiB ?? (fargate ? 20 : undefined),
    desiredStatus: 'RUNNING',
    lastStatus: waits ? 'PROVISIONING' : 'PENDING',
    containers: newContainers(input, id),
    attachmentId: input.awsvpcConfiguration === undefined ? undefined : ids.uuid(),
    healthStatus: 'UNKNOWN',
    createdAt: now,
    because: input.because,
    version: 1,
    placementDeadlineAt: waits ? epochMs(now + PROVISIONING_DEADLINE_MS) : undefined,
    credentialsSeed: sealedSeed(input, taskKey({ scope, cluster, id })),
  };
}

function newContainers(input: NewTaskInput, id: TaskId): TaskContainer[] {
  return effectiveContainers(input.definition, input.overrides).map((container) => ({
    containerArn: containerArn(input.scope, input.cluster, id, input.ids.uuid()),
    name: container.definition.name,
    image: container.definition.image,
    essential: container.definition.essential,
    lastStatus: 'PENDING',
    networkBindings: [],
    healthStatus: 'UNKNOWN',
    hasHealthCheck: container.definition.healthCheck !== undefined,
    cpu: container.cpu,
    memory: container.memory,
    memoryReservation: container.memoryReservation,
    gpuCount: container.gpuCount === 0 ? undefined : container.gpuCount,
  }));
}

/** ECS echoes an entry for every container, overridden or not. */
function echoOf(definition: TaskDefinition, overrides: TaskOverride): TaskOverride {
  const given = new Map(overrides.containerOverrides.map((override) => [override.name, override]));
  return {
    ...overrides,
    containerOverrides: definition.containerDefinitions.map(({ name }) => given.get(name) ?? { name }),
  };
}

function platformVersionOf(asked: string | undefined): string {
  return asked === undefined || asked === 'LATEST' ? LATEST_PLATFORM_VERSION : asked;
}
