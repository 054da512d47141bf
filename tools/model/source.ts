/** What to read of one SDK client, and which operations to keep. */
export interface Source {
  /** Its name in credential scopes. */
  readonly service: string;
  /** botocore's name of it, where that is another. */
  readonly botocore?: string;
  readonly client: string;
  readonly apiVersion: string;
  readonly protocol: 'json' | 'query' | 'ec2' | 'rest-json';
  readonly targetPrefix?: string;
  readonly xmlNamespace?: string;
  /** `all`, or the names ECS users need of a neighbour service. */
  readonly keep: 'all' | readonly string[];
  /** Members that are spoken but not in the public model: `Structure.member` to the name of its type. */
  readonly unpublished?: Readonly<Record<string, string>>;
  /** Number members of shapes botocore does not know yet: `Structure.member` to its type. */
  readonly numbers: Readonly<Record<string, 'integer' | 'long' | 'float' | 'double'>>;
}
