import { QueryError, type Comparison, type Expression, type Subject } from './ast.ts';
import { compilePattern } from './pattern.ts';

const TEXTUAL: readonly (Comparison | 'in')[] = ['==', '!=', 'in', '=~', '!~'];
const ORDERED: readonly (Comparison | 'in')[] = ['==', '!=', '>', '>=', '<', '<='];
const ALLOWED: Readonly<Record<string, readonly (Comparison | 'in' | 'exists')[]>> = {
  agentConnected: TEXTUAL,
  ec2InstanceId: TEXTUAL,
  'task:group': TEXTUAL,
  agentVersion: ORDERED,
  registeredAt: ORDERED,
  runningTasksCount: ORDERED,
};
const EVERY: readonly (Comparison | 'in' | 'exists')[] = [...ORDERED, 'in', '=~', '!~', 'exists'];

/** @throws QueryError when the subject does not know the operator, or the value is not of the subject's kind. */
export function checkPredicate(predicate: Expression, offset: number): void {
  if (predicate.kind !== 'compare' && predicate.kind !== 'in' && predicate.kind !== 'exists') return;
  const operator = predicate.kind === 'compare' ? predicate.operator : predicate.kind;
  const allowed = ALLOWED[predicate.subject] ?? EVERY;
  if (!allowed.includes(operator))
    throw new QueryError(
      `${predicate.subject} cannot be used with ${operator}: it takes ${allowed.join(' ')}.`,
      offset,
    );
  if (predicate.kind === 'exists') return;
  const values = predicate.kind === 'in' ? predicate.values : [predicate.value];
  for (const value of values) {
    const wrong = operator === '=~' || operator === '!~' ? wrongPattern(value) : wrongValue(predicate.subject, value);
    if (wrong !== undefined) throw new QueryError(wrong, offset);
  }
}

/** Milliseconds of an ISO date or date-time; without a zone it is UTC. */
export function parseMoment(text: string): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(text);
  if (match === null) return undefined;
  const [, day = '', time = '00:00', zone = 'Z'] = match;
  const moment = Date.parse(`${day}T${time}${/^z$/i.test(zone) ? 'Z' : zone.replace(/(\d{2}):?(\d{2})$/, '$1:$2')}`);
  return Number.isNaN(moment) ? undefined : moment;
}

function wrongPattern(value: string): string | undefined {
  const pattern = compilePattern(value);
  return typeof pattern === 'string' ? `${value} is not a regular expression: ${pattern}` : undefined;
}

function wrongValue(subject: Subject, value: string): string | undefined {
  if (subject === 'agentConnected' && !/^(true|false)$/.test(value))
    return `agentConnected is true or false, not ${value}.`;
  if (subject === 'runningTasksCount' && !/^\d+$/.test(value))
    return `runningTasksCount is a whole number, not ${value}.`;
  if (subject === 'agentVersion' && !/^\d+(\.\d+)*$/.test(value))
    return `agentVersion is a dotted version such as 1.91.0, not ${value}.`;
  if (subject === 'registeredAt' && parseMoment(value) === undefined)
    return `registeredAt is an ISO date or date-time, not ${value}.`;
  return undefined;
}
