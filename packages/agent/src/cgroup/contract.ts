import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TaskCgroups } from './port.ts';

export interface CgroupWorld {
  readonly cgroups: TaskCgroups;
  /** An id no other test uses. */
  readonly taskId: string;
  /** Limits of the task as the machine has them; undefined: there is no such parent. */
  readonly limits: (taskId: string) => Promise<{ cpuVcpus?: number; memoryMiB?: number } | undefined>;
  readonly close: () => Promise<void>;
}

/** The port's promises for hosts that can, run on every adapter. `skip`: why the adapter cannot run here. */
export function cgroupContract(name: string, open: () => Promise<CgroupWorld>, skip: string | false = false): void {
  describe(`cgroup contract: ${name}`, { skip }, () => {
    for (const [title, run] of Object.entries(cases)) {
      it(title, async () => {
        const world = await open();
        try {
          await run(world);
        } finally {
          await world.close();
        }
      });
    }
  });
}

const cases: Record<string, (world: CgroupWorld) => Promise<void>> = {
  'makes a parent with limits, and sets them anew': async ({ cgroups, taskId, limits }) => {
    const parent = await cgroups.ensure(taskId, { cpuVcpus: 0.25, memoryMiB: 512 });
    assert.ok(parent?.includes(taskId));
    assert.deepEqual(await limits(taskId), { cpuVcpus: 0.25, memoryMiB: 512 });
    assert.equal(await cgroups.ensure(taskId, { cpuVcpus: 2, memoryMiB: 64 }), parent);
    assert.deepEqual(await limits(taskId), { cpuVcpus: 2, memoryMiB: 64 });
  },
  'takes one limit without the other, or none': async ({ cgroups, taskId, limits }) => {
    await cgroups.ensure(taskId, { memoryMiB: 32 });
    assert.deepEqual(await limits(taskId), { memoryMiB: 32 });
    await cgroups.ensure(taskId, { cpuVcpus: 0.5 });
    assert.deepEqual(await limits(taskId), { cpuVcpus: 0.5 });
    await cgroups.ensure(taskId, {});
    assert.deepEqual(await limits(taskId), {});
  },
  'removes once and for all': async ({ cgroups, taskId, limits }) => {
    await cgroups.ensure(taskId, { memoryMiB: 32 });
    await cgroups.remove(taskId);
    assert.equal(await limits(taskId), undefined);
    await cgroups.remove(taskId);
  },
  'never prunes what a task still has': async ({ cgroups, taskId, limits }) => {
    await cgroups.ensure(taskId, { memoryMiB: 32 });
    await cgroups.prune();
    assert.deepEqual(await limits(taskId), { memoryMiB: 32 });
    await cgroups.remove(taskId);
    await cgroups.prune();
    await cgroups.prune();
  },
  'has no reading of what is not there': async ({ cgroups, taskId }) => {
    assert.equal(await cgroups.usage(taskId, 'f'.repeat(64)), undefined);
    assert.equal(await cgroups.usage(undefined, 'f'.repeat(64)), undefined);
  },
};
