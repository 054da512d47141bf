import type { Json } from './json.ts';

/** The two that are compared. */
export type SideName = 'gantry' | 'moto';
export const SIDES = ['gantry', 'moto'] as const;

/**
 * The things that have another name on each side: tasks, instances, subnets, accounts. In requests and in compared
 * answers they are written as symbols, `«task 0»`; `«task-id 0»` is the last part of the name alone.
 */
export class Twins {
  readonly #pairs: { readonly kind: string; readonly n: number; readonly names: Readonly<Record<SideName, string>> }[] =
    [];

  /** The symbol of a pair. */
  add(kind: string, names: Readonly<Record<SideName, string>>): string {
    const n = this.count(kind);
    this.#pairs.push({ kind, n, names });
    return symbol(kind, n);
  }

  count(kind: string): number {
    return this.#pairs.filter((pair) => pair.kind === kind).length;
  }

  name(side: SideName, kind: string, n: number): string {
    const found = this.#pairs.find((pair) => pair.kind === kind && pair.n === n);
    if (found === undefined) throw new Error(`there is no ${kind} ${n}`);
    return found.names[side];
  }

  /** A symbolic request as this side is to get it. */
  written(side: SideName, value: Json): Json {
    return mapStrings(value, (text) =>
      text.replace(/«(\w+)(-id)? (\d+)»/g, (_all, kind: string, id: string | undefined, n: string) => {
        const name = this.name(side, kind, Number(n));
        return id === undefined ? name : lastPart(name);
      }),
    );
  }

  /** This side's answer in symbols. */
  symbolic(side: SideName, value: Json): Json {
    return mapStrings(value, (text) => {
      let result = text;
      // A task's name holds its account's.
      const longestFirst = this.#pairs.toSorted((a, b) => b.names[side].length - a.names[side].length);
      for (const { kind, n, names } of longestFirst) {
        result = result.replaceAll(names[side], symbol(kind, n));
        const id = lastPart(names[side]);
        if (id.length >= 32) result = result.replaceAll(id, `«${kind}-id ${n}»`);
      }
      return result;
    });
  }
}

function symbol(kind: string, n: number): string {
  return `«${kind} ${n}»`;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

export function mapStrings(value: Json, map: (text: string) => string): Json {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mapStrings(member, map)]));
}
