import { clientException, invalidParameter } from '@gantry/protocol';
import type { RegisterTaskDefinitionRequest, ResourceRequirement } from '@aws-sdk/client-ecs';

/** GPUs, Neuron devices, and what is left of Elastic Inference (ecs-semantics 2.2, 2.5). Pure; throws. */
export function checkAccelerators(input: RegisterTaskDefinitionRequest): void {
  if ((input.inferenceAccelerators ?? []).length > 0) {
    throw invalidParameter("'inferenceAccelerators' are retired and not supported. Remove them and try again.");
  }
  const containers = input.containerDefinitions ?? [];
  for (const { name, resourceRequirements } of containers) {
    const problem = requirementsProblem(resourceRequirements ?? []);
    if (problem !== undefined) throw clientException(`Container '${name}': ${problem}`);
  }
  const all = containers.flatMap((container) => container.resourceRequirements ?? []);
  const gpus = all.filter(({ type }) => type === 'GPU');
  if (new Set(gpus.map(isShared)).size > 1) {
    throw clientException("The containers of a task that request GPUs must all give 'value' or all 'sharingStrategy'.");
  }
  if (all.filter(({ type }) => type === 'NeuronDevice').length > 1) {
    throw clientException('Only one container in a task can specify NeuronDevice resources.');
  }
}

/** Shared by several containers through NVIDIA MPS. Pure. */
export function isShared({ sharingStrategy }: ResourceRequirement): boolean {
  return sharingStrategy !== undefined;
}

/** What is wrong with a container's `resourceRequirements`; undefined when nothing is. Pure. */
export function requirementsProblem(requirements: readonly ResourceRequirement[]): string | undefined {
  const types = new Set<string>();
  for (const requirement of requirements) {
    const type = requirement.type ?? '';
    const problem = requirementProblem(requirement);
    if (problem !== undefined) return problem;
    if (types.has(type)) return `give one resource requirement of type ${type} at most.`;
    types.add(type);
  }
  return undefined;
}

/** Of devices that can be registered, those that no task can be given, in words; whole GPUs can. Pure. */
export function deviceNotYet(
  requirements: readonly { readonly [M in 'type' | 'value' | 'sharingStrategy']?: unknown }[],
): string | undefined {
  for (const { type, value, sharingStrategy } of requirements) {
    if (type !== 'GPU') return `Devices of type ${String(type)}`;
    if (sharingStrategy !== undefined) return "GPUs that containers share ('sharingStrategy.nvidiaMps')";
    if (value === 'ALL') return "All GPUs of an instance ('value' ALL)";
  }
  return undefined;
}

function requirementProblem(requirement: ResourceRequirement): string | undefined {
  const { sharingStrategy, type, value } = requirement;
  if (type === 'InferenceAccelerator') {
    return "resource requirements of type 'InferenceAccelerator' are retired. Remove them.";
  }
  if (type !== 'GPU') {
    if (isShared(requirement)) return "'sharingStrategy' is for resource requirements of type GPU alone.";
    return value === 'ALL' ? undefined : "the 'value' of a NeuronDevice requirement must be ALL.";
  }
  if (isShared(requirement)) {
    if (value !== undefined) return "specify either 'value' or 'sharingStrategy' of a GPU requirement, but not both.";
    const { memory = 0, maxComputePercent = 100 } = sharingStrategy?.nvidiaMps ?? {};
    if (memory < 1) return "'sharingStrategy' needs an 'nvidiaMps' with 'memory' of at least 1 MiB.";
    if (maxComputePercent <= 0 || maxComputePercent > 100) return "'maxComputePercent' is above 0 and at most 100.";
    return undefined;
  }
  if (value === 'ALL' || /^[1-9][0-9]{0,3}$/.test(value ?? '')) return undefined;
  return `the 'value' of a GPU requirement is how many GPUs, or ALL; it is '${(value ?? '').slice(0, 32)}'.`;
}
