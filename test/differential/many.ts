import type { Book } from './book.ts';
import { play, type Finding, type Played } from './play.ts';

export interface PlayedMany {
  readonly findings: readonly Finding[];
  readonly made: Played['made'];
}

/** Plays a book's scenarios and then seeds, one after another: moto has one world at a time. */
export async function playMany(
  book: Book,
  { from, seeds, steps }: { readonly from: number; readonly seeds: number; readonly steps: number },
  endpoints: { readonly gantry: string; readonly moto: string },
): Promise<PlayedMany> {
  const findings: Finding[] = [];
  const made = new Map<string, { calls: number; done: number }>();
  const worlds = [
    ...book.scenarios.map((calls, n) => ({ seed: -1 - n, script: { calls } })),
    ...Array.from({ length: seeds }, (_, n) => ({ seed: from + n, script: { steps } })),
  ];
  for (const { seed, script } of worlds) {
    const played = await play(book, seed, script, endpoints);
    findings.push(...played.findings);
    for (const [operation, { calls, done }] of played.made) {
      const before = made.get(operation) ?? { calls: 0, done: 0 };
      made.set(operation, { calls: before.calls + calls, done: before.done + done });
    }
  }
  return { findings, made };
}
