import type { TaskDefinition } from '@gantry/domain';
import { invalidParameter } from '@gantry/protocol';
import type { TaskManagedEBSVolumeConfiguration, TaskVolumeConfiguration } from '@aws-sdk/client-ecs';
import { checkTags } from '../common/tags.ts';
import type { Infrastructure } from './launch.ts';

type Range = readonly [number, number];
interface VolumeType {
  readonly sizeGiB: Range;
  /** Absent: the type has no `iops`. */
  readonly iops?: Range;
  readonly iopsRequired?: true;
  /** Absent: the type has no `throughput`. MiB a second. */
  readonly throughput?: Range;
}
/** EBS's types and their bounds (ecs-semantics 2.9). */
const TYPES: Readonly<Record<string, VolumeType>> = {
  gp2: { sizeGiB: [1, 16_384] },
  gp3: { sizeGiB: [1, 16_384], iops: [3000, 16_000], throughput: [125, 1000] },
  io1: { sizeGiB: [4, 16_384], iops: [100, 64_000], iopsRequired: true },
  io2: { sizeGiB: [4, 16_384], iops: [100, 256_000], iopsRequired: true },
  st1: { sizeGiB: [125, 16_384] },
  sc1: { sizeGiB: [125, 16_384] },
  standard: { sizeGiB: [1, 1024] },
};
const RESERVED_TAGS = ['AmazonECSCreated', 'AmazonECSManaged'];

/**
 * EBS volumes configured at launch (ecs-semantics 2.9): one for the definition's volume of that kind, and none
 * otherwise. Pure. Throws InvalidParameterException.
 */
export function checkVolumeConfigurations(
  definition: TaskDefinition,
  infrastructure: Infrastructure,
  given: readonly TaskVolumeConfiguration[] | undefined,
): void {
  const configurations = given ?? [];
  const volume = definition.volumes.find((candidate) => candidate['configuredAtLaunch'] === true);
  const wanted = volume?.['name'] as string | undefined;
  if (configurations.length > 1) throw invalidParameter('volumeConfigurations can have at most 1 item.');
  const [configuration] = configurations;
  if (configuration === undefined) {
    if (wanted === undefined) return;
    throw invalidParameter(
      `The task definition configures volume '${wanted}' at launch: give 'volumeConfigurations' for it.`,
    );
  }
  const { managedEBSVolume, name } = configuration;
  if (name !== wanted) {
    throw invalidParameter(
      `Volume '${name}' of 'volumeConfigurations' is not a volume of the task definition with 'configuredAtLaunch'.`,
    );
  }
  if (managedEBSVolume === undefined) throw invalidParameter(`Volume '${name}' needs a 'managedEBSVolume'.`);
  const problem = ebsProblem(managedEBSVolume, infrastructure);
  if (problem !== undefined) throw invalidParameter(`Volume '${name}': ${problem}`);
  for (const { tags } of managedEBSVolume.tagSpecifications ?? []) {
    const reserved = checkTags(tags).find(({ key = '' }) => RESERVED_TAGS.includes(key));
    if (reserved !== undefined) throw invalidParameter(`Volume '${name}': the tag '${reserved.key}' is reserved.`);
  }
}

function ebsProblem(ebs: TaskManagedEBSVolumeConfiguration, infrastructure: Infrastructure): string | undefined {
  const { iops, roleArn, sizeInGiB, snapshotId, throughput, volumeInitializationRate } = ebs;
  const volumeType = ebs.volumeType ?? 'gp3';
  const type = Object.hasOwn(TYPES, volumeType) ? TYPES[volumeType] : undefined;
  if (!/^arn:[^:]+:iam::\d{12}:role\/.+/.test(roleArn ?? '')) return "'roleArn' must be the ARN of a role.";
  if (type === undefined) return `there is no volume type '${volumeType.slice(0, 32)}'.`;
  if (volumeType === 'standard' && infrastructure === 'FARGATE') return 'volume type standard is not for FARGATE.';
  if (sizeInGiB === undefined && snapshotId === undefined) return "give 'sizeInGiB' or 'snapshotId'.";
  if (volumeInitializationRate !== undefined && snapshotId === undefined) {
    return "'volumeInitializationRate' needs a 'snapshotId'.";
  }
  if (iops === undefined && type.iopsRequired === true) return `volume type ${volumeType} needs 'iops'.`;
  return (
    boundProblem(volumeType, 'sizeInGiB', sizeInGiB, type.sizeGiB) ??
    boundProblem(volumeType, 'iops', iops, type.iops) ??
    boundProblem(volumeType, 'throughput', throughput, type.throughput)
  );
}

function boundProblem(
  volumeType: string,
  member: string,
  value: number | undefined,
  range: Range | undefined,
): string | undefined {
  if (value === undefined) return undefined;
  if (range === undefined) return `volume type ${volumeType} has no '${member}'.`;
  const [least, most] = range;
  if (value >= least && value <= most) return undefined;
  return `'${member}' of volume type ${volumeType} must be between ${least} and ${most}; it is ${value}.`;
}
