import type { Disk } from './port.ts';

/** A disk of which only the sizes of some paths are known. */
export class FakeDisk implements Disk {
  readonly sizes = new Map<string, number>();
  capacityBytes = 1024 ** 4;
  measured = 0;

  measure(paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    this.measured += 1;
    const found = paths.flatMap((path) => {
      const size = this.sizes.get(path);
      return size === undefined ? [] : [[path, size] as const];
    });
    return Promise.resolve(new Map(found));
  }

  freeBytes(): Promise<number> {
    return Promise.resolve(this.capacityBytes - [...this.sizes.values()].reduce((sum, size) => sum + size, 0));
  }
}
