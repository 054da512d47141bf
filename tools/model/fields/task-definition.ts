import { CONTAINER } from './container.ts';
import { all, atLaunch, atRegistration, honoured, kept, under, type Fields } from './fate.ts';

const VOLUME: Fields = {
  name: honoured('what mount points name'),
  'host.sourcePath': honoured('a path of the host; without one a volume of the task, gone with it'),
  ...under('dockerVolumeConfiguration', {
    scope: honoured('task: made and removed with the task; shared: stays'),
    autoprovision: honoured('made when it is not there; otherwise the task fails without it'),
    driver: honoured("the engine's volume driver, and where the task can be placed"),
    driverOpts: honoured('options of the driver'),
    labels: honoured('labels of the volume'),
  }),
  ...under('efsVolumeConfiguration', {
    fileSystemId: honoured('what is mounted: a folder of the host, or the NFS export named for it'),
    rootDirectory: honoured('the directory in it'),
    transitEncryption: kept('folders are bound, exports are mounted as they are'),
    transitEncryptionPort: kept('nothing is encrypted on the way'),
    'authorizationConfig.accessPointId': honoured('the directory in it, made with its owner; its user is not enforced'),
    'authorizationConfig.iam': kept('file systems have no policies'),
  }),
  ...under(
    's3filesVolumeConfiguration',
    all(atLaunch('S3 Files volumes'), 'fileSystemArn', 'rootDirectory', 'transitEncryptionPort', 'accessPointArn'),
  ),
  ...under(
    'fsxWindowsFileServerVolumeConfiguration',
    all(
      atLaunch('FSx for Windows File Server volumes'),
      'fileSystemId',
      'rootDirectory',
      'authorizationConfig.credentialsParameter',
      'authorizationConfig.domain',
    ),
  ),
  configuredAtLaunch: atLaunch('EBS volumes'),
};

/** Members of RegisterTaskDefinitionRequest. */
export const TASK_DEFINITION: Fields = {
  family: honoured('names the revisions; the default group of tasks'),
  ...under('containerDefinitions[]', CONTAINER),
  ...under('volumes[]', VOLUME),
  taskRoleArn: honoured('whose temporary credentials its containers can ask for'),
  executionRoleArn: honoured('as whom its secrets are fetched; images and logs need no role'),
  networkMode: honoured('bridge, host, none, or an address of its own with awsvpc'),
  'placementConstraints[].type': honoured('where tasks are placed'),
  'placementConstraints[].expression': honoured('where tasks are placed'),
  'requiresCompatibilities[]': honoured('what the definition is validated against'),
  cpu: honoured("the task's limit, and what placement takes"),
  memory: honoured("the task's limit, and what placement takes"),
  'tags[].key': honoured('tags, propagated when asked for'),
  'tags[].value': honoured('tags, propagated when asked for'),
  pidMode: honoured('process namespace: of each container, the task or the host'),
  ipcMode: honoured('IPC namespace: of each container, the task or the host'),
  ...under(
    'proxyConfiguration',
    all(atLaunch('App Mesh'), 'containerName', 'type', 'properties[].name', 'properties[].value'),
  ),
  'inferenceAccelerators[].deviceName': atRegistration('Elastic Inference is retired'),
  'inferenceAccelerators[].deviceType': atRegistration('Elastic Inference is retired'),
  'ephemeralStorage.sizeInGiB': honoured("a Fargate task's share of the disk: one that takes more is stopped"),
  'runtimePlatform.cpuArchitecture': honoured('where tasks are placed'),
  'runtimePlatform.operatingSystemFamily': honoured('where tasks are placed; Windows is refused at launch'),
  enableFaultInjection: atLaunch('fault injection'),
};
