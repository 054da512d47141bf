import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PayloadTask } from '@gantry/protocol';
import { WITH_ROLES } from './attributes.ts';
import { StockAgent } from './stock-agent.ts';
import { World } from './world.ts';

const MIB = 1024 * 1024;

let world: World;
let agent: StockAgent;
before(async () => {
  world = await World.open();
  agent = await StockAgent.join(world, { attributes: WITH_ROLES, cpu: 16_384, memoryMiB: 32_000 });
});
after(() => world.end());

const secret = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:registry-AbCdEf';

/** One container that says everything an agent can be told through the engine's own words, and a plain one. */
async function everything(): Promise<string> {
  const executionRoleArn = await world.role('execution', { Effect: 'Allow', Action: 'ssm:*', Resource: '*' });
  return world.define('everything', {
    cpu: '512',
    memory: '1024',
    executionRoleArn,
    volumes: [
      { name: 'scratch' },
      { name: 'host', host: { sourcePath: '/srv' } },
      { name: 'shared', dockerVolumeConfiguration: { scope: 'shared', autoprovision: true, driver: 'local' } },
    ],
    containerDefinitions: [
      {
        name: 'app',
        image: 'registry.example.com/app:1',
        cpu: 256,
        memory: 512,
        memoryReservation: 256,
        essential: true,
        command: ['serve', '--port', '80'],
        entryPoint: ['/bin/app'],
        environment: [
          { name: 'A', value: '1' },
          { name: 'EMPTY', value: '' },
        ],
        portMappings: [
          { containerPort: 80, hostPort: 8080, protocol: 'tcp' },
          { containerPort: 53, protocol: 'udp' },
        ],
        mountPoints: [{ sourceVolume: 'scratch', containerPath: '/scratch', readOnly: true }],
        volumesFrom: [{ sourceContainer: 'plain' }],
        dependsOn: [{ containerName: 'plain', condition: 'START' }],
        startTimeout: 90,
        stopTimeout: 20,
        user: '1000:1000',
        workingDirectory: '/srv',
        hostname: 'app',
        dockerLabels: { team: 'a' },
        interactive: true,
        pseudoTerminal: true,
        healthCheck: { command: ['CMD-SHELL', 'true'], interval: 7, timeout: 2, retries: 4, startPeriod: 9 },
        logConfiguration: { logDriver: 'json-file', options: { 'max-size': '10m' } },
        privileged: false,
        readonlyRootFilesystem: true,
        dnsServers: ['10.0.0.2'],
        dnsSearchDomains: ['example.com'],
        extraHosts: [{ hostname: 'db', ipAddress: '10.0.0.9' }],
        ulimits: [{ name: 'nofile', softLimit: 1024, hardLimit: 4096 }],
        systemControls: [{ namespace: 'net.core.somaxconn', value: '1024' }],
        linuxParameters: {
          capabilities: { add: ['NET_ADMIN'], drop: ['MKNOD'] },
          devices: [{ hostPath: '/dev/fuse', permissions: ['read', 'write'] }],
          initProcessEnabled: true,
          sharedMemorySize: 64,
          tmpfs: [{ containerPath: '/run', size: 16, mountOptions: ['noexec'] }],
          maxSwap: 128,
          swappiness: 10,
        },
        secrets: [
          { name: 'PLAIN', valueFrom: '/app/plain' },
          { name: 'KEY', valueFrom: `${secret}:password::` },
        ],
        repositoryCredentials: { credentialsParameter: secret },
        restartPolicy: { enabled: true, ignoredExitCodes: [0], restartAttemptPeriod: 60 },
      },
      { name: 'plain', image: 'busybox', essential: false },
    ],
  });
}

test('10.9 rendering: a definition that says everything, in the very words and number types', async () => {
  const [arn = ''] = await world.start(agent, await everything());
  const { message } = await agent.acs.next('PayloadMessage');
  const { containers, executionRoleCredentials, ...task } = JSON.parse(JSON.stringify(message.tasks[0])) as Record<
    string,
    unknown
  > & {
    containers: (Record<string, unknown> & { dockerConfig: { config: string; hostConfig: string } })[];
  };
  assert.ok(executionRoleCredentials !== undefined);
  assert.deepEqual(task, {
    arn,
    taskClusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/default',
    family: 'everything',
    version: '1',
    desiredStatus: 'RUNNING',
    volumes: [
      { name: 'scratch', type: 'host', host: {} },
      { name: 'host', type: 'host', host: { sourcePath: '/srv' } },
      {
        name: 'shared',
        type: 'docker',
        dockerVolumeConfiguration: { scope: 'shared', autoprovision: true, driver: 'local' },
      },
    ],
    networkMode: 'bridge',
    cpu: 0.5,
    memory: 1024,
    launchType: 'EC2',
    group: 'family:everything',
  });
  const [app, plain] = containers;
  const { dockerConfig, containerArn, ...rest } = app as NonNullable<typeof app>;
  assert.match(String(containerArn), /^arn:aws:ecs:us-east-1:000000000000:container\/default\//);
  assert.deepEqual(rest, {
    name: 'app',
    image: 'registry.example.com/app:1',
    command: ['serve', '--port', '80'],
    entryPoint: ['/bin/app'],
    environment: { AWS_EXECUTION_ENV: 'AWS_ECS_EC2', A: '1', EMPTY: '' },
    essential: true,
    cpu: 256,
    memory: 512,
    overrides: '{}',
    portMappings: [
      { containerPort: 80, hostPort: 8080, protocol: 'tcp' },
      { containerPort: 53, hostPort: 0, protocol: 'udp' },
    ],
    mountPoints: [{ sourceVolume: 'scratch', containerPath: '/scratch', readOnly: true }],
    volumesFrom: [{ sourceContainer: 'plain', readOnly: false }],
    dependsOn: [{ containerName: 'plain', condition: 'START' }],
    startTimeout: 90,
    stopTimeout: 20,
    healthCheckType: 'docker',
    restartPolicy: { enabled: true, ignoredExitCodes: [0], restartAttemptPeriod: 60 },
    secrets: [
      {
        name: 'PLAIN',
        valueFrom: '/app/plain',
        region: 'us-east-1',
        provider: 'ssm',
        type: 'ENVIRONMENT_VARIABLE',
        target: 'CONTAINER',
      },
      {
        name: 'KEY',
        valueFrom: `${secret}:password::`,
        region: 'us-east-1',
        provider: 'asm',
        type: 'ENVIRONMENT_VARIABLE',
        target: 'CONTAINER',
      },
    ],
    registryAuthentication: {
      type: 'asm',
      asmAuthData: { credentialsParameter: secret, region: 'us-east-1' },
    },
  });
  assert.deepEqual(JSON.parse(dockerConfig.config), {
    User: '1000:1000',
    WorkingDir: '/srv',
    Hostname: 'app',
    Labels: { team: 'a' },
    OpenStdin: true,
    Tty: true,
    Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 7e9, Timeout: 2e9, Retries: 4, StartPeriod: 9e9 },
  });
  assert.match(dockerConfig.config, /"Interval":7000000000,/);
  assert.deepEqual(JSON.parse(dockerConfig.hostConfig), {
    NetworkMode: 'bridge',
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', mode: 'non-blocking', 'max-buffer-size': '10m' } },
    Privileged: false,
    ReadonlyRootfs: true,
    Dns: ['10.0.0.2'],
    DnsSearch: ['example.com'],
    ExtraHosts: ['db:10.0.0.9'],
    Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 4096 }],
    MemoryReservation: 256 * MIB,
    Sysctls: { 'net.core.somaxconn': '1024' },
    CapAdd: ['NET_ADMIN'],
    CapDrop: ['MKNOD'],
    Devices: [{ PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rw' }],
    Init: true,
    ShmSize: 64 * MIB,
    Tmpfs: { '/run': 'noexec,size=16m' },
    MemorySwap: (512 + 128) * MIB,
    MemorySwappiness: 10,
  });
  assert.deepEqual([plain?.['cpu'], plain?.['memory'], plain?.['overrides']], [0, 0, '{}']);
  assert.deepEqual(agent.stumbled, []);
});

test('10.10 overrides: merged before they are sent; the agent’s own text holds nothing but command', async () => {
  const taskDefinition = await world.define('over', {
    containerDefinitions: [
      { name: 'a', image: 'b', memory: 64, environment: [{ name: 'X', value: 'old' }], command: ['old'] },
    ],
  });
  const containerOverrides = [
    {
      name: 'a',
      command: ['new', 'command'],
      environment: [
        { name: 'X', value: 'new' },
        { name: 'Y', value: 'too' },
      ],
      cpu: 128,
      memory: 96,
      memoryReservation: 32,
    },
  ];
  await world.ecs.call('RunTask', { taskDefinition, overrides: { containerOverrides } });
  const { message } = await agent.acs.next('PayloadMessage');
  const [container] = message.tasks[0]?.containers ?? [];
  assert.deepEqual(JSON.parse(container?.overrides ?? ''), { command: ['new', 'command'] });
  assert.deepEqual(container?.environment, { AWS_EXECUTION_ENV: 'AWS_ECS_EC2', X: 'new', Y: 'too' });
  assert.deepEqual([container?.cpu, container?.memory], [128, 96]);
  const hostConfig = JSON.parse(container?.dockerConfig.hostConfig ?? '') as Record<string, unknown>;
  assert.equal(hostConfig['MemoryReservation'], 32 * MIB);
});

for (const networkMode of ['bridge', 'host', 'none'] as const) {
  test(`10.9 rendering: network mode ${networkMode}`, async () => {
    const taskDefinition = await world.define(`net-${networkMode}`, { networkMode });
    await world.start(agent, taskDefinition);
    const { message, text } = await agent.acs.next('PayloadMessage');
    assert.match(text, new RegExp(`"networkMode":"${networkMode}"`));
    const { hostConfig } = message.tasks[0]?.containers[0]?.dockerConfig ?? {};
    assert.equal((JSON.parse(hostConfig ?? '') as Record<string, unknown>)['NetworkMode'], networkMode);
  });
}

test('10.10 numbers: halves of a vCPU are doubles, everything else is whole', async () => {
  for (const [cpu, vcpus] of [
    ['256', 0.25],
    ['1024', 1],
    ['1.5 vCPU', 1.5],
  ] as const) {
    const taskDefinition = await world.define('sized', { cpu, memory: '512' });
    await world.start(agent, taskDefinition);
    const { message } = await agent.acs.next('PayloadMessage');
    assert.equal(message.tasks[0]?.cpu, vcpus);
    assert.equal(message.tasks[0]?.memory, 512);
  }
});

test('10.9 GPUs: an association each, with exactly one container, and nobody else gets them meanwhile', async () => {
  const machine = new StockAgent(world);
  await machine.register({ platformDevices: ['GPU-1', 'GPU-2', 'GPU-3'].map((id) => ({ id, type: 'GPU' })) });
  await machine.connect();
  const gpu = (value: string) => [{ type: 'GPU' as const, value }];
  const definition = await world.define('gpus', {
    containerDefinitions: [
      { name: 'train', image: 'busybox', memory: 64, resourceRequirements: gpu('2') },
      { name: 'log', image: 'busybox', memory: 64 },
    ],
  });
  const [arn = ''] = await world.start(machine, definition);
  await world.settle();
  const sent = machine.acs
    .of('PayloadMessage')
    .flatMap(({ message }) => message.tasks)
    .find((task) => task.arn === arn);
  assert.deepEqual(
    (sent as PayloadTask | undefined)?.associations,
    ['GPU-1', 'GPU-2'].map((id) => ({
      name: id,
      type: 'gpu',
      containers: ['train'],
      content: { encoding: 'identity', value: id },
    })),
  );
  const again = await world.ecs.call('StartTask', { taskDefinition: definition, containerInstances: [machine.arn] });
  assert.deepEqual(
    again.failures?.map(({ reason }) => reason),
    ['RESOURCE:GPU'],
  );
  await machine.report(arn, 'STOPPED', { containers: [] });
  const [next = ''] = await world.start(machine, definition);
  await world.settle();
  assert.deepEqual(world.task(next).containers[0]?.gpuIds, ['GPU-1', 'GPU-2'], 'given back at STOPPED');
});
