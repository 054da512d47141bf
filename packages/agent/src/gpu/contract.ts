import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Gpus } from './port.ts';

export const TWO_GPUS = ['GPU-0a1b2c3d-0000-1111-2222-333344445555', 'GPU-9f8e7d6c-0000-1111-2222-333344445555'];

/** `machine` makes one with these GPUs, or without a driver. */
export function gpuContract(name: string, machine: (ids: readonly string[] | undefined) => Promise<Gpus>): void {
  describe(`GPU contract: ${name}`, () => {
    it('has nothing to say of a machine without a driver', async () => {
      assert.equal(await (await machine(undefined)).find(), undefined);
    });
    it('a driver without devices is an empty list', async () => {
      assert.deepEqual((await (await machine([])).find())?.ids, []);
    });
    it('names each device once, in the same order every time, and the driver', async () => {
      const gpus = await machine(TWO_GPUS);
      const found = await gpus.find();
      assert.deepEqual(found, { driverVersion: '535.104.05', ids: TWO_GPUS, problems: [] });
      assert.deepEqual(await gpus.find(), found);
    });
  });
}
