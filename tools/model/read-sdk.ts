import type { BotocoreShapes } from './read-botocore.ts';
import type { Declarations } from './read-declarations.ts';
import type { Constraint, ErrorShape, HttpPlace, ServiceModel, Structure } from '@gantry/protocol/codec/model.ts';
import type { Source } from './source.ts';

type Traits = number | Readonly<Record<string, unknown>>;
type Schema = readonly [kind: number, namespace: string, name: string, traits: Traits, ...rest: unknown[]];
type Ref = number | Schema | (() => Ref) | readonly [Ref, Traits];

const SIMPLE: Readonly<Record<number, string>> = {
  0: 'string',
  2: 'boolean',
  4: 'timestamp',
  15: 'document',
  21: 'blob',
};
const LIST_OF = 64;
const MAP_OF = 128;

/**
 * Turns one SDK client's exported schemas into a model. Walks botocore's shapes alongside for enums, bounds and
 * number types, and falls back to the client's declarations where botocore is older than the client.
 */
export class SdkReader {
  readonly #source: Source;
  readonly #client: Readonly<Record<string, unknown>>;
  readonly #botocore: BotocoreShapes;
  readonly #declarations: Declarations;
  readonly #shapes: Record<string, Structure | Constraint> = {};
  readonly unknownNumbers: string[] = [];

  constructor(
    source: Source,
    client: Readonly<Record<string, unknown>>,
    botocore: BotocoreShapes,
    declarations: Declarations,
  ) {
    this.#source = source;
    this.#client = client;
    this.#botocore = botocore;
    this.#declarations = declarations;
  }

  read(): ServiceModel {
    const { service, apiVersion, protocol, targetPrefix, xmlNamespace, keep } = this.#source;
    const operations: Record<string, ServiceModel['operations'][string]> = {};
    const used = new Set<string>();
    for (const schema of this.#schemas().filter(([kind]) => kind === 9)) {
      const [, , name, traits, input, output] = schema;
      if (keep !== 'all' && !keep.includes(name)) continue;
      const errors = this.#declarations.errors.get(name) ?? [];
      for (const error of errors) used.add(error);
      const [inputName, outputName] = [this.#ioName(input as Ref), this.#ioName(output as Ref)];
      operations[name] = {
        ...(inputName === undefined ? {} : { input: inputName }),
        ...(outputName === undefined ? {} : { output: outputName }),
        errors,
        ...(protocol === 'rest-json' ? { http: httpOf(name, traits) } : {}),
      };
    }
    const missing = keep === 'all' ? [] : keep.filter((name) => !Object.hasOwn(operations, name));
    if (missing.length > 0) throw new Error(`${service}: the client has no operation ${missing.join(', ')}`);
    return {
      service,
      apiVersion,
      protocol,
      signingName: service,
      ...(targetPrefix === undefined ? {} : { targetPrefix }),
      ...(xmlNamespace === undefined ? {} : { xmlNamespace }),
      operations: sorted(operations),
      errors: sorted(this.#errors(used)),
      shapes: sorted(this.#shapes),
    };
  }

  #schemas(): readonly Schema[] {
    return Object.entries(this.#client)
      .filter(([key, value]) => key.endsWith('$') && Array.isArray(value))
      .map(([, value]) => value as unknown as Schema);
  }

  #ioName(ref: Ref): string | undefined {
    const schema = typeof ref === 'function' ? ref() : ref;
    if (!isSchema(schema) || schema[2] === 'Unit') return undefined;
    return this.#expression(schema, schema[2], undefined, schema[2]);
  }

  #errors(used: ReadonlySet<string>): Record<string, ErrorShape> {
    const errors: Record<string, ErrorShape> = {};
    for (const [kind, , name, traits, members, refs] of this.#schemas()) {
      if (kind !== -3 || !used.has(name)) continue;
      const bag = traits as { error?: string; httpError?: number; awsQueryError?: [string, number] };
      const fault = bag.error === 'server' ? 'server' : 'client';
      const code = bag.awsQueryError?.[0];
      errors[name] = {
        status: bag.awsQueryError?.[1] ?? bag.httpError ?? (fault === 'server' ? 500 : 400),
        fault,
        ...(code === undefined || code === name ? {} : { code }),
        members: this.#members(name, members as readonly string[], refs as readonly Ref[]),
      };
    }
    return errors;
  }

  #members(structure: string, names: readonly string[], refs: readonly Ref[]): Record<string, string> {
    const members: Record<string, string> = {};
    for (const [index, name] of names.entries()) {
      const ref = refs[index];
      if (ref === undefined) throw new Error(`${structure}.${name} has no schema`);
      const botocore = this.#botocore[structure]?.members?.[name]?.shape;
      const declared = this.#declarations.memberTypes.get(`${structure}.${name}`);
      members[name] = this.#expression(ref, botocore, declared, `${structure}.${name}`);
    }
    for (const [path, type] of Object.entries(this.#source.unpublished ?? {})) {
      const [owner, name] = path.split('.') as [string, string];
      if (owner === structure) members[name] = type;
    }
    return members;
  }

  #expression(ref: Ref, botocore: string | undefined, declared: string | undefined, where: string): string {
    if (typeof ref === 'function') return this.#expression(ref(), botocore, declared, where);
    if (typeof ref === 'number') return this.#simple(ref, botocore, declared, where);
    if (!isSchema(ref)) return this.#expression(ref[0], botocore, declared, where);
    const [kind, , name, , first, second] = ref;
    if (kind === 0) {
      const plain = this.#expression(first as Ref, botocore, declared, where);
      return isSensitive(ref[3]) ? this.#sensitive(name, plain) : plain;
    }
    if (kind === 1) {
      const plain = this.#list(first as Ref, botocore, declared, where);
      return isSensitive(ref[3]) ? this.#sensitive(name, plain) : plain;
    }
    if (kind === 2) return this.#map(second as Ref, botocore, declared, where);
    if (kind !== 3 && kind !== 4) throw new Error(`${where}: schema kind ${kind} is not known here`);
    if (!Object.hasOwn(this.#shapes, name)) {
      this.#shapes[name] = { members: {} }; // first, so that a recursive shape ends
      const places =
        this.#source.protocol === 'rest-json'
          ? placesOf(name, first as readonly string[], second as readonly Ref[])
          : {};
      const required = (first as readonly string[]).slice(0, (ref[6] as number | undefined) ?? 0);
      this.#shapes[name] = {
        ...(kind === 4 ? { union: true } : {}),
        ...(isSensitive(ref[3]) ? { sensitive: true } : {}),
        ...(required.length > 0 ? { required } : {}),
        members: this.#members(name, first as readonly string[], second as readonly Ref[]),
        ...(Object.keys(places).length > 0 ? { http: places } : {}),
        ...(this.#source.protocol === 'ec2' ? namesOf(name, first as readonly string[], second as readonly Ref[]) : {}),
      };
    }
    return name;
  }

  /** A text or list that is named although it may have no bounds, because it must not be shown. */
  #sensitive(name: string, plain: string): string {
    const bounds = this.#shapes[plain];
    if (bounds !== undefined && 'members' in bounds) throw new Error(`${name}: a sensitive structure behind a name`);
    const unbounded = plain.startsWith('[')
      ? { list: plain.slice(1, -1) }
      : { type: plain as NonNullable<Constraint['type']> };
    this.#shapes[name] = { ...(bounds ?? unbounded), sensitive: true };
    return name;
  }

  #list(member: Ref, botocore: string | undefined, declared: string | undefined, where: string): string {
    const shape = botocore === undefined ? undefined : this.#botocore[botocore];
    const element = this.#expression(member, shape?.member?.shape, declared?.replace(/\[\]$/, ''), where);
    const bounds = shape === undefined ? {} : boundsOf(shape);
    if (botocore === undefined || Object.keys(bounds).length === 0) return `[${element}]`;
    this.#shapes[botocore] = { list: element, ...bounds };
    return botocore;
  }

  #map(value: Ref, botocore: string | undefined, declared: string | undefined, where: string): string {
    const shape = botocore === undefined ? undefined : this.#botocore[botocore];
    const valueType = declared === undefined ? undefined : /^(?:Partial<)?Record<\w+, (.+?)>+$/.exec(declared)?.[1];
    const key = this.#simple(0, shape?.key?.shape, undefined, where);
    return `{${key}:${this.#expression(value, shape?.value?.shape, valueType, where)}}`;
  }

  #simple(type: number, botocore: string | undefined, declared: string | undefined, where: string): string {
    if (type >= MAP_OF) return this.#map(type - MAP_OF, botocore, declared, where);
    if (type >= LIST_OF) return this.#list(type - LIST_OF, botocore, declared, where);
    const shape = botocore === undefined ? undefined : this.#botocore[botocore];
    if (type === 1) return this.#number(botocore, where);
    const simple = SIMPLE[type];
    if (simple === undefined) throw new Error(`${where}: simple type ${type} is not known here`);
    if (simple !== 'string') return simple;
    const enumName = this.#enumName(declared, botocore);
    if (enumName !== undefined) return enumName;
    const bounds = shape?.type === 'string' ? boundsOf(shape) : {};
    if (botocore === undefined || Object.keys(bounds).length === 0) return 'string';
    this.#shapes[botocore] = { type: 'string', ...bounds };
    return botocore;
  }

  #number(botocore: string | undefined, where: string): string {
    const shape = botocore === undefined ? undefined : this.#botocore[botocore];
    const type = shape?.type ?? this.#source.numbers[where];
    if (type === undefined) this.unknownNumbers.push(where);
    if (shape === undefined || botocore === undefined) return type ?? 'double';
    const bounds = boundsOf(shape);
    if (Object.keys(bounds).length === 0) return shape.type;
    this.#shapes[botocore] = { type: shape.type as NonNullable<Constraint['type']>, ...bounds };
    return botocore;
  }

  /** Values come from the client where it exports the enum (it is the newer), else from botocore. */
  #enumName(declared: string | undefined, botocore: string | undefined): string | undefined {
    for (const name of [declared, botocore]) {
      if (name === undefined) continue;
      const exported = Object.hasOwn(this.#client, name) ? this.#client[name] : undefined;
      const isEnum = typeof exported === 'object' && exported !== null && !Array.isArray(exported);
      const values = isEnum ? (Object.values(exported) as string[]) : this.#botocore[name]?.enum;
      if (values === undefined) continue;
      this.#shapes[name] = { enum: values };
      return name;
    }
    return undefined;
  }
}

function isSchema(ref: Ref): ref is Schema {
  return Array.isArray(ref) && typeof ref[1] === 'string' && typeof ref[2] === 'string';
}

/** The client's `http: ['GET', '/schedules/{Name}', 200]`. */
function httpOf(operation: string, traits: Traits): NonNullable<ServiceModel['operations'][string]['http']> {
  const http = typeof traits === 'object' ? (traits['http'] as [string, string, number] | undefined) : undefined;
  if (http === undefined) throw new Error(`${operation} has no path`);
  const [method, path, status] = http;
  if (path.includes('+}')) throw new Error(`${operation}: a label for several segments is not known here`);
  return { method, path, status };
}

/** Bit 1 of a member's traits, or `httpLabel`, is a label; `httpQuery` names a parameter; no other place is known here. */
function placesOf(structure: string, names: readonly string[], refs: readonly Ref[]): Record<string, HttpPlace> {
  const places: Record<string, HttpPlace> = {};
  for (const [index, name] of names.entries()) {
    const ref = refs[index];
    if (!Array.isArray(ref) || isSchema(ref as Ref)) continue;
    const traits = ref[1] as Traits;
    if (typeof traits === 'number') {
      if ((traits & 0b111_0000) !== 0) throw new Error(`${structure}.${name}: traits ${traits} are not known here`);
      if ((traits & 1) !== 0) places[name] = 'label';
      continue;
    }
    const other = Object.keys(traits).find(
      (key) => key.startsWith('http') && !['httpLabel', 'httpQuery'].includes(key),
    );
    if (other !== undefined) throw new Error(`${structure}.${name}: ${other} is not known here`);
    if (traits['httpLabel'] !== undefined) places[name] = 'label';
    if (typeof traits['httpQuery'] === 'string') places[name] = { query: traits['httpQuery'] };
  }
  return places;
}

/** What members are called in EC2's XML. In a form they are called the same with a capital letter: nothing else is known here. */
function namesOf(structure: string, names: readonly string[], refs: readonly Ref[]): Pick<Structure, 'names'> {
  const own: Record<string, string> = {};
  for (const [index, name] of names.entries()) {
    const ref = refs[index];
    if (!Array.isArray(ref) || isSchema(ref as Ref)) continue;
    const { xmlName, ec2QueryName } = ref[1] as { readonly xmlName?: string; readonly ec2QueryName?: string };
    if (xmlName === undefined) continue;
    const capital = `${xmlName.charAt(0).toUpperCase()}${xmlName.slice(1)}`;
    if (ec2QueryName !== undefined && ec2QueryName !== capital)
      throw new Error(`${structure}.${name}: ${ec2QueryName} in a form and ${xmlName} in XML`);
    if (xmlName !== name) own[name] = xmlName;
  }
  return Object.keys(own).length === 0 ? {} : { names: own };
}

/** Bit 8 of the traits, or the trait's name. */
function isSensitive(traits: Traits): boolean {
  return typeof traits === 'number' ? (traits & 8) !== 0 : traits['sensitive'] !== undefined;
}

function boundsOf(shape: BotocoreShapes[string]): Pick<Constraint, 'min' | 'max' | 'pattern'> {
  return {
    ...(shape.min === undefined || (shape.min === 0 && (shape.type === 'string' || shape.type === 'list'))
      ? {}
      : { min: shape.min }),
    ...(shape.max === undefined ? {} : { max: shape.max }),
    ...(shape.pattern === undefined ? {} : { pattern: unicodePattern(shape.pattern) }),
  };
}

/** Other dialects let any character be escaped; with the flag `u` only those that mean something may be. */
function unicodePattern(pattern: string): string {
  // A lookahead may be repeated there, which means the same as once.
  const plain = pattern.replaceAll(/(\(\?[=!][^()]*\))\+/g, '$1');
  return plain.replace(/\\([^\w^$\\.*+?()[\]{}|/-])/g, '$1');
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
