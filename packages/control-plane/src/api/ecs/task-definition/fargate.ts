import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { isWindows, type Draft } from './draft.ts';
import { isEcr } from './requires-attributes.ts';
import { fargateSizeProblem } from './sizes.ts';

const FARGATE_LOG_DRIVERS: readonly string[] = ['awslogs', 'splunk', 'awsfirelens'];
const MIN_TIMEOUT_S = 2;
const MAX_TIMEOUT_S = 120;
const WINDOWS_FAMILIES = /^WINDOWS_SERVER_(2019|2022|2025)_(CORE|FULL)$/;
/** Fargate keeps it for itself on Windows. */
const WINDOWS_RESERVED_PORT = 3150;

/**
 * Why a definition does not run on Fargate (ecs-semantics 2.3–2.11), the first reason first; undefined when it does.
 * Pure.
 */
export function fargateProblem(draft: Draft): string | undefined {
  const { input, networkMode, cpu, memory } = draft;
  if (networkMode !== 'awsvpc') return 'Fargate only supports network mode ‘awsvpc’.';
  return (
    fargateSizeProblem(cpu, memory, isWindows(input)) ??
    taskProblem(input) ??
    volumesProblem(input) ??
    windowsProblem(input) ??
    containersProblem(draft)
  );
}

function taskProblem(input: RegisterTaskDefinitionRequest): string | undefined {
  const { ipcMode, pidMode, placementConstraints } = input;
  if (pidMode !== undefined && pidMode !== 'task') {
    return `Tasks using the Fargate launch type do not support pidMode '${pidMode}'. The supported value for pidMode is 'task'.`;
  }
  if (ipcMode !== undefined) return 'Tasks using the Fargate launch type do not support ipcMode.';
  if ((placementConstraints ?? []).length > 0) {
    return 'Placement constraints are not supported with FARGATE launch type.';
  }
  return undefined;
}

function volumesProblem({ volumes }: RegisterTaskDefinitionRequest): string | undefined {
  for (const volume of volumes ?? []) {
    if (volume.host?.sourcePath) {
      return `Volume '${volume.name}': host.sourcePath should not be set for volumes in Fargate.`;
    }
    if (volume.dockerVolumeConfiguration !== undefined) {
      return `Volume '${volume.name}': Docker volumes are not supported with FARGATE launch type.`;
    }
    if (volume.fsxWindowsFileServerVolumeConfiguration !== undefined) {
      return `Volume '${volume.name}': FSx for Windows File Server volumes are not supported with FARGATE launch type.`;
    }
  }
  return undefined;
}

function windowsProblem(input: RegisterTaskDefinitionRequest): string | undefined {
  if (!isWindows(input)) return undefined;
  const family = input.runtimePlatform?.operatingSystemFamily ?? '';
  if (!WINDOWS_FAMILIES.test(family)) {
    return `The operating system family ${family} is not supported with FARGATE launch type.`;
  }
  const [volume] = (input.volumes ?? []).filter(
    (candidate) => candidate.efsVolumeConfiguration ?? candidate.s3filesVolumeConfiguration,
  );
  if (volume !== undefined) return `Volume '${volume.name}': not supported for Windows with FARGATE launch type.`;
  for (const { environmentFiles, name, portMappings } of input.containerDefinitions ?? []) {
    if ((environmentFiles ?? []).length > 0) {
      return `Container '${name}': 'environmentFiles' is not supported for Windows with FARGATE launch type.`;
    }
    if ((portMappings ?? []).some((mapping) => mapping.containerPort === WINDOWS_RESERVED_PORT)) {
      return `Container '${name}': port ${WINDOWS_RESERVED_PORT} is reserved for Windows with FARGATE launch type.`;
    }
  }
  return undefined;
}

function containersProblem({ input, cpu, memory }: Draft): string | undefined {
  const containers = input.containerDefinitions ?? [];
  if (!input.executionRoleArn && containers.some(({ image }) => isEcr(image ?? ''))) {
    return 'Fargate requires task definition to have execution role ARN to support ECR images.';
  }
  for (const container of containers) {
    const problem = containerProblem(container);
    if (problem !== undefined) return problem;
  }
  const cpuUnits = containers.reduce((sum, container) => sum + (container.cpu ?? 0), 0);
  if (cpuUnits > Number(cpu)) {
    return `The 'cpu' settings of the containers (${cpuUnits}) are greater than for the task (${cpu}).`;
  }
  const memoryMiB = containers.reduce((sum, container) => sum + (container.memory ?? 0), 0);
  if (memoryMiB > Number(memory)) {
    return `The 'memory' settings of the containers (${memoryMiB} MiB) are greater than for the task (${memory} MiB).`;
  }
  return undefined;
}

/** Members Fargate does not have, with the test of whether one is used. */
const ABSENT: readonly (readonly [string, (container: ContainerDefinition) => boolean])[] = [
  ['privileged', (c) => c.privileged === true],
  ['links', (c) => (c.links ?? []).length > 0],
  ['hostname', (c) => c.hostname !== undefined],
  ['extraHosts', (c) => (c.extraHosts ?? []).length > 0],
  ['dnsServers', (c) => (c.dnsServers ?? []).length > 0],
  ['dnsSearchDomains', (c) => (c.dnsSearchDomains ?? []).length > 0],
  ['disableNetworking', (c) => c.disableNetworking === true],
  ['dockerSecurityOptions', (c) => (c.dockerSecurityOptions ?? []).length > 0],
  ['resourceRequirements', (c) => (c.resourceRequirements ?? []).length > 0],
  ['linuxParameters.devices', (c) => (c.linuxParameters?.devices ?? []).length > 0],
  ['linuxParameters.sharedMemorySize', (c) => c.linuxParameters?.sharedMemorySize !== undefined],
  ['linuxParameters.maxSwap', (c) => c.linuxParameters?.maxSwap !== undefined],
  ['linuxParameters.swappiness', (c) => c.linuxParameters?.swappiness !== undefined],
];

function containerProblem(container: ContainerDefinition): string | undefined {
  const name = container.name ?? '';
  for (const [member, isUsed] of ABSENT) {
    if (isUsed(container)) return `Container '${name}': '${member}' is not supported with FARGATE launch type.`;
  }
  const added = (container.linuxParameters?.capabilities?.add ?? []).find((capability) => capability !== 'SYS_PTRACE');
  if (added !== undefined) {
    return `Container '${name}': capability '${added}' can not be added with FARGATE launch type; only SYS_PTRACE can.`;
  }
  const driver = container.logConfiguration?.logDriver;
  if (driver !== undefined && !FARGATE_LOG_DRIVERS.includes(driver)) {
    return `Container '${name}': log driver '${driver}' is not supported with FARGATE launch type. Use one of ${FARGATE_LOG_DRIVERS.join(', ')}.`;
  }
  if (driver === 'awslogs' && !container.logConfiguration?.options?.['awslogs-stream-prefix']) {
    return `Container '${name}': log driver awslogs requires option awslogs-stream-prefix with FARGATE launch type.`;
  }
  for (const member of ['startTimeout', 'stopTimeout'] as const) {
    const seconds = container[member];
    if (seconds !== undefined && (seconds < MIN_TIMEOUT_S || seconds > MAX_TIMEOUT_S)) {
      return `Container '${name}': '${member}' must be between ${MIN_TIMEOUT_S} and ${MAX_TIMEOUT_S} seconds with FARGATE launch type.`;
    }
  }
  if (container.firelensConfiguration?.options?.['config-file-type'] === 's3') {
    return `Container '${name}': config-file-type s3 is not supported with FARGATE launch type. Use file.`;
  }
  if ((container.credentialSpecs ?? []).some((spec) => !spec.startsWith('credentialspecdomainless:'))) {
    return `Container '${name}': only credentialspecdomainless is supported with FARGATE launch type.`;
  }
  return undefined;
}
