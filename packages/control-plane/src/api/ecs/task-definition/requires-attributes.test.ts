import assert from 'node:assert/strict';
import { test } from 'node:test';
import { epochMs } from '@gantry/domain';
import type { ContainerDefinition, RegisterTaskDefinitionRequest, TaskDefinition } from '@aws-sdk/client-ecs';
import { SCOPE } from '../../../controllers/testing/builders.ts';
import { describeTaskDefinition } from '../wire/task-definition.ts';
import { newTaskDefinition } from './defaults.ts';
import { validateTaskDefinition } from './validate.ts';

const ECR = '123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1';
const LOGS = { 'awslogs-group': 'g', 'awslogs-region': 'us-east-1', 'awslogs-stream-prefix': 'ecs' };
const NON_BLOCKING = { ...LOGS, mode: 'non-blocking', 'max-buffer-size': '25m', 'awslogs-create-group': 'true' };
const awslogs = (options: Record<string, string>): ContainerDefinition => ({
  logConfiguration: { logDriver: 'awslogs', options },
});
const check = { command: ['CMD-SHELL', 'true'] };

function derived(container: ContainerDefinition, more: Partial<RegisterTaskDefinitionRequest>): TaskDefinition {
  const containerDefinitions = [{ name: 'app', image: 'nginx', ...container }];
  const draft = validateTaskDefinition({ family: 'f', cpu: '1024', memory: '2048', containerDefinitions, ...more });
  return describeTaskDefinition(
    newTaskDefinition({ scope: SCOPE, draft, revision: 1, now: epochMs(0), registeredBy: 'me', tags: [] }),
  );
}

/** Definitions as they are met in the field, and what ECS derives from them. `1.19` is short for the engine's API. */
const FIELD: readonly (readonly [
  string,
  ContainerDefinition,
  Partial<RegisterTaskDefinitionRequest>,
  string,
  string,
])[] = [
  ['bridge with awslogs', awslogs(LOGS), {}, 'logging-driver.awslogs 1.19', 'EXTERNAL EC2'],
  [
    'bridge with labels, memoryReservation and ECR',
    { ...awslogs(LOGS), image: ECR, memoryReservation: 128, dockerLabels: { a: 'b' } },
    {},
    'logging-driver.awslogs ecr-auth 1.18 1.19 1.21',
    'EXTERNAL EC2',
  ],
  [
    'bridge with a health check and Service Connect',
    {
      image: ECR,
      ulimits: [],
      healthCheck: check,
      portMappings: [{ name: 'web', containerPort: 80, hostPort: 80, appProtocol: 'http' }],
    },
    { executionRoleArn: 'r' },
    'ecr-auth 1.18 1.24 ecs.capability.container-health-check ecs.capability.execution-role-ecr-pull',
    'EC2',
  ],
  [
    'Fargate with EFS and secrets',
    {
      ...awslogs(NON_BLOCKING),
      mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }],
      secrets: [{ name: 'A', valueFrom: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:s-AbCdEf:host::' }],
    },
    {
      networkMode: 'awsvpc',
      executionRoleArn: 'r',
      volumes: [{ name: 'v', efsVolumeConfiguration: { fileSystemId: 'fs-0b' } }],
    },
    'logging-driver.awslogs 1.18 1.19 1.25 1.28 1.29 ecs.capability.efs ecs.capability.efsAuth ecs.capability.execution-role-awslogs ecs.capability.secrets.asm.environment-variables ecs.capability.task-eni',
    'EC2 FARGATE MANAGED_INSTANCES',
  ],
  [
    'no network, locked down',
    {
      ...awslogs(LOGS),
      linuxParameters: { capabilities: { drop: ['ALL'] }, initProcessEnabled: true, maxSwap: 0, swappiness: 0 },
      user: 'nobody',
      disableNetworking: true,
      privileged: false,
      dockerSecurityOptions: ['no-new-privileges'],
      ulimits: [{ name: 'nproc', softLimit: 128, hardLimit: 128 }],
    },
    { networkMode: 'none', ipcMode: 'none' },
    'logging-driver.awslogs 1.17 1.18 1.19 1.23 1.25 1.32 ecs.capability.pid-ipc-namespace-sharing',
    'EXTERNAL EC2 MANAGED_INSTANCES',
  ],
  [
    'GPUs on the host network',
    {
      ...awslogs(NON_BLOCKING),
      image: ECR,
      privileged: true,
      mountPoints: [{ sourceVolume: 'v', containerPath: '/v' }],
      linuxParameters: { devices: [{ hostPath: '/dev/infiniband' }], sharedMemorySize: 16_384 },
      ulimits: [{ name: 'memlock', softLimit: -1, hardLimit: -1 }],
      resourceRequirements: [{ type: 'GPU', value: '8' }],
    },
    {
      networkMode: 'host',
      ipcMode: 'host',
      taskRoleArn: 'r',
      executionRoleArn: 'r',
      volumes: [{ name: 'v', host: { sourcePath: '/fsx' } }],
    },
    'logging-driver.awslogs ecr-auth privileged-container task-iam-role task-iam-role-network-host 1.17 1.18 1.19 1.22 1.28 1.29 ecs.capability.execution-role-awslogs ecs.capability.execution-role-ecr-pull ecs.capability.pid-ipc-namespace-sharing',
    'EXTERNAL EC2 MANAGED_INSTANCES',
  ],
];

const PREFIX = 'com.amazonaws.ecs.capability.';
function inFull(short: string): string {
  if (/^1\.\d+$/.test(short)) return `${PREFIX}docker-remote-api.${short}`;
  return short.startsWith('ecs.') ? short : `${PREFIX}${short}`;
}

for (const [name, container, more, attributes, compatibilities] of FIELD) {
  test(`derived: ${name}`, () => {
    const definition = derived(container, more);
    assert.deepEqual(
      definition.requiresAttributes?.map((attribute) => attribute.name ?? ''),
      attributes.split(' ').map(inFull).sort(),
    );
    assert.deepEqual(definition.compatibilities, compatibilities.split(' '));
  });
}
