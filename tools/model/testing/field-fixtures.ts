import type { RegisterTaskDefinitionRequest, RunTaskRequest } from '@aws-sdk/client-ecs';

/** Where a member is seen to arrive, and as what. */
type Shows = Readonly<Record<string, readonly [pointer: string, expected: unknown]>>;
export interface Fixture {
  readonly name: string;
  readonly define: RegisterTaskDefinitionRequest & { readonly family: string };
  readonly run?: Partial<RunTaskRequest>;
  readonly shows?: { readonly define?: Shows; readonly run?: Shows };
  /** Paths (or what they begin with) of what is refused. */
  readonly refuses?: { readonly define?: readonly string[]; readonly run?: readonly string[] };
  readonly when?: 'registration' | 'launch';
  /** What the refusal says; the name when absent. */
  readonly text?: string;
}

const MIB = 1024 * 1024;
const ROLE = 'arn:aws:iam::123456789012:role/some';
const SECRET = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf';
const IMAGE = { name: 'app', image: 'gantry/hello', memory: 64 };
const containers = (shows: Shows): Shows =>
  Object.fromEntries(Object.entries(shows).map(([path, shown]) => [`containerDefinitions[].${path}`, shown]));
const volumes = (shows: Shows): Shows =>
  Object.fromEntries(Object.entries(shows).map(([path, shown]) => [`volumes[].${path}`, shown]));

const HOST = 'create/app/HostConfig';
const CHECK = 'create/db/Healthcheck';

const BRIDGE: Fixture = {
  name: 'a task of two containers in bridge mode',
  define: {
    family: 'bridge',
    networkMode: 'bridge',
    requiresCompatibilities: ['EC2'],
    executionRoleArn: ROLE,
    cpu: '512',
    memory: '1024',
    pidMode: 'host',
    ipcMode: 'none',
    ephemeralStorage: { sizeInGiB: 30 },
    enableFaultInjection: false,
    placementConstraints: [{ type: 'memberOf', expression: 'attribute:ecs.os-type == linux' }],
    runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
    tags: [{ key: 'team', value: 'blue' }],
    volumes: [
      { name: 'etc', host: { sourcePath: '/srv/etc' } },
      {
        name: 'data',
        dockerVolumeConfiguration: {
          scope: 'shared',
          autoprovision: true,
          driver: 'local',
          driverOpts: { type: 'tmpfs' },
          labels: { kind: 'scratch' },
        },
      },
    ],
    containerDefinitions: [
      {
        name: 'app',
        image: 'gantry/hello:1',
        cpu: 128,
        memory: 256,
        memoryReservation: 64,
        essential: true,
        entryPoint: ['/bin/sh'],
        command: ['-c', 'true'],
        environment: [{ name: 'A', value: 'b' }],
        links: ['db:store'],
        portMappings: [{ containerPort: 80, hostPort: 8080, protocol: 'udp', name: 'web', appProtocol: 'http' }],
        restartPolicy: { enabled: true, ignoredExitCodes: [3], restartAttemptPeriod: 60 },
        mountPoints: [
          { sourceVolume: 'etc', containerPath: '/etc/app', readOnly: true },
          { sourceVolume: 'data', containerPath: '/data', readOnly: false },
        ],
        volumesFrom: [{ sourceContainer: 'db', readOnly: true }],
        linuxParameters: {
          capabilities: { add: ['SYS_PTRACE'], drop: ['MKNOD'] },
          devices: [{ hostPath: '/dev/fuse', containerPath: '/dev/f', permissions: ['read'] }],
          initProcessEnabled: true,
          sharedMemorySize: 32,
          tmpfs: [{ containerPath: '/run', size: 16, mountOptions: ['noexec'] }],
          maxSwap: 128,
          swappiness: 10,
        },
        dependsOn: [{ containerName: 'db', condition: 'HEALTHY' }],
        stopTimeout: 7,
        versionConsistency: 'disabled',
        hostname: 'web',
        user: '1000:1000',
        workingDirectory: '/srv',
        privileged: false,
        readonlyRootFilesystem: true,
        dnsServers: ['10.0.0.2'],
        dnsSearchDomains: ['example.internal'],
        extraHosts: [{ hostname: 'db', ipAddress: '10.1.1.1' }],
        dockerSecurityOptions: ['no-new-privileges', 'apparmor:web', 'label:type:web_t'],
        interactive: true,
        pseudoTerminal: true,
        dockerLabels: { tier: 'front' },
        ulimits: [{ name: 'nproc', softLimit: 10, hardLimit: 20 }],
        logConfiguration: { logDriver: 'syslog', options: { 'syslog-address': 'udp://10.0.0.3:514' } },
        systemControls: [{ namespace: 'net.core.somaxconn', value: '1024' }],
      },
      {
        name: 'db',
        image: 'gantry/hello',
        memory: 64,
        essential: false,
        startTimeout: 90,
        healthCheck: { command: ['CMD', '/check'], interval: 6, timeout: 3, retries: 2, startPeriod: 9 },
      },
    ],
  },
  run: {
    cluster: 'default',
    count: 1,
    launchType: 'EC2',
    group: 'front',
    startedBy: 'somebody',
    referenceId: 'reference',
    clientToken: 'token',
    tags: [{ key: 'run', value: 'one' }],
    propagateTags: 'TASK_DEFINITION',
    enableECSManagedTags: true,
    enableExecuteCommand: true,
    placementConstraints: [{ type: 'memberOf', expression: 'runningTasksCount < 5' }],
    placementStrategy: [{ type: 'binpack', field: 'memory' }],
  },
  shows: {
    define: {
      family: ['payload/family', 'bridge'],
      'requiresCompatibilities[]': ['definition/requiresCompatibilities', ['EC2']],
      cpu: ['payload/cpu', 0.5],
      memory: ['payload/memory', 1024],
      pidMode: [`${HOST}/PidMode`, 'host'],
      ipcMode: [`${HOST}/IpcMode`, 'none'],
      'placementConstraints[].type': ['request/constraints/0/type', 'memberOf'],
      'placementConstraints[].expression': ['request/constraints/0/expression', 'attribute:ecs.os-type == linux'],
      'runtimePlatform.cpuArchitecture': ['requires/ecs.cpu-architecture', 'x86_64'],
      'runtimePlatform.operatingSystemFamily': ['requires/ecs.os-type', 'linux'],
      'tags[].key': ['task/tags/0/key', 'team'],
      'tags[].value': ['task/tags/0/value', 'blue'],
      ...volumes({
        name: [`${HOST}/Binds/1`, 'data:/data'],
        'host.sourcePath': [`${HOST}/Binds/0`, '/srv/etc:/etc/app:ro'],
        'dockerVolumeConfiguration.scope': ['volumes/0/name', 'data'],
        'dockerVolumeConfiguration.autoprovision': ['volumes/length', 1],
        'dockerVolumeConfiguration.driver': ['volumes/0/driver', 'local'],
        'dockerVolumeConfiguration.driverOpts': ['volumes/0/driverOpts', { type: 'tmpfs' }],
        'dockerVolumeConfiguration.labels': ['volumes/0/labels', { kind: 'scratch' }],
      }),
      ...containers({
        name: ['create/app/Labels/com.amazonaws.ecs.container-name', 'app'],
        image: ['create/app/Image', 'gantry/hello:1'],
        cpu: [`${HOST}/CpuShares`, 128],
        memory: [`${HOST}/Memory`, 256 * MIB],
        memoryReservation: [`${HOST}/MemoryReservation`, 64 * MIB],
        essential: ['plan/db/essential', false],
        'entryPoint[]': ['create/app/Entrypoint', ['/bin/sh']],
        'command[]': ['create/app/Cmd', ['-c', 'true']],
        'environment[].name': ['create/app/Env', ['AWS_EXECUTION_ENV=AWS_ECS_EC2', 'A=b']],
        'environment[].value': ['create/app/Env/1', 'A=b'],
        'links[]': [`${HOST}/Links/0`, /^ecs-bridge-1-db-[0-9a-f]{20}:store$/],
        'portMappings[].containerPort': ['create/app/ExposedPorts', { '80/udp': {} }],
        'portMappings[].hostPort': ['request/reservation/udpPorts', [8080]],
        'portMappings[].protocol': [`${HOST}/PortBindings`, { '80/udp': [{ HostIp: '0.0.0.0', HostPort: '8080' }] }],
        'restartPolicy.enabled': ['plan/app/restart', { ignoredExitCodes: [3], periodMs: 60_000 }],
        'restartPolicy.ignoredExitCodes[]': ['plan/app/restart/ignoredExitCodes', [3]],
        'restartPolicy.restartAttemptPeriod': ['plan/app/restart/periodMs', 60_000],
        'mountPoints[].sourceVolume': [`${HOST}/Binds/0`, '/srv/etc:/etc/app:ro'],
        'mountPoints[].containerPath': [`${HOST}/Binds/1`, 'data:/data'],
        'mountPoints[].readOnly': [`${HOST}/Binds`, ['/srv/etc:/etc/app:ro', 'data:/data']],
        'volumesFrom[].sourceContainer': [`${HOST}/VolumesFrom/0`, /^ecs-bridge-1-db-[0-9a-f]{20}:ro$/],
        'volumesFrom[].readOnly': [`${HOST}/VolumesFrom/0`, /:ro$/],
        'linuxParameters.capabilities.add[]': [`${HOST}/CapAdd`, ['SYS_PTRACE']],
        'linuxParameters.capabilities.drop[]': [`${HOST}/CapDrop`, ['MKNOD']],
        'linuxParameters.devices[].hostPath': [`${HOST}/Devices/0/PathOnHost`, '/dev/fuse'],
        'linuxParameters.devices[].containerPath': [`${HOST}/Devices/0/PathInContainer`, '/dev/f'],
        'linuxParameters.devices[].permissions[]': [`${HOST}/Devices/0/CgroupPermissions`, 'r'],
        'linuxParameters.initProcessEnabled': [`${HOST}/Init`, true],
        'linuxParameters.sharedMemorySize': [`${HOST}/ShmSize`, 32 * MIB],
        'linuxParameters.tmpfs[].containerPath': [`${HOST}/Tmpfs`, { '/run': 'noexec,size=16m' }],
        'linuxParameters.tmpfs[].size': [`${HOST}/Tmpfs`, { '/run': 'noexec,size=16m' }],
        'linuxParameters.tmpfs[].mountOptions[]': [`${HOST}/Tmpfs`, { '/run': 'noexec,size=16m' }],
        'linuxParameters.maxSwap': [`${HOST}/MemorySwap`, (256 + 128) * MIB],
        'linuxParameters.swappiness': [`${HOST}/MemorySwappiness`, 10],
        'dependsOn[].containerName': ['plan/app/dependencies/2/on', 'db'],
        'dependsOn[].condition': ['plan/app/dependencies/2/condition', 'HEALTHY'],
        startTimeout: ['plan/db/startTimeoutMs', 90_000],
        stopTimeout: ['plan/app/stopTimeoutS', 7],
        versionConsistency: ['definition/containerDefinitions/0/versionConsistency', 'disabled'],
        hostname: ['create/app/Hostname', 'web'],
        user: ['create/app/User', '1000:1000'],
        workingDirectory: ['create/app/WorkingDir', '/srv'],
        readonlyRootFilesystem: [`${HOST}/ReadonlyRootfs`, true],
        'dnsServers[]': [`${HOST}/Dns`, ['10.0.0.2']],
        'dnsSearchDomains[]': [`${HOST}/DnsSearch`, ['example.internal']],
        'extraHosts[].hostname': [`${HOST}/ExtraHosts`, ['db:10.1.1.1']],
        'extraHosts[].ipAddress': [`${HOST}/ExtraHosts/0`, 'db:10.1.1.1'],
        'dockerSecurityOptions[]': [`${HOST}/SecurityOpt`, ['no-new-privileges', 'apparmor:web', 'label:type:web_t']],
        interactive: ['create/app/OpenStdin', true],
        pseudoTerminal: ['create/app/Tty', true],
        dockerLabels: ['create/app/Labels/tier', 'front'],
        'ulimits[].name': [`${HOST}/Ulimits/0/Name`, 'nproc'],
        'ulimits[].softLimit': [`${HOST}/Ulimits/0/Soft`, 10],
        'ulimits[].hardLimit': [`${HOST}/Ulimits/0/Hard`, 20],
        'logConfiguration.logDriver': [`${HOST}/LogConfig/Type`, 'syslog'],
        'logConfiguration.options': [`${HOST}/LogConfig/Config/syslog-address`, 'udp://10.0.0.3:514'],
        'healthCheck.command[]': [`${CHECK}/Test`, ['CMD', '/check']],
        'healthCheck.interval': [`${CHECK}/Interval`, 6e9],
        'healthCheck.timeout': [`${CHECK}/Timeout`, 3e9],
        'healthCheck.retries': [`${CHECK}/Retries`, 2],
        'healthCheck.startPeriod': [`${CHECK}/StartPeriod`, 9e9],
        'systemControls[].namespace': [`${HOST}/Sysctls`, { 'net.core.somaxconn': '1024' }],
        'systemControls[].value': [`${HOST}/Sysctls/net.core.somaxconn`, '1024'],
      }),
    },
    run: {
      group: ['request/group', /\nfront$/],
      startedBy: ['task/startedBy', 'somebody'],
      clientToken: ['again', true],
      'tags[].key': ['task/tags/1/key', 'run'],
      'tags[].value': ['task/tags/1/value', 'one'],
      propagateTags: ['task/tags/0', { key: 'team', value: 'blue' }],
      enableECSManagedTags: ['task/tags/2', { key: 'aws:ecs:clusterName', value: 'default' }],
      enableExecuteCommand: ['requires/gantry.execute-command', ''],
      'placementConstraints[].type': ['request/constraints/1/type', 'memberOf'],
      'placementConstraints[].expression': ['request/constraints/1/expression', 'runningTasksCount < 5'],
      'placementStrategy[].type': ['request/strategy/0/type', 'binpack'],
      'placementStrategy[].field': ['request/strategy/0/field', 'memory'],
    },
  },
};

const OVERRIDDEN: Fixture = {
  name: 'privileged, without a network, overridden',
  define: {
    family: 'bare',
    networkMode: 'none',
    containerDefinitions: [{ ...IMAGE, privileged: true, disableNetworking: true }],
  },
  run: {
    overrides: {
      cpu: '256',
      memory: '512',
      executionRoleArn: ROLE,
      containerOverrides: [
        {
          name: 'app',
          command: ['sleep', '1'],
          environment: [{ name: 'X', value: 'y' }],
          cpu: 64,
          memory: 128,
          memoryReservation: 32,
        },
      ],
    },
  },
  shows: {
    define: {
      networkMode: [`${HOST}/NetworkMode`, 'none'],
      ...containers({
        privileged: [`${HOST}/Privileged`, true],
        disableNetworking: ['create/app/NetworkDisabled', true],
      }),
    },
    run: {
      'overrides.cpu': ['payload/cpu', 0.25],
      'overrides.memory': ['request/reservation/memoryMiB', 512],
      'overrides.containerOverrides[].name': ['task/overrides/containerOverrides/0/name', 'app'],
      'overrides.containerOverrides[].command[]': ['create/app/Cmd', ['sleep', '1']],
      'overrides.containerOverrides[].environment[].name': ['create/app/Env/1', 'X=y'],
      'overrides.containerOverrides[].environment[].value': ['create/app/Env/1', 'X=y'],
      'overrides.containerOverrides[].cpu': [`${HOST}/CpuShares`, 64],
      'overrides.containerOverrides[].memory': [`${HOST}/Memory`, 128 * MIB],
      'overrides.containerOverrides[].memoryReservation': [`${HOST}/MemoryReservation`, 32 * MIB],
    },
  },
};

const FARGATE: Fixture = {
  name: 'on Fargate by a strategy',
  define: {
    family: 'far',
    networkMode: 'awsvpc',
    cpu: '256',
    memory: '512',
    requiresCompatibilities: ['FARGATE'],
    containerDefinitions: [{ name: 'app', image: 'gantry/hello' }],
  },
  run: {
    cluster: 'other',
    count: 2,
    capacityProviderStrategy: [
      { capacityProvider: 'FARGATE', base: 1, weight: 0 },
      { capacityProvider: 'FARGATE_SPOT', weight: 1 },
    ],
    platformVersion: '1.4.0',
    networkConfiguration: {
      awsvpcConfiguration: { subnets: ['subnet-b'], securityGroups: ['sg-1'], assignPublicIp: 'ENABLED' },
    },
    overrides: { ephemeralStorage: { sizeInGiB: 40 } },
  },
  shows: {
    run: {
      cluster: ['task/cluster', 'other'],
      count: ['count', 2],
      'capacityProviderStrategy[].capacityProvider': ['providers', ['FARGATE', 'FARGATE_SPOT']],
      'capacityProviderStrategy[].base': ['providers/0', 'FARGATE'],
      'capacityProviderStrategy[].weight': ['providers/1', 'FARGATE_SPOT'],
      'networkConfiguration.awsvpcConfiguration.subnets[]': ['request/zones', ['us-east-1b']],
      'networkConfiguration.awsvpcConfiguration.securityGroups[]': [
        'task/awsvpcConfiguration/securityGroups',
        ['sg-1'],
      ],
      'overrides.ephemeralStorage.sizeInGiB': ['payload/ephemeralStorageGiB', 40],
    },
  },
};

const BY_LAUNCH_TYPE: Fixture = {
  name: 'on Fargate by launch type',
  define: { ...FARGATE.define, ephemeralStorage: { sizeInGiB: 30 } },
  run: { launchType: 'FARGATE', networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } } },
  shows: {
    define: { 'ephemeralStorage.sizeInGiB': ['payload/ephemeralStorageGiB', 30] },
    run: { launchType: ['payload/launchType', 'FARGATE'] },
  },
};

const NAMED: Fixture = {
  name: 'of another family than was registered last',
  define: { family: 'last', containerDefinitions: [IMAGE] },
  run: { taskDefinition: 'web:1' },
  shows: { run: { taskDefinition: ['payload/family', 'web'] } },
};

/** A definition of one plain container with something more, that is refused when it is to run. */
function later(
  name: string,
  refuses: readonly string[],
  more: Partial<RegisterTaskDefinitionRequest>,
  container: object = {},
): Fixture {
  const define: Fixture['define'] = {
    family: 'later',
    executionRoleArn: ROLE,
    containerDefinitions: [{ ...IMAGE, ...container }],
    ...more,
  };
  const run = { networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } } };
  return { name, refuses: { define: refuses }, define, ...(define.networkMode === 'awsvpc' ? { run } : {}) };
}
const inContainer = (name: string, member: string, value: unknown): Fixture =>
  later(name, [`containerDefinitions[].${member}`], {}, { [member]: value });
const inVolume = (name: string, member: string, value: unknown): Fixture =>
  later(name, [`volumes[].${member}`], { taskRoleArn: ROLE, volumes: [{ name: 'v', [member]: value }] });

const SECRETS: Fixture = {
  name: 'secrets and port ranges',
  define: {
    family: 'secrets',
    executionRoleArn: ROLE,
    containerDefinitions: [
      {
        ...IMAGE,
        portMappings: [{ containerPortRange: '8000-8001', protocol: 'udp' }],
        secrets: [{ name: 'PASSWORD', valueFrom: '/app/password' }],
        repositoryCredentials: { credentialsParameter: SECRET },
        logConfiguration: {
          logDriver: 'syslog',
          secretOptions: [{ name: 'syslog-address', valueFrom: SECRET }],
        },
      },
    ],
  },
  shows: {
    define: containers({
      'portMappings[].containerPortRange': ['create/app/ExposedPorts', { '8000/udp': {}, '8001/udp': {} }],
      'repositoryCredentials.credentialsParameter': ['login/app/username', SECRET],
      'secrets[].name': ['create/app/Env/1', 'PASSWORD=value of /app/password'],
      'secrets[].valueFrom': ['create/app/Env/1', 'PASSWORD=value of /app/password'],
      'logConfiguration.secretOptions[].name': [
        `${HOST}/LogConfig/Config/syslog-address`,
        JSON.stringify({ username: SECRET, password: 'p' }),
      ],
      'logConfiguration.secretOptions[].valueFrom': [
        `${HOST}/LogConfig/Config/syslog-address`,
        JSON.stringify({ username: SECRET, password: 'p' }),
      ],
    }),
  },
};

const FROM_FILE = ['create/app/Env/1', 'FROM=bucket/a.env'] as const;
const WITH_FILE = {
  family: 'files',
  executionRoleArn: ROLE,
  containerDefinitions: [{ ...IMAGE, environmentFiles: [{ type: 's3' as const, value: 'arn:aws:s3:::bucket/a.env' }] }],
};
const FILES: Fixture = {
  name: 'environment files',
  define: WITH_FILE,
  shows: { define: containers({ 'environmentFiles[].value': FROM_FILE }) },
};
const OTHER_FILES: Fixture = {
  name: 'other environment files',
  define: WITH_FILE,
  run: {
    overrides: {
      containerOverrides: [{ name: 'app', environmentFiles: [{ type: 's3', value: 'arn:aws:s3:::other/b.env' }] }],
    },
  },
  shows: {
    run: {
      'overrides.containerOverrides[].environmentFiles[].value': ['create/app/Env/1', 'FROM=other/b.env'],
    },
  },
};

const ROUTED: Fixture = {
  name: 'a log router of its own',
  define: {
    family: 'routed',
    containerDefinitions: [
      { ...IMAGE, logConfiguration: { logDriver: 'awsfirelens', options: { Name: 'null' } } },
      {
        ...IMAGE,
        name: 'router',
        firelensConfiguration: { type: 'fluentbit', options: { 'enable-ecs-log-metadata': 'false' } },
      },
    ],
  },
  shows: {
    define: containers({
      'firelensConfiguration.type': ['firelens/type', 'fluentbit'],
      'firelensConfiguration.options': ['firelens/metadata', []],
    }),
  },
};

const OTHER_ROLE = 'arn:aws:iam::123456789012:role/other';
const ROLES: Fixture = {
  name: 'roles',
  define: { family: 'roles', taskRoleArn: ROLE, executionRoleArn: ROLE, containerDefinitions: [IMAGE] },
  shows: {
    define: {
      taskRoleArn: ['roles/roleCredentials/roleArn', ROLE],
      executionRoleArn: ['roles/executionRoleCredentials/roleArn', ROLE],
    },
  },
};
const OTHER_ROLES: Fixture = {
  name: "the run's own roles",
  define: { ...ROLES.define, family: 'other' },
  run: { overrides: { taskRoleArn: OTHER_ROLE, executionRoleArn: OTHER_ROLE } },
  shows: {
    run: {
      'overrides.taskRoleArn': ['roles/roleCredentials/roleArn', OTHER_ROLE],
      'overrides.executionRoleArn': ['roles/executionRoleCredentials/roleArn', OTHER_ROLE],
    },
  },
};

/** The run asks for as many as the instance has, in the place of the definition's one. */
const GPUS: Fixture = {
  name: 'GPUs',
  define: {
    family: 'gpus',
    containerDefinitions: [IMAGE, { ...IMAGE, name: 'db', resourceRequirements: [{ type: 'GPU', value: '1' }] }],
  },
  run: { overrides: { containerOverrides: [{ name: 'app', resourceRequirements: [{ type: 'GPU', value: '2' }] }] } },
  shows: {
    define: containers({
      'resourceRequirements[].type': ['create/db/HostConfig/DeviceRequests/0/DeviceIDs', ['GPU-3']],
      'resourceRequirements[].value': ['create/db/Env/1', 'NVIDIA_VISIBLE_DEVICES=GPU-3'],
    }),
    run: {
      'overrides.containerOverrides[].resourceRequirements[].type': [
        `${HOST}/DeviceRequests/0/DeviceIDs`,
        ['GPU-1', 'GPU-2'],
      ],
      'overrides.containerOverrides[].resourceRequirements[].value': ['request/reservation/gpuCount', 3],
    },
  },
};

const MPS = { nvidiaMps: { memory: 512, maxComputePercent: 50 } };
const LATER: readonly Fixture[] = [
  inContainer('Credential specs', 'credentialSpecs', ['credentialspec:arn:aws:s3:::bucket/spec.json']),
  inContainer('GPUs that containers share', 'resourceRequirements', [{ type: 'GPU', sharingStrategy: MPS }]),
  inContainer('All GPUs of an instance', 'resourceRequirements', [{ type: 'GPU', value: 'ALL' }]),
  later('App Mesh', ['proxyConfiguration'], {
    networkMode: 'awsvpc',
    proxyConfiguration: {
      type: 'APPMESH',
      containerName: 'app',
      properties: [
        { name: 'IgnoredUID', value: '1337' },
        { name: 'AppPorts', value: '80' },
        { name: 'ProxyIngressPort', value: '15000' },
        { name: 'ProxyEgressPort', value: '15001' },
      ],
    },
  }),
  ...['dnsServers', 'dnsSearchDomains', 'disableNetworking'].map((member) =>
    later(
      `'${member}' of container 'app' with networkMode 'awsvpc'`,
      [],
      { networkMode: 'awsvpc' },
      { [member]: member === 'disableNetworking' ? true : ['10.0.0.2'] },
    ),
  ),
  later('Windows', [], { runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' } }),
  later('Credential specs', [], {}, { dockerSecurityOptions: ['credentialspec:file://spec.json'] }),
  later(
    "Log option 'awslogs-endpoint'",
    [],
    {},
    {
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-group': 'g', 'awslogs-region': 'us-east-1', 'awslogs-endpoint': 'x' },
      },
    },
  ),
  later('Fault injection', ['enableFaultInjection'], { networkMode: 'host', enableFaultInjection: true }),
  inVolume('S3 Files volumes', 's3filesVolumeConfiguration', {
    fileSystemArn: 'arn:aws:s3files:us-east-1:123456789012:file-system/fs-1',
    rootDirectory: '/',
    transitEncryptionPort: 2049,
    accessPointArn: 'arn:aws:s3files:us-east-1:123456789012:file-system/fs-1/access-point/fsap-1',
  }),
  inVolume('FSx for Windows File Server volumes', 'fsxWindowsFileServerVolumeConfiguration', {
    fileSystemId: 'fs-1',
    rootDirectory: 'share',
    authorizationConfig: { credentialsParameter: SECRET, domain: 'corp.example' },
  }),
  {
    name: 'EBS volumes',
    refuses: { define: ['volumes[].configuredAtLaunch'], run: ['volumeConfigurations'] },
    define: {
      family: 'ebs',
      volumes: [{ name: 'v', configuredAtLaunch: true }],
      containerDefinitions: [IMAGE],
    },
    run: {
      volumeConfigurations: [
        {
          name: 'v',
          managedEBSVolume: {
            roleArn: ROLE,
            encrypted: true,
            kmsKeyId: 'key',
            volumeType: 'gp3',
            sizeInGiB: 20,
            snapshotId: 'snap-1',
            volumeInitializationRate: 200,
            iops: 3000,
            throughput: 125,
            tagSpecifications: [
              { resourceType: 'volume', tags: [{ key: 'a', value: 'b' }], propagateTags: 'TASK_DEFINITION' },
            ],
            terminationPolicy: { deleteOnTermination: true },
            filesystemType: 'xfs',
          },
        },
      ],
    },
  },
];

/** A call of RunTask for a plain definition that is refused. */
const call = (text: string, refuses: readonly string[], run: Partial<RunTaskRequest>): Fixture => ({
  name: refuses.join(', '),
  text,
  refuses: { run: refuses },
  define: { family: 'plain', containerDefinitions: [IMAGE] },
  run,
});
const ofApp = (more: object): Partial<RunTaskRequest> => ({
  overrides: { containerOverrides: [{ name: 'app', ...more }] },
});
const CALLS: readonly Fixture[] = [
  call(
    'GPUs that containers share',
    ['overrides.containerOverrides[].resourceRequirements'],
    ofApp({
      resourceRequirements: [{ type: 'GPU', sharingStrategy: MPS }],
    }),
  ),
  call('inferenceAcceleratorOverrides', ['overrides.inferenceAcceleratorOverrides'], {
    overrides: { inferenceAcceleratorOverrides: [{ deviceName: 'd', deviceType: 't' }] },
  }),
];

/** `fate-of.ts` has the file system and the access point: an NFS export each. */
const SHARED: Fixture = {
  name: 'a task with file systems',
  define: {
    family: 'shared',
    networkMode: 'bridge',
    volumes: [
      {
        name: 'files',
        efsVolumeConfiguration: {
          fileSystemId: 'fs-1',
          rootDirectory: '/in',
          transitEncryption: 'ENABLED',
          transitEncryptionPort: 2049,
          authorizationConfig: { iam: 'ENABLED' },
        },
      },
      {
        name: 'point',
        efsVolumeConfiguration: {
          fileSystemId: 'fs-1',
          transitEncryption: 'ENABLED',
          authorizationConfig: { accessPointId: 'fsap-1' },
        },
      },
    ],
    containerDefinitions: [IMAGE],
  },
  shows: {
    define: volumes({
      'efsVolumeConfiguration.fileSystemId': ['volumes/0/driverOpts/o', /^addr=nas,/],
      'efsVolumeConfiguration.rootDirectory': ['volumes/0/driverOpts/device', ':/export/in'],
      'efsVolumeConfiguration.authorizationConfig.accessPointId': ['volumes/1/driverOpts/device', ':/export/point'],
    }),
  },
};

export const FIXTURES: readonly Fixture[] = [
  BRIDGE,
  SHARED,
  ROLES,
  OTHER_ROLES,
  OVERRIDDEN,
  GPUS,
  FARGATE,
  BY_LAUNCH_TYPE,
  SECRETS,
  FILES,
  OTHER_FILES,
  NAMED,
  ROUTED,
  ...LATER,
  ...CALLS,
  {
    name: 'inferenceAccelerators',
    when: 'registration',
    refuses: { define: ['inferenceAccelerators'] },
    define: {
      family: 'elastic',
      inferenceAccelerators: [{ deviceName: 'd', deviceType: 't' }],
      containerDefinitions: [IMAGE],
    },
  },
];
