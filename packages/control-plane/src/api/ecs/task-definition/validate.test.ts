import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '@gantry/protocol';
import type {
  ContainerDefinition,
  FSxWindowsFileServerVolumeConfiguration,
  LogDriver,
  ProxyConfiguration,
  RegisterTaskDefinitionRequest,
  Volume,
} from '@aws-sdk/client-ecs';
import { findCycle } from './depends-on.ts';
import { FARGATE_SIZES, fargateSizeProblem, normaliseCpu, normaliseMemory } from './sizes.ts';
import { validateTaskDefinition } from './validate.ts';

const app = (more: Partial<ContainerDefinition> = {}): ContainerDefinition => ({
  name: 'app',
  image: 'gantry/hello',
  memory: 64,
  ...more,
});
const definition = (more: Partial<RegisterTaskDefinitionRequest> = {}): RegisterTaskDefinitionRequest => ({
  family: 'web',
  containerDefinitions: [app()],
  ...more,
});
const only = (more: Partial<ContainerDefinition>): RegisterTaskDefinitionRequest =>
  definition({ containerDefinitions: [app(more)] });
const two = (more: Partial<ContainerDefinition>, other: Partial<ContainerDefinition> = {}) =>
  definition({ containerDefinitions: [app({ name: 'a', ...more }), app({ name: 'b', ...other })] });
const fargate = (more: Partial<RegisterTaskDefinitionRequest> = {}, container: Partial<ContainerDefinition> = {}) =>
  definition({
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: '256',
    memory: '512',
    containerDefinitions: [{ name: 'app', image: 'gantry/hello', ...container }],
    ...more,
  });

const ROLE = 'arn:aws:iam::123456789012:role/execution';
const SECRET = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf';
const SPEC = 'credentialspec:arn:aws:s3:::bucket/spec.json';
const S3FILES = 'arn:aws:s3files:us-east-1:123456789012:file-system/fs-1';
const AWSLOGS = { 'awslogs-group': 'g', 'awslogs-region': 'us-east-1' };
const GPU = { type: 'GPU', value: '1' } as const;
const NEURON = { type: 'NeuronDevice', value: 'ALL' } as const;
const MPS = { sharingStrategy: { nvidiaMps: { memory: 512, maxComputePercent: 25.5 } } };
const ONE_VCPU = { cpu: '1024', memory: '2048' };
const PROXY = [
  { name: 'IgnoredUID', value: '1337' },
  { name: 'AppPorts', value: '80,81' },
  { name: 'ProxyIngressPort', value: '15000' },
  { name: 'ProxyEgressPort', value: '15001' },
  { name: 'EgressIgnoredIPs', value: '169.254.170.2' },
];
const withRole = (input: RegisterTaskDefinitionRequest): RegisterTaskDefinitionRequest => ({
  ...input,
  executionRoleArn: ROLE,
});
const logs = (logDriver: LogDriver, options: Record<string, string>) =>
  only({ logConfiguration: { logDriver, options } });
const firelens = (
  options: Record<string, string>,
  router: Partial<ContainerDefinition> = {},
  routed: Record<string, string> = {},
) =>
  two(
    { logConfiguration: { logDriver: 'awsfirelens', options: routed } },
    { firelensConfiguration: { type: 'fluentbit', options }, ...router },
  );
const volume = (kind: Omit<Volume, 'name'>, taskRoleArn?: string) =>
  definition({ volumes: [{ name: 'v', ...kind }], taskRoleArn });
const fsx = (more: Partial<FSxWindowsFileServerVolumeConfiguration>) =>
  volume({
    fsxWindowsFileServerVolumeConfiguration: {
      fileSystemId: 'fs-1',
      rootDirectory: 'share',
      authorizationConfig: { credentialsParameter: SECRET, domain: 'corp.example' },
      ...more,
    },
  });
const proxy = (more: Partial<ProxyConfiguration>) =>
  definition({ networkMode: 'awsvpc', proxyConfiguration: { containerName: 'app', properties: PROXY, ...more } });
const windows = (more: Partial<RegisterTaskDefinitionRequest>) =>
  definition({ runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' }, ...more });

const CLIENT: readonly [string, RegisterTaskDefinitionRequest][] = [
  ['Family should not be null or empty.', definition({ family: '' })],
  ["Invalid family 'a b'", definition({ family: 'a b' })],
  ['Container list cannot be empty.', definition({ containerDefinitions: [] })],
  [
    'Too many containers: 11',
    definition({ containerDefinitions: Array.from({ length: 11 }, (_, n) => app({ name: `c${n}` })) }),
  ],
  ['Container.name should not be null or empty.', only({ name: undefined })],
  ['Container.image should not be null or empty.', only({ image: '' })],
  ["Invalid container name 'a.b'", only({ name: 'a.b' })],
  ["Invalid image 'a b'", only({ image: 'a b' })],
  ["Invalid image digest 'sha256:12'", only({ image: 'a@sha256:12' })],
  ["Duplicate container name 'app'", definition({ containerDefinitions: [app(), app()] })],
  ['at least one container must be essential', only({ essential: false })],
  ["Invalid 'cpu' setting for container 'app'", only({ cpu: -1 })],
  ["Invalid 'memory' setting for container 'app'", only({ memory: 5 })],
  [
    "Invalid setting for container 'app'. At least one of 'memory' or 'memoryReservation' must be specified.",
    only({ memory: undefined }),
  ],
  [
    "Invalid setting for container 'app'. 'memoryReservation' must be less than 'memory'",
    only({ memory: 64, memoryReservation: 65 }),
  ],
  ["The 'memory' setting for container is greater than for the task.", { ...only({ memory: 600 }), memory: '512' }],
  [
    "The 'memoryReservation' setting for container is greater than for the task.",
    { ...only({ memory: undefined, memoryReservation: 600 }), memory: '512' },
  ],
  [
    "The 'memory' settings of the containers (600 MiB) are greater",
    { ...two({ memory: 300 }, { memory: 300 }), memory: '512' },
  ],
  ["Invalid 'cpu' setting for task. For more information", definition({ cpu: '64' })],
  ["Invalid 'cpu' setting for task. For more information", definition({ cpu: 'much' })],
  ["Invalid 'memory' setting for task", definition({ memory: 'much' })],
  ['Role is not valid', definition({ taskRoleArn: 'arn:aws:s3:::bucket' })],
  ["Unknown compatibility 'MOON'", definition({ requiresCompatibilities: ['MOON' as 'EC2'] })],
  ["must be of type 'memberOf'", definition({ placementConstraints: [{ type: 'distinctInstance' as 'memberOf' }] })],
  ["needs an 'expression'", definition({ placementConstraints: [{ type: 'memberOf' }] })],
  [
    'at most 10 placement constraints',
    definition({
      placementConstraints: Array.from({ length: 11 }, () => ({
        type: 'memberOf' as const,
        expression: 'attribute:a == b',
      })),
    }),
  ],
  ["Duplicate volume name 'v'", definition({ volumes: [{ name: 'v' }, { name: 'v' }] })],
  ["Invalid volume name 'a b'", definition({ volumes: [{ name: 'a b' }] })],
  [
    "has both 'host' and 'dockerVolumeConfiguration'",
    definition({ volumes: [{ name: 'v', host: { sourcePath: '/x' }, dockerVolumeConfiguration: {} }] }),
  ],
  [
    "'autoprovision' needs scope 'shared'",
    definition({ volumes: [{ name: 'v', dockerVolumeConfiguration: { scope: 'task', autoprovision: true } }] }),
  ],
  [
    "Unknown volume 'v' in the mount points of container 'app'",
    only({ mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }] }),
  ],
  ["has no 'containerPath'", { ...only({ mountPoints: [{ sourceVolume: 'v' }] }), volumes: [{ name: 'v' }] }],
  ["'healthCheck' needs a 'command'", only({ healthCheck: { command: [] } })],
  ["'interval' must be between 5 and 300", only({ healthCheck: { command: ['CMD', 'x'], interval: 4 } })],
  ["'timeout' must be between 2 and 60", only({ healthCheck: { command: ['CMD', 'x'], timeout: 61 } })],
  ["'retries' must be between 1 and 10", only({ healthCheck: { command: ['CMD', 'x'], retries: 0 } })],
  ["'startPeriod' must be between 0 and 300", only({ healthCheck: { command: ['CMD', 'x'], startPeriod: 301 } })],
  [
    'Log driver awslogs requires options: awslogs-group, awslogs-region',
    only({ logConfiguration: { logDriver: 'awslogs' } }),
  ],
  ['Log driver splunk requires options: splunk-token, splunk-url', only({ logConfiguration: { logDriver: 'splunk' } })],
  [
    "'restartAttemptPeriod' must be between 60 and 1800",
    only({ restartPolicy: { enabled: true, restartAttemptPeriod: 59 } }),
  ],
  [
    "at most 50 'ignoredExitCodes'",
    only({ restartPolicy: { enabled: true, ignoredExitCodes: Array.from({ length: 51 }, (_, n) => n) } }),
  ],
  ["Invalid 'stopTimeout' setting", only({ stopTimeout: -1 })],
  ['environment variable without a name', only({ environment: [{ name: '', value: 'x' }] })],
  [
    'more than 10 environment files',
    only({
      environmentFiles: Array.from({ length: 11 }, () => ({ type: 's3' as const, value: 'arn:aws:s3:::b/x.env' })),
    }),
  ],
  ['softLimit is greater than hardLimit', only({ ulimits: [{ name: 'nofile', softLimit: 2, hardLimit: 1 }] })],
  ['can not depend on itself', only({ dependsOn: [{ containerName: 'app', condition: 'START' }] })],
  [
    "Cannot depend on container + 'x' because it does not exist",
    only({ dependsOn: [{ containerName: 'x', condition: 'START' }] }),
  ],
  ["Invalid link 'db:a b'", only({ links: ['db:a b'] })],
  ["names container 'x' in 'links'", only({ links: ['x:y'] })],
  ["names container 'x' in 'volumesFrom'", only({ volumesFrom: [{ sourceContainer: 'x' }] })],
  [
    'A dependency container with SUCCESS or COMPLETE condition cannot be an essential container',
    two({ dependsOn: [{ containerName: 'b', condition: 'COMPLETE' }] }),
  ],
  ["to be HEALTHY, which has no 'healthCheck'", two({ dependsOn: [{ containerName: 'b', condition: 'HEALTHY' }] })],
  [
    'Container dependencies contain a cycle: a -> b -> a.',
    two({ dependsOn: [{ containerName: 'b', condition: 'START' }] }, { links: ['a'] }),
  ],
  ["Invalid 'containerPort' setting", only({ portMappings: [{ containerPort: 0 }] })],
  ["Invalid 'hostPort' setting", only({ portMappings: [{ containerPort: 80, hostPort: 65_536 }] })],
  [
    'can not be exposed with several protocols',
    only({ portMappings: [{ containerPort: 80 }, { containerPort: 80, protocol: 'udp' }] }),
  ],
  [
    'the host ports and container ports in port mappings must match',
    { ...only({ portMappings: [{ containerPort: 80, hostPort: 81 }] }), networkMode: 'host' },
  ],
  ["'portMappings' must be empty", { ...only({ portMappings: [{ containerPort: 80 }] }), networkMode: 'none' }],
  [
    "already mapped by container 'a'",
    {
      ...two({ portMappings: [{ containerPort: 80 }] }, { portMappings: [{ containerPort: 80 }] }),
      networkMode: 'awsvpc',
    },
  ],
  [
    "Host port 80/tcp is mapped by containers 'a' and 'b'",
    two({ portMappings: [{ containerPort: 1, hostPort: 80 }] }, { portMappings: [{ containerPort: 2, hostPort: 80 }] }),
  ],
  ["give '<first>-<last>'", only({ portMappings: [{ containerPortRange: '9-8' }] })],
  [
    'it needs networkMode awsvpc or bridge',
    { ...only({ portMappings: [{ containerPortRange: '8-9' }] }), networkMode: 'host' },
  ],
  [
    "'containerPort' and 'hostPort' must not be given",
    only({ portMappings: [{ containerPortRange: '8-9', hostPort: 8 }] }),
  ],
  ['is in several port mappings', only({ portMappings: [{ containerPortRange: '8-90' }, { containerPort: 80 }] })],
  ["Invalid port mapping name '-x'", only({ portMappings: [{ containerPort: 80, name: '-x' }] })],
  [
    "name 'x' is used more than once",
    only({
      portMappings: [
        { containerPort: 80, name: 'x' },
        { containerPort: 81, name: 'x' },
      ],
    }),
  ],
  ["'links' is not supported with networkMode 'awsvpc'", { ...two({ links: ['b'] }), networkMode: 'awsvpc' }],
  ["'hostname' is not supported with networkMode 'awsvpc'", { ...only({ hostname: 'x' }), networkMode: 'awsvpc' }],
  [
    "'extraHosts' is not supported",
    { ...only({ extraHosts: [{ hostname: 'x', ipAddress: '10.0.0.1' }] }), networkMode: 'awsvpc' },
  ],
  [
    "'systemControls net.core.somaxconn' is not supported",
    { ...only({ systemControls: [{ namespace: 'net.core.somaxconn', value: '1' }] }), networkMode: 'host' },
  ],
  ['Fargate only supports network mode ‘awsvpc’.', fargate({ networkMode: 'bridge' })],
  ["Fargate requires that 'cpu' be defined at the task level.", fargate({ cpu: undefined })],
  ["Fargate requires that 'memory' be defined at the task level.", fargate({ memory: undefined })],
  ['No Fargate configuration exists for given values. cpu must be one of 256, 512', fargate({ cpu: '300' })],
  [
    'No Fargate configuration exists for given values. With cpu 256, memory must be one of 512, 1024, 2048 MiB; it is 4096.',
    fargate({ memory: '4096' }),
  ],
  ["The 'cpu' settings of the containers (300) are greater than for the task (256).", fargate({}, { cpu: 300 })],
  ["do not support pidMode 'host'. The supported value for pidMode is 'task'.", fargate({ pidMode: 'host' })],
  ['do not support ipcMode', fargate({ ipcMode: 'task' })],
  [
    'Placement constraints are not supported with FARGATE',
    fargate({ placementConstraints: [{ type: 'memberOf', expression: 'attribute:a == b' }] }),
  ],
  ['sizeInGiB must be between 21 and 200', fargate({ ephemeralStorage: { sizeInGiB: 20 } })],
  ['host.sourcePath should not be set', fargate({ volumes: [{ name: 'v', host: { sourcePath: '/x' } }] })],
  [
    'Docker volumes are not supported with FARGATE',
    fargate({ volumes: [{ name: 'v', dockerVolumeConfiguration: { scope: 'task' } }] }),
  ],
  ["'privileged' is not supported with FARGATE", fargate({}, { privileged: true })],
  [
    "'linuxParameters.sharedMemorySize' is not supported with FARGATE",
    fargate({}, { linuxParameters: { sharedMemorySize: 64 } }),
  ],
  [
    "capability 'NET_ADMIN' can not be added",
    fargate({}, { linuxParameters: { capabilities: { add: ['NET_ADMIN'] } } }),
  ],
  ["log driver 'syslog' is not supported with FARGATE", fargate({}, { logConfiguration: { logDriver: 'syslog' } })],
  [
    'requires option awslogs-stream-prefix',
    fargate(
      {},
      { logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': 'g', 'awslogs-region': 'us-east-1' } } },
    ),
  ],
  ["'startTimeout' must be between 2 and 120 seconds", fargate({}, { startTimeout: 1 })],
  [
    'External instances do not support network mode awsvpc',
    definition({ networkMode: 'awsvpc', requiresCompatibilities: ['EXTERNAL'] }),
  ],
  [
    'Managed Instances do not support network mode bridge',
    definition({ requiresCompatibilities: ['MANAGED_INSTANCES'] }),
  ],
  ["'enabled' must be given", only({ restartPolicy: { enabled: undefined } })],
  ["there is no Docker security option 'seccomp'", only({ dockerSecurityOptions: ['seccomp'] })],
  ["has 2 'credentialSpecs'", only({ credentialSpecs: [SPEC, SPEC] })],
  ['must be credentialspec:ARN or credentialspecdomainless:ARN', only({ credentialSpecs: ['credentialspec:x'] })],
  ["needs a 'hostname' and an 'ipAddress'", only({ extraHosts: [{ hostname: 'db', ipAddress: '' }] })],
  ["'dnsServers' has an empty entry", only({ dnsServers: [''] })],
  // linuxParameters, ulimits, systemControls
  ["there is no capability 'FLY'", only({ linuxParameters: { capabilities: { drop: ['FLY'] } } })],
  ["'dev/a' is not an absolute path", only({ linuxParameters: { devices: [{ hostPath: 'dev/a' }] } })],
  ["each device needs a 'hostPath'", only({ linuxParameters: { devices: [{ hostPath: '' }] } })],
  ["'containerPath' must be an absolute path", only({ linuxParameters: { tmpfs: [{ containerPath: 'x', size: 1 }] } })],
  ["'size' must be at least 1 MiB", only({ linuxParameters: { tmpfs: [{ containerPath: '/x', size: 0 }] } })],
  [
    "there is no mount option 'fast'",
    only({ linuxParameters: { tmpfs: [{ containerPath: '/x', size: 1, mountOptions: ['fast'] }] } }),
  ],
  ['it must be at least 1 MiB; it is 0', only({ linuxParameters: { sharedMemorySize: 0 } })],
  ['it must be 0 or more MiB', only({ linuxParameters: { maxSwap: -1 } })],
  ['it must be between 0 and 100; it is 101', only({ linuxParameters: { maxSwap: 1, swappiness: 101 } })],
  [
    "There is no system control 'vm.swappiness'",
    only({ systemControls: [{ namespace: 'vm.swappiness', value: '1' }] }),
  ],
  ["System control 'net.x' has no 'value'", only({ systemControls: [{ namespace: 'net.x' }] })],
  [
    "'systemControls kernel.sem' is not supported with ipcMode 'host'",
    { ...only({ systemControls: [{ namespace: 'kernel.sem', value: '1' }] }), ipcMode: 'host' },
  ],
  // secrets, environment files, credentials, and their role
  [
    "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
    only({ secrets: [{ name: 'A', valueFrom: 'x' }] }),
  ],
  [
    "The secret name must be unique and not shared with any new or existing environment variables set on the container, such as 'A'.",
    withRole(only({ secrets: [{ name: 'A', valueFrom: 'x' }], environment: [{ name: 'A', value: '' }] })),
  ],
  [
    "such as 'B'.",
    withRole(
      only({
        secrets: [
          { name: 'B', valueFrom: 'x' },
          { name: 'B', valueFrom: 'y' },
        ],
      }),
    ),
  ],
  ["'secrets' needs a 'name'", withRole(only({ secrets: [{ name: '', valueFrom: 'x' }] }))],
  [
    "'valueFrom' of 'A' in 'secrets' must be",
    withRole(only({ secrets: [{ name: 'A', valueFrom: 'arn:aws:s3:::b/k' }] })),
  ],
  [
    "'valueFrom' of 'A' in 'secrets' must be",
    withRole(only({ secrets: [{ name: 'A', valueFrom: `${SECRET}:a:b:c:d` }] })),
  ],
  [
    "in 'logConfiguration.secretOptions' must be",
    withRole(only({ logConfiguration: { logDriver: 'gelf', secretOptions: [{ name: 'A', valueFrom: '' }] } })),
  ],
  [
    'Private repository authentication requires that the task definition specify a value for executionRoleArn.',
    only({ repositoryCredentials: { credentialsParameter: SECRET } }),
  ],
  [
    'must be the ARN or the name of a secret',
    withRole(
      only({ repositoryCredentials: { credentialsParameter: 'arn:aws:ssm:us-east-1:123456789012:parameter/x' } }),
    ),
  ],
  [
    'give the ARN of an S3 object whose name ends in .env',
    withRole(only({ environmentFiles: [{ type: 's3', value: 'arn:aws:s3:::bucket/a.txt' }] })),
  ],
  [
    "When you are specifying environment files, you must also specify a value for 'executionRoleArn'.",
    only({ environmentFiles: [{ type: 's3', value: 'arn:aws:s3:::bucket/a.env' }] }),
  ],
  // logging
  ["option 'mode' should be 'blocking' or 'non-blocking'", logs('json-file', { mode: 'lossy' })],
  ["'max-buffer-size' should be a size", logs('json-file', { 'max-buffer-size': 'big' })],
  ['Log driver awslogs disallows options: log_key', logs('awslogs', { ...AWSLOGS, log_key: 'log' })],
  [
    "Log driver awslogs option 'awslogs-create-group' should only be set to 'true', else omit option.",
    logs('awslogs', { ...AWSLOGS, 'awslogs-create-group': 'false' }),
  ],
  [
    'Log driver awslogs disallows secretOptions: awslogs-group',
    withRole(
      only({
        logConfiguration: {
          logDriver: 'awslogs',
          options: AWSLOGS,
          secretOptions: [{ name: 'awslogs-group', valueFrom: SECRET }],
        },
      }),
    ),
  ],
  ["'awslogs-format' should be 'json/emf'; it is 'text'", logs('awslogs', { ...AWSLOGS, 'awslogs-format': 'text' })],
  [
    "'awslogs-datetime-format' can not be used with 'awslogs-format' json/emf",
    logs('awslogs', { ...AWSLOGS, 'awslogs-format': 'json/emf', 'awslogs-datetime-format': '%Y' }),
  ],
  ["option 'x' of container 'a' can not have a line break", firelens({}, {}, { x: 'y\n[OUTPUT]' })],
  [
    "'log-driver-buffer-limit' should be a number of events; it is '10m'",
    firelens({}, {}, { 'log-driver-buffer-limit': '10m' }),
  ],
  [
    "The FireLens container 'b' can not depend on 'a', whose output it routes: it starts first.",
    firelens({}, { dependsOn: [{ containerName: 'a', condition: 'START' }] }),
  ],
  [
    'When awsfirelens log driver is specified in log configuration, a firelens configuration object must be configured in one of the containers.',
    logs('awsfirelens', {}),
  ],
  [
    'When a firelensConfiguration object is specified, at least one container has to be configured with the awsfirelens log driver.',
    only({ firelensConfiguration: { type: 'fluentbit' } }),
  ],
  [
    'at most one FireLens container',
    two({ firelensConfiguration: { type: 'fluentbit' } }, { firelensConfiguration: { type: 'fluentd' } }),
  ],
  ["container 'b' must run as user 0; it is '1000'", firelens({}, { user: '1000' })],
  ["there is no option 'x'", firelens({ x: 'y' })],
  ["'enable-ecs-log-metadata' is true or false", firelens({ 'enable-ecs-log-metadata': 'yes' })],
  ["'config-file-type' is s3 or file", firelens({ 'config-file-value': '/x' })],
  ["'config-file-type' needs a 'config-file-value'", firelens({ 'config-file-type': 'file' })],
  [
    "you must also specify a value for 'executionRoleArn'",
    firelens({ 'config-file-type': 's3', 'config-file-value': 'arn:aws:s3:::bucket/c' }),
  ],
  ["'/x' is not the ARN of an S3 object", firelens({ 'config-file-type': 's3', 'config-file-value': '/x' })],
  // GPUs
  ['GPU requirement is how many GPUs, or ALL', only({ resourceRequirements: [{ type: 'GPU', value: undefined }] })],
  [
    "'value' of a NeuronDevice requirement must be ALL",
    only({ resourceRequirements: [{ type: 'NeuronDevice', value: '1' }] }),
  ],
  ["either 'value' or 'sharingStrategy' of a GPU requirement", only({ resourceRequirements: [{ ...GPU, ...MPS }] })],
  [
    "'sharingStrategy' is for resource requirements of type GPU alone",
    only({ resourceRequirements: [{ ...NEURON, ...MPS }] }),
  ],
  [
    "'maxComputePercent' is above 0",
    only({
      resourceRequirements: [{ type: 'GPU', sharingStrategy: { nvidiaMps: { memory: 1, maxComputePercent: 101 } } }],
    }),
  ],
  [
    "must all give 'value' or all 'sharingStrategy'",
    two({ resourceRequirements: [GPU] }, { resourceRequirements: [{ type: 'GPU', ...MPS }] }),
  ],
  [
    'Only one container in a task can specify NeuronDevice',
    two({ resourceRequirements: [NEURON] }, { resourceRequirements: [NEURON] }),
  ],
  [
    'NeuronDevice resources are not supported with EC2',
    { ...only({ resourceRequirements: [NEURON] }), requiresCompatibilities: ['EC2'] },
  ],
  [
    'External instances do not support GPU sharing',
    { ...only({ resourceRequirements: [{ type: 'GPU', ...MPS }] }), requiresCompatibilities: ['EXTERNAL'] },
  ],
  ['how many GPUs', only({ resourceRequirements: [{ type: 'GPU', value: '0.5' }] })],
  ['one resource requirement of type GPU at most', only({ resourceRequirements: [GPU, GPU] })],
  [
    "'InferenceAccelerator' are retired",
    only({ resourceRequirements: [{ type: 'InferenceAccelerator', value: 'd' }] }),
  ],
  // volumes
  ['is not the id of an EFS file system', volume({ efsVolumeConfiguration: { fileSystemId: 'x' } })],
  [
    "'rootDirectory' must be an absolute path",
    volume({ efsVolumeConfiguration: { fileSystemId: 'fs-1', rootDirectory: 'x' } }),
  ],
  [
    "'transitEncryptionPort' must be between 1 and 65535",
    volume({ efsVolumeConfiguration: { fileSystemId: 'fs-1', transitEncryptionPort: 0 } }),
  ],
  [
    'When using an EFS access point, the root directory must either be set to "/" or be omitted',
    volume({
      efsVolumeConfiguration: {
        fileSystemId: 'fs-1',
        rootDirectory: '/x',
        transitEncryption: 'ENABLED',
        authorizationConfig: { accessPointId: 'fsap-1' },
      },
    }),
  ],
  [
    'transit encryption must be enabled when an EFS access point is used',
    volume({ efsVolumeConfiguration: { fileSystemId: 'fs-1', authorizationConfig: { accessPointId: 'fsap-1' } } }),
  ],
  [
    'transit encryption must be enabled when EFS IAM authorization is used',
    volume({ efsVolumeConfiguration: { fileSystemId: 'fs-1', authorizationConfig: { iam: 'ENABLED' } } }),
  ],
  ['is not an ARN of S3 Files', volume({ s3filesVolumeConfiguration: { fileSystemArn: 'fs-1' } }, 'task')],
  [
    'When using an S3 Files access point, the root directory',
    volume(
      { s3filesVolumeConfiguration: { fileSystemArn: S3FILES, accessPointArn: S3FILES, rootDirectory: '/x' } },
      'task',
    ),
  ],
  [
    "When you are specifying S3 Files volumes, you must also specify a value for 'taskRoleArn'.",
    volume({ s3filesVolumeConfiguration: { fileSystemArn: S3FILES } }),
  ],
  ['is not the id of an FSx file system', fsx({ fileSystemId: 'x' })],
  ["an FSx volume needs a 'rootDirectory'", fsx({ rootDirectory: '' })],
  ["an FSx volume needs a 'domain'", fsx({ authorizationConfig: { credentialsParameter: SECRET, domain: '' } })],
  [
    "'credentialsParameter' must be the ARN of a Secrets Manager secret or of an SSM parameter",
    fsx({ authorizationConfig: { credentialsParameter: 'x', domain: 'd' } }),
  ],
  [
    "has both 'efsVolumeConfiguration' and 'configuredAtLaunch'",
    volume({ efsVolumeConfiguration: { fileSystemId: 'fs-1' }, configuredAtLaunch: true }),
  ],
  [
    "at most one volume with 'configuredAtLaunch'",
    definition({
      volumes: [
        { name: 'v', configuredAtLaunch: true },
        { name: 'w', configuredAtLaunch: true },
      ],
    }),
  ],
  // the task's own members
  ['sizeInGiB must be between 21 and 200; it is 201', definition({ ephemeralStorage: { sizeInGiB: 201 } })],
  ["'enableFaultInjection' needs network mode awsvpc or host", definition({ enableFaultInjection: true })],
  ['it needs networkMode awsvpc; it is bridge', definition({ proxyConfiguration: { containerName: 'app' } })],
  ["container 'x' is not in the task definition", proxy({ containerName: 'x' })],
  ['it needs the properties AppPorts, ProxyIngressPort, ProxyEgressPort', proxy({ properties: [] })],
  ["there is no property 'Colour'", proxy({ properties: [{ name: 'Colour', value: 'red' }] })],
  ['it needs the property IgnoredUID or IgnoredGID', proxy({ properties: PROXY.slice(1) })],
  ['ProxyIngressPort must be a port', proxy({ properties: [...PROXY, { name: 'ProxyIngressPort', value: 'x' }] })],
  [
    'AppPorts must be ports separated by commas',
    proxy({ properties: [...PROXY, { name: 'AppPorts', value: '80,x' }] }),
  ],
  // Windows
  ['pidMode and ipcMode are not supported for Windows', windows({ pidMode: 'task' })],
  ['Windows containers do not support network mode host', windows({ networkMode: 'host' })],
  [
    'do not support cpuArchitecture ARM64',
    windows({ runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE', cpuArchitecture: 'ARM64' } }),
  ],
  [
    "'privileged' is not supported for Windows containers",
    windows({ containerDefinitions: [app({ privileged: true })] }),
  ],
  [
    "'linuxParameters' is not supported for Windows containers",
    windows({ containerDefinitions: [app({ linuxParameters: { initProcessEnabled: true } })] }),
  ],
  [
    'Windows containers only support the use of the local driver',
    windows({ volumes: [{ name: 'v', dockerVolumeConfiguration: { driver: 'rexray' } }] }),
  ],
  [
    'For Windows, cpu must be one of 1024, 2048, 4096; it is 256',
    fargate({ runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' } }),
  ],
  [
    'The operating system family WINDOWS_SERVER_2016_FULL is not supported with FARGATE',
    fargate({ ...ONE_VCPU, runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2016_FULL' } }),
  ],
  [
    'port 3150 is reserved for Windows',
    fargate(
      { ...ONE_VCPU, runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' } },
      { portMappings: [{ containerPort: 3150 }] },
    ),
  ],
  // launch types
  [
    'Fargate requires task definition to have execution role ARN to support ECR images.',
    fargate({}, { image: '123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1' }),
  ],
  ["'resourceRequirements' is not supported with FARGATE", fargate({}, { resourceRequirements: [GPU] })],
  ['FSx for Windows File Server volumes are not supported with FARGATE', fargate({ volumes: fsx({}).volumes })],
  ["'stopTimeout' must be between 2 and 120 seconds", fargate({}, { stopTimeout: 1 })],
  [
    'config-file-type s3 is not supported with FARGATE',
    fargate({
      executionRoleArn: ROLE,
      containerDefinitions: firelens({ 'config-file-type': 's3', 'config-file-value': 'arn:aws:s3:::bucket/c' })
        .containerDefinitions,
    }),
  ],
  ['only credentialspecdomainless is supported with FARGATE', fargate({}, { credentialSpecs: [SPEC] })],
  [
    'External instances do not support Service Connect',
    { ...only({ portMappings: [{ containerPort: 80, appProtocol: 'http' }] }), requiresCompatibilities: ['EXTERNAL'] },
  ],
  [
    'External instances do not support EBS volumes',
    definition({ requiresCompatibilities: ['EXTERNAL'], volumes: [{ name: 'v', configuredAtLaunch: true }] }),
  ],
  [
    'External instances do not support EFS volumes',
    { ...volume({ efsVolumeConfiguration: { fileSystemId: 'fs-1' } }), requiresCompatibilities: ['EXTERNAL'] },
  ],
  [
    'Managed Instances do not support Docker volumes',
    {
      ...volume({ dockerVolumeConfiguration: {} }),
      networkMode: 'host',
      requiresCompatibilities: ['MANAGED_INSTANCES'],
    },
  ],
  [
    'Managed Instances do not support Windows',
    windows({ networkMode: 'awsvpc', requiresCompatibilities: ['MANAGED_INSTANCES'] }),
  ],
  ['Container links should not have a cycle', two({ links: ['b'] }, { links: ['a'] })],
  ["Max allowed length is '65536' bytes.", only({ command: ['x'.repeat(70_000)] })],
];

for (const [text, input] of CLIENT) {
  test(`refused: ${text}`, () => {
    assert.throws(
      () => validateTaskDefinition(input),
      (error) => error instanceof ServiceError && error.code === 'ClientException' && error.message.includes(text),
    );
  });
}

const INVALID: readonly [string, RegisterTaskDefinitionRequest][] = [
  ['inferenceAccelerators', definition({ inferenceAccelerators: [{ deviceName: 'd', deviceType: 't' }] })],
  [
    'Invalid placement constraint expression',
    definition({ placementConstraints: [{ type: 'memberOf', expression: 'moon is full' }] }),
  ],
  ['Invalid tag key', definition({ tags: [{ key: '' }] })],
];

for (const [text, input] of INVALID) {
  test(`refused as invalid: ${text}`, () => {
    assert.throws(
      () => validateTaskDefinition(input),
      (error) =>
        error instanceof ServiceError && error.code === 'InvalidParameterException' && error.message.includes(text),
    );
  });
}

test('what is fine', () => {
  const fine: readonly RegisterTaskDefinitionRequest[] = [
    definition(),
    definition({ cpu: '1 vCPU', memory: '0.5GB' }),
    only({ memory: undefined, memoryReservation: 32 }),
    only({ memory: 64, memoryReservation: 64 }),
    only({ portMappings: [{ containerPort: 80 }, { containerPort: 80, hostPort: 8080 }] }),
    two({ dependsOn: [{ containerName: 'b', condition: 'SUCCESS' }] }, { essential: false }),
    withRole(
      only({
        secrets: [
          { name: 'A', valueFrom: 'arn:aws:ssm:us-east-1:123456789012:parameter/x' },
          { name: 'B', valueFrom: `${SECRET}:key::` },
          { name: 'C', valueFrom: 'name/of/a-parameter' },
        ],
        environmentFiles: [{ type: 's3', value: 'arn:aws:s3:::bucket/folder/a.env' }],
        repositoryCredentials: { credentialsParameter: 'name' },
      }),
    ),
    only({ credentialSpecs: [SPEC], dockerSecurityOptions: ['no-new-privileges', 'apparmor:p', 'label:user:u'] }),
    only({ resourceRequirements: [GPU] }),
    only({ resourceRequirements: [{ type: 'GPU', value: 'ALL' }] }),
    only({ resourceRequirements: [{ type: 'GPU', ...MPS }] }),
    {
      ...only({ resourceRequirements: [NEURON] }),
      networkMode: 'host',
      requiresCompatibilities: ['MANAGED_INSTANCES'],
    },
    only({ image: `app@sha256:${'aF'.repeat(32)}` }),
    logs('awslogs', { ...AWSLOGS, mode: 'non-blocking', 'max-buffer-size': '25m', 'awslogs-create-group': 'true' }),
    firelens({ 'enable-ecs-log-metadata': 'true', 'config-file-type': 'file', 'config-file-value': '/x' }),
    fsx({}),
    proxy({}),
    windows({ networkMode: 'awsvpc' }),
    volume({ configuredAtLaunch: true }),
    volume({ host: { sourcePath: '' }, dockerVolumeConfiguration: { scope: 'shared', autoprovision: true } }),
    volume(
      { s3filesVolumeConfiguration: { fileSystemArn: S3FILES, accessPointArn: S3FILES, rootDirectory: '/' } },
      'r',
    ),
    volume({
      efsVolumeConfiguration: {
        fileSystemId: 'fs-1',
        transitEncryption: 'ENABLED',
        authorizationConfig: { accessPointId: 'fsap-1', iam: 'ENABLED' },
      },
    }),
    { ...definition({ enableFaultInjection: true, networkMode: 'host' }) },
    only({ systemControls: [{ namespace: 'fs.mqueue.msg_max', value: '1' }] }),
    fargate({ ...ONE_VCPU, runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' } }),
    fargate(),
    fargate({ cpu: '.25 vcpu', memory: '0.5 GB' }),
    fargate(
      {},
      { linuxParameters: { capabilities: { add: ['SYS_PTRACE'], drop: ['ALL'] }, initProcessEnabled: true } },
    ),
  ];
  for (const input of fine) validateTaskDefinition(input);
});

test('sizes as ECS reads them', () => {
  assert.deepEqual(['256', '1 vCPU', '.5 vcpu', '2vCPU'].map(normaliseCpu), ['256', '1024', '512', '2048']);
  assert.deepEqual(['512', '1GB', '0.5 gb'].map(normaliseMemory), ['512', '1024', '512']);
});

test('law: Fargate has exactly the sizes of its table', () => {
  fc.assert(
    fc.property(fc.constantFrom(...FARGATE_SIZES.keys(), 128, 300), fc.integer({ min: 1, max: 130 }), (cpu, gib) => {
      const memory = gib * 1024;
      const has = FARGATE_SIZES.get(cpu)?.includes(memory) ?? false;
      assert.equal(fargateSizeProblem(String(cpu), String(memory), false) === undefined, has);
    }),
  );
});

test('law: a graph whose edges only go forward has no cycle, and with one way back it has', () => {
  const graph = fc
    .integer({ min: 2, max: 9 })
    .chain((size) =>
      fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 30 }).map((pairs) => ({ size, pairs })),
    );
  fc.assert(
    fc.property(graph, ({ size, pairs }) => {
      const edges = new Map<string, string[]>(Array.from({ length: size }, (_, n) => [String(n), []]));
      for (const [a, b] of pairs) if (a < b) edges.get(String(a))?.push(String(b));
      assert.equal(findCycle(edges), undefined);
      for (let n = 0; n + 1 < size; n += 1) edges.get(String(n))?.push(String(n + 1));
      edges.get(String(size - 1))?.push('0');
      const cycle = findCycle(edges);
      assert.ok(cycle !== undefined && cycle[0] === cycle.at(-1));
    }),
  );
});
