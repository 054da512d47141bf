import type { AgentConfig } from './agent-ports.ts';
import type { EngineInfo } from './engine/port.ts';
import type { Capacity } from './supervisor/admission.ts';

/** Document `agent` of the checkpoint. */
export interface AgentRecord {
  /** Label of its containers. */
  readonly agentId: string;
  readonly clientToken: string;
  /** What the ids in its containers' metadata URIs are made of. Those of an older version have none. */
  readonly metadataSecret?: string | undefined;
  readonly cluster: string;
  readonly containerInstanceArn?: string | undefined;
  readonly manifestSeq: number;
}

/** What the instance offers: as configured, else what its engine has. */
export function capacityOf(config: AgentConfig, engine: EngineInfo): Capacity {
  const { cpuUnits, memoryMiB, tcpPorts, udpPorts } = config.capacity;
  return {
    cpuUnits: cpuUnits ?? engine.cpus * 1024,
    memoryMiB: Math.max(1, memoryMiB ?? engine.memoryMiB - config.reservedMemoryMiB),
    tcpPorts,
    udpPorts,
    gpuIds: config.gpus?.ids ?? [],
  };
}
