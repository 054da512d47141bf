import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerDefinition, Task, TaskDefinition } from '@gantry/domain';
import type { PayloadContainer, PayloadTask } from '@gantry/protocol';
import fc from 'fast-check';
import { aContainer, aDefinition, aTask } from '../testing/documents.ts';
import { renderLogConfig, type LogMode } from './log-config.ts';
import { gatewayCidr } from './network.ts';
import { renderStop, renderTask } from './task.ts';

const subnets = [{ subnetId: 'subnet-1', availabilityZone: 'us-east-1a', cidr: '10.0.0.0/24' }];
const MIB = 1024 * 1024;

function rendered(
  definition: Partial<TaskDefinition> = {},
  task: Partial<Task> = {},
  logMode: LogMode = 'non-blocking',
): PayloadTask {
  return renderTask({ task: aTask(1, task), definition: aDefinition(definition), subnets, logMode });
}

function container(over: Partial<ContainerDefinition>, task: Partial<Task> = {}): PayloadContainer {
  return rendered({ containerDefinitions: [aContainer(over)] }, task).containers[0] as PayloadContainer;
}

const docker = (over: Partial<ContainerDefinition>, task: Partial<Task> = {}) => {
  const { config, hostConfig } = container(over, task).dockerConfig;
  return {
    config: JSON.parse(config) as Readonly<Record<string, unknown>>,
    hostConfig: JSON.parse(hostConfig) as Readonly<Record<string, unknown>>,
  };
};

test('a whole task', () => {
  assert.deepEqual(
    rendered({ cpu: '512', memory: '1024', pidMode: 'task', ipcMode: 'none' }, { cpu: '512', memory: '1024' }),
    {
      arn: 'arn:aws:ecs:us-east-1:000000000000:task/default/00000000000000000000000000000001',
      taskClusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/default',
      family: 'web',
      version: '7',
      desiredStatus: 'RUNNING',
      containers: [
        {
          name: 'web',
          image: 'gantry/hello:latest',
          environment: { AWS_EXECUTION_ENV: 'AWS_ECS_EC2' },
          essential: true,
          cpu: 0,
          memory: 0,
          overrides: '{}',
          dockerConfig: { config: '{}', hostConfig: '{"NetworkMode":"bridge"}', version: '1.24' },
          portMappings: [],
          mountPoints: [],
          volumesFrom: [],
          dependsOn: [],
          containerArn:
            'arn:aws:ecs:us-east-1:000000000000:container/default/00000000000000000000000000000001/11111111-1111-4111-8111-111111111111',
        },
      ],
      volumes: [],
      networkMode: 'bridge',
      cpu: 0.5,
      memory: 1024,
      pidMode: 'task',
      ipcMode: 'none',
      launchType: 'EC2',
      group: 'family:web',
    },
  );
});

const taskMembers: readonly (readonly [string, Partial<TaskDefinition>, Partial<Task>, Partial<PayloadTask>])[] = [
  ['no size of its own', {}, {}, { cpu: undefined, memory: undefined }],
  [
    'an override of the size wins',
    { cpu: '256', memory: '512' },
    { overrides: { containerOverrides: [], cpu: '1024', memory: '2048' } },
    { cpu: 1, memory: 2048 },
  ],
  ['sizes with units', {}, { cpu: '.25 vCPU', memory: '0.5 GB' }, { cpu: 0.25, memory: 512 }],
  [
    'the service by name',
    {},
    { serviceKey: '000000000000/us-east-1/default/api', group: 'service:api' },
    { serviceName: 'api', group: 'service:api' },
  ],
  [
    'Fargate',
    { networkMode: 'awsvpc' },
    { launchType: 'FARGATE', networkMode: 'awsvpc' },
    { launchType: 'FARGATE', networkMode: 'awsvpc' },
  ],
];
for (const [name, definition, task, expected] of taskMembers) {
  test(`task: ${name}`, () => {
    const actual = rendered(definition, task);
    for (const [member, value] of Object.entries(expected)) {
      assert.deepEqual(actual[member as keyof PayloadTask], value, member);
    }
  });
}

const override = (over: Readonly<Record<string, unknown>>): Partial<Task> => ({
  overrides: { containerOverrides: [{ name: 'web', ...over }] },
});
const containerMembers: readonly (readonly [
  string,
  Partial<ContainerDefinition>,
  Partial<Task>,
  Partial<PayloadContainer>,
])[] = [
  [
    'environment, the override by name',
    { environment: [{ name: 'A', value: '1' }, { name: 'B', value: '2' }, { name: 'EMPTY' }] },
    override({
      environment: [
        { name: 'B', value: '3' },
        { name: 'C', value: '4' },
      ],
    }),
    { environment: { AWS_EXECUTION_ENV: 'AWS_ECS_EC2', A: '1', B: '3', EMPTY: '', C: '4' } },
  ],
  [
    'environment names of Object.prototype',
    { environment: [{ name: 'constructor', value: 'x' }] },
    {},
    { environment: { AWS_EXECUTION_ENV: 'AWS_ECS_EC2', constructor: 'x' } },
  ],
  [
    'execution environment of Fargate',
    {},
    { launchType: 'FARGATE' },
    { environment: { AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE' } },
  ],
  ['command', { command: ['a', 'b'] }, {}, { command: ['a', 'b'], overrides: '{}' }],
  [
    'command override',
    { command: ['a'] },
    override({ command: ['x', 'y'] }),
    { command: ['x', 'y'], overrides: '{"command":["x","y"]}' },
  ],
  [
    'an override of another container',
    { command: ['a'] },
    { overrides: { containerOverrides: [{ name: 'other', command: ['x'] }] } },
    { command: ['a'], overrides: '{}' },
  ],
  ['entryPoint', { entryPoint: ['/bin/sh', '-c'] }, {}, { entryPoint: ['/bin/sh', '-c'] }],
  ['cpu and memory', { cpu: 128, memory: 256 }, {}, { cpu: 128, memory: 256 }],
  ['cpu and memory overrides', { cpu: 128, memory: 256 }, override({ cpu: 64, memory: 512 }), { cpu: 64, memory: 512 }],
  [
    'bridge ports',
    { portMappings: [{ containerPort: 80 }, { containerPort: 53, hostPort: 5353, protocol: 'udp' }] },
    {},
    {
      portMappings: [
        { containerPort: 80, hostPort: 0, protocol: 'tcp' },
        { containerPort: 53, hostPort: 5353, protocol: 'udp' },
      ],
    },
  ],
  [
    'awsvpc ports',
    { portMappings: [{ containerPort: 80 }] },
    { networkMode: 'awsvpc' },
    { portMappings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp' }] },
  ],
  [
    'host ports',
    { portMappings: [{ containerPort: 80, hostPort: 0 }] },
    { networkMode: 'host' },
    { portMappings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp' }] },
  ],
  [
    'a port range',
    { portMappings: [{ containerPortRange: '8000-8003', protocol: 'udp' }] },
    {},
    { portMappings: [{ containerPortRange: '8000-8003', protocol: 'udp' }] },
  ],
  [
    'mount points',
    {
      mountPoints: [
        { sourceVolume: 'v', containerPath: '/v' },
        { sourceVolume: 'w', containerPath: '/w', readOnly: true },
      ],
    },
    {},
    {
      mountPoints: [
        { sourceVolume: 'v', containerPath: '/v', readOnly: false },
        { sourceVolume: 'w', containerPath: '/w', readOnly: true },
      ],
    },
  ],
  [
    'volumes from',
    { volumesFrom: [{ sourceContainer: 'side', readOnly: true }] },
    {},
    { volumesFrom: [{ sourceContainer: 'side', readOnly: true }] },
  ],
  ['links', { links: ['db:database'] }, {}, { links: ['db:database'] }],
  [
    'dependencies',
    { dependsOn: [{ containerName: 'db', condition: 'HEALTHY' }] },
    {},
    { dependsOn: [{ containerName: 'db', condition: 'HEALTHY' }] },
  ],
  ['time-outs', { startTimeout: 60, stopTimeout: 5 }, {}, { startTimeout: 60, stopTimeout: 5 }],
  [
    'restart policy',
    { restartPolicy: { enabled: true, ignoredExitCodes: [0] } },
    {},
    { restartPolicy: { enabled: true, ignoredExitCodes: [0], restartAttemptPeriod: 300 } },
  ],
  ['a health check is announced', { healthCheck: { command: ['CMD', 'true'] } }, {}, { healthCheckType: 'docker' }],
  ['no health check, no announcement', {}, {}, { healthCheckType: undefined }],
  ['not essential', { essential: false }, {}, { essential: false }],
  [
    'secrets',
    {
      secrets: [
        { name: 'P', valueFrom: '/p' },
        { name: 'S', valueFrom: 'arn:aws:secretsmanager:eu-west-1:1:secret:s' },
      ],
    },
    {},
    {
      secrets: [
        {
          name: 'P',
          valueFrom: '/p',
          region: 'us-east-1',
          provider: 'ssm',
          type: 'ENVIRONMENT_VARIABLE',
          target: 'CONTAINER',
        },
        {
          name: 'S',
          valueFrom: 'arn:aws:secretsmanager:eu-west-1:1:secret:s',
          region: 'eu-west-1',
          provider: 'asm',
          type: 'ENVIRONMENT_VARIABLE',
          target: 'CONTAINER',
        },
      ],
    },
  ],
  [
    'environment files',
    { environmentFiles: [{ value: 'arn:aws:s3:::b/x.env', type: 's3' }] },
    {},
    { environmentFiles: [{ value: 'arn:aws:s3:::b/x.env', type: 's3' }] },
  ],
  [
    'a private registry',
    { repositoryCredentials: { credentialsParameter: 'cred' } },
    {},
    { registryAuthentication: { type: 'asm', asmAuthData: { credentialsParameter: 'cred', region: 'us-east-1' } } },
  ],
  [
    'a log router',
    { firelensConfiguration: { type: 'fluentbit', options: { a: 'b' } } },
    {},
    { firelensConfiguration: { type: 'fluentbit', options: { a: 'b' } } },
  ],
];
for (const [name, definition, task, expected] of containerMembers) {
  test(`container: ${name}`, () => {
    const actual = container(definition, task);
    for (const [member, value] of Object.entries(expected)) {
      assert.deepEqual(actual[member as keyof PayloadContainer], value, member);
    }
  });
}

const configs: readonly (readonly [string, Partial<ContainerDefinition>, object])[] = [
  [
    'user, folder, host name',
    { user: '1000:1000', workingDirectory: '/srv', hostname: 'web' },
    { User: '1000:1000', WorkingDir: '/srv', Hostname: 'web' },
  ],
  ['labels', { dockerLabels: { a: 'b' } }, { Labels: { a: 'b' } }],
  ['terminal', { interactive: true, pseudoTerminal: true }, { OpenStdin: true, Tty: true }],
  ['no network', { disableNetworking: true }, { NetworkDisabled: true }],
  [
    'health check with defaults',
    { healthCheck: { command: ['CMD-SHELL', 'exit 0'] } },
    { Healthcheck: { Test: ['CMD-SHELL', 'exit 0'], Interval: 30e9, Timeout: 5e9, Retries: 3, StartPeriod: 0 } },
  ],
  [
    'health check in full',
    { healthCheck: { command: ['/check'], interval: 10, timeout: 2, retries: 5, startPeriod: 60 } },
    { Healthcheck: { Test: ['CMD', '/check'], Interval: 10e9, Timeout: 2e9, Retries: 5, StartPeriod: 60e9 } },
  ],
];
for (const [name, definition, expected] of configs) {
  test(`config: ${name}`, () => assert.deepEqual(docker(definition).config, expected));
}

const LOSSY = { mode: 'non-blocking', 'max-buffer-size': '10m' };
const LOGS = { 'awslogs-group': '/web', 'awslogs-region': 'us-east-1' };
const hostConfigs: readonly (readonly [string, Partial<ContainerDefinition>, Partial<Task>, object])[] = [
  ['bridge', {}, {}, { NetworkMode: 'bridge' }],
  ['host', {}, { networkMode: 'host' }, { NetworkMode: 'host' }],
  ['none', {}, { networkMode: 'none' }, { NetworkMode: 'none' }],
  ['awsvpc is the agent’s', {}, { networkMode: 'awsvpc' }, {}],
  [
    'awslogs with a prefix',
    { logConfiguration: { logDriver: 'awslogs', options: { ...LOGS, 'awslogs-stream-prefix': 'ecs' } } },
    {},
    {
      NetworkMode: 'bridge',
      LogConfig: {
        Type: 'awslogs',
        Config: { ...LOGS, ...LOSSY, 'awslogs-stream': 'ecs/web/00000000000000000000000000000001' },
      },
    },
  ],
  [
    'awslogs without one',
    { logConfiguration: { logDriver: 'awslogs', options: LOGS } },
    {},
    { NetworkMode: 'bridge', LogConfig: { Type: 'awslogs', Config: { ...LOGS, ...LOSSY } } },
  ],
  [
    'a buffer of 10 MiB',
    { logConfiguration: { logDriver: 'awslogs', options: { ...LOGS, mode: 'non-blocking' } } },
    {},
    {
      NetworkMode: 'bridge',
      LogConfig: { Type: 'awslogs', Config: { ...LOGS, mode: 'non-blocking', 'max-buffer-size': '10m' } },
    },
  ],
  [
    'a buffer of one’s own',
    { logConfiguration: { logDriver: 'json-file', options: { mode: 'non-blocking', 'max-buffer-size': '1m' } } },
    {},
    {
      NetworkMode: 'bridge',
      LogConfig: { Type: 'json-file', Config: { mode: 'non-blocking', 'max-buffer-size': '1m' } },
    },
  ],
  [
    'flags',
    { privileged: true, readonlyRootFilesystem: true },
    {},
    { NetworkMode: 'bridge', Privileged: true, ReadonlyRootfs: true },
  ],
  [
    'names',
    { dnsServers: ['10.0.0.2'], dnsSearchDomains: ['x.y'], extraHosts: [{ hostname: 'db', ipAddress: '10.1.1.1' }] },
    {},
    { NetworkMode: 'bridge', Dns: ['10.0.0.2'], DnsSearch: ['x.y'], ExtraHosts: ['db:10.1.1.1'] },
  ],
  [
    'security',
    { dockerSecurityOptions: ['no-new-privileges'] },
    {},
    { NetworkMode: 'bridge', SecurityOpt: ['no-new-privileges'] },
  ],
  [
    'ulimits',
    { ulimits: [{ name: 'nproc', softLimit: 10, hardLimit: 20 }] },
    {},
    { NetworkMode: 'bridge', Ulimits: [{ Name: 'nproc', Soft: 10, Hard: 20 }] },
  ],
  [
    'Fargate’s nofile',
    {},
    { launchType: 'FARGATE', networkMode: 'awsvpc' },
    { Ulimits: [{ Name: 'nofile', Soft: 65535, Hard: 65535 }] },
  ],
  [
    'nofile of one’s own on Fargate',
    { ulimits: [{ name: 'nofile', softLimit: 1, hardLimit: 2 }] },
    { launchType: 'FARGATE', networkMode: 'awsvpc' },
    { Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }] },
  ],
  ['reservation in bytes', { memoryReservation: 64 }, {}, { NetworkMode: 'bridge', MemoryReservation: 64 * MIB }],
  [
    'reservation override',
    { memoryReservation: 64 },
    override({ memoryReservation: 128 }),
    { NetworkMode: 'bridge', MemoryReservation: 128 * MIB },
  ],
  [
    'sysctls',
    { systemControls: [{ namespace: 'net.core.somaxconn', value: '1024' }] },
    {},
    { NetworkMode: 'bridge', Sysctls: { 'net.core.somaxconn': '1024' } },
  ],
  [
    'capabilities',
    { linuxParameters: { capabilities: { add: ['SYS_PTRACE'], drop: ['ALL'] } } },
    {},
    { NetworkMode: 'bridge', CapAdd: ['SYS_PTRACE'], CapDrop: ['ALL'] },
  ],
  [
    'capabilities of the privileged',
    { privileged: true, linuxParameters: { capabilities: { add: ['SYS_PTRACE'] } } },
    {},
    { NetworkMode: 'bridge', Privileged: true },
  ],
  [
    'devices',
    {
      linuxParameters: {
        devices: [
          { hostPath: '/dev/a' },
          { hostPath: '/dev/b', containerPath: '/dev/c', permissions: ['read', 'mknod'] },
        ],
      },
    },
    {},
    {
      NetworkMode: 'bridge',
      Devices: [
        { PathOnHost: '/dev/a', PathInContainer: '/dev/a', CgroupPermissions: 'rwm' },
        { PathOnHost: '/dev/b', PathInContainer: '/dev/c', CgroupPermissions: 'rm' },
      ],
    },
  ],
  [
    'init and shared memory',
    { linuxParameters: { initProcessEnabled: true, sharedMemorySize: 128 } },
    {},
    { NetworkMode: 'bridge', Init: true, ShmSize: 128 * MIB },
  ],
  [
    'tmpfs',
    {
      linuxParameters: {
        tmpfs: [
          { containerPath: '/run', size: 64, mountOptions: ['rw', 'noexec'] },
          { containerPath: '/t', size: 1 },
        ],
      },
    },
    {},
    { NetworkMode: 'bridge', Tmpfs: { '/run': 'rw,noexec,size=64m', '/t': 'size=1m' } },
  ],
  [
    'swap',
    { memory: 256, linuxParameters: { maxSwap: 128, swappiness: 10 } },
    {},
    { NetworkMode: 'bridge', MemorySwap: 384 * MIB, MemorySwappiness: 10 },
  ],
  ['no swap', { memory: 256, linuxParameters: { maxSwap: 0 } }, {}, { NetworkMode: 'bridge', MemorySwap: 256 * MIB }],
  [
    'swappiness alone means nothing',
    { memory: 256, linuxParameters: { swappiness: 10 } },
    {},
    { NetworkMode: 'bridge' },
  ],
];
for (const [name, definition, task, expected] of hostConfigs) {
  test(`hostConfig: ${name}`, () => assert.deepEqual(docker(definition, task).hostConfig, expected));
}

test('init needs a newer engine API', () => {
  assert.equal(container({ linuxParameters: { initProcessEnabled: true } }).dockerConfig.version, '1.25');
});

test('a file system is told as it is, and a refused one is not told at all', () => {
  const [volume] = [{ name: 'efs', efsVolumeConfiguration: { fileSystemId: 'fs-1', rootDirectory: '/a' } }];
  const input = {
    task: aTask(),
    definition: aDefinition({ volumes: [volume] }),
    subnets: [],
    logMode: 'blocking',
  } as const;
  const fileSystem = { kind: 'nfs', server: 'nas', path: '/a' } as const;
  assert.deepEqual(renderTask({ ...input, fileSystemOf: () => fileSystem }).volumes, [
    { ...volume, type: 'efs', fileSystem },
  ]);
  const fileSystemOf = () => ({ kind: 'refused', reason: 'there is none' }) as const;
  assert.throws(() => renderTask({ ...input, fileSystemOf }), /set up EFS volumes: stderr: there is none/);
});

test('volumes', () => {
  const volumes = [
    { name: 'empty' },
    { name: 'host', host: { sourcePath: '/srv' } },
    { name: 'docker', dockerVolumeConfiguration: { scope: 'task', driver: 'local' } },
    { name: 'efs', efsVolumeConfiguration: { fileSystemId: 'fs-1' } },
    { name: 7 },
  ];
  assert.deepEqual(rendered({ volumes }).volumes, [
    { name: 'empty', type: 'host', host: {} },
    { name: 'host', type: 'host', host: { sourcePath: '/srv' } },
    { name: 'docker', type: 'docker', dockerVolumeConfiguration: { scope: 'task', driver: 'local' } },
    { name: 'efs', type: 'efs', efsVolumeConfiguration: { fileSystemId: 'fs-1' } },
  ]);
  const [onFargate] =
    rendered({ volumes: [{ name: 'h', host: { sourcePath: '/etc' } }] }, { launchType: 'FARGATE' }).volumes ?? [];
  assert.deepEqual(onFargate, { name: 'h', type: 'host', host: {} }, 'Fargate never mounts the host');
});

const networkInterface = {
  attachmentId: 'att',
  networkInterfaceId: 'eni-1',
  subnetId: 'subnet-1',
  privateIPv4Address: '10.0.0.9',
  macAddress: '0a:00:00:00:00:09',
  privateDnsName: 'ip-10-0-0-9.ec2.internal',
  status: 'ATTACHING' as const,
};

test('the network interface of an awsvpc task', () => {
  assert.deepEqual(rendered({}, { networkMode: 'awsvpc', networkInterface }).elasticNetworkInterfaces, [
    {
      ec2Id: 'eni-1',
      macAddress: '0a:00:00:00:00:09',
      attachmentArn: 'arn:aws:ecs:us-east-1:000000000000:attachment/att',
      ipv4Addresses: [{ privateAddress: '10.0.0.9', primary: true }],
      subnetGatewayIpv4Address: '10.0.0.1/24',
      domainNameServers: [],
      domainName: [],
      privateDnsName: 'ip-10-0-0-9.ec2.internal',
    },
  ]);
});

test('a subnet that is not configured any more is an error that says so', () => {
  const gone = { ...networkInterface, subnetId: 'subnet-9' };
  assert.throws(() => rendered({}, { networkMode: 'awsvpc', networkInterface: gone }), /subnet-9 .* is not configured/);
});

test('gateways', () => {
  assert.equal(gatewayCidr('10.0.0.0/24'), '10.0.0.1/24');
  assert.equal(gatewayCidr('172.31.16.77/20'), '172.31.16.1/20');
  assert.equal(gatewayCidr('192.168.255.252/30'), '192.168.255.253/30');
  for (const bad of ['', '10.0.0.0', '10.0.0/24', '10.0.0.0/31', '300.0.0.0/8', '10.0.0.0/x']) {
    assert.throws(() => gatewayCidr(bad), /is not an IPv4 CIDR/);
  }
});

test('a stop names the task and nothing more', () => {
  const stop = renderStop(aTask());
  assert.equal(stop.desiredStatus, 'STOPPED');
  assert.deepEqual(stop.containers, []);
});

/** Members whose JSON type the stock agent insists on: a wrong one and it drops the whole frame. */
const NUMBERS = new Set([
  'cpu',
  'memory',
  'containerPort',
  'hostPort',
  'startTimeout',
  'stopTimeout',
  'restartAttemptPeriod',
]);

test('law: whatever a definition holds, types fit the wire and overrides hold nothing but command', () => {
  const anything = fc.jsonValue() as fc.Arbitrary<never>;
  const anyOverride = fc.record(
    {
      command: fc.array(fc.string()),
      environment: fc.array(fc.record({ name: fc.string(), value: fc.string() })),
      cpu: anything,
      memory: anything,
      memoryReservation: anything,
      resourceRequirements: anything,
    },
    { requiredKeys: [] },
  );
  const members = [
    'user',
    'workingDirectory',
    'dockerLabels',
    'linuxParameters',
    'ulimits',
    'systemControls',
    'mountPoints',
    'volumesFrom',
    'secrets',
    'environmentFiles',
    'extraHosts',
    'links',
    'dnsServers',
    'repositoryCredentials',
    'firelensConfiguration',
    'privileged',
  ];
  const anyDefinition = fc.record(Object.fromEntries(members.map((name) => [name, anything])), { requiredKeys: [] });
  fc.assert(
    fc.property(anyDefinition, anyOverride, fc.array(anything), (loose, over, volumes) => {
      const task = rendered(
        {
          containerDefinitions: [aContainer({ ...loose, memory: 64 })],
          volumes: volumes.map((v) => ({ name: 'v', host: v })),
        },
        override(over),
      );
      const [only] = task.containers as [PayloadContainer];
      assert.ok(Object.keys(JSON.parse(only.overrides) as object).every((key) => key === 'command'));
      assert.ok(Object.values(only.environment).every((value) => typeof value === 'string'));
      JSON.parse(only.dockerConfig.config);
      JSON.parse(only.dockerConfig.hostConfig);
      JSON.parse(JSON.stringify(task), (key, value: unknown) => {
        if (NUMBERS.has(key)) assert.ok(Number.isFinite(value), `${key} is ${JSON.stringify(value)}`);
        return value;
      });
    }),
  );
});

const modes: readonly (readonly [string, Record<string, string>, LogMode, Record<string, string>])[] = [
  ['the account says blocking', {}, 'blocking', { mode: 'blocking' }],
  ['the account says non-blocking', {}, 'non-blocking', LOSSY],
  ['the container wins', { mode: 'blocking' }, 'non-blocking', { mode: 'blocking' }],
  ['a buffer is of no use to blocking', { 'max-buffer-size': '1m' }, 'blocking', { mode: 'blocking' }],
  ['a buffer alone', { 'max-buffer-size': '1m' }, 'non-blocking', { ...LOSSY, 'max-buffer-size': '1m' }],
];
for (const [name, options, mode, expected] of modes) {
  test(`log mode: ${name}`, () => {
    const configuration = { logDriver: 'syslog', options } as const;
    assert.deepEqual(renderLogConfig(configuration, { name: 'web', taskId: 't', mode }), {
      Type: 'syslog',
      Config: expected,
    });
  });
}

test('options of awsfirelens are the router’s: nothing is added', () => {
  const configuration = { logDriver: 'awsfirelens', options: { Name: 'stdout' } } as const;
  assert.deepEqual(renderLogConfig(configuration, { name: 'web', taskId: 't', mode: 'non-blocking' }), {
    Type: 'awsfirelens',
    Config: { Name: 'stdout' },
  });
});

for (const [image, expected] of [
  ['web', 'web@'],
  ['web:latest', 'web@'],
  ['host:5000/team/web', 'host:5000/team/web@'],
  ['host:5000/team/web:1.2', 'host:5000/team/web@'],
] as const) {
  test(`a container that is pinned runs ${expected}…`, () => {
    const pinnedDigest = `sha256:${'a'.repeat(64)}`;
    const [first] = aTask().containers;
    const containers = [{ ...(first as Task['containers'][number]), pinnedDigest }];
    assert.equal(container({ image }, { containers }).image, expected + pinnedDigest);
    assert.equal(container({ image }).image, image);
  });
}
