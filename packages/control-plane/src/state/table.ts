import { SortedKeys } from './sorted-keys.ts';

interface Row<T> {
  readonly value: T;
  readonly revision: number;
}

export type Observer<T> = (key: string, before: T | undefined, after: T | undefined) => void;

/** Which further lists a document belongs to. `undefined` means: to none of that name. */
export type IndexDefinition<T, I extends string> = Readonly<Record<I, (document: T) => string | undefined>>;

/**
 * Documents of one kind, by key and by index, always listed in key order (a list without an order is a bug).
 * Documents are immutable: a change puts a new one.
 */
export class Table<T, I extends string = never> {
  readonly kind: string;
  readonly #rows = new Map<string, Row<T>>();
  readonly #keys = new SortedKeys();
  readonly #indexes = new Map<I, Map<string, SortedKeys>>();
  readonly #definitions: readonly (readonly [I, (document: T) => string | undefined])[];
  readonly #observers: Observer<T>[] = [];
  static readonly #none = new SortedKeys();

  constructor(kind: string, indexes: IndexDefinition<T, I>) {
    this.kind = kind;
    this.#definitions = Object.entries(indexes) as [I, (document: T) => string | undefined][];
    for (const [name] of this.#definitions) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Every key, in order. Read-only view: do not keep it over an await. */
  get keys(): SortedKeys {
    return this.#keys;
  }

  /**
   * Tells of every change as it is made, inside transactions, undone ones included (as a change back): for views
   * derived from the documents that must never lag behind them. An observer must not throw or write.
   */
  observe(observer: Observer<T>): void {
    this.#observers.push(observer);
  }

  get(key: string): T | undefined {
    return this.#rows.get(key)?.value;
  }

  revision(key: string): number {
    return this.#rows.get(key)?.revision ?? 0;
  }

  /** Every document whose key starts with `prefix`, in key order. */
  *withPrefix(prefix: string): Generator<T> {
    for (let at = this.#keys.firstNotBefore(prefix); ; at += 1) {
      const key = this.#keys.at(at);
      if (key === undefined || !key.startsWith(prefix)) return;
      yield (this.#rows.get(key) as Row<T>).value;
    }
  }

  /** The documents of one index entry, in key order. */
  by(index: I, value: string): readonly T[] {
    return [...this.keysBy(index, value)].map((key) => (this.#rows.get(key) as Row<T>).value);
  }

  /** The keys of one index entry, in order. Read-only view: do not keep it over an await. */
  keysBy(index: I, value: string): SortedKeys {
    return this.#indexes.get(index)?.get(value) ?? Table.#none;
  }

  countBy(index: I, value: string): number {
    return this.keysBy(index, value).size;
  }

  *values(): Generator<T> {
    for (const key of this.#keys) yield (this.#rows.get(key) as Row<T>).value;
  }

  /** Only the state's transactions call this. `undefined` deletes. */
  set(key: string, value: T | undefined, revision: number): void {
    const before = this.#rows.get(key);
    for (const [name, pick] of this.#definitions) {
      const was = before === undefined ? undefined : pick(before.value);
      const is = value === undefined ? undefined : pick(value);
      if (was === is) continue;
      const lists = this.#indexes.get(name) as Map<string, SortedKeys>;
      if (was !== undefined) remove(lists, was, key);
      if (is !== undefined) insert(lists, is, key);
    }
    if (value === undefined) {
      this.#rows.delete(key);
      if (before !== undefined) this.#keys.delete(key);
    } else {
      this.#rows.set(key, { value, revision });
      if (before === undefined) this.#keys.add(key);
    }
    for (const observer of this.#observers) observer(key, before?.value, value);
  }
}

function insert(lists: Map<string, SortedKeys>, value: string, key: string): void {
  let list = lists.get(value);
  if (list === undefined) lists.set(value, (list = new SortedKeys()));
  list.add(key);
}

function remove(lists: Map<string, SortedKeys>, value: string, key: string): void {
  const list = lists.get(value);
  list?.delete(key);
  if (list?.size === 0) lists.delete(value);
}
