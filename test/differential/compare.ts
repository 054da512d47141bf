import { isObject, type Json, type JsonObject } from './json.ts';
import { mapStrings } from './twins.ts';

/** One place where two answers are not the same. */
export interface Difference {
  /** `tasks[].containers[].cpu`; of an error `error.code`; `outcome` when only one side refused. */
  readonly path: string;
  /** Undefined: this side does not have the member. */
  readonly gantry: Json | undefined;
  readonly moto: Json | undefined;
}

export type Answer =
  | { readonly ok: true; readonly output: JsonObject }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Every difference of two answers in symbols. Pure. */
export function differences(gantry: Answer, moto: Answer): readonly Difference[] {
  if (gantry.ok && moto.ok) return compare('', plain(gantry.output), plain(moto.output));
  if (gantry.ok || moto.ok) return [{ path: 'outcome', gantry: outcome(gantry), moto: outcome(moto) }];
  const found: Difference[] = [];
  if (gantry.code !== moto.code) found.push({ path: 'error.code', gantry: gantry.code, moto: moto.code });
  if (gantry.message !== moto.message) {
    found.push({ path: 'error.message', gantry: gantry.message, moto: moto.message });
  }
  return found;
}

export function outcome(answer: Answer): string {
  return answer.ok ? 'ok' : `${answer.code}: ${answer.message}`;
}

/** Ids nobody chose. What both sides know by a name is a symbol already. */
const CHANCE: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<id>'],
  [/\b[0-9a-f]{32}\b/g, '<id>'],
  [/ecs-svc\/\d+/g, 'ecs-svc/<number>'],
  [/\beni-[0-9a-f]+/g, '<eni>'],
  [/\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, '<mac>'],
  [/\b\d{1,3}(\.\d{1,3}){3}\b/g, '<address>'],
];

function plain(value: Json): Json {
  return mapStrings(value, (text) => CHANCE.reduce((result, [pattern, word]) => result.replace(pattern, word), text));
}

function compare(path: string, gantry: Json | undefined, moto: Json | undefined): readonly Difference[] {
  if (isObject(gantry) && isObject(moto)) return compareMembers(path, gantry, moto);
  if (Array.isArray(gantry) && Array.isArray(moto)) return compareLists(path, gantry as Json[], moto as Json[]);
  if (/(At|Date)$/.test(path) && typeof gantry === 'number' && typeof moto === 'number') return [];
  return gantry === moto ? [] : [{ path, gantry, moto }];
}

function compareMembers(path: string, gantry: JsonObject, moto: JsonObject): readonly Difference[] {
  const names = inOrder([...new Set([...Object.keys(gantry), ...Object.keys(moto)])]);
  return names.flatMap((name) => compare(path === '' ? name : `${path}.${name}`, gantry[name], moto[name]));
}

/** Lists of things are compared thing by thing, lists of words in any order, other lists in theirs. */
function compareLists(path: string, gantry: readonly Json[], moto: readonly Json[]): readonly Difference[] {
  const named = nameOf(gantry, moto);
  if (named !== undefined) {
    const [ours, theirs] = [byName(gantry, named), byName(moto, named)];
    const names = inOrder([...new Set([...ours.keys(), ...theirs.keys()])]);
    const step = (name: string): string => (WORDS.includes(named) ? `[${name}]` : '[]');
    return names.flatMap((name) => compare(`${path}${step(name)}`, ours.get(name), theirs.get(name)));
  }
  const words = isText(gantry) && isText(moto);
  const [ours, theirs] = words ? [inOrder(gantry), inOrder(moto)] : [gantry, moto];
  const length = Math.max(ours.length, theirs.length);
  return Array.from({ length }, (_, n) => compare(`${path}[]`, ours[n], theirs[n])).flat();
}

/** What tells the items of a list apart; the first three tell what they are as well. */
const WORDS: readonly string[] = ['key', 'name', 'Key'];
const IDENTITIES: readonly string[] = [
  ...WORDS,
  'taskArn',
  'containerInstanceArn',
  'serviceArn',
  'clusterArn',
  'arn',
  'Name',
  'VersionId',
];

function nameOf(gantry: readonly Json[], moto: readonly Json[]): string | undefined {
  if (gantry.length + moto.length === 0) return undefined;
  return IDENTITIES.find((member) => [gantry, moto].every((list) => tellsApart(list, member)));
}

function tellsApart(list: readonly Json[], member: string): boolean {
  const names = list.map((item) => (isObject(item) ? item[member] : undefined));
  const different = new Set(list.map((item) => JSON.stringify(item))).size;
  return names.every((name) => typeof name === 'string') && new Set(names).size === different;
}

function byName(list: readonly Json[], member: string): ReadonlyMap<string, Json> {
  return new Map((list as readonly JsonObject[]).map((item) => [item[member] as string, item]));
}

function isText(list: readonly Json[]): list is readonly string[] {
  return list.every((item) => typeof item === 'string');
}

/** By code unit, as `sort` does without being told. */
export function inOrder(list: readonly string[]): readonly string[] {
  return list.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
