import assert from 'node:assert/strict';
import type { Disk } from './port.ts';

export interface DiskWorld {
  readonly disk: Disk;
  /** Puts a file of that many bytes on the disk. */
  readonly write: (path: string, bytes: number) => Promise<void>;
  readonly path: (name: string) => string;
}

const MIB = 1024 * 1024;

export const DISK_CONTRACT: Readonly<Record<string, (world: DiskWorld) => Promise<void>>> = {
  'measures what is there, and nothing for what is not': async ({ disk, path, write }) => {
    await write(path('one'), 3 * MIB);
    const sizes = await disk.measure([path('one'), path('none')]);
    assert.ok((sizes.get(path('one')) ?? 0) >= 3 * MIB);
    assert.equal(sizes.get(path('none')) ?? 0, 0);
    assert.equal((await disk.measure([])).size, 0);
  },

  'has less room when something was written': async ({ disk, path, write }) => {
    const before = await disk.freeBytes();
    await write(path('big'), 64 * MIB);
    const after = await disk.freeBytes();
    assert.ok(before - after > 32 * MIB, `${before} ${after}`);
  },
};
