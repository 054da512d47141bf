import { QueryError } from './ast.ts';

export interface Token {
  /** `word` is bare, `text` was quoted; `sign` is punctuation or an operator; `end` closes the list. */
  readonly kind: 'word' | 'text' | 'sign' | 'end';
  readonly value: string;
  readonly offset: number;
}

// Longest first: `>=` before `>`.
const SIGNS = ['==', '!=', '>=', '<=', '=~', '!~', '&&', '||', '>', '<', '!', '(', ')', '[', ']', ','];
const WORD = /[A-Za-z0-9_.\-/\\@:*+?^$#%{};]/;

/** Cuts an expression into tokens. @throws QueryError at a character that can start none, or an unclosed quote. */
export function lex(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at] as string;
    if (/\s/.test(character)) {
      at += 1;
      continue;
    }
    const token = tokenAt(text, at, character);
    tokens.push(token);
    at = token.kind === 'text' ? at + token.value.length + 2 : at + token.value.length;
  }
  tokens.push({ kind: 'end', value: '', offset: text.length });
  return tokens;
}

function tokenAt(text: string, at: number, character: string): Token {
  if (character === "'" || character === '"') {
    const close = text.indexOf(character, at + 1);
    if (close < 0) throw new QueryError(`The quote at position ${at + 1} is not closed.`, at);
    return { kind: 'text', value: text.slice(at + 1, close), offset: at };
  }
  const sign = SIGNS.find((candidate) => text.startsWith(candidate, at));
  if (sign !== undefined) return { kind: 'sign', value: sign, offset: at };
  let end = at;
  while (end < text.length && isWordAt(text, end)) end += 1;
  if (end === at) throw new QueryError(`Unexpected character ${character} at position ${at + 1}.`, at);
  return { kind: 'word', value: text.slice(at, end), offset: at };
}

/** A single `|` belongs to a bare pattern (`t2.*|t3.*`); two of them are the operator. */
function isWordAt(text: string, at: number): boolean {
  const character = text[at] as string;
  if (character !== '|') return WORD.test(character);
  return text[at + 1] !== '|' && text[at - 1] !== '|';
}
