import {
  PLAIN_SUBJECTS,
  QueryError,
  type Comparison,
  type Expression,
  type PlainSubject,
  type Subject,
} from './ast.ts';
import { lex, type Token } from './lex.ts';
import { checkPredicate } from './check.ts';

const LONGEST_EXPRESSION = 2000;
/** Deeper nesting is nobody's intent, and would be our stack. */
const DEEPEST = 100;

const OPERATORS: Readonly<Record<string, Comparison>> = {
  '==': '==',
  equals: '==',
  '!=': '!=',
  not_equals: '!=',
  '>': '>',
  greater_than: '>',
  '>=': '>=',
  greater_than_equal: '>=',
  '<': '<',
  less_than: '<',
  '<=': '<=',
  less_than_equal: '<=',
  '=~': '=~',
  matches: '=~',
  '!~': '!~',
  not_matches: '!~',
};

/**
 * Parses an expression of the cluster query language (ecs-semantics 4.7).
 * @throws QueryError which names what is wrong and where.
 */
export function parseQuery(text: string): Expression {
  if (text.length > LONGEST_EXPRESSION)
    throw new QueryError(
      `The expression is ${text.length} characters long; at most ${LONGEST_EXPRESSION} are allowed.`,
      0,
    );
  const parser = new Parser(lex(text));
  const expression = parser.or(0);
  parser.end();
  return expression;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  or(depth: number): Expression {
    let left = this.#and(depth);
    while (this.#takes('||', 'or')) left = { kind: 'or', left, right: this.#and(depth) };
    return left;
  }

  end(): void {
    if (this.#next.kind !== 'end') throw this.#unexpected('the end of the expression');
  }

  #and(depth: number): Expression {
    let left = this.#not(depth);
    while (this.#takes('&&', 'and')) left = { kind: 'and', left, right: this.#not(depth) };
    return left;
  }

  #not(depth: number): Expression {
    if (depth > DEEPEST) throw new QueryError('The expression is nested too deeply.', this.#next.offset);
    if (this.#takes('!', 'not')) return { kind: 'not', operand: this.#not(depth + 1) };
    if (this.#takes('(')) {
      const inner = this.or(depth + 1);
      this.#must(')');
      return inner;
    }
    return this.#predicate();
  }

  #predicate(): Expression {
    const { offset } = this.#next;
    const subject = this.#subject();
    const predicate = this.#condition(subject);
    checkPredicate(predicate, offset);
    return predicate;
  }

  #condition(subject: Subject): Expression {
    const token = this.#next;
    const negated = this.#takes('!');
    if (negated || token.kind === 'word') {
      if (this.#takes('in')) return { kind: 'in', subject, negated, values: this.#list() };
      if (this.#takes('exists')) return { kind: 'exists', subject, negated };
      if (!negated && this.#takes('not_in')) return { kind: 'in', subject, negated: true, values: this.#list() };
      if (!negated && this.#takes('not_exists')) return { kind: 'exists', subject, negated: true };
    }
    const operator = negated || !Object.hasOwn(OPERATORS, token.value) ? undefined : OPERATORS[token.value];
    if (operator === undefined || token.kind === 'text') throw this.#unexpected('an operator');
    this.#at += 1;
    return { kind: 'compare', subject, operator, value: this.#value() };
  }

  #subject(): Subject {
    const token = this.#next;
    const isAttribute = /^attribute:./.test(token.value);
    if (token.kind !== 'word' || !(isAttribute || PLAIN_SUBJECTS.includes(token.value as PlainSubject)))
      throw this.#unexpected(`one of ${PLAIN_SUBJECTS.join(', ')} or attribute:<name>`);
    this.#at += 1;
    return token.value as Subject;
  }

  #list(): string[] {
    this.#must('[');
    const values = [this.#value()];
    while (this.#takes(',')) values.push(this.#value());
    this.#must(']');
    return values;
  }

  #value(): string {
    const token = this.#next;
    if (token.kind !== 'word' && token.kind !== 'text') throw this.#unexpected('a value');
    this.#at += 1;
    return token.value;
  }

  get #next(): Token {
    return this.#tokens[this.#at] as Token;
  }

  /** Steps over the next token if it is one of these; quoted text never is. */
  #takes(...values: readonly string[]): boolean {
    const token = this.#next;
    const fits = token.kind !== 'text' && token.kind !== 'end' && values.includes(token.value);
    if (fits) this.#at += 1;
    return fits;
  }

  #must(sign: string): void {
    if (!this.#takes(sign)) throw this.#unexpected(`'${sign}'`);
  }

  #unexpected(expected: string): QueryError {
    const { kind, value, offset } = this.#next;
    const found = kind === 'end' ? 'the end' : `'${value}'`;
    return new QueryError(`Expected ${expected} at position ${offset + 1}, found ${found}.`, offset);
  }
}
