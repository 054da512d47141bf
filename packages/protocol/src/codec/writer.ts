import type { ServiceModel, Type } from './model.ts';
import { typeOf } from './model.ts';

/** Turns a typed value into what `JSON.stringify` puts on the wire. */
export type Write = (value: unknown) => unknown;

/**
 * Compiles writers of one model's shapes at first use. Members the model does not have, and those that are undefined
 * or null, are left out; dates become epoch seconds, bytes base64. Types are the caller's: nothing is checked that the compiler
 * has checked already.
 */
export class Writers {
  readonly #model: Pick<ServiceModel, 'shapes'>;
  readonly #compiled = new Map<string, Write>();

  constructor(model: Pick<ServiceModel, 'shapes'>) {
    this.#model = model;
  }

  of(expression: string): Write {
    const known = this.#compiled.get(expression);
    if (known !== undefined) return known;
    let made: Write | undefined;
    this.#compiled.set(expression, (value) => (made as Write)(value));
    made = this.#compile(typeOf(this.#model, expression));
    this.#compiled.set(expression, made);
    return made;
  }

  #compile(type: Type): Write {
    switch (type.kind) {
      case 'structure':
        return this.#structure(type.structure.members);
      case 'list':
        return this.#list(type.member);
      case 'map':
        return this.#map(type.value);
      case 'timestamp':
        return writeTimestamp;
      case 'blob':
        return (value) => Buffer.from(value as Uint8Array).toString('base64');
      default:
        return asIs;
    }
  }

  #structure(members: Readonly<Record<string, string>>): Write {
    const writers = new Map(Object.entries(members).map(([name, expression]) => [name, this.of(expression)]));
    return (value) => {
      const given = value as Readonly<Record<string, unknown>>;
      const result: Record<string, unknown> = {};
      for (const name of Object.keys(given)) {
        const member = given[name];
        if (member === undefined || member === null) continue;
        const write = writers.get(name);
        if (write === undefined) continue;
        result[name] = write === asIs ? member : write(member);
      }
      return result;
    };
  }

  #list(member: string): Write {
    const write = this.of(member);
    if (write === asIs) return asIs;
    return (value) => (value as readonly unknown[]).map((item) => write(item));
  }

  #map(value: string): Write {
    const write = this.of(value);
    if (write === asIs) return asIs;
    return (given) =>
      Object.fromEntries(
        Object.entries(given as Readonly<Record<string, unknown>>)
          .filter(([, item]) => item !== undefined && item !== null)
          .map(([key, item]) => [key, write(item)]),
      );
  }
}

const asIs: Write = (value) => value;

const writeTimestamp: Write = (value) => {
  if (!(value instanceof Date)) throw new TypeError(`a timestamp must be a Date, not ${typeof value}`);
  return value.getTime() / 1000;
};
