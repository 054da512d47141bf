import type { Comparison, Expression, Subject } from './ast.ts';
import { parseMoment } from './check.ts';
import { compilePattern } from './pattern.ts';

/** What a query may ask of a container instance. */
export interface Queried {
  /** The attribute's value; '' when it has none; undefined when the instance lacks the attribute. */
  attribute(name: string): string | undefined;
  readonly agentConnected: boolean;
  readonly agentVersion: string | undefined;
  readonly ec2InstanceId: string | undefined;
  /** Milliseconds since 1970. */
  readonly registeredAt: number;
  readonly runningTasksCount: number;
  /** Groups of the tasks on it that are not STOPPED. */
  taskGroups(): readonly string[];
}

export type Query = (instance: Queried) => boolean;

/** Turns a parsed expression into a test. Patterns and moments are read once, here. */
export function compileQuery(expression: Expression): Query {
  switch (expression.kind) {
    case 'or': {
      const [left, right] = [compileQuery(expression.left), compileQuery(expression.right)];
      return (instance) => left(instance) || right(instance);
    }
    case 'and': {
      const [left, right] = [compileQuery(expression.left), compileQuery(expression.right)];
      return (instance) => left(instance) && right(instance);
    }
    case 'not': {
      const operand = compileQuery(expression.operand);
      return (instance) => !operand(instance);
    }
    case 'exists':
      return (instance) => textsOf(expression.subject, instance).length > 0 !== expression.negated;
    case 'in':
      return (instance) =>
        textsOf(expression.subject, instance).some((text) => expression.values.includes(text)) !== expression.negated;
    case 'compare':
      return compileComparison(expression.subject, expression.operator, expression.value);
  }
}

/** Whether every instance with the same attributes gives the same answer, whatever runs on it. */
export function asksAttributesOnly(expression: Expression): boolean {
  switch (expression.kind) {
    case 'or':
    case 'and':
      return asksAttributesOnly(expression.left) && asksAttributesOnly(expression.right);
    case 'not':
      return asksAttributesOnly(expression.operand);
    default:
      return expression.subject.startsWith('attribute:');
  }
}

function compileComparison(subject: Subject, operator: Comparison, value: string): Query {
  if (operator === '==' || operator === '!=') {
    const equals = equalsOf(subject, value);
    return operator === '==' ? equals : (instance) => !equals(instance);
  }
  if (operator === '=~' || operator === '!~') {
    const pattern = compilePattern(value);
    if (typeof pattern === 'string') throw new TypeError(`unchecked pattern: ${pattern}`);
    return (instance) => textsOf(subject, instance).some(pattern) === (operator === '=~');
  }
  const order = orderOf(subject, value);
  return (instance) => {
    const compared = order(instance);
    if (compared === undefined) return false;
    if (operator === '>') return compared > 0;
    if (operator === '>=') return compared >= 0;
    return operator === '<' ? compared < 0 : compared <= 0;
  };
}

function equalsOf(subject: Subject, value: string): Query {
  if (subject === 'agentVersion' || subject === 'registeredAt' || subject === 'runningTasksCount') {
    const order = orderOf(subject, value);
    return (instance) => order(instance) === 0;
  }
  return (instance) => textsOf(subject, instance).includes(value);
}

/** The texts a subject stands for: none when it is missing, several for `task:group`. */
function textsOf(subject: Subject, instance: Queried): readonly string[] {
  if (subject === 'task:group') return instance.taskGroups();
  if (subject === 'agentConnected') return [String(instance.agentConnected)];
  const text =
    subject === 'ec2InstanceId' ? instance.ec2InstanceId : instance.attribute(subject.slice('attribute:'.length));
  return text === undefined ? [] : [text];
}

/** Less than, equal to, more than zero: how the instance's value stands to the given one; undefined when it has none. */
function orderOf(subject: Subject, value: string): (instance: Queried) => number | undefined {
  if (subject === 'runningTasksCount') return (instance) => instance.runningTasksCount - Number(value);
  if (subject === 'registeredAt') {
    const moment = parseMoment(value) ?? Number.NaN;
    return (instance) => instance.registeredAt - moment;
  }
  if (subject === 'agentVersion')
    return (instance) =>
      instance.agentVersion === undefined ? undefined : compareVersions(instance.agentVersion, value);
  const name = subject.slice('attribute:'.length);
  return (instance) => {
    const held = instance.attribute(name);
    return held === undefined ? undefined : compareTexts(held, value);
  };
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) =>
    text
      .replace(/^v/, '')
      .split('.')
      .map((part) => Number.parseInt(part, 10) || 0),
  );
  for (let at = 0; at < Math.max(left?.length ?? 0, right?.length ?? 0); at += 1) {
    const difference = (left?.[at] ?? 0) - (right?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** As numbers when both are, else as text. */
function compareTexts(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (a.trim() !== '' && b.trim() !== '' && !Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}
