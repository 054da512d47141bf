/** A place in a text, both counted from 1. */
export interface Position {
  readonly Line: number;
  readonly Column: number;
}

export interface Span {
  readonly StartPosition: Position;
  readonly EndPosition: Position;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

/**
 * Where each statement of a policy stands, as IAM counts: from behind what comes before it (the bracket of the list, the
 * statement before, or its own brace when it stands alone) to behind its closing brace. The text has to be a policy.
 */
export function statementSpans(text: string): readonly Span[] {
  let spans: Span[] = [];
  let [depth, key, from] = [0, '', 0];
  /** How deep a brace closes a statement; 0 outside of `Statement`. */
  let closesAt = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const behind = index + token.length;
    if (token === '{' || token === '[') {
      if (depth === 1 && key === 'Statement') {
        spans = [];
        from = behind;
        closesAt = token === '[' ? 3 : 2;
      }
      depth += 1;
    } else if (token === '}' || token === ']') {
      if (token === '}' && depth === closesAt) {
        spans.push({ StartPosition: positionOf(text, from), EndPosition: positionOf(text, behind) });
        from = behind;
      }
      depth -= 1;
      if (depth === 1) closesAt = 0;
    } else if (depth === 1 && token !== ':') {
      key = token.startsWith('"') ? (JSON.parse(token) as string) : '';
    }
  }
  return spans;
}

function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { Line: before.split('\n').length, Column: offset - before.lastIndexOf('\n') };
}
