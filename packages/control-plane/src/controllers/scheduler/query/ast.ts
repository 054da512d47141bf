/** The cluster query language (ecs-semantics 4.7), parsed. */
export const PLAIN_SUBJECTS = [
  'agentConnected',
  'agentVersion',
  'ec2InstanceId',
  'registeredAt',
  'runningTasksCount',
  'task:group',
] as const;
export type PlainSubject = (typeof PLAIN_SUBJECTS)[number];
/** `attribute:<name>` or one of the plain subjects. */
export type Subject = PlainSubject | `attribute:${string}`;

export const COMPARISONS = ['==', '!=', '>', '>=', '<', '<=', '=~', '!~'] as const;
export type Comparison = (typeof COMPARISONS)[number];

export type Expression =
  | { readonly kind: 'or' | 'and'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly operand: Expression }
  | {
      readonly kind: 'compare';
      readonly subject: Subject;
      readonly operator: Comparison;
      readonly value: string;
    }
  | { readonly kind: 'in'; readonly subject: Subject; readonly negated: boolean; readonly values: readonly string[] }
  | { readonly kind: 'exists'; readonly subject: Subject; readonly negated: boolean };

/** What is wrong with an expression, and where (0-based offset). The API wraps it in an InvalidParameterException. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}
