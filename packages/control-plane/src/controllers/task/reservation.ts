import type {
  ContainerDefinition,
  Reservation,
  ResourceRequirement,
  TaskDefinition,
  TaskOverride,
} from '@gantry/domain';
import { parseCpuUnits, parseMemoryMiB } from './size.ts';

/** A container as it will run: the definition with the run's override laid over it. */
export interface EffectiveContainer {
  readonly definition: ContainerDefinition;
  readonly cpu: number;
  readonly memory?: number | undefined;
  readonly memoryReservation?: number | undefined;
  /** Whole GPUs, its own alone. */
  readonly gpuCount: number;
}

export function effectiveContainers(definition: TaskDefinition, overrides: TaskOverride): EffectiveContainer[] {
  const byName = new Map(overrides.containerOverrides.map((override) => [override.name, override]));
  return definition.containerDefinitions.map((container) => {
    const override = byName.get(container.name);
    const replaced = override?.['resourceRequirements'] as readonly ResourceRequirement[] | undefined;
    return {
      definition: container,
      cpu: override?.cpu ?? container.cpu,
      memory: override?.memory ?? container.memory,
      memoryReservation: override?.memoryReservation ?? container.memoryReservation,
      gpuCount: gpusOf(replaced ?? container.resourceRequirements ?? []),
    };
  });
}

/**
 * What the task takes from an instance (ecs-semantics 2.4, 2.6): its own size where it has one, else the sums over
 * its containers; host ports that are fixed before it starts; GPUs; one address for `awsvpc`.
 */
export function reservationOf(definition: TaskDefinition, overrides: TaskOverride): Reservation {
  const containers = effectiveContainers(definition, overrides);
  const cpu = overrides.cpu ?? definition.cpu;
  const memory = overrides.memory ?? definition.memory;
  const sum = (pick: (container: EffectiveContainer) => number): number =>
    containers.reduce((total, container) => total + pick(container), 0);
  return {
    cpuUnits: (cpu === undefined ? undefined : parseCpuUnits(cpu)) ?? sum((c) => c.cpu),
    memoryMiB:
      (memory === undefined ? undefined : parseMemoryMiB(memory)) ??
      sum((c) =>
        c.memoryReservation !== undefined && c.memoryReservation > 0 ? c.memoryReservation : (c.memory ?? 0),
      ),
    tcpPorts: fixedHostPorts(definition, 'tcp'),
    udpPorts: fixedHostPorts(definition, 'udp'),
    gpuCount: sum((c) => c.gpuCount),
    eniCount: definition.networkMode === 'awsvpc' ? 1 : 0,
  };
}

/** Dynamic ports (bridge, host port 0) and port ranges are chosen by the agent and need no reservation. */
function fixedHostPorts(definition: TaskDefinition, protocol: 'tcp' | 'udp'): number[] {
  if (definition.networkMode !== 'bridge' && definition.networkMode !== 'host') return [];
  const ports = new Set<number>();
  for (const container of definition.containerDefinitions) {
    for (const mapping of container.portMappings) {
      if ((mapping.protocol ?? 'tcp') !== protocol) continue;
      const fixed = definition.networkMode === 'host' ? mapping.hostPort || mapping.containerPort : mapping.hostPort;
      if (fixed !== undefined && fixed > 0) ports.add(fixed);
    }
  }
  return [...ports].sort((a, b) => a - b);
}

function gpusOf(requirements: readonly ResourceRequirement[]): number {
  const gpus = requirements.filter((requirement) => requirement.type === 'GPU');
  return gpus.reduce((total, requirement) => total + (Number(requirement.value) || 0), 0);
}
