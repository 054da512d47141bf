/**
 * The wire model of one service, as tools/model writes it and the codec compiles it.
 * A type expression is `string`, `integer`, `long`, `float`, `double`, `boolean`, `timestamp`, `blob`, `document`,
 * the name of a shape, `[<expression>]` for a list or `{<key expression>:<value expression>}` for a map.
 */
export interface Structure {
  readonly union?: true;
  /** Nothing of it may be shown or logged. */
  readonly sensitive?: true;
  readonly required?: readonly string[];
  readonly members: Readonly<Record<string, string>>;
  /** ec2: members that are called otherwise in XML; in a form they are, too, with a capital letter. */
  readonly names?: Readonly<Record<string, string>>;
  /** rest-json: the members of an input that are not in the body. */
  readonly http?: Readonly<Record<string, HttpPlace>>;
}

/** A label of the path, or a parameter of the query string. */
export type HttpPlace = 'label' | { readonly query: string };

/** A string, number or list with bounds, or an enum. */
export interface Constraint {
  readonly type?: 'string' | 'blob' | 'integer' | 'long' | 'float' | 'double';
  /** Its value may not be shown or logged. */
  readonly sensitive?: true;
  /** The expression of a list's members. */
  readonly list?: string;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
}

export interface ErrorShape {
  readonly status: number;
  readonly fault: 'client' | 'server';
  /** The code on the wire where it is not the shape's name (Query protocol). */
  readonly code?: string;
  readonly members: Readonly<Record<string, string>>;
}

export interface OperationModel {
  /** Absent: the operation takes nothing. */
  readonly input?: string;
  /** Absent: the operation answers nothing. */
  readonly output?: string;
  /** Modelled errors; the common ones may come as well. */
  readonly errors: readonly string[];
  /** rest-json: where the operation is; a path such as `/schedules/{Name}`, and the status of its answer. */
  readonly http?: { readonly method: string; readonly path: string; readonly status: number };
}

export interface ServiceModel {
  readonly service: string;
  readonly apiVersion: string;
  /** `rest-xml`: S3's, whose bodies are streams: read and written where it is served. */
  readonly protocol: 'json' | 'query' | 'ec2' | 'rest-json' | 'rest-xml';
  readonly signingName: string;
  readonly targetPrefix?: string;
  readonly xmlNamespace?: string;
  readonly operations: Readonly<Record<string, OperationModel>>;
  readonly errors: Readonly<Record<string, ErrorShape>>;
  readonly shapes: Readonly<Record<string, Structure | Constraint>>;
}

export type Simple = 'string' | 'integer' | 'long' | 'float' | 'double' | 'boolean' | 'timestamp' | 'blob' | 'document';

/** A type expression, taken apart one level deep. */
export type Type =
  | { readonly kind: Simple; readonly bounds?: Constraint }
  | { readonly kind: 'list'; readonly member: string; readonly bounds?: Constraint }
  | { readonly kind: 'map'; readonly key: string; readonly value: string }
  | { readonly kind: 'structure'; readonly name: string; readonly structure: Structure };

const SIMPLE: ReadonlySet<string> = new Set<Simple>([
  'string',
  'integer',
  'long',
  'float',
  'double',
  'boolean',
  'timestamp',
  'blob',
  'document',
]);

/** Takes a type expression apart. Throws on one the model does not define: that is a fault of the model. */
export function typeOf(model: Pick<ServiceModel, 'shapes'>, expression: string): Type {
  if (expression.startsWith('[')) return { kind: 'list', member: expression.slice(1, -1) };
  if (expression.startsWith('{')) {
    const colon = expression.indexOf(':');
    return { kind: 'map', key: expression.slice(1, colon), value: expression.slice(colon + 1, -1) };
  }
  if (SIMPLE.has(expression)) return { kind: expression as Simple };
  const shape = Object.hasOwn(model.shapes, expression) ? model.shapes[expression] : undefined;
  if (shape === undefined) throw new Error(`the model has no shape ${expression}`);
  if ('members' in shape) return { kind: 'structure', name: expression, structure: shape };
  if (shape.list !== undefined) return { kind: 'list', member: shape.list, bounds: shape };
  return { kind: shape.type ?? 'string', bounds: shape };
}
