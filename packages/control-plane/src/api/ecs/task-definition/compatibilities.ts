import type { ResourceRequirement } from '@aws-sdk/client-ecs';
import { isShared } from './accelerators.ts';
import { isWindows, type Draft } from './draft.ts';
import { fargateProblem } from './fargate.ts';

/** In the order ECS lists them. */
export const COMPATIBILITIES = ['EXTERNAL', 'EC2', 'FARGATE', 'MANAGED_INSTANCES'] as const;
export type Compatibility = (typeof COMPATIBILITIES)[number];

/** Why a definition does not run on a launch type (ecs-semantics 2.11); undefined when it does. Pure. */
export function incompatibility(launchType: Compatibility, draft: Draft): string | undefined {
  switch (launchType) {
    case 'EC2':
      return neuronProblem(draft, 'EC2');
    case 'FARGATE':
      return fargateProblem(draft);
    case 'EXTERNAL':
      return externalProblem(draft);
    case 'MANAGED_INSTANCES':
      return managedProblem(draft);
  }
}

/** The launch types a definition validates for, as `compatibilities` lists them. Pure. */
export function compatibilitiesOf(draft: Draft): readonly Compatibility[] {
  return COMPATIBILITIES.filter((launchType) => incompatibility(launchType, draft) === undefined);
}

function externalProblem({ input, networkMode }: Draft): string | undefined {
  if (networkMode === 'awsvpc') return 'External instances do not support network mode awsvpc.';
  const ports = (input.containerDefinitions ?? []).flatMap((container) => container.portMappings ?? []);
  if (ports.some(({ appProtocol }) => appProtocol !== undefined)) {
    return "External instances do not support Service Connect ('appProtocol' of a port mapping).";
  }
  const shared = requirementsOf(input).some(isShared);
  if (shared) return "External instances do not support GPU sharing ('sharingStrategy').";
  const neuron = neuronProblem({ input }, 'EXTERNAL');
  if (neuron !== undefined) return neuron;
  if (input.proxyConfiguration !== undefined) return "External instances do not support 'proxyConfiguration'.";
  for (const volume of input.volumes ?? []) {
    const kind = attachedKind(volume);
    if (kind !== undefined) return `External instances do not support ${kind} volumes (volume '${volume.name}').`;
  }
  return undefined;
}

function managedProblem({ input, networkMode }: Draft): string | undefined {
  if (networkMode === 'bridge') return 'Managed Instances do not support network mode bridge.';
  if (isWindows(input)) return 'Managed Instances do not support Windows containers.';
  if (input.proxyConfiguration !== undefined) return "Managed Instances do not support 'proxyConfiguration'.";
  for (const { dockerVolumeConfiguration, fsxWindowsFileServerVolumeConfiguration, name } of input.volumes ?? []) {
    if (dockerVolumeConfiguration !== undefined) {
      return `Managed Instances do not support Docker volumes (volume '${name}').`;
    }
    if (fsxWindowsFileServerVolumeConfiguration !== undefined) {
      return `Managed Instances do not support FSx for Windows File Server volumes (volume '${name}').`;
    }
  }
  return undefined;
}

function requirementsOf(input: Draft['input']): readonly ResourceRequirement[] {
  return (input.containerDefinitions ?? []).flatMap((container) => container.resourceRequirements ?? []);
}

/** Only Managed Instances have Neuron devices to give. */
function neuronProblem({ input }: Pick<Draft, 'input'>, launchType: string): string | undefined {
  const asks = requirementsOf(input).some(({ type }) => type === 'NeuronDevice');
  return asks ? `NeuronDevice resources are not supported with ${launchType}; Managed Instances have them.` : undefined;
}

type DraftVolume = NonNullable<Draft['input']['volumes']>[number];

/** Storage of the cloud that is attached for the task. */
function attachedKind(volume: DraftVolume): string | undefined {
  if (volume.efsVolumeConfiguration !== undefined) return 'EFS';
  if (volume.s3filesVolumeConfiguration !== undefined) return 'S3 Files';
  if (volume.fsxWindowsFileServerVolumeConfiguration !== undefined) return 'FSx for Windows File Server';
  return volume.configuredAtLaunch === true ? 'EBS' : undefined;
}
