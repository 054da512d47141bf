import { taskDefinitionArn } from '@gantry/domain';
import type {
  ContainerDefinition,
  EpochMs,
  HealthCheck,
  NetworkMode,
  PortMapping,
  Scope,
  Tag,
  TaskDefinition,
} from '@gantry/domain';
import type {
  ContainerDefinition as WireContainer,
  HealthCheck as WireHealthCheck,
  PortMapping as WirePortMapping,
  ProxyConfiguration,
  Volume,
} from '@aws-sdk/client-ecs';
import { compatibilitiesOf } from './compatibilities.ts';
import type { Draft } from './draft.ts';
import { requiresAttributes } from './requires-attributes.ts';
import { kindsOf } from './volumes.ts';

/**
 * The document of a validated registration, with everything filled in that ECS fills in (ecs-semantics 2.1, 2.12).
 * Pure.
 */
export function newTaskDefinition(given: {
  readonly scope: Scope;
  readonly draft: Draft;
  readonly revision: number;
  readonly now: EpochMs;
  readonly registeredBy: string;
  readonly tags: readonly Tag[];
}): TaskDefinition {
  const { scope, draft, revision } = given;
  const { input, networkMode } = draft;
  const family = input.family as string;
  const base = {
    networkMode,
    containerDefinitions: (input.containerDefinitions ?? []).map((container) => withDefaults(container, networkMode)),
    volumes: (input.volumes ?? []).map(volumeWithDefaults),
    cpu: draft.cpu,
    memory: draft.memory,
    taskRoleArn: input.taskRoleArn || undefined,
    executionRoleArn: input.executionRoleArn || undefined,
    pidMode: input.pidMode,
    ipcMode: input.ipcMode,
    proxyConfiguration: proxyWithDefaults(input.proxyConfiguration),
    enableFaultInjection: input.enableFaultInjection ?? false,
  };
  return {
    scope,
    taskDefinitionArn: taskDefinitionArn(scope, family, revision),
    family,
    revision,
    status: 'ACTIVE',
    ...base,
    placementConstraints: input.placementConstraints ?? [],
    requiresCompatibilities: input.requiresCompatibilities,
    compatibilities: compatibilitiesOf(draft),
    requiresAttributes: requiresAttributes(base),
    runtimePlatform: input.runtimePlatform,
    ephemeralStorageGiB: input.ephemeralStorage?.sizeInGiB,
    tags: given.tags,
    registeredAt: given.now,
    registeredBy: given.registeredBy,
  };
}

/** Pure. */
export function withDefaults(container: WireContainer, networkMode: NetworkMode): ContainerDefinition {
  const { healthCheck, ...rest } = container;
  return {
    ...rest,
    name: container.name as string,
    image: container.image as string,
    cpu: container.cpu ?? 0,
    essential: container.essential ?? true,
    portMappings: (container.portMappings ?? []).map((mapping) => portWithDefaults(mapping, networkMode)),
    environment: container.environment ?? [],
    mountPoints: container.mountPoints ?? [],
    volumesFrom: container.volumesFrom ?? [],
    systemControls: container.systemControls ?? [],
    // The router reads other containers' output, which is root's.
    ...(container.firelensConfiguration === undefined ? {} : { user: container.user ?? '0' }),
    ...(healthCheck === undefined ? {} : { healthCheck: healthCheckWithDefaults(healthCheck) }),
    // The SDK's enums are open strings in places; the codec has checked them.
  } as ContainerDefinition;
}

function portWithDefaults(mapping: WirePortMapping, networkMode: NetworkMode): PortMapping {
  const protocol = mapping.protocol ?? 'tcp';
  if (mapping.containerPortRange !== undefined) return { ...mapping, protocol };
  const shared = networkMode === 'awsvpc' || networkMode === 'host';
  const hostPort = shared ? mapping.containerPort : (mapping.hostPort ?? 0);
  return { ...mapping, hostPort, protocol };
}

function healthCheckWithDefaults(check: WireHealthCheck): HealthCheck {
  return {
    ...check,
    command: check.command ?? [],
    interval: check.interval ?? 30,
    timeout: check.timeout ?? 5,
    retries: check.retries ?? 3,
  };
}

function volumeWithDefaults(volume: Volume): Readonly<Record<string, unknown>> {
  const docker = volume.dockerVolumeConfiguration;
  if (docker !== undefined) {
    const scope = docker.scope ?? 'task';
    const shared = scope === 'shared' ? { autoprovision: docker.autoprovision ?? false } : {};
    return { ...volume, dockerVolumeConfiguration: { ...docker, scope, ...shared } };
  }
  const { efsVolumeConfiguration: efs, s3filesVolumeConfiguration: files } = volume;
  if (efs !== undefined) return { ...volume, efsVolumeConfiguration: withRoot(efs) };
  if (files !== undefined) return { ...volume, s3filesVolumeConfiguration: withRoot(files) };
  return kindsOf(volume).length > 0 ? { ...volume } : { ...volume, host: volume.host ?? {} };
}

function withRoot<T extends { readonly rootDirectory?: string | undefined }>(storage: T): T {
  return { ...storage, rootDirectory: storage.rootDirectory ?? '/' };
}

function proxyWithDefaults(proxy: ProxyConfiguration | undefined): TaskDefinition['proxyConfiguration'] {
  return proxy === undefined ? undefined : { ...proxy, type: proxy.type ?? 'APPMESH' };
}
