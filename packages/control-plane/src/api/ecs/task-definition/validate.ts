import { NAME_PATTERN, type NetworkMode } from '@gantry/domain';
import { clientException } from '@gantry/protocol';
import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs';
import { parseExpression } from '../common/expression.ts';
import { checkTags } from '../common/tags.ts';
import { checkAccelerators } from './accelerators.ts';
import { COMPATIBILITIES, incompatibility } from './compatibilities.ts';
import { checkContainers } from './containers.ts';
import { checkDependencies } from './depends-on.ts';
import type { Draft } from './draft.ts';
import { checkLinux } from './linux.ts';
import { checkLogging } from './logging.ts';
import { checkPorts } from './ports.ts';
import { checkProxy } from './proxy.ts';
import { checkRole } from './roles.ts';
import { checkSecrets } from './secrets.ts';
import { checkTaskCpu, normaliseCpu, normaliseMemory } from './sizes.ts';
import { checkVolumes } from './volumes.ts';
import { checkWindows } from './windows.ts';

const MAX_BYTES = 64 * 1024;
const MAX_CONSTRAINTS = 10;
const STORAGE_GIB = { min: 21, max: 200 } as const;

/**
 * Refuses what ECS would refuse at RegisterTaskDefinition (ecs-semantics 2.1–2.11). What ECS takes and this version
 * can not run is refused at launch (`launchable.ts`). Pure. Throws ClientException (meaning) or
 * InvalidParameterException (shape).
 * @returns what later steps need: normalised sizes and the network mode.
 */
export function validateTaskDefinition(input: RegisterTaskDefinitionRequest): Draft {
  checkSize(input);
  checkFamily(input.family);
  const networkMode = input.networkMode ?? 'bridge';
  const draft: Draft = {
    input,
    networkMode,
    cpu: normaliseCpu(input.cpu),
    memory: normaliseMemory(input.memory),
  };
  checkTaskMembers(draft);
  const containers = input.containerDefinitions ?? [];
  checkCompatibilityNames(input);
  // Fargate's own messages about task sizes come before the ones about containers, as with ECS.
  if (input.requiresCompatibilities?.includes('FARGATE') === true) checkFargateBasics(draft);
  checkContainers(containers, draft.memory === undefined ? undefined : Number(draft.memory));
  checkPorts(containers, networkMode);
  checkNetworkMembers(containers, networkMode);
  checkDependencies(containers);
  for (const check of [checkVolumes, checkLogging, checkSecrets, checkLinux, checkAccelerators, checkWindows]) {
    check(input);
  }
  checkProxy(draft);
  checkTaskCpu(draft.cpu);
  checkCompatibilities(draft);
  checkTaskMemory(containers, draft);
  checkTags(input.tags);
  return draft;
}

function checkSize(input: RegisterTaskDefinitionRequest): void {
  const { tags: _tags, ...definition } = input;
  const bytes = Buffer.byteLength(JSON.stringify(definition));
  if (bytes > MAX_BYTES) {
    throw clientException(`Actual length: '${bytes}'. Max allowed length is '${MAX_BYTES}' bytes.`);
  }
}

function checkFamily(family: string | undefined): void {
  if (family === undefined || family === '') throw clientException('Family should not be null or empty.');
  if (!NAME_PATTERN.test(family)) {
    throw clientException(
      `Invalid family '${family.slice(0, 64)}': up to 255 letters (uppercase and lowercase), numbers, underscores, and hyphens are allowed.`,
    );
  }
}

function checkTaskMembers({ input, networkMode }: Draft): void {
  checkRole(input.taskRoleArn);
  checkRole(input.executionRoleArn);
  const constraints = input.placementConstraints ?? [];
  if (constraints.length > MAX_CONSTRAINTS) {
    throw clientException(`A task definition has at most ${MAX_CONSTRAINTS} placement constraints.`);
  }
  for (const { type, expression } of constraints) {
    if (type !== 'memberOf')
      throw clientException("Placement constraints of a task definition must be of type 'memberOf'.");
    if (expression === undefined || expression === '') {
      throw clientException("A placement constraint of type 'memberOf' needs an 'expression'.");
    }
    parseExpression('placement constraint expression', expression);
  }
  const sizeGiB = input.ephemeralStorage?.sizeInGiB;
  if (sizeGiB !== undefined && (sizeGiB < STORAGE_GIB.min || sizeGiB > STORAGE_GIB.max)) {
    throw clientException(
      `Invalid 'ephemeralStorage' setting for task: sizeInGiB must be between ${STORAGE_GIB.min} and ${STORAGE_GIB.max}; it is ${sizeGiB}.`,
    );
  }
  if (input.enableFaultInjection === true && networkMode !== 'awsvpc' && networkMode !== 'host') {
    throw clientException(
      `'enableFaultInjection' needs network mode awsvpc or host; the task definition has ${networkMode}.`,
    );
  }
}

function checkCompatibilityNames(input: RegisterTaskDefinitionRequest): void {
  for (const name of input.requiresCompatibilities ?? []) {
    if (!(COMPATIBILITIES as readonly string[]).includes(name)) {
      throw clientException(
        `Unknown compatibility '${name}'. 'requiresCompatibilities' may hold ${COMPATIBILITIES.join(', ')}.`,
      );
    }
  }
}

function checkFargateBasics({ networkMode, cpu, memory }: Draft): void {
  if (networkMode !== 'awsvpc') throw clientException('Fargate only supports network mode ‘awsvpc’.');
  if (cpu === undefined) throw clientException("Fargate requires that 'cpu' be defined at the task level.");
  if (memory === undefined) throw clientException("Fargate requires that 'memory' be defined at the task level.");
}

function checkCompatibilities(draft: Draft): void {
  for (const name of draft.input.requiresCompatibilities ?? []) {
    const problem = incompatibility(name, draft);
    if (problem !== undefined) throw clientException(problem);
  }
}

function checkTaskMemory(containers: readonly ContainerDefinition[], { memory }: Draft): void {
  if (memory === undefined) return;
  const sum = containers.reduce(
    (total, container) => total + (container.memoryReservation ?? container.memory ?? 0),
    0,
  );
  if (sum > Number(memory)) {
    throw clientException(
      `The 'memory' settings of the containers (${sum} MiB) are greater than for the task (${memory} MiB).`,
    );
  }
}

/** Members that only some network modes have (ecs-semantics 2.5). */
function checkNetworkMembers(containers: readonly ContainerDefinition[], networkMode: NetworkMode): void {
  for (const container of containers) {
    const name = container.name ?? '';
    const refuse = (member: string): never => {
      throw clientException(
        `Invalid setting for container '${name}'. '${member}' is not supported with networkMode '${networkMode}'.`,
      );
    };
    if (networkMode !== 'bridge' && (container.links ?? []).length > 0) refuse('links');
    if (networkMode === 'awsvpc' && container.hostname !== undefined) refuse('hostname');
    if (networkMode === 'awsvpc' && (container.extraHosts ?? []).length > 0) refuse('extraHosts');
  }
}
