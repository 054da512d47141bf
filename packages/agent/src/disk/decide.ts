const MIB = 1024 * 1024;
/** Less is not worth a look. */
const LEAST_DROP_BYTES = 64 * MIB;
/** Somebody may free what a task takes: so a look is taken now and then, whatever the disk says. */
const LONGEST_MS = 60_000;

/** The last time everything was measured. */
export interface LastLook {
  readonly atMs: number;
  readonly freeBytes: number;
  /** What the task that was nearest to its end had left. */
  readonly leastLeftBytes: number;
}

/**
 * Whether tasks are to be measured now. Looking at all their files is dear, at the free room of the disk is not: no task can have taken
 * more than the disk has lost. Pure.
 */
export function isLookDue(last: LastLook | undefined, nowMs: number, freeBytes: number): boolean {
  if (last === undefined || nowMs - last.atMs >= LONGEST_MS) return true;
  return last.freeBytes - freeBytes >= Math.max(last.leastLeftBytes / 2, LEAST_DROP_BYTES);
}

/** The reason of a task that took more than its share; `undefined`: it did not. Pure. */
export function exceeded(usedBytes: number, shareGiB: number): string | undefined {
  if (usedBytes <= shareGiB * 1024 * MIB) return undefined;
  const used = (usedBytes / 1024 / MIB).toFixed(1);
  return `Task stopped: ephemeral storage exceeded: it uses ${used} GiB, and its share is ${shareGiB} GiB. Ask for more with 'ephemeralStorage', up to 200 GiB.`;
}
