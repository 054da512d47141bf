import { invalidPattern, unsupported } from './pattern-errors.ts';
import type { Matcher } from './pattern.ts';

type Test = (document: unknown) => boolean;

/** One word of a selector: a path, a quoted text, an operator, a bracket or a bare value. */
const TOKEN =
  /\s*(?:(\$(?:\.[\w-]+|\[\d+\]|\["[^"]*"\]|\['[^']*'\])*)|("(?:[^"\\]|\\.)*")|(&&|\|\||<=|>=|!=|[=<>(){}])|([^\s"&|=<>!(){}]+))/y;

interface Token {
  readonly kind: 'path' | 'text' | 'sign' | 'word';
  readonly text: string;
}

/**
 * `{ $.a.b = "x*" && ($.n >= 3 || $.gone NOT EXISTS) }`: `=`, `!=`, `<`, `<=`, `>`, `>=`, `IS NULL`, `IS TRUE`,
 * `IS FALSE`, `NOT EXISTS`, `EXISTS`, `&&`, `||` and brackets; `*` in a text stands for anything.
 * A message that is no JSON does not match.
 */
export function compileJsonPattern(pattern: string): Matcher {
  const parser = new Parser(tokensOf(pattern));
  const test = parser.selector();
  return (message) => {
    let document: unknown;
    try {
      document = JSON.parse(message);
    } catch {
      return false;
    }
    return typeof document === 'object' && document !== null && test(document);
  };
}

function tokensOf(pattern: string): readonly Token[] {
  const text = pattern.trimEnd();
  const tokens: Token[] = [];
  const next = new RegExp(TOKEN);
  while (next.lastIndex < text.length) {
    const at = next.lastIndex;
    const found = next.exec(text);
    if (found === null) throw invalidPattern(`character ${at + 1} cannot be read`);
    const [, path, quoted, sign, word] = found;
    if (path !== undefined) tokens.push({ kind: 'path', text: path });
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted.slice(1, -1).replace(/\\(.)/gs, '$1') });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else tokens.push({ kind: 'word', text: word as string });
  }
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  selector(): Test {
    this.#expect('{');
    const test = this.#either(0);
    this.#expect('}');
    if (this.#at < this.#tokens.length)
      throw invalidPattern(`'${this.#tokens[this.#at]?.text}' after the selector's end`);
    return test;
  }

  #either(depth: number): Test {
    const tests = [this.#both(depth)];
    while (this.#take('||')) tests.push(this.#both(depth));
    return tests.length === 1 ? (tests[0] as Test) : (document) => tests.some((test) => test(document));
  }

  #both(depth: number): Test {
    const tests = [this.#one(depth)];
    while (this.#take('&&')) tests.push(this.#one(depth));
    return tests.length === 1 ? (tests[0] as Test) : (document) => tests.every((test) => test(document));
  }

  #one(depth: number): Test {
    if (depth > 32) throw invalidPattern('brackets nested too deeply');
    if (this.#take('(')) {
      const test = this.#either(depth + 1);
      this.#expect(')');
      return test;
    }
    const path = this.#next();
    if (path?.kind !== 'path')
      throw invalidPattern(`expected a property such as $.level, found '${path?.text ?? 'the end'}'`);
    const steps = stepsOf(path.text);
    const test = this.#test();
    return (document) => test(valueAt(document, steps));
  }

  #test(): Test {
    const operator = this.#next();
    switch (operator?.text.toUpperCase()) {
      case 'IS':
        return isTest(this.#next()?.text.toUpperCase());
      case 'EXISTS':
        return (value) => value !== undefined;
      case 'NOT': {
        if (this.#next()?.text.toUpperCase() !== 'EXISTS') throw invalidPattern('NOT stands before EXISTS alone');
        return (value) => value === undefined;
      }
      default:
        return compareTest(operator?.text ?? 'the end', this.#next());
    }
  }

  #next(): Token | undefined {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    return token;
  }

  #take(sign: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'sign' || token.text !== sign) return false;
    this.#at += 1;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#take(sign))
      throw invalidPattern(`expected '${sign}', found '${this.#tokens[this.#at]?.text ?? 'the end'}'`);
  }
}

function isTest(what: string | undefined): Test {
  switch (what) {
    case 'NULL':
      return (value) => value === null;
    case 'TRUE':
      return (value) => value === true;
    case 'FALSE':
      return (value) => value === false;
    default:
      throw invalidPattern(`IS stands before NULL, TRUE or FALSE, not '${what ?? 'the end'}'`);
  }
}

function compareTest(operator: string, operand: Token | undefined): Test {
  if (!['=', '!=', '<', '<=', '>', '>='].includes(operator)) throw invalidPattern(`unknown operator '${operator}'`);
  if (operand === undefined || (operand.kind !== 'text' && operand.kind !== 'word'))
    throw invalidPattern(`expected a value after '${operator}', found '${operand?.text ?? 'the end'}'`);
  if (operand.text.startsWith('%')) throw unsupported('regular expressions (%…%)');
  const number = operand.kind === 'word' ? Number(operand.text) : Number.NaN;
  if (operator === '=' || operator === '!=') {
    const equals = Number.isNaN(number) ? textTest(operand.text) : numberTest('=', number);
    // As CloudWatch has it, != wants the property to be there.
    return operator === '=' ? equals : (value) => value !== undefined && !equals(value);
  }
  if (Number.isNaN(number)) throw invalidPattern(`'${operator}' compares with a number, not '${operand.text}'`);
  return numberTest(operator, number);
}

function textTest(text: string): Test {
  const parts = text.split('*');
  return (value) => (typeof value === 'string' || typeof value === 'number') && isLike(String(value), parts);
}

/** Whether the text is the parts in order with anything between them. Linear, unlike a regular expression. */
function isLike(text: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

function numberTest(operator: string, number: number): Test {
  return (value) => {
    if (typeof value !== 'number') return false;
    switch (operator) {
      case '=':
        return value === number;
      case '<':
        return value < number;
      case '<=':
        return value <= number;
      case '>':
        return value > number;
      default:
        return value >= number;
    }
  };
}

function stepsOf(path: string): readonly string[] {
  const steps = path.matchAll(/\.([\w-]+)|\[(\d+)\]|\["([^"]*)"\]|\['([^']*)'\]/g);
  return [...steps].map(([, name, index, double, single]) => name ?? index ?? double ?? (single as string));
}

function valueAt(document: unknown, steps: readonly string[]): unknown {
  let value = document;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
