import { NAME_PATTERN } from '@gantry/domain';
import { clientException, invalidParameter } from '@gantry/protocol';
import type { ContainerDefinition, HealthCheck, LogConfiguration } from '@aws-sdk/client-ecs';

const MAX_CONTAINERS = 10;
const MIN_MEMORY_MIB = 6;
const MAX_ENVIRONMENT_FILES = 10;
const MAX_IGNORED_EXIT_CODES = 50;

/** Rules of single containers (ecs-semantics 2.4, 2.5, 2.8, 2.10, 3.7). Pure; throws ClientException. */
export function checkContainers(containers: readonly ContainerDefinition[], taskMemoryMiB: number | undefined): void {
  if (containers.length === 0) throw clientException('Container list cannot be empty.');
  if (containers.length > MAX_CONTAINERS) {
    throw clientException(
      `Too many containers: ${containers.length}; a task definition has at most ${MAX_CONTAINERS}.`,
    );
  }
  const names = new Set<string>();
  for (const container of containers) {
    checkIdentity(container);
    const name = container.name as string;
    if (names.has(name)) throw clientException(`Duplicate container name '${name}'. Container names must be unique.`);
    names.add(name);
    checkMemory(name, container, taskMemoryMiB);
    checkRest(name, container);
  }
  if (containers.every((container) => container.essential === false)) {
    throw clientException('Invalid task definition: at least one container must be essential.');
  }
  const routers = containers.filter((container) => container.firelensConfiguration !== undefined);
  if (routers.length > 1) throw clientException('A task definition can have at most one FireLens container.');
}

function checkIdentity({ name, image }: ContainerDefinition): void {
  if (name === undefined || name === '') throw clientException('Container.name should not be null or empty.');
  if (!NAME_PATTERN.test(name)) {
    throw clientException(
      `Invalid container name '${name.slice(0, 64)}': up to 255 letters, numbers, underscores and hyphens.`,
    );
  }
  if (image === undefined || image === '') throw clientException('Container.image should not be null or empty.');
  const [reference = '', digest] = image.split('@', 2);
  if (reference.length > 255 || !/^[A-Za-z0-9\-_:./#]+$/.test(reference)) {
    throw clientException(
      `Invalid image '${image.slice(0, 255)}' of container '${name}': up to 255 letters, numbers and -_:./#.`,
    );
  }
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw clientException(
      `Invalid image digest '${digest.slice(0, 80)}' of container '${name}': give sha256:<64 hex>.`,
    );
  }
}

function checkMemory(name: string, container: ContainerDefinition, taskMemoryMiB: number | undefined): void {
  const { cpu, memory, memoryReservation } = container;
  if (cpu !== undefined && (!Number.isInteger(cpu) || cpu < 0)) {
    throw clientException(`Invalid 'cpu' setting for container '${name}': it must not be negative.`);
  }
  for (const [member, value] of Object.entries({ memory, memoryReservation })) {
    if (value !== undefined && value < MIN_MEMORY_MIB) {
      throw clientException(
        `Invalid '${member}' setting for container '${name}': it is ${value} MiB, the least is ${MIN_MEMORY_MIB} MiB.`,
      );
    }
  }
  if (memory !== undefined && memoryReservation !== undefined && memory <= memoryReservation) {
    throw clientException(`Invalid setting for container '${name}'. 'memoryReservation' must be less than 'memory'`);
  }
  if (taskMemoryMiB === undefined) {
    if (memory === undefined && memoryReservation === undefined) {
      throw clientException(
        `Invalid setting for container '${name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
      );
    }
    return;
  }
  if ((memory ?? 0) > taskMemoryMiB) {
    throw clientException("The 'memory' setting for container is greater than for the task.");
  }
  if ((memoryReservation ?? 0) > taskMemoryMiB) {
    throw clientException("The 'memoryReservation' setting for container is greater than for the task.");
  }
}

function checkRest(name: string, container: ContainerDefinition): void {
  checkHealthCheck(name, container.healthCheck);
  checkLogging(name, container.logConfiguration);
  checkRestartPolicy(name, container);
  checkTimeouts(name, container);
  for (const variable of container.environment ?? []) {
    if (variable.name === undefined || variable.name === '') {
      throw clientException(`Container '${name}' has an environment variable without a name.`);
    }
  }
  if ((container.environmentFiles ?? []).length > MAX_ENVIRONMENT_FILES) {
    throw clientException(`Container '${name}' has more than ${MAX_ENVIRONMENT_FILES} environment files.`);
  }
  for (const { name: limit, softLimit, hardLimit } of container.ulimits ?? []) {
    if (softLimit !== undefined && hardLimit !== undefined && hardLimit >= 0 && softLimit > hardLimit) {
      throw clientException(`Invalid ulimit '${limit}' of container '${name}': softLimit is greater than hardLimit.`);
    }
  }
  for (const requirement of container.resourceRequirements ?? []) {
    const kind = requirement.type === 'GPU' ? 'GPUs' : 'Elastic Inference accelerators';
    throw invalidParameter(
      `Container '${name}': ${kind} ('resourceRequirements') are not supported by this version of Gantry. Remove the requirement.`,
    );
  }
  if ((container.credentialSpecs ?? []).length > 0) {
    throw invalidParameter(
      `Container '${name}': 'credentialSpecs' are not supported by this version of Gantry. Remove them.`,
    );
  }
}

function checkHealthCheck(name: string, check: HealthCheck | undefined): void {
  if (check === undefined) return;
  if (check.command === undefined || check.command.length === 0) {
    throw clientException(`Container '${name}': 'healthCheck' needs a 'command'.`);
  }
  const ranges = [
    ['interval', check.interval, 5, 300],
    ['timeout', check.timeout, 2, 60],
    ['retries', check.retries, 1, 10],
    ['startPeriod', check.startPeriod, 0, 300],
  ] as const;
  for (const [member, value, min, max] of ranges) {
    if (value !== undefined && (value < min || value > max)) {
      throw clientException(
        `Invalid health check of container '${name}': '${member}' must be between ${min} and ${max}; it is ${value}.`,
      );
    }
  }
}

function checkLogging(name: string, logging: LogConfiguration | undefined): void {
  if (logging === undefined) return;
  const needed: Readonly<Record<string, readonly string[]>> = {
    awslogs: ['awslogs-group', 'awslogs-region'],
    splunk: ['splunk-token', 'splunk-url'],
  };
  const secret = new Set((logging.secretOptions ?? []).map((option) => option.name));
  const missing = (needed[logging.logDriver ?? ''] ?? []).filter(
    (option) => (logging.options?.[option] ?? '') === '' && !secret.has(option),
  );
  if (missing.length > 0) {
    throw clientException(
      `Log driver ${logging.logDriver} requires options: ${missing.join(', ')} (container '${name}')`,
    );
  }
}

function checkRestartPolicy(name: string, { restartPolicy }: ContainerDefinition): void {
  if (restartPolicy === undefined) return;
  const { ignoredExitCodes = [], restartAttemptPeriod } = restartPolicy;
  if (ignoredExitCodes.length > MAX_IGNORED_EXIT_CODES) {
    throw clientException(
      `Invalid restart policy of container '${name}': at most ${MAX_IGNORED_EXIT_CODES} 'ignoredExitCodes'.`,
    );
  }
  if (restartAttemptPeriod !== undefined && (restartAttemptPeriod < 60 || restartAttemptPeriod > 1800)) {
    throw clientException(
      `Invalid restart policy of container '${name}': 'restartAttemptPeriod' must be between 60 and 1800 seconds.`,
    );
  }
}

function checkTimeouts(name: string, container: ContainerDefinition): void {
  for (const member of ['startTimeout', 'stopTimeout'] as const) {
    const value = container[member];
    if (value !== undefined && value < 0) {
      throw clientException(`Invalid '${member}' setting for container '${name}': it must not be negative.`);
    }
  }
}
