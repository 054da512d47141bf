import type {
  CapacityProviderStrategyItem,
  NetworkConfiguration,
  Tag as EcsTag,
  VpcLatticeConfiguration,
} from '@aws-sdk/client-ecs';
import { parseCpuUnits, parseMemoryMiB } from '../../../controllers/task/size.ts';
import { findDefinition } from '../../../api/ecs/task-definition/reference.ts';
import type { KeyValues, Place } from '../../demand.ts';
import { definitionOf, providersOf } from './arns.ts';

/** `ecs:task-cpu` in CPU units and `ecs:task-memory` in MiB. */
export function sizeKeys(cpu: string | undefined, memory: string | undefined): KeyValues {
  return {
    'ecs:task-cpu': cpu === undefined ? undefined : parseCpuUnits(cpu),
    'ecs:task-memory': memory === undefined ? undefined : parseMemoryMiB(memory),
  };
}

/** What a task of this definition is given, as far as the request does not say otherwise. */
export function launchSizeKeys(
  at: Place,
  reference: string | undefined,
  overrides: { readonly cpu?: string | undefined; readonly memory?: string | undefined } = {},
): KeyValues {
  const definition = reference === undefined ? undefined : found(at, reference);
  return sizeKeys(overrides.cpu ?? definition?.cpu, overrides.memory ?? definition?.memory);
}

/** Undefined also for what is no reference: the handler says so. */
export function found(at: Place, reference: string): ReturnType<typeof findDefinition> {
  const { resource } = definitionOf(at, reference);
  const revision = /:([1-9][0-9]{0,8})$/.exec(resource);
  return revision === null ? undefined : findDefinition(at.tables, at.scope, resource);
}

export function networkKeys(network: NetworkConfiguration | undefined): KeyValues {
  const { subnets, assignPublicIp } = network?.awsvpcConfiguration ?? {};
  return {
    'ecs:subnet': subnets,
    'ecs:auto-assign-public-ip': assignPublicIp === undefined ? undefined : assignPublicIp === 'ENABLED',
  };
}

export function strategyKey(at: Place, strategy: readonly CapacityProviderStrategyItem[] | undefined): KeyValues {
  return {
    'ecs:capacity-provider': providersOf(
      at,
      strategy?.map((item) => item.capacityProvider),
    ),
  };
}

interface ServiceLike {
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[] | undefined;
  readonly enableECSManagedTags?: boolean | undefined;
  readonly enableExecuteCommand?: boolean | undefined;
  readonly networkConfiguration?: NetworkConfiguration | undefined;
  readonly propagateTags?: string | undefined;
  readonly serviceConnectConfiguration?:
    | { readonly enabled?: boolean | undefined; readonly namespace?: string | undefined }
    | undefined;
  readonly taskDefinition?: string | undefined;
  readonly volumeConfigurations?: readonly unknown[] | undefined;
  readonly vpcLatticeConfigurations?: readonly VpcLatticeConfiguration[] | undefined;
}

/**
 * The keys of CreateService and UpdateService. A new service has ECS's defaults where the request is silent; of a service
 * that is there, only what the request changes is known.
 */
export function serviceKeys(at: Place, input: ServiceLike, isNew: boolean): KeyValues {
  const initially = <T>(value: T): T | undefined => (isNew ? value : undefined);
  const { volumeConfigurations: volumes, vpcLatticeConfigurations: lattices, taskDefinition } = input;
  return {
    ...strategyKey(at, input.capacityProviderStrategy),
    ...networkKeys(input.networkConfiguration),
    ...launchSizeKeys(at, taskDefinition),
    'ecs:enable-ebs-volumes': volumes === undefined ? initially(false) : volumes.length > 0,
    'ecs:enable-ecs-managed-tags': input.enableECSManagedTags ?? initially(false),
    'ecs:enable-execute-command': input.enableExecuteCommand ?? initially(false),
    'ecs:enable-service-connect': input.serviceConnectConfiguration?.enabled ?? initially(false),
    'ecs:enable-vpc-lattice': lattices === undefined ? initially(false) : lattices.length > 0,
    'ecs:namespace': input.serviceConnectConfiguration?.namespace,
    'ecs:propagate-tags': input.propagateTags ?? initially('NONE'),
    'ecs:task-definition': taskDefinition === undefined ? undefined : definitionOf(at, taskDefinition).resource,
  };
}

/** Whether resources are tagged when they are made: by the user, or by ECS on the user's word. */
export function tagsOnCreate(input: {
  readonly tags?: readonly EcsTag[] | undefined;
  readonly propagateTags?: string | undefined;
  readonly enableECSManagedTags?: boolean | undefined;
}): boolean {
  const propagates = input.propagateTags !== undefined && input.propagateTags !== 'NONE';
  return (input.tags?.length ?? 0) > 0 || propagates || input.enableECSManagedTags === true;
}
