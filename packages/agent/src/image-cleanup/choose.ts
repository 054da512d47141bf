import type { PulledImage } from './pulled.ts';

export interface CleanUpRules {
  readonly intervalMs: number;
  /** Since the pull. */
  readonly minimumAgeMs: number;
  readonly mostPerCycle: number;
  /** Names that stay, as they are written in task definitions. */
  readonly excluded: readonly string[];
}

/** Images that go now, the least recently used first: pulled for tasks, old enough, and no task's any more. Pure. */
export function chooseImages(
  images: Iterable<PulledImage>,
  inUse: ReadonlySet<string>,
  rules: CleanUpRules,
  nowMs: number,
): readonly string[] {
  const may = ({ reference, ours, pulledAtMs }: PulledImage): boolean =>
    ours && !inUse.has(reference) && !rules.excluded.includes(reference) && nowMs - pulledAtMs >= rules.minimumAgeMs;
  return [...images]
    .filter(may)
    .sort((a, b) => a.usedAtMs - b.usedAtMs || (a.reference < b.reference ? -1 : 1))
    .slice(0, rules.mostPerCycle)
    .map(({ reference }) => reference);
}
