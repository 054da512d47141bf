import { Rng } from '@gantry/testkit';
import { differences, type Answer, type Difference } from './compare.ts';
import { learn, nextCall, type Book, type Call } from './book.ts';
import type { JsonObject } from './json.ts';
import { sideOf, type Side } from './sides.ts';
import { SIDES, Twins } from './twins.ts';

export interface Finding {
  readonly seed: number;
  readonly call: Call;
  readonly difference: Difference;
}

export interface Played {
  readonly findings: readonly Finding[];
  /** How many calls were made, and how many of them both sides carried out, by operation. */
  readonly made: ReadonlyMap<string, { readonly calls: number; readonly done: number }>;
}

const MOTO_ACCOUNT = '123456789012';

/**
 * Plays one seed, or the given calls, on a fresh account of Gantry and a reset moto. It ends early when only one side has
 * carried out a write: from there on the two tell of different worlds.
 */
export async function play(
  book: Book,
  seed: number,
  script: { readonly steps: number } | { readonly calls: readonly Call[] },
  endpoints: { readonly gantry: string; readonly moto: string },
): Promise<Played> {
  const account = String(500_000_000_000 + seed);
  const gantry = sideOf('gantry', endpoints.gantry, account);
  const moto = sideOf('moto', endpoints.moto, MOTO_ACCOUNT);
  const twins = new Twins();
  await fetch(`${moto.endpoint}/moto-api/reset`, { method: 'POST' });
  twins.add('account', { gantry: gantry.account, moto: moto.account });
  await book.furnish?.(twins, gantry, moto);
  const rng = new Rng(seed);
  const world = { rng, twins };
  const findings: Finding[] = [];
  const made = new Map<string, { calls: number; done: number }>();
  const ends: (() => Promise<void>)[] = [];
  const first = 'calls' in script ? script.calls : book.opening(world);
  const steps = 'calls' in script ? script.calls.length : script.steps;
  try {
    for (let step = 0; step < steps; step += 1) {
      const call = first[step] ?? nextCall(book, world);
      const [ours, theirs] = await both(twins, gantry, moto, call);
      learn(book, twins, call.operation, ours, theirs);
      const end = ours.ok ? await book.after?.(gantry, call, ours.output) : undefined;
      if (end !== undefined) ends.push(end);
      const found = differences(inSymbols(twins, 'gantry', ours), inSymbols(twins, 'moto', theirs));
      findings.push(...found.map((difference) => ({ seed, call, difference })));
      count(made, call.operation, ours.ok && theirs.ok);
      if (ours.ok !== theirs.ok && !/^(Describe|List|Get)/.test(call.operation)) break;
    }
  } finally {
    await Promise.all(ends.map((end) => end()));
  }
  return { findings, made };
}

async function both(twins: Twins, gantry: Side, moto: Side, call: Call): Promise<readonly [Answer, Answer]> {
  const asked = (side: Side): Promise<Answer> =>
    side.call(call.service, call.operation, twins.written(side.name, call.input));
  return Promise.all([asked(gantry), asked(moto)]);
}

function inSymbols(twins: Twins, side: (typeof SIDES)[number], answer: Answer): Answer {
  if (answer.ok) return { ok: true, output: twins.symbolic(side, answer.output) as JsonObject };
  return { ...answer, message: twins.symbolic(side, answer.message) as string };
}

function count(made: Map<string, { calls: number; done: number }>, operation: string, done: boolean): void {
  const before = made.get(operation) ?? { calls: 0, done: 0 };
  made.set(operation, { calls: before.calls + 1, done: before.done + (done ? 1 : 0) });
}
