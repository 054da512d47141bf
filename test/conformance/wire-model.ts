/**
 * What the stock agent (1.105) decodes, member by member, in the types of its language. It decodes the whole frame or
 * drops it with a line in its log: one text where a number belongs, and a task never starts.
 *
 * `int` and `long` are whole JSON numbers, `uint` and `port` are not negative, `[X]` is a list, `{string}` a map of texts.
 */
type Shape = Readonly<Record<string, string>>;

const SHAPES: Readonly<Record<string, Shape>> = {
  HeartbeatMessage: { healthy: 'bool', messageId: 'string' },
  PayloadMessage: {
    messageId: 'string',
    clusterArn: 'string',
    containerInstanceArn: 'string',
    seqNum: 'int',
    generatedAt: 'long',
    tasks: '[Task]',
  },
  TaskManifestMessage: {
    messageId: 'string',
    clusterArn: 'string',
    containerInstanceArn: 'string',
    generatedAt: 'long',
    timeline: 'long',
    tasks: '[TaskIdentifier]',
  },
  TaskStopVerificationAck: { messageId: 'string', generatedAt: 'long', stopTasks: '[TaskIdentifier]' },
  IAMRoleCredentialsMessage: {
    messageId: 'string',
    taskArn: 'string',
    taskClusterArn: 'string',
    roleType: 'string',
    roleCredentials: 'Credentials',
  },
  AckPublishMetric: { message: 'string' },
  AckPublishHealth: { message: 'string' },
  AckPublishInstanceStatus: { message: 'string' },
  StopTelemetrySessionMessage: { message: 'string' },
  TaskIdentifier: { taskArn: 'string', taskClusterArn: 'string', desiredStatus: 'string' },
  Credentials: {
    credentialsId: 'string',
    roleArn: 'string',
    accessKeyId: 'string',
    secretAccessKey: 'string',
    sessionToken: 'string',
    expiration: 'string',
  },
  Task: {
    arn: 'string',
    taskClusterArn: 'string',
    family: 'string',
    version: 'string',
    desiredStatus: 'string',
    containers: '[Container]',
    volumes: '[Volume]',
    overrides: 'string',
    networkMode: 'string',
    cpu: 'double',
    memory: 'uint',
    pidMode: 'string',
    ipcMode: 'string',
    launchType: 'string',
    serviceName: 'string',
    group: 'string',
    zone: 'string',
    taskDefinitionAccountId: 'string',
    roleCredentials: 'Credentials',
    executionRoleCredentials: 'Credentials',
    elasticNetworkInterfaces: '[Interface]',
    associations: '[Association]',
    enableFaultInjection: 'bool',
  },
  Container: {
    name: 'string',
    image: 'string',
    command: '[string]',
    entryPoint: '[string]',
    environment: '{string}',
    environmentFiles: '[EnvironmentFile]',
    essential: 'bool',
    cpu: 'uint',
    memory: 'uint',
    overrides: 'overrides',
    dockerConfig: 'DockerConfig',
    portMappings: '[PortMapping]',
    mountPoints: '[MountPoint]',
    volumesFrom: '[VolumeFrom]',
    links: '[string]',
    dependsOn: '[DependsOn]',
    startTimeout: 'uint',
    stopTimeout: 'uint',
    healthCheckType: 'string',
    restartPolicy: 'RestartPolicy',
    containerArn: 'string',
    secrets: '[Secret]',
    registryAuthentication: 'RegistryAuthentication',
    logsAuthStrategy: 'string',
    firelensConfiguration: 'Firelens',
    managedAgents: '[ManagedAgent]',
  },
  DockerConfig: { config: 'Config', hostConfig: 'HostConfig', version: 'string' },
  PortMapping: { containerPort: 'port', hostPort: 'port', containerPortRange: 'string', protocol: 'string' },
  MountPoint: { sourceVolume: 'string', containerPath: 'string', readOnly: 'bool' },
  VolumeFrom: { sourceContainer: 'string', readOnly: 'bool' },
  DependsOn: { containerName: 'string', condition: 'string' },
  RestartPolicy: { enabled: 'bool', ignoredExitCodes: '[int]', restartAttemptPeriod: 'int' },
  Secret: {
    name: 'string',
    valueFrom: 'string',
    region: 'string',
    provider: 'string',
    type: 'string',
    target: 'string',
    containerPath: 'string',
  },
  EnvironmentFile: { value: 'string', type: 'string' },
  RegistryAuthentication: { type: 'string', ecrAuthData: 'EcrAuth', asmAuthData: 'AsmAuth' },
  EcrAuth: { registryId: 'string', region: 'string', endpointOverride: 'string', useExecutionRole: 'bool' },
  AsmAuth: { credentialsParameter: 'string', region: 'string' },
  Firelens: { type: 'string', options: '{string}' },
  ManagedAgent: { name: 'string', properties: '{string}' },
  Association: { name: 'string', type: 'string', containers: '[string]', content: 'Content' },
  Content: { encoding: 'string', value: 'string' },
  Volume: {
    name: 'string',
    type: 'string',
    host: 'Host',
    dockerVolumeConfiguration: 'DockerVolume',
    efsVolumeConfiguration: 'EfsVolume',
  },
  Host: { sourcePath: 'string' },
  DockerVolume: {
    scope: 'string',
    autoprovision: 'bool',
    driver: 'string',
    driverOpts: '{string}',
    labels: '{string}',
  },
  EfsVolume: {
    fileSystemId: 'string',
    rootDirectory: 'string',
    transitEncryption: 'string',
    transitEncryptionPort: 'int',
    authorizationConfig: 'EfsAuthorization',
  },
  EfsAuthorization: { accessPointId: 'string', iam: 'string' },
  Interface: {
    ec2Id: 'string',
    macAddress: 'string',
    attachmentArn: 'string',
    ipv4Addresses: '[Ipv4]',
    subnetGatewayIpv4Address: 'string',
    domainNameServers: '[string]',
    domainName: '[string]',
    privateDnsName: 'string',
    name: 'string',
    index: 'int',
  },
  Ipv4: { privateAddress: 'string', primary: 'bool' },
  // The engine's own types, inside the JSON texts of dockerConfig.
  'Config text': {
    User: 'string',
    WorkingDir: 'string',
    Hostname: 'string',
    Labels: '{string}',
    OpenStdin: 'bool',
    Tty: 'bool',
    NetworkDisabled: 'bool',
    Healthcheck: 'Healthcheck',
  },
  Healthcheck: { Test: '[string]', Interval: 'long', Timeout: 'long', Retries: 'int', StartPeriod: 'long' },
  'HostConfig text': {
    NetworkMode: 'string',
    LogConfig: 'LogConfig',
    Privileged: 'bool',
    ReadonlyRootfs: 'bool',
    Dns: '[string]',
    DnsSearch: '[string]',
    ExtraHosts: '[string]',
    SecurityOpt: '[string]',
    Ulimits: '[Ulimit]',
    MemoryReservation: 'long',
    Sysctls: '{string}',
    CapAdd: '[string]',
    CapDrop: '[string]',
    Devices: '[Device]',
    Init: 'bool',
    ShmSize: 'long',
    Tmpfs: '{string}',
    MemorySwap: 'long',
    MemorySwappiness: 'long',
  },
  LogConfig: { Type: 'string', Config: '{string}' },
  Ulimit: { Name: 'string', Soft: 'long', Hard: 'long' },
  Device: { PathOnHost: 'string', PathInContainer: 'string', CgroupPermissions: 'string' },
};

/** Without these the agent drops the message, or could not do what it says. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  PayloadMessage: ['messageId', 'clusterArn', 'containerInstanceArn', 'seqNum', 'tasks'],
  TaskManifestMessage: ['messageId', 'clusterArn', 'containerInstanceArn', 'timeline', 'tasks'],
  TaskStopVerificationAck: ['messageId', 'stopTasks'],
  IAMRoleCredentialsMessage: ['messageId', 'taskArn', 'roleType', 'roleCredentials'],
  Credentials: ['credentialsId', 'accessKeyId', 'secretAccessKey', 'sessionToken', 'expiration'],
  Task: ['arn', 'family', 'version', 'desiredStatus', 'containers'],
  Container: ['name', 'image', 'essential', 'environment', 'overrides', 'dockerConfig'],
  TaskIdentifier: ['taskArn', 'taskClusterArn', 'desiredStatus'],
};

const VALUES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  int: (value) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 31,
  long: (value) => Number.isSafeInteger(value),
  uint: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31,
  port: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 16,
  double: (value) => Number.isFinite(value),
};

/** Everything in a frame the stock agent would stumble over, with its path; none for a good one. */
export function stumbles(frame: { readonly type: string; readonly message: unknown }): readonly string[] {
  if (SHAPES[frame.type] === undefined) return [`${frame.type}: a type the agent does not know`];
  const found: string[] = [];
  check(frame.type, frame.message, frame.type, found);
  return found;
}

function check(type: string, value: unknown, path: string, found: string[]): void {
  const isValue = VALUES[type];
  if (isValue !== undefined) {
    if (!isValue(value)) found.push(`${path}: ${JSON.stringify(value)} is no ${type}`);
    return;
  }
  if (type.startsWith('[')) return checkList(type.slice(1, -1), value, path, found);
  if (type === '{string}') return checkMap(value, path, found);
  if (type === 'overrides') return checkOverrides(value, path, found);
  if (type === 'Config' || type === 'HostConfig') return check(`${type} text`, textOf(value, path, found), path, found);
  checkStructure(type, value, path, found);
}

function checkList(member: string, value: unknown, path: string, found: string[]): void {
  if (!Array.isArray(value)) return void found.push(`${path}: ${JSON.stringify(value)} is no list`);
  for (const [at, item] of value.entries()) check(member, item, `${path}[${at}]`, found);
}

function checkMap(value: unknown, path: string, found: string[]): void {
  if (!isObject(value)) return void found.push(`${path}: ${JSON.stringify(value)} is no map`);
  for (const [name, item] of Object.entries(value)) check('string', item, `${path}.${name}`, found);
}

/** The one text whose unknown keys are an error: the task is reported STOPPED and its message never acked. */
function checkOverrides(value: unknown, path: string, found: string[]): void {
  const overrides = textOf(value, path, found);
  if (!isObject(overrides)) return void found.push(`${path}: no object`);
  for (const [name, item] of Object.entries(overrides)) {
    if (name === 'command') checkList('string', item, `${path}.command`, found);
    else found.push(`${path}.${name}: an unknown key`);
  }
}

function checkStructure(type: string, value: unknown, path: string, found: string[]): void {
  const shape = SHAPES[type];
  if (shape === undefined) throw new Error(`the model has no ${type}`);
  if (!isObject(value)) return void found.push(`${path}: ${JSON.stringify(value)} is no ${type}`);
  for (const [name, member] of Object.entries(value)) {
    const memberType = shape[name];
    if (memberType === undefined) found.push(`${path}.${name}: the agent has no such member`);
    else check(memberType, member, `${path}.${name}`, found);
  }
  for (const name of REQUIRED[type] ?? []) if (!Object.hasOwn(value, name)) found.push(`${path}.${name}: missing`);
}

function textOf(value: unknown, path: string, found: string[]): unknown {
  if (typeof value !== 'string') return void found.push(`${path}: ${JSON.stringify(value)} is no JSON text`);
  try {
    return JSON.parse(value);
  } catch {
    return void found.push(`${path}: ${value} is no JSON`);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
