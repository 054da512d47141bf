import type { Constraint, ServiceModel, Structure, Type } from './model.ts';
import { typeOf } from './model.ts';
import { Violation } from './violation.ts';
import type { Fault } from './violation.ts';

/** Turns one parsed JSON value into the typed value of its shape. `depth` is how many members and items lie above. */
export type Read = (value: unknown, depth: number) => unknown;

/** No modelled shape comes near it; recursive shapes and free documents end here. */
const DEEPEST = 64;
const INTEGER_MAX = 2 ** 31 - 1;
const LONG_MAX = 2 ** 63;
/** JavaScript's own limit of a Date, in seconds. */
const TIMESTAMP_MAX = 8.64e12;

/**
 * Where the reader stands, one step a level. Shared by all readers: reading is synchronous, and keeping it here costs
 * one array write a member instead of an object.
 */
const path: (string | number)[] = [];

function refuse(depth: number, fault: Fault): never {
  throw new Violation(path.slice(0, depth), fault);
}

/**
 * Compiles readers of one model's shapes at first use.
 * `strict` readers (requests) check required members, enums and bounds as well as JSON types;
 * `lenient` ones (responses) check JSON types only, so that a newer peer may say more.
 */
export class Readers {
  readonly #model: Pick<ServiceModel, 'shapes'>;
  readonly #strict: boolean;
  readonly #compiled = new Map<string, Read>();

  constructor(model: Pick<ServiceModel, 'shapes'>, mode: 'strict' | 'lenient') {
    this.#model = model;
    this.#strict = mode === 'strict';
  }

  /** The reader of a type expression. It throws a Violation that knows where and why. */
  of(expression: string): Read {
    const known = this.#compiled.get(expression);
    if (known !== undefined) return known;
    // A recursive shape finds this one while its own reader is being made.
    let made: Read | undefined;
    this.#compiled.set(expression, (value, depth) => (made as Read)(value, depth));
    made = this.#compile(typeOf(this.#model, expression));
    this.#compiled.set(expression, made);
    return made;
  }

  #compile(type: Type): Read {
    switch (type.kind) {
      case 'structure':
        return this.#structure(type.structure);
      case 'list':
        return this.#list(type.member, type.bounds);
      case 'map':
        return this.#map(type.key, type.value);
      case 'string':
        return this.#string(type.bounds);
      case 'integer':
        return this.#whole(INTEGER_MAX, 'an Integer', type.bounds);
      case 'long':
        return this.#whole(LONG_MAX, 'a Long', type.bounds);
      case 'float':
      case 'double':
        return this.#double(type.bounds);
      case 'boolean':
        return readBoolean;
      case 'timestamp':
        return readTimestamp;
      case 'blob':
        return readBlob;
      case 'document':
        return readDocument;
    }
  }

  /** Runs over the members that are there, not over those that could be: most are absent. */
  #structure({ members, required = [], union }: Structure): Read {
    const readers = new Map(Object.entries(members).map(([name, expression]) => [name, this.of(expression)]));
    const mustHave = this.#strict ? required : [];
    const names = Object.keys(members);
    const isList = (name: string): boolean => typeOf(this.#model, members[name] ?? '').kind === 'list';
    return (value, depth) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        refuse(depth, { kind: 'type', expected: 'a Structure', got: value });
      }
      if (depth > DEEPEST) refuse(depth, { kind: 'depth' });
      const given = value as Readonly<Record<string, unknown>>;
      const result: Record<string, unknown> = {};
      let count = 0;
      for (const name of Object.keys(given)) {
        const member = given[name];
        if (member === null || member === undefined) continue;
        const read = readers.get(name);
        if (read === undefined) continue;
        path[depth] = name;
        result[name] = read(member, depth + 1);
        count += 1;
      }
      for (const name of mustHave) {
        if (result[name] !== undefined) continue;
        path[depth] = name;
        refuse(depth + 1, { kind: 'missing', list: isList(name) });
      }
      if (union === true && count > 1) refuse(depth, { kind: 'union', members: names });
      return result;
    };
  }

  #list(member: string, bounds: Constraint | undefined): Read {
    const read = this.of(member);
    const check = this.#boundsCheck('length', bounds);
    return (value, depth) => {
      if (!Array.isArray(value)) refuse(depth, { kind: 'type', expected: 'a List', got: value });
      if (depth > DEEPEST) refuse(depth, { kind: 'depth' });
      check?.(value.length, value, depth);
      const result: unknown[] = [];
      for (let index = 0; index < value.length; index++) {
        const item: unknown = value[index];
        if (item === null) continue;
        path[depth] = index;
        result.push(read(item, depth + 1));
      }
      return result;
    };
  }

  #map(key: string, value: string): Read {
    const [readKey, readValue] = [this.of(key), this.of(value)];
    return (given, depth) => {
      if (typeof given !== 'object' || given === null || Array.isArray(given)) {
        refuse(depth, { kind: 'type', expected: 'a Map', got: given });
      }
      if (depth > DEEPEST) refuse(depth, { kind: 'depth' });
      const result: Record<string, unknown> = {};
      for (const name of Object.keys(given)) {
        const item = (given as Readonly<Record<string, unknown>>)[name];
        if (item === null || item === undefined) continue;
        path[depth] = name;
        readKey(name, depth + 1);
        set(result, name, readValue(item, depth + 1));
      }
      return result;
    };
  }

  #string(bounds: Constraint | undefined): Read {
    const allowed = this.#strict && bounds?.enum !== undefined ? new Set(bounds.enum) : undefined;
    const check = this.#boundsCheck('length', bounds);
    const pattern = this.#strict && bounds?.pattern !== undefined ? bounds.pattern : undefined;
    const matcher = pattern === undefined ? undefined : new RegExp(`^(?:${pattern})$`, 'u');
    const shown = (value: string): string | undefined => (bounds?.sensitive === true ? undefined : value);
    return (value, depth) => {
      if (typeof value !== 'string') refuse(depth, { kind: 'type', expected: 'a String', got: value });
      if (allowed !== undefined && !allowed.has(value)) {
        refuse(depth, { kind: 'enum', allowed: [...allowed], got: shown(value) });
      }
      check?.(value.length, shown(value), depth);
      if (matcher !== undefined && !matcher.test(value)) {
        refuse(depth, { kind: 'pattern', pattern: pattern ?? '', got: shown(value) });
      }
      return value;
    };
  }

  #whole(max: number, expected: string, bounds: Constraint | undefined): Read {
    const check = this.#boundsCheck('value', bounds);
    return (value, depth) => {
      if (typeof value !== 'number' || !Number.isInteger(value) || value > max || value < -max - 1) {
        refuse(depth, { kind: 'type', expected, got: value });
      }
      check?.(value, value, depth);
      return value;
    };
  }

  #double(bounds: Constraint | undefined): Read {
    const check = this.#boundsCheck('value', bounds);
    return (value, depth) => {
      if (typeof value !== 'number' || !Number.isFinite(value)) {
        refuse(depth, { kind: 'type', expected: 'a Double', got: value });
      }
      check?.(value, value, depth);
      return value;
    };
  }

  #boundsCheck(
    of: 'value' | 'length',
    bounds: Constraint | undefined,
  ): ((size: number, got: unknown, depth: number) => void) | undefined {
    if (!this.#strict || (bounds?.min === undefined && bounds?.max === undefined)) return undefined;
    const { min, max } = bounds;
    return (size, got, depth) => {
      if (size < (min ?? -Infinity) || size > (max ?? Infinity))
        refuse(depth, { kind: 'bounds', of, min, max, size, got });
    };
  }
}

/** An own property whatever the name: `__proto__` in a map is a key like any other. */
function set(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
  } else {
    target[name] = value;
  }
}

const readBoolean: Read = (value, depth) => {
  if (typeof value !== 'boolean') refuse(depth, { kind: 'type', expected: 'a Boolean', got: value });
  return value;
};

/** Epoch seconds, with a fraction. */
const readTimestamp: Read = (value, depth) => {
  if (typeof value !== 'number' || !(Math.abs(value) <= TIMESTAMP_MAX)) {
    refuse(depth, { kind: 'type', expected: 'a Timestamp', got: value });
  }
  return new Date(Math.round(value * 1000));
};

const readBlob: Read = (value, depth) => {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) {
    refuse(depth, { kind: 'type', expected: 'a Blob', got: value });
  }
  return new Uint8Array(Buffer.from(value, 'base64'));
};

/** Free JSON: taken as it is, but not deeper than we are ready to walk. */
const readDocument: Read = (value, depth) => {
  const level = [value];
  for (let at = depth; level.length > 0; at++) {
    if (at > DEEPEST) refuse(depth, { kind: 'depth' });
    const items = level.splice(0);
    for (const item of items) {
      if (typeof item === 'object' && item !== null) for (const child of Object.values(item)) level.push(child);
    }
  }
  return value;
};
