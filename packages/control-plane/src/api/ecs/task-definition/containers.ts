import { NAME_PATTERN } from '@gantry/domain';
import { clientException } from '@gantry/protocol';
import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import { checkMembers } from './container-members.ts';

const MAX_CONTAINERS = 10;
/** Docker's least. */
export const MIN_MEMORY_MIB = 6;

/** The list of containers, their names, images and sizes (ecs-semantics 2.1, 2.4, 2.5). Pure; throws ClientException. */
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
    checkMembers(name, container);
  }
  if (containers.every((container) => container.essential === false)) {
    throw clientException('Invalid task definition: at least one container must be essential.');
  }
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
  if (digest !== undefined && !/^sha256:[0-9A-Fa-f]{64}$/.test(digest)) {
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
  // ECS's documentation says less; ECS takes equal ones.
  if (memory !== undefined && memoryReservation !== undefined && memory < memoryReservation) {
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
