import type { Clock, FileSystem } from '@gantry/domain';
import type { SharedFolders } from '../../filesystems/port.ts';

export interface Size {
  readonly bytes: number;
  readonly measuredAt?: number | undefined;
}

/** What EFS says of a file system nobody has written to. */
const LEAST_BYTES = 6144;
const FRESH_MS = 60_000;

/** Sizes as they were last measured. Asking for one has it measured anew, at most once a minute; the answer does not wait. */
export class SizeBook {
  readonly #folders: SharedFolders;
  readonly #clock: Clock;
  readonly #known = new Map<string, Size>();
  readonly #measuring = new Set<string>();

  constructor(folders: SharedFolders, clock: Clock) {
    this.#folders = folders;
    this.#clock = clock;
  }

  of({ fileSystemId, backing, lifeCycleState }: FileSystem): Size {
    const known = this.#known.get(fileSystemId);
    if (lifeCycleState === 'deleting') this.#known.delete(fileSystemId);
    else if (backing === 'directory' && (known?.measuredAt ?? -Infinity) + FRESH_MS <= this.#clock.now())
      void this.#measure(fileSystemId);
    return known ?? { bytes: LEAST_BYTES };
  }

  async #measure(fileSystemId: string): Promise<void> {
    if (this.#measuring.has(fileSystemId)) return;
    this.#measuring.add(fileSystemId);
    try {
      const bytes = Math.max(LEAST_BYTES, await this.#folders.sizeBytes(fileSystemId));
      this.#known.set(fileSystemId, { bytes, measuredAt: this.#clock.now() });
    } catch {
      // What was measured before still stands.
    } finally {
      this.#measuring.delete(fileSystemId);
    }
  }
}
