import type { Expression } from './ast.ts';

/** The expression as text that parses to the same expression again. */
export function printQuery(expression: Expression): string {
  switch (expression.kind) {
    case 'or':
      return `${printQuery(expression.left)} || ${within(expression.right, ['or'])}`;
    case 'and':
      return `${within(expression.left, ['or'])} && ${within(expression.right, ['or', 'and'])}`;
    case 'not':
      return `!(${printQuery(expression.operand)})`;
    case 'compare':
      return `${expression.subject} ${expression.operator} ${quoted(expression.value)}`;
    case 'in':
      return `${expression.subject} ${expression.negated ? '!in' : 'in'} [${expression.values.map(quoted).join(', ')}]`;
    case 'exists':
      return `${expression.subject} ${expression.negated ? '!exists' : 'exists'}`;
  }
}

function within(expression: Expression, looser: readonly Expression['kind'][]): string {
  const text = printQuery(expression);
  return looser.includes(expression.kind) ? `(${text})` : text;
}

/** A value holds at most one kind of quote: it was read from between two of the other kind. */
function quoted(value: string): string {
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}
