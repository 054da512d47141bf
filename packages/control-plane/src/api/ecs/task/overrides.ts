import type { TaskDefinition, TaskOverride } from '@gantry/domain';
import { clientException, invalidParameter } from '@gantry/protocol';
import type { ContainerOverride, TaskOverride as WireTaskOverride } from '@aws-sdk/client-ecs';
import { effectiveContainers } from '../../../controllers/task/reservation.ts';
import { deviceNotYet, requirementsProblem } from '../task-definition/accelerators.ts';
import { MIN_MEMORY_MIB } from '../task-definition/containers.ts';
import { isWindows } from '../task-definition/draft.ts';
import { checkRole } from '../task-definition/roles.ts';
import { environmentFilesProblem, FILES_NEED_ROLE, notUnique } from '../task-definition/secrets.ts';
import { checkTaskCpu, fargateSizeProblem, normaliseCpu, normaliseMemory } from '../task-definition/sizes.ts';
import type { Infrastructure } from './launch.ts';

const MAX_LENGTH = 8192;

/**
 * The overrides of a RunTask or StartTask (ecs-semantics 3.9), checked against the definition; sizes normalised.
 * Pure. Throws InvalidParameterException or ClientException.
 */
export function checkOverrides(
  definition: TaskDefinition,
  infrastructure: Infrastructure,
  given: WireTaskOverride | undefined,
): TaskOverride {
  if (given === undefined) return { containerOverrides: [] };
  const { length } = JSON.stringify(given);
  if (length > MAX_LENGTH) {
    throw invalidParameter(`The overrides are ${length} characters of JSON; at most ${MAX_LENGTH} are allowed.`);
  }
  if ((given.inferenceAcceleratorOverrides ?? []).length > 0) {
    throw invalidParameter("'inferenceAcceleratorOverrides' are not supported. Remove them and try again.");
  }
  const cpu = normaliseCpu(given.cpu);
  const memory = normaliseMemory(given.memory);
  checkTaskCpu(cpu);
  if (infrastructure === 'FARGATE' && (cpu !== undefined || memory !== undefined)) {
    const problem = fargateSizeProblem(cpu ?? definition.cpu, memory ?? definition.memory, isWindows(definition));
    if (problem !== undefined) throw clientException(problem);
  }
  checkStorage(given, infrastructure);
  checkRole(given.taskRoleArn);
  checkRole(given.executionRoleArn);
  const overrides = (given.containerOverrides ?? []).map((override) =>
    checkContainer(definition, override, memory ?? definition.memory),
  );
  const role = given.executionRoleArn || definition.executionRoleArn;
  for (const override of overrides) {
    checkFiles(override, role !== undefined);
    checkDevices(override, infrastructure);
  }
  const names = overrides.map((override) => override.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalidParameter(`There is more than one override for container named ${twice}.`);
  const checked: TaskOverride = {
    containerOverrides: overrides as unknown as TaskOverride['containerOverrides'],
    cpu,
    memory,
    taskRoleArn: given.taskRoleArn || undefined,
    executionRoleArn: given.executionRoleArn || undefined,
    ephemeralStorage: given.ephemeralStorage,
  };
  if (infrastructure === 'FARGATE') checkSums(definition, checked);
  return checked;
}

/** A Fargate task is as big as it says: its containers have to fit (ecs-semantics 2.4). */
function checkSums(definition: TaskDefinition, overrides: TaskOverride): void {
  const containers = effectiveContainers(definition, overrides);
  const sizes = { cpu: overrides.cpu ?? definition.cpu, memory: overrides.memory ?? definition.memory };
  for (const member of ['cpu', 'memory'] as const) {
    const sum = containers.reduce((total, container) => total + (container[member] ?? 0), 0);
    if (sum <= Number(sizes[member] ?? Infinity)) continue;
    throw clientException(
      `The '${member}' settings of the containers (${sum}) are greater than for the task (${sizes[member]}).`,
    );
  }
}

function checkStorage(given: WireTaskOverride, infrastructure: Infrastructure): void {
  const sizeGiB = given.ephemeralStorage?.sizeInGiB;
  if (sizeGiB === undefined) return;
  if (infrastructure !== 'FARGATE') throw invalidParameter('ephemeralStorage can only be overridden with FARGATE.');
  if (sizeGiB < 21 || sizeGiB > 200) {
    throw invalidParameter(`ephemeralStorage.sizeInGiB must be between 21 and 200; it is ${sizeGiB}.`);
  }
}

function checkFiles({ name = '', environmentFiles: files = [] }: ContainerOverride, hasRole: boolean): void {
  const problem = environmentFilesProblem(files);
  if (problem !== undefined) throw invalidParameter(`Override for container named ${name} ${problem}`);
  if (files.length > 0 && !hasRole) throw clientException(FILES_NEED_ROLE);
}

/** Whole GPUs of an instance; Fargate has none. */
function checkDevices(
  { name = '', resourceRequirements = [] }: ContainerOverride,
  infrastructure: Infrastructure,
): void {
  const problem = requirementsProblem(resourceRequirements);
  if (problem !== undefined) throw invalidParameter(`Override for container named ${name}: ${problem}`);
  const device = deviceNotYet(resourceRequirements);
  if (device !== undefined) {
    throw invalidParameter(
      `Override for container named ${name}: ${device} is not supported by this version of Gantry. Remove it and try again.`,
    );
  }
  if (infrastructure === 'FARGATE' && resourceRequirements.length > 0) {
    throw clientException(
      `Override for container named ${name}: 'resourceRequirements' is not supported with FARGATE.`,
    );
  }
}

function checkContainer(
  definition: TaskDefinition,
  override: ContainerOverride,
  taskMemory: string | undefined,
): ContainerOverride {
  const { name = '' } = override;
  const container = definition.containerDefinitions.find((candidate) => candidate.name === name);
  if (container === undefined) {
    throw invalidParameter(`Override for container named ${name} is not a container in the TaskDefinition.`);
  }
  if (override.cpu !== undefined && override.cpu < 0) {
    throw invalidParameter(`Override for container named ${name}: 'cpu' must not be negative.`);
  }
  for (const member of ['memory', 'memoryReservation'] as const) {
    const value = override[member];
    if (value === undefined) continue;
    if (value < MIN_MEMORY_MIB) {
      throw invalidParameter(
        `Override for container named ${name}: '${member}' must be at least ${MIN_MEMORY_MIB} MiB.`,
      );
    }
    if (taskMemory !== undefined && value > Number(taskMemory)) {
      throw clientException(`The '${member}' setting for container is greater than for the task.`);
    }
  }
  const hard = override.memory ?? container.memory;
  const soft = override.memoryReservation ?? container.memoryReservation;
  if (hard !== undefined && soft !== undefined && hard < soft) {
    throw invalidParameter(
      `Override for container named ${name}: 'memoryReservation' (${soft}) must not be greater than 'memory' (${hard}).`,
    );
  }
  for (const variable of override.environment ?? []) {
    if (variable.name === undefined || variable.name === '') {
      throw invalidParameter(`Override for container named ${name} has an environment variable without a name.`);
    }
    if (container.secrets?.some((secret) => secret.name === variable.name) === true) throw notUnique(variable.name);
  }
  return override;
}
