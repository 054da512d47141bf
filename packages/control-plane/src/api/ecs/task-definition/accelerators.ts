import { clientException, invalidParameter } from '@gantry/protocol';
import type { RegisterTaskDefinitionRequest, ResourceRequirement } from '@aws-sdk/client-ecs';

/** GPUs, and what is left of Elastic Inference (ecs-semantics 2.2, 2.5). Pure; throws. */
export function checkAccelerators(input: RegisterTaskDefinitionRequest): void {
  if ((input.inferenceAccelerators ?? []).length > 0) {
    throw invalidParameter("'inferenceAccelerators' are retired and not supported. Remove them and try again.");
  }
  for (const { name, resourceRequirements } of input.containerDefinitions ?? []) {
    const problem = requirementsProblem(resourceRequirements ?? []);
    if (problem !== undefined) throw clientException(`Container '${name}': ${problem}`);
  }
}

/** What is wrong with a container's `resourceRequirements`; undefined when nothing is. Pure. */
export function requirementsProblem(requirements: readonly ResourceRequirement[]): string | undefined {
  for (const { type, value } of requirements) {
    if (type !== 'GPU') return "resource requirements of type 'InferenceAccelerator' are retired. Remove them.";
    if (!/^[1-9][0-9]{0,3}$/.test(value ?? '')) {
      return `the 'value' of a GPU requirement is how many GPUs, a positive whole number; it is '${(value ?? '').slice(0, 32)}'.`;
    }
  }
  return requirements.length > 1 ? 'give one GPU requirement at most.' : undefined;
}
