/** GPUs of this machine. Adapters: NVIDIA's driver (`nvidia.ts`) and a fake (`fake.ts`); one contract suite runs on both. */
export interface Gpus {
  /**
   * What there is now; `undefined`: this machine has no driver, which is nothing to speak of. Never rejects: what
   * cannot be used is left out, and `problems` says why and what would help.
   */
  find(): Promise<GpuInventory | undefined>;
}

export interface GpuInventory {
  /** As the driver calls itself: `535.104.05`. */
  readonly driverVersion: string | undefined;
  /** `GPU-<uuid>`, each once, in the order of the bus. */
  readonly ids: readonly string[];
  readonly problems: readonly string[];
}

/** What one instance of the process has of them. */
export interface InstanceGpus {
  readonly driverVersion: string | undefined;
  readonly ids: readonly string[];
}
