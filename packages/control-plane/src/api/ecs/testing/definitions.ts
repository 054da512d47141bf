import type { ContainerDefinition, RegisterTaskDefinitionRequest, Volume } from '@aws-sdk/client-ecs';
import fc from 'fast-check';

const flag = fc.boolean();
const texts = (...some: string[]): fc.Arbitrary<string[]> => fc.uniqueArray(fc.constantFrom(...some), { maxLength: 2 });
const some = <T>(members: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(members, { requiredKeys: [] }) as unknown as fc.Arbitrary<T>;
const often = <T>(usual: fc.Arbitrary<T>, rarely: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: rarely });
const one = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const seconds = often(fc.integer({ min: 5, max: 10 }), fc.integer({ min: -2, max: 400 }));
const mib = often(fc.integer({ min: 6, max: 64 }), fc.integer({ min: -2, max: 4096 }));
const name = often(one('app', 'db', 'log'), one('a.b', ''));
const volumeName = often(one('v', 'w'), one('x y'));

/** Members with right types; most of them alone are fine, some never are, and together many are not. */
const members = {
  image: often(
    one('gantry/hello', `app@sha256:${'0'.repeat(64)}`),
    one('', 'a b', '1.dkr.ecr.us-east-1.amazonaws.com/x:1'),
  ),
  cpu: often(fc.integer({ min: 0, max: 85 }), one(-1, 5000)),
  memory: mib,
  memoryReservation: often(one(6), mib),
  essential: often(one(true), one(false)),
  links: texts('db', 'log:alias'),
  portMappings: fc.array(
    some({
      containerPort: often(fc.integer({ min: 1, max: 90 }), one(0)),
      hostPort: often(one(0), one(80, 8080)),
      protocol: one('tcp', 'udp'),
      name: often(one('web'), one('-x')),
    }),
    { maxLength: 1 },
  ),
  command: texts('sleep', '1'),
  environment: fc.array(fc.record({ name: often(one('A', 'B'), one('')), value: fc.string() }), { maxLength: 2 }),
  mountPoints: fc.array(some({ sourceVolume: volumeName, containerPath: one('/data'), readOnly: flag }), {
    maxLength: 1,
  }),
  volumesFrom: fc.array(some({ sourceContainer: name }), { maxLength: 1 }),
  secrets: fc.array(fc.record({ name: one('A', 'C'), valueFrom: often(one('p'), one('arn:aws:s3:::b/k')) }), {
    maxLength: 1,
  }),
  dependsOn: fc.array(
    fc.record({ containerName: name, condition: often(one('START'), one('COMPLETE', 'SUCCESS', 'HEALTHY')) }),
    { maxLength: 1 },
  ),
  startTimeout: seconds,
  stopTimeout: seconds,
  hostname: one('web'),
  user: one('0', '1000:1000'),
  privileged: flag,
  readonlyRootFilesystem: flag,
  disableNetworking: flag,
  dnsServers: texts('10.0.0.2'),
  extraHosts: fc.array(one({ hostname: 'h', ipAddress: '10.0.0.1' }), { maxLength: 1 }),
  dockerSecurityOptions: texts('no-new-privileges', 'apparmor:p'),
  linuxParameters: some({
    initProcessEnabled: flag,
    sharedMemorySize: mib,
    maxSwap: mib,
    capabilities: some({ add: often(texts('SYS_PTRACE', 'NET_ADMIN'), one(['FLY'])), drop: texts('ALL', 'MKNOD') }),
  }),
  healthCheck: fc.record({ command: often(one(['CMD-SHELL', 'true']), one([])), interval: seconds }),
  restartPolicy: fc.record({ enabled: flag, restartAttemptPeriod: often(one(60, 1800), one(59)) }),
  logConfiguration: often(
    fc.record({
      logDriver: one('awslogs', 'json-file'),
      options: one({ 'awslogs-group': 'g', 'awslogs-region': 'us-east-1', 'awslogs-stream-prefix': 'p' }),
    }),
    one({ logDriver: 'awsfirelens', options: {} }, { logDriver: 'awslogs', options: {} }),
  ),
  firelensConfiguration: one({ type: 'fluentbit' }),
  resourceRequirements: fc.array(one({ type: 'GPU', value: '1' }, { type: 'NeuronDevice', value: 'ALL' }), {
    maxLength: 1,
  }),
};

/** At most two members beside name, image and memory: with more hardly a definition would ever be fine. */
const container: fc.Arbitrary<ContainerDefinition> = fc
  .tuple(
    fc.record({ name, image: often(one('gantry/hello'), members.image), memory: one(64) }),
    fc.uniqueArray(fc.constantFrom(...(Object.keys(members) as (keyof typeof members)[])), { maxLength: 2 }),
    fc.record(members),
  )
  .map(([base, chosen, all]) => {
    const more = Object.fromEntries(chosen.map((member) => [member, all[member]]));
    return { ...base, ...more } as ContainerDefinition;
  });

const volume = fc
  .tuple(
    volumeName,
    one<Omit<Volume, 'name'>>(
      {},
      { host: { sourcePath: '/srv' } },
      { dockerVolumeConfiguration: { scope: 'shared' } },
      { efsVolumeConfiguration: { fileSystemId: 'fs-1' } },
      { configuredAtLaunch: true },
    ),
  )
  .map(([n, kind]): Volume => ({ name: n, ...kind }));

const more = {
  networkMode: one('bridge', 'host', 'awsvpc', 'awsvpc', 'none'),
  size: often<{ cpu?: string; memory?: string }>(
    one({ cpu: '256', memory: '512' }, { cpu: '1 vCPU', memory: '2GB' }),
    one({ cpu: '64' }, { memory: 'much' }),
  ),
  volumes: fc.uniqueArray(volume, { maxLength: 2, selector: ({ name: n }) => n }),
  pidMode: one('host', 'task'),
  ipcMode: one('host', 'task', 'none'),
  executionRoleArn: often(one('role'), one('arn:aws:s3:::bucket')),
  ephemeralStorage: often(one({ sizeInGiB: 21 }), one({ sizeInGiB: 20 })),
  enableFaultInjection: flag,
  runtimePlatform: one({ operatingSystemFamily: 'LINUX' }, { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' }),
  placementConstraints: one([], [{ type: 'memberOf', expression: 'attribute:a == b' }]),
};

/** RegisterTaskDefinition requests as the codec lets them through: well typed, otherwise anything. */
export const definitions: fc.Arbitrary<RegisterTaskDefinitionRequest> = fc
  .tuple(
    often(one('web'), one('', 'a b')),
    fc.uniqueArray(container, { minLength: 1, maxLength: 3, selector: ({ name: n }) => n }),
    fc.uniqueArray(one(...(Object.keys(more) as (keyof typeof more)[])), { maxLength: 4 }),
    fc.record(more),
  )
  .map(([family, containerDefinitions, chosen, all]) => {
    const { size, ...rest } = Object.fromEntries(chosen.map((member) => [member, all[member]]));
    return { family, containerDefinitions, ...(size as object | undefined), ...rest } as RegisterTaskDefinitionRequest;
  });
