/**
 * The generator's picture of one service: what is committed under packages/protocol/src/generated.
 * A type expression is `string`, `integer`, `long`, `float`, `double`, `boolean`, `timestamp`, `blob`, `document`,
 * the name of a shape, `[<expression>]` for a list or `{<key expression>:<value expression>}` for a map.
 */
export interface Structure {
  readonly union?: true;
  readonly required?: readonly string[];
  readonly members: Readonly<Record<string, string>>;
}

export interface Constraint {
  readonly type?: 'string' | 'integer' | 'long' | 'float' | 'double';
  /** A list with bounds; its members' expression. */
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

export interface ServiceModel {
  readonly service: string;
  readonly apiVersion: string;
  readonly protocol: 'json' | 'query';
  readonly signingName: string;
  readonly targetPrefix?: string;
  readonly xmlNamespace?: string;
  readonly operations: Readonly<Record<string, { input?: string; output?: string; errors: readonly string[] }>>;
  readonly errors: Readonly<Record<string, ErrorShape>>;
  readonly shapes: Readonly<Record<string, Structure | Constraint>>;
}

/** What to read, and which operations to keep. */
export interface Source {
  readonly service: string;
  readonly client: string;
  readonly apiVersion: string;
  readonly protocol: 'json' | 'query';
  readonly targetPrefix?: string;
  readonly xmlNamespace?: string;
  /** `all`, or the names ECS users need of a neighbour service. */
  readonly keep: 'all' | readonly string[];
  /** Number members of shapes botocore does not know yet: `Structure.member` to its type. */
  readonly numbers: Readonly<Record<string, Constraint['type']>>;
}
