/** Where the values of a request's keys come from. Keys are asked for in lower case; absent is `undefined`. */
export interface Context {
  get(key: string): readonly string[] | undefined;
}

/** A character to be met as it is (its code unit), or one of the two wildcards. */
type Token = number;
const ANY_ONE = -1;
const ANY_RUN = -2;

/** `${key}` or `${key, 'fallback'}` in a policy. */
interface Variable {
  /** In lower case. */
  readonly key: string;
  readonly fallback?: string | undefined;
}

/** A text of a policy, compiled: what it is to be compared with matches whole or not at all. */
export interface Pattern {
  /** There is nothing special in it. */
  readonly literal?: string | undefined;
  /** There is nothing special in it but the `*` it ends with: what is before that. */
  readonly prefix?: string | undefined;
  /** Set when there is no variable in it. */
  readonly tokens: readonly Token[] | undefined;
  readonly parts: readonly (readonly Token[] | Variable)[];
  readonly ignoreCase: boolean;
}

export interface PatternOptions {
  /** `*` and `?` mean something. */
  readonly wildcards: boolean;
  /** `${…}` means something: policies of version 2012-10-17. */
  readonly variables: boolean;
  readonly ignoreCase?: boolean;
}

const VARIABLE = /\$\{\s*([*?$]|[^\s${},]+)\s*(?:,\s*'([^']*)'\s*)?\}/g;

export function compilePattern(text: string, options: PatternOptions): Pattern {
  const { ignoreCase = false } = options;
  const parts: (readonly Token[] | Variable)[] = [];
  const add = (piece: string): void =>
    void (piece === '' || parts.push(tokensOf(piece, options.wildcards, ignoreCase)));
  let from = 0;
  for (const match of options.variables ? text.matchAll(VARIABLE) : []) {
    const [all, key = '', fallback] = match;
    add(text.slice(from, match.index));
    // `${*}`, `${?}` and `${$}` are the characters themselves.
    if (/^[*?$]$/.test(key)) parts.push([key.charCodeAt(0)]);
    else parts.push({ key: key.toLowerCase(), fallback });
    from = match.index + all.length;
  }
  add(text.slice(from));
  const fixed = parts.filter((part) => 'length' in part);
  const tokens = fixed.length === parts.length ? fixed.flat() : undefined;
  const special = tokens?.findIndex((token) => token < 0) ?? 0;
  const literal = tokens !== undefined && special < 0 ? textOf(tokens) : undefined;
  const endsInRun = tokens?.[special] === ANY_RUN && special === tokens.length - 1;
  const prefix = tokens !== undefined && endsInRun ? textOf(tokens.slice(0, special)) : undefined;
  return { literal, prefix, tokens, parts, ignoreCase };
}

/**
 * Whether the whole text is what the pattern says. A variable stands for the one value of its key, taken literally; one
 * without a value matches nothing. Steps are at most the product of both lengths, whatever the pattern.
 */
export function matches(pattern: Pattern, text: string, context?: Context): boolean {
  const given = pattern.ignoreCase ? text.toLowerCase() : text;
  if (pattern.literal !== undefined) return given === pattern.literal;
  if (pattern.prefix !== undefined) return given.startsWith(pattern.prefix);
  const tokens = pattern.tokens ?? fill(pattern, context);
  return tokens !== undefined && matchTokens(tokens, given);
}

function fill(pattern: Pattern, context: Context | undefined): readonly Token[] | undefined {
  const tokens: Token[] = [];
  for (const part of pattern.parts) {
    if ('length' in part) {
      for (const token of part) tokens.push(token);
      continue;
    }
    const values = context?.get(part.key);
    const value = values?.length === 1 ? values[0] : values === undefined ? part.fallback : undefined;
    if (value === undefined) return undefined;
    for (const token of tokensOf(value, false, pattern.ignoreCase)) tokens.push(token);
  }
  return tokens;
}

function tokensOf(text: string, wildcards: boolean, ignoreCase: boolean): readonly Token[] {
  const plain = ignoreCase ? text.toLowerCase() : text;
  const tokens: Token[] = [];
  for (let at = 0; at < plain.length; at++) {
    const char = plain[at];
    const token = wildcards && char === '*' ? ANY_RUN : wildcards && char === '?' ? ANY_ONE : plain.charCodeAt(at);
    // `**` is `*`.
    if (token !== ANY_RUN || tokens.at(-1) !== ANY_RUN) tokens.push(token);
  }
  return tokens;
}

function textOf(tokens: readonly Token[]): string {
  return tokens.map((token) => String.fromCharCode(token)).join('');
}

/** Only the last `*` seen may have to take more: an earlier one cannot do better. */
function matchTokens(tokens: readonly Token[], text: string): boolean {
  let at = 0;
  let token = 0;
  let retryAt = 0;
  let retryToken = -1;
  while (at < text.length) {
    const wanted = tokens[token];
    if (wanted === text.charCodeAt(at) || wanted === ANY_ONE) {
      at += 1;
      token += 1;
    } else if (wanted === ANY_RUN) {
      token += 1;
      if (token === tokens.length) return true;
      retryAt = at;
      retryToken = token;
    } else if (retryToken >= 0) {
      retryAt += 1;
      at = retryAt;
      token = retryToken;
    } else {
      return false;
    }
  }
  while (tokens[token] === ANY_RUN) token += 1;
  return token === tokens.length;
}
