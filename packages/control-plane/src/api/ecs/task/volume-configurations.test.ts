import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '@gantry/protocol';
import type { TaskManagedEBSVolumeConfiguration } from '@aws-sdk/client-ecs';
import { aDefinition } from '../../../controllers/testing/builders.ts';
import { checkVolumeConfigurations } from './volume-configurations.ts';

const roleArn = 'arn:aws:iam::123456789012:role/infrastructure';
const plain = aDefinition();
const withVolume = aDefinition({ volumes: [{ name: 'data', configuredAtLaunch: true }] });
const ebs = (more: Partial<TaskManagedEBSVolumeConfiguration>) => [
  { name: 'data', managedEBSVolume: { roleArn, sizeInGiB: 200, ...more } },
];

const REFUSED: readonly (readonly [string, Parameters<typeof checkVolumeConfigurations>])[] = [
  ["configures volume 'data' at launch: give 'volumeConfigurations'", [withVolume, 'EC2', []]],
  ["Volume 'data' of 'volumeConfigurations' is not a volume", [plain, 'EC2', ebs({})]],
  ["Volume 'other' of 'volumeConfigurations' is not a volume", [withVolume, 'EC2', [{ name: 'other' }]]],
  ['at most 1 item', [withVolume, 'EC2', [...ebs({}), ...ebs({})]]],
  ["needs a 'managedEBSVolume'", [withVolume, 'EC2', [{ name: 'data' }]]],
  ["'roleArn' must be the ARN of a role", [withVolume, 'EC2', ebs({ roleArn: 'role' })]],
  ["no volume type 'constructor'", [withVolume, 'EC2', ebs({ volumeType: 'constructor' })]],
  ["give 'sizeInGiB' or 'snapshotId'", [withVolume, 'EC2', ebs({ sizeInGiB: undefined })]],
  ["needs a 'snapshotId'", [withVolume, 'EC2', ebs({ volumeInitializationRate: 100 })]],
  [
    "'sizeInGiB' of volume type st1 must be between 125 and 16384",
    [withVolume, 'EC2', ebs({ volumeType: 'st1', sizeInGiB: 124 })],
  ],
  [
    "'sizeInGiB' of volume type standard must be between 1 and 1024",
    [withVolume, 'EC2', ebs({ volumeType: 'standard', sizeInGiB: 1025 })],
  ],
  ['volume type standard is not for FARGATE', [withVolume, 'FARGATE', ebs({ volumeType: 'standard' })]],
  ["volume type io2 needs 'iops'", [withVolume, 'EC2', ebs({ volumeType: 'io2' })]],
  ["'iops' of volume type gp3 must be between 3000 and 16000", [withVolume, 'EC2', ebs({ iops: 2999 })]],
  ["volume type st1 has no 'iops'", [withVolume, 'EC2', ebs({ volumeType: 'st1', iops: 100 })]],
  ["'throughput' of volume type gp3 must be between 125 and 1000", [withVolume, 'EC2', ebs({ throughput: 1001 })]],
  ["volume type gp2 has no 'throughput'", [withVolume, 'EC2', ebs({ volumeType: 'gp2', throughput: 200 })]],
  [
    "the tag 'AmazonECSManaged' is reserved",
    [
      withVolume,
      'EC2',
      ebs({ tagSpecifications: [{ resourceType: 'volume', tags: [{ key: 'AmazonECSManaged', value: 'true' }] }] }),
    ],
  ],
];
for (const [text, given] of REFUSED) {
  test(`refused: ${text}`, () => {
    assert.throws(
      () => checkVolumeConfigurations(...given),
      (error) =>
        error instanceof ServiceError && error.code === 'InvalidParameterException' && error.message.includes(text),
    );
  });
}

test('what is fine', () => {
  checkVolumeConfigurations(plain, 'EC2', undefined);
  for (const more of [
    {},
    { sizeInGiB: undefined, snapshotId: 'snap-1', volumeInitializationRate: 200 },
    { volumeType: 'io1', iops: 100, encrypted: true, kmsKeyId: 'key' },
    { volumeType: 'gp3', iops: 16_000, throughput: 1000, filesystemType: 'ext4' as const },
  ]) {
    checkVolumeConfigurations(withVolume, 'FARGATE', ebs(more));
  }
});
