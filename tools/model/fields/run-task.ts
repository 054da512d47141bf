import { DEVICES } from './container.ts';
import { all, atLaunch, honoured, kept, under, type Fields } from './fate.ts';

const OVERRIDES: Fields = under('overrides', {
  ...under('containerOverrides[]', {
    name: honoured('which container; one the definition does not have is refused'),
    'command[]': honoured('command'),
    'environment[].name': honoured("laid over the definition's, by name"),
    'environment[].value': honoured("laid over the definition's, by name"),
    'environmentFiles[].value': honoured("instead of the definition's"),
    'environmentFiles[].type': kept('s3: there is no other'),
    cpu: honoured('CPU shares, and what placement takes'),
    memory: honoured('hard limit, and what placement takes'),
    memoryReservation: honoured('soft limit, and what placement takes'),
    ...DEVICES,
  }),
  cpu: honoured("the task's limit, and what placement takes"),
  memory: honoured("the task's limit, and what placement takes"),
  'inferenceAcceleratorOverrides[].deviceName': atLaunch('Elastic Inference is retired'),
  'inferenceAcceleratorOverrides[].deviceType': atLaunch('Elastic Inference is retired'),
  executionRoleArn: honoured('as whom its secrets are fetched; images and logs need no role'),
  taskRoleArn: honoured('whose temporary credentials its containers can ask for'),
  'ephemeralStorage.sizeInGiB': honoured("a Fargate task's share of the disk: one that takes more is stopped"),
});

const EBS: Fields = under('volumeConfigurations[]', {
  name: atLaunch('EBS volumes'),
  ...under(
    'managedEBSVolume',
    all(
      atLaunch('EBS volumes'),
      'roleArn',
      'encrypted',
      'kmsKeyId',
      'volumeType',
      'sizeInGiB',
      'snapshotId',
      'volumeInitializationRate',
      'iops',
      'throughput',
      'tagSpecifications[].resourceType',
      'tagSpecifications[].tags[].key',
      'tagSpecifications[].tags[].value',
      'tagSpecifications[].propagateTags',
      'terminationPolicy.deleteOnTermination',
      'filesystemType',
    ),
  ),
});

/** Members of RunTaskRequest; StartTask has the same overrides, network and volumes. */
export const RUN_TASK: Fields = {
  taskDefinition: honoured('what is run: a family, a revision or an ARN'),
  cluster: honoured('where'),
  count: honoured('how many'),
  launchType: honoured('EC2 or FARGATE; the others are refused'),
  ...under(
    'capacityProviderStrategy[]',
    all(honoured('FARGATE and FARGATE_SPOT, by base and weight'), 'capacityProvider', 'weight', 'base'),
  ),
  platformVersion: kept('there is one platform; an unknown version is refused'),
  ...under('networkConfiguration.awsvpcConfiguration', {
    'subnets[]': honoured('zone and address of an awsvpc task'),
    'securityGroups[]': honoured('whom the task may reach, and who may reach it'),
    assignPublicIp: kept('an address is reachable from the host, and from nowhere else'),
  }),
  'placementConstraints[].type': honoured('where tasks are placed'),
  'placementConstraints[].expression': honoured('where tasks are placed'),
  'placementStrategy[].type': honoured('where tasks are placed'),
  'placementStrategy[].field': honoured('where tasks are placed'),
  ...OVERRIDES,
  group: honoured('spread and distinctInstance count by it; task:group asks for it'),
  startedBy: honoured('ListTasks finds by it'),
  referenceId: kept('not shown again: no answer of ECS has it'),
  'tags[].key': honoured('tags of the tasks'),
  'tags[].value': honoured('tags of the tasks'),
  propagateTags: honoured("the definition's tags, too"),
  enableECSManagedTags: honoured('the tag aws:ecs:clusterName'),
  enableExecuteCommand: honoured('ExecuteCommand; only instances whose agent serves sessions get the task'),
  clientToken: honoured('the same call gets the same answer'),
  ...EBS,
};
