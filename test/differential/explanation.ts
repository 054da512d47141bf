import type { Finding } from './play.ts';

/** Why a class of differences is there and stays. */
export interface Explanation {
  /** Operations it is about. */
  readonly of: RegExp;
  /** Paths it is about, in whole. */
  readonly at: RegExp;
  /** Whether this difference is meant, when operation and path do not say enough. */
  readonly when?: (finding: Said) => boolean;
  /** Who does as ECS does; `neither` where both are free to choose. */
  readonly right: 'gantry' | 'moto' | 'neither';
  readonly because: string;
}

/** A finding with its two values as text: undefined when the side has none. */
export interface Said {
  readonly gantry: string | undefined;
  readonly moto: string | undefined;
  readonly finding: Finding;
}

export interface Verdict {
  /** Each class of differences nothing explains, with how often it was seen and one example. */
  readonly unexplained: readonly string[];
  /** Explanations that explained nothing. */
  readonly idle: readonly Explanation[];
  readonly explained: number;
}

/** Holds findings against the list. The first explanation that fits counts. Pure. */
export function judge(findings: readonly Finding[], list: readonly Explanation[]): Verdict {
  const used = new Set<Explanation>();
  const classes = new Map<string, { count: number; example: Finding }>();
  for (const finding of findings) {
    const fitting = explanationOf(finding, list);
    if (fitting !== undefined) {
      used.add(fitting);
      continue;
    }
    const name = classOf(finding);
    const seen = classes.get(name);
    classes.set(name, { count: (seen?.count ?? 0) + 1, example: seen?.example ?? finding });
  }
  const unexplained = [...classes].map(
    ([name, { count, example }]) => `${name} (${count} times)\n    ${told(example)}`,
  );
  const left = [...classes.values()].reduce((sum, { count }) => sum + count, 0);
  return { unexplained, idle: list.filter((one) => !used.has(one)), explained: findings.length - left };
}

function explanationOf(finding: Finding, list: readonly Explanation[]): Explanation | undefined {
  const { call, difference } = finding;
  const said = { gantry: text(difference.gantry), moto: text(difference.moto), finding };
  return list.find(
    ({ of, at, when }) => whole(of, call.operation) && whole(at, difference.path) && (when?.(said) ?? true),
  );
}

function whole(pattern: RegExp, value: string): boolean {
  return new RegExp(`^(?:${pattern.source})$`).test(value);
}

/** `RunTask tasks[].cpu: only Gantry` */
function classOf({ call, difference }: Finding): string {
  const { path, gantry, moto } = difference;
  const kind = gantry === undefined ? 'only moto' : moto === undefined ? 'only Gantry' : 'not the same';
  return `${call.operation} ${path}: ${kind}`;
}

function told({ seed, call, difference }: Finding): string {
  const short = (value: unknown): string => JSON.stringify(value)?.slice(0, 300) ?? 'nothing';
  return `seed ${seed}, ${short(call.input)}: Gantry ${short(difference.gantry)}, moto ${short(difference.moto)}`;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' || value === undefined ? value : JSON.stringify(value);
}

/** Whether moto answered with a page about a crash. */
export function crashed({ moto }: Said): boolean {
  return moto?.startsWith('HTTP 5') === true;
}

export const onlyGantry: Explanation['when'] = ({ moto }) => moto === undefined;
export const onlyMoto: Explanation['when'] = ({ gantry }) => gantry === undefined;
export const both: Explanation['when'] = ({ gantry, moto }) => gantry !== undefined && moto !== undefined;
/** Gantry refuses with this, moto does it. */
export const refusal =
  (text: RegExp): Explanation['when'] =>
  ({ gantry, moto }) =>
    moto === 'ok' && text.test(gantry ?? '');
