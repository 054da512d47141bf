import type { Named } from './wire.ts';

const named = (prefix: string, names: string): readonly Named[] =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => ({ name: `${prefix}${name}` }));

/** What agent 1.105.1 sends from a machine of no cloud (`ECS_EXTERNAL=true`), in its order. */
export const EXTERNAL: readonly Named[] = [
  ...named(
    'com.amazonaws.ecs.capability.',
    `privileged-container docker-remote-api.1.17 docker-remote-api.1.18 docker-remote-api.1.19 docker-remote-api.1.20
    docker-remote-api.1.21 docker-remote-api.1.22 docker-remote-api.1.23 docker-remote-api.1.24 docker-remote-api.1.25
    docker-remote-api.1.28 docker-remote-api.1.29 docker-remote-api.1.30 docker-remote-api.1.32
    logging-driver.json-file logging-driver.none logging-driver.awsfirelens ecr-auth`,
  ),
  ...named(
    'ecs.capability.',
    `private-registry-authentication.secretsmanager secrets.ssm.environment-variables secrets.ssm.bootstrap.log-driver
    secrets.asm.environment-variables secrets.asm.bootstrap.log-driver ecr-endpoint container-ordering full-sync
    env-files.s3 network.container-port-range container-restart-policy task-cpu-mem-limit increased-task-cpu-limit
    execution-role-ecr-pull container-health-check docker-plugin.local pid-ipc-namespace-sharing firelens.fluentd
    firelens.fluentbit firelens.non-root-user firelens.options.config.file firelens.options.config.s3
    logging-driver.awsfirelens.log-driver-buffer-limit efs storage.s3-files external ipv6-only`,
  ),
  { name: 'ecs.os-type', value: 'linux' },
  { name: 'ecs.os-family', value: 'LINUX' },
  { name: 'ecs.os-type-detailed', value: 'LINUX' },
  { name: 'ecs.cpu-architecture', value: 'x86_64' },
];

/** The same agent on a machine in the cloud: the metadata service says what it is made of. */
export const CLOUD: readonly Named[] = EXTERNAL.filter(
  ({ name }) => name !== 'ecs.capability.external' && name !== 'ecs.cpu-architecture',
);

/** With `ECS_ENABLE_TASK_IAM_ROLE` and `ECS_ENABLE_TASK_IAM_ROLE_NETWORK_HOST`. */
export const WITH_ROLES: readonly Named[] = [
  ...named('com.amazonaws.ecs.capability.', 'task-iam-role task-iam-role-network-host'),
  ...CLOUD,
];

/** An agent of years ago: no manifests, no ordering, no health checks. */
export const OLD: readonly Named[] = [
  ...named(
    'com.amazonaws.ecs.capability.',
    `privileged-container docker-remote-api.1.17 docker-remote-api.1.18 docker-remote-api.1.19
    logging-driver.json-file ecr-auth`,
  ),
  { name: 'ecs.os-type', value: 'linux' },
];

/** What the instance metadata service says of a machine in the cloud; the whole document is what registration carries. */
export function identityDocument(over: Readonly<Record<string, string>> = {}): string {
  return JSON.stringify({
    accountId: '000000000000',
    architecture: 'x86_64',
    availabilityZone: 'us-east-1a',
    imageId: 'ami-0abcdef1234567890',
    instanceId: 'i-0123456789abcdef0',
    instanceType: 'm5.large',
    privateIp: '10.0.0.10',
    region: 'us-east-1',
    ...over,
  });
}
