import type {
  AutoScalingGroupProvider,
  AutoScalingGroupProviderUpdate,
  CreateCapacityProviderRequest,
  CreateManagedInstancesProviderConfiguration,
  UpdateCapacityProviderRequest,
  UpdateManagedInstancesProviderConfiguration,
} from '@aws-sdk/client-ecs';
import { NAME_PATTERN } from '@gantry/domain';
import { clientException, invalidParameter } from '@gantry/protocol';
import { checkRange } from '../common/names.ts';
import { checkTags } from '../common/tags.ts';

/** What can be said of a CreateCapacityProvider without looking at any state (ecs-semantics 1.3, 6.1, 6.4, 6.7). Pure. */
export function checkCreateProvider(input: CreateCapacityProviderRequest): void {
  const { name = '', autoScalingGroupProvider: group, managedInstancesProvider: managed, cluster } = input;
  if (!NAME_PATTERN.test(name) || /^(aws|ecs|fargate)/i.test(name)) {
    throw clientException(
      'The specified capacity provider name is invalid. Up to 255 characters are allowed, including letters (upper and lowercase), numbers, underscores, and hyphens. The name cannot be prefixed with "aws", "ecs", or "fargate". Specify a valid name and try again.',
    );
  }
  checkOneKind(group, managed);
  if (group !== undefined) checkGroup(group, cluster);
  if (managed !== undefined) {
    if (cluster === undefined || cluster === '') {
      throw invalidParameter("A capacity provider of Managed Instances needs 'cluster': it belongs to one.");
    }
    checkManaged(managed);
  }
  checkTags(input.tags);
}

/** The same of an UpdateCapacityProvider. Pure. */
export function checkUpdateProvider(input: UpdateCapacityProviderRequest): void {
  const { autoScalingGroupProvider: group, managedInstancesProvider: managed } = input;
  checkOneKind(group, managed);
  if (group !== undefined) checkScaling(group);
  if (managed !== undefined) checkManaged(managed);
}

function checkOneKind(group: unknown, managed: unknown): void {
  if ((group === undefined) !== (managed === undefined)) return;
  throw invalidParameter("Specify exactly one of 'autoScalingGroupProvider' and 'managedInstancesProvider'.");
}

function checkGroup(group: AutoScalingGroupProvider, cluster: string | undefined): void {
  const arn = group.autoScalingGroupArn ?? '';
  if (!/^arn:[^:]+:autoscaling:[^:]+:\d{12}:autoScalingGroup:[^:]+:autoScalingGroupName\/.+$/.test(arn)) {
    throw clientException('The specified Auto Scaling group ARN is invalid. Specify a valid ARN and try again.');
  }
  if (cluster !== undefined && cluster !== '') {
    throw invalidParameter(
      "'cluster' is for capacity providers of Managed Instances. Use PutClusterCapacityProviders.",
    );
  }
  checkScaling(group);
}

function checkScaling({ managedScaling, managedTerminationProtection }: AutoScalingGroupProviderUpdate): void {
  const { minimumScalingStepSize: least = 1, maximumScalingStepSize: most = 10_000 } = managedScaling ?? {};
  if (least > most) {
    throw invalidParameter(`minimumScalingStepSize (${least}) must not be above maximumScalingStepSize (${most}).`);
  }
  if (managedTerminationProtection === 'ENABLED' && managedScaling?.status !== 'ENABLED') {
    throw invalidParameter(
      'The managed termination protection setting for the capacity provider is invalid. To enable managed termination protection for a capacity provider, managed scaling must be enabled.',
    );
  }
}

const MAX_TYPES = 400;

function checkManaged(
  managed: CreateManagedInstancesProviderConfiguration | UpdateManagedInstancesProviderConfiguration,
): void {
  checkRange('infrastructureOptimization.scaleInAfter', managed.infrastructureOptimization?.scaleInAfter, -1, 3600);
  const { storageConfiguration, instanceRequirements, networkConfiguration } = managed.instanceLaunchTemplate ?? {};
  checkRange('storageConfiguration.storageSizeGiB', storageConfiguration?.storageSizeGiB, 30, 16_384);
  if (networkConfiguration !== undefined && (networkConfiguration.subnets ?? []).length === 0) {
    throw invalidParameter('subnets can not be empty.');
  }
  if (instanceRequirements === undefined) return;
  const { allowedInstanceTypes = [], excludedInstanceTypes = [], vCpuCount, memoryMiB } = instanceRequirements;
  if (allowedInstanceTypes.length > 0 && excludedInstanceTypes.length > 0) {
    throw invalidParameter("Specify 'allowedInstanceTypes' or 'excludedInstanceTypes', but not both.");
  }
  for (const types of [allowedInstanceTypes, excludedInstanceTypes]) {
    if (types.length > MAX_TYPES) throw invalidParameter(`At most ${MAX_TYPES} instance types can be listed.`);
    for (const type of types) {
      if (!/^[A-Za-z0-9.*-]{1,30}$/.test(type)) throw invalidParameter(`Invalid instance type '${type.slice(0, 64)}'.`);
    }
  }
  checkOrder('vCpuCount', vCpuCount);
  checkOrder('memoryMiB', memoryMiB);
}

function checkOrder(member: string, range: { min?: number | undefined; max?: number | undefined } | undefined): void {
  const { min = 0, max = Infinity } = range ?? {};
  if (min < 0) throw invalidParameter(`${member}.min must not be negative.`);
  if (min > max) throw invalidParameter(`${member}.min (${min}) must not be above ${member}.max (${max}).`);
}
