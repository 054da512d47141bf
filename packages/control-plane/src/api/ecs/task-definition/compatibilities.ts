import { fargateProblem, type Draft } from './fargate.ts';

export const COMPATIBILITIES = ['EC2', 'FARGATE', 'EXTERNAL', 'MANAGED_INSTANCES'] as const;
export type Compatibility = (typeof COMPATIBILITIES)[number];

/** Why a definition does not run on a launch type (ecs-semantics 2.11); undefined when it does. Pure. */
export function incompatibility(launchType: Compatibility, draft: Draft): string | undefined {
  switch (launchType) {
    case 'EC2':
      return undefined;
    case 'FARGATE':
      return fargateProblem(draft);
    case 'EXTERNAL':
      return draft.networkMode === 'awsvpc' ? 'External instances do not support network mode awsvpc.' : undefined;
    case 'MANAGED_INSTANCES':
      return managedProblem(draft);
  }
}

/** The launch types a definition validates for, as `compatibilities` lists them. Pure. */
export function compatibilitiesOf(draft: Draft): readonly Compatibility[] {
  return COMPATIBILITIES.filter((launchType) => incompatibility(launchType, draft) === undefined);
}

function managedProblem({ input, networkMode, cpu, memory }: Draft): string | undefined {
  if (networkMode === 'bridge') return 'Managed Instances do not support network mode bridge.';
  if (cpu === undefined || memory === undefined) {
    return "Managed Instances require that 'cpu' and 'memory' be defined at the task level.";
  }
  if ((input.volumes ?? []).some((volume) => volume.dockerVolumeConfiguration !== undefined)) {
    return 'Managed Instances do not support Docker volumes.';
  }
  return undefined;
}
