import { parsePattern, type CharacterTest, type PatternNode } from './pattern-parse.ts';

/** Tests a whole value. */
export type Pattern = (value: string) => boolean;

/**
 * One step of the machine: take a character, go two ways, or hold at a border of the value. The state after a step is
 * the next one unless it says otherwise; the last one is `match`.
 */
type Step =
  | { readonly kind: 'take'; readonly test: CharacterTest }
  | { readonly kind: 'split'; readonly to: readonly number[] }
  | { readonly kind: 'border'; readonly at: 'start' | 'end' }
  | { readonly kind: 'match' };

/** Repetitions are written out; `(a{99}){99}` would be nobody's intent, and our memory. */
const MOST_STEPS = 5000;

/**
 * Compiles a regular expression that must match the whole value, as `matches` wants it. All alternatives are followed
 * at once, so the time is bounded by pattern length times value length, whatever the pattern: users write them, and a
 * backtracking matcher could be kept busy for ever.
 * @returns the pattern, or what is wrong with it.
 */
export function compilePattern(source: string): Pattern | string {
  const parsed = parsePattern(source);
  if (typeof parsed === 'string') return parsed;
  const steps: Step[] = [];
  if (!write(parsed, steps))
    return `it is too large: more than ${MOST_STEPS} steps when its repetitions are written out`;
  steps.push({ kind: 'match' });
  return (value) => run(steps, Array.from(value));
}

/** Appends a node's steps. @returns false when that would be too many. */
function write(node: PatternNode, steps: Step[]): boolean {
  if (steps.length > MOST_STEPS) return false;
  switch (node.kind) {
    case 'empty':
      return true;
    case 'take':
    case 'border':
      steps.push(node);
      return true;
    case 'sequence':
      return node.parts.every((part) => write(part, steps));
    case 'either':
      return writeEither(node.options, steps);
    case 'repeat':
      return writeRepeat(node, steps);
  }
}

function writeEither(options: readonly PatternNode[], steps: Step[]): boolean {
  const starts: number[] = [];
  const fork = steps.push({ kind: 'split', to: starts }) - 1;
  const ends: number[][] = [];
  for (const option of options) {
    starts.push(steps.length);
    if (!write(option, steps)) return false;
    const exit: number[] = [];
    steps.push({ kind: 'split', to: exit });
    ends.push(exit);
  }
  for (const exit of ends) exit.push(steps.length);
  return fork >= 0;
}

function writeRepeat({ inner, least, most }: Extract<PatternNode, { kind: 'repeat' }>, steps: Step[]): boolean {
  for (let n = 0; n < least; n += 1) {
    const before = steps.length;
    if (!write(inner, steps)) return false;
    // Nothing, a thousand times a thousand times, is nothing.
    if (steps.length === before) return true;
  }
  if (most === undefined) {
    const to: number[] = [];
    const fork = steps.push({ kind: 'split', to }) - 1;
    to.push(fork + 1);
    if (!write(inner, steps)) return false;
    steps.push({ kind: 'split', to: [fork] });
    to.push(steps.length);
    return true;
  }
  const exits: number[][] = [];
  for (let n = least; n < most; n += 1) {
    const to = [steps.length + 1];
    steps.push({ kind: 'split', to });
    exits.push(to);
    if (!write(inner, steps)) return false;
  }
  for (const to of exits) to.push(steps.length);
  return true;
}

function run(steps: readonly Step[], characters: readonly string[]): boolean {
  let states = new Set<number>();
  follow(steps, states, 0, 0, characters.length);
  for (const [at, character] of characters.entries()) {
    const next = new Set<number>();
    for (const state of states) {
      const step = steps[state] as Step;
      if (step.kind === 'take' && step.test(character)) follow(steps, next, state + 1, at + 1, characters.length);
    }
    if (next.size === 0) return false;
    states = next;
  }
  return states.has(steps.length - 1);
}

/** Adds a state and all that can be reached from it without taking a character. */
function follow(steps: readonly Step[], states: Set<number>, first: number, at: number, length: number): void {
  const open = [first];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (states.has(state)) continue;
    states.add(state);
    const step = steps[state] as Step;
    if (step.kind === 'split') open.push(...step.to);
    if (step.kind === 'border' && at === (step.at === 'start' ? 0 : length)) open.push(state + 1);
  }
}
