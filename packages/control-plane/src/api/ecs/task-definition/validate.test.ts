import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '@gantry/protocol';
import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
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
    only({ memory: 64, memoryReservation: 64 }),
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
  ["names container 'x' in 'dependsOn'", only({ dependsOn: [{ containerName: 'x', condition: 'START' }] })],
  ["names container 'x' in 'links'", only({ links: ['x:y'] })],
  ["names container 'x' in 'volumesFrom'", only({ volumesFrom: [{ sourceContainer: 'x' }] })],
  [
    "waits for essential container 'b' to COMPLETE",
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
  ['EFS volumes', definition({ volumes: [{ name: 'v', efsVolumeConfiguration: { fileSystemId: 'fs-1' } }] })],
  ['EBS volumes', definition({ volumes: [{ name: 'v', configuredAtLaunch: true }] })],
  ['GPUs', only({ resourceRequirements: [{ type: 'GPU', value: '1' }] })],
  ['credentialSpecs', only({ credentialSpecs: ['credentialspec:arn'] })],
  ['proxyConfiguration', definition({ proxyConfiguration: { containerName: 'app' } })],
  ['inferenceAccelerators', definition({ inferenceAccelerators: [{ deviceName: 'd', deviceType: 't' }] })],
  ['enableFaultInjection', definition({ enableFaultInjection: true })],
  [
    'Invalid placement constraint expression',
    definition({ placementConstraints: [{ type: 'memberOf', expression: 'moon is full' }] }),
  ],
  ['Invalid tag key', definition({ tags: [{ key: '' }] })],
];

for (const [text, input] of INVALID) {
  test(`not supported: ${text}`, () => {
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
    only({ portMappings: [{ containerPort: 80 }, { containerPort: 80, hostPort: 8080 }] }),
    only({ secrets: [{ name: 'A', valueFrom: 'arn:aws:ssm:us-east-1:123456789012:parameter/x' }] }),
    two({ dependsOn: [{ containerName: 'b', condition: 'SUCCESS' }] }, { essential: false }),
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
