import type { GpuInventory, Gpus } from './port.ts';

/** A machine whose GPUs come and go as the test says; `undefined`: it has no driver. */
export class FakeGpus implements Gpus {
  inventory: GpuInventory | undefined;

  constructor(ids: readonly string[] | undefined, driverVersion = '535.104.05') {
    this.inventory = ids === undefined ? undefined : { driverVersion, ids, problems: [] };
  }

  find(): Promise<GpuInventory | undefined> {
    return Promise.resolve(this.inventory);
  }
}
