import { all, atLaunch, honoured, kept, under, type Fields } from './fate.ts';

const CONNECT = 'for Service Connect, which is to come';
const RESTARTS = 'the agent restarts the container by it';
const HEALTH = "the engine's health check";
const FILE = "an object of S3, fetched with the execution role's rights before the container is made";
const SECRET = "a parameter or a secret, fetched with the execution role's rights before the container is made";
const GPUS = "whole GPUs of an EC2 instance, each one container's alone; other devices, and ALL, are refused at launch";

const RUNTIME: Fields = {
  name: honoured("the container's name in the task, its metadata and labels"),
  image: honoured('what the engine runs; pulled when it is not there'),
  cpu: honoured('CPU shares; summed up for placement'),
  memory: honoured('hard limit; summed up for placement'),
  memoryReservation: honoured('soft limit; what placement takes'),
  essential: honoured('whether its end is the end of the task'),
  'entryPoint[]': honoured('entry point'),
  'command[]': honoured('command'),
  'environment[].name': honoured('environment'),
  'environment[].value': honoured('environment'),
  hostname: honoured('host name; refused with awsvpc, as with ECS'),
  user: honoured('user and group'),
  workingDirectory: honoured('working directory'),
  privileged: honoured('privileged'),
  readonlyRootFilesystem: honoured('read-only root file system'),
  'dockerSecurityOptions[]': honoured(
    'security options, where the engine has AppArmor or SELinux; credentialspec is refused at launch',
  ),
  interactive: honoured('open standard input'),
  pseudoTerminal: honoured('terminal'),
  dockerLabels: honoured('labels'),
  ...all(
    honoured('limits; FARGATE gives nofile 65535 by itself'),
    ...['name', 'softLimit', 'hardLimit'].map((m) => `ulimits[].${m}`),
  ),
  versionConsistency: honoured(
    'of a service: the digest its first task finds is what the later ones of that deployment run, unless disabled',
  ),
};

const NETWORK: Fields = {
  'links[]': honoured('links, and who starts first'),
  'portMappings[].containerPort': honoured('exposed; published in bridge mode'),
  'portMappings[].hostPort': honoured('fixed host ports, reserved at placement; 0 lets the engine choose'),
  'portMappings[].protocol': honoured('tcp or udp'),
  'portMappings[].name': kept(CONNECT),
  'portMappings[].appProtocol': kept(CONNECT),
  'portMappings[].containerPortRange': honoured(
    'exposed; in bridge mode bound to as many host ports next to each other',
  ),
  disableNetworking: honoured('no network; refused at launch with awsvpc'),
  'dnsServers[]': honoured('name servers; refused at launch with awsvpc'),
  'dnsSearchDomains[]': honoured('search domains; refused at launch with awsvpc'),
  'extraHosts[].hostname': honoured('/etc/hosts'),
  'extraHosts[].ipAddress': honoured('/etc/hosts'),
  'systemControls[].namespace': honoured('kernel parameters'),
  'systemControls[].value': honoured('kernel parameters'),
};

const LINUX: Fields = under('linuxParameters', {
  'capabilities.add[]': honoured('capabilities'),
  'capabilities.drop[]': honoured('capabilities'),
  'devices[].hostPath': honoured('devices'),
  'devices[].containerPath': honoured('devices'),
  'devices[].permissions[]': honoured('devices; all of them when there are none'),
  initProcessEnabled: honoured('an init process'),
  sharedMemorySize: honoured('size of /dev/shm'),
  'tmpfs[].containerPath': honoured('tmpfs'),
  'tmpfs[].size': honoured('tmpfs'),
  'tmpfs[].mountOptions[]': honoured('tmpfs'),
  maxSwap: honoured('memory and swap together, where there is a memory limit'),
  swappiness: honoured('swappiness; ignored without maxSwap, as with ECS'),
});

const LIFE: Fields = {
  'dependsOn[].containerName': honoured('the order of start and stop'),
  'dependsOn[].condition': honoured('the order of start and stop'),
  startTimeout: honoured('how long others wait for it'),
  stopTimeout: honoured('from SIGTERM to SIGKILL'),
  'restartPolicy.enabled': honoured(RESTARTS),
  'restartPolicy.ignoredExitCodes[]': honoured(RESTARTS),
  'restartPolicy.restartAttemptPeriod': honoured(RESTARTS),
  'healthCheck.command[]': honoured(HEALTH),
  'healthCheck.interval': honoured(HEALTH),
  'healthCheck.timeout': honoured(HEALTH),
  'healthCheck.retries': honoured(HEALTH),
  'healthCheck.startPeriod': honoured(HEALTH),
};

const STORAGE: Fields = {
  'mountPoints[].sourceVolume': honoured('mounts'),
  'mountPoints[].containerPath': honoured('mounts'),
  'mountPoints[].readOnly': honoured('mounts'),
  'volumesFrom[].sourceContainer': honoured("another container's mounts, and who is made first"),
  'volumesFrom[].readOnly': honoured("another container's mounts"),
};

const LOGS: Fields = {
  'logConfiguration.logDriver': honoured(
    "awslogs is the agent's work, awsfirelens the task's own router's, the others are the engine's",
  ),
  'logConfiguration.options': honoured('options of the driver; awslogs-endpoint is refused at launch'),
  'logConfiguration.secretOptions[].name': honoured('options of the driver; awslogs has none'),
  'logConfiguration.secretOptions[].valueFrom': honoured(SECRET),
  'firelensConfiguration.type': honoured("the router's configuration, socket and place in the order of start and stop"),
  'firelensConfiguration.options': honoured('fields of every record, a file of the image or of S3 to include'),
};

const ENTRUSTED: Fields = {
  'secrets[].name': honoured('environment'),
  'secrets[].valueFrom': honoured(SECRET),
  'environmentFiles[].value': honoured(FILE),
  'environmentFiles[].type': kept('s3: there is no other'),
  'repositoryCredentials.credentialsParameter': honoured(
    'a secret with username and password, fetched as the execution role, to pull the image with',
  ),
  'credentialSpecs[]': atLaunch('credential specs'),
};

export const DEVICES: Fields = under('resourceRequirements[]', {
  type: honoured(GPUS),
  value: honoured('how many'),
  'sharingStrategy.nvidiaMps.memory': atLaunch('GPUs that containers share'),
  'sharingStrategy.nvidiaMps.maxComputePercent': atLaunch('GPUs that containers share'),
});

/** Members of a container definition. */
export const CONTAINER: Fields = {
  ...RUNTIME,
  ...NETWORK,
  ...LINUX,
  ...LIFE,
  ...STORAGE,
  ...LOGS,
  ...ENTRUSTED,
  ...DEVICES,
};
