import { compileJsonPattern } from './json-pattern.ts';
import { invalidPattern, unsupported } from './pattern-errors.ts';

export type Matcher = (message: string) => boolean;

interface Term {
  readonly kind: '' | '?' | '-';
  readonly text: string;
}

/**
 * A filter pattern of CloudWatch Logs: nothing (everything matches), terms (`ERROR "out of memory" -DEBUG ?A ?B`) or
 * a JSON selector (`{ $.level = "error" && $.ms > 100 }`).
 * @throws ServiceError InvalidParameterException for anything else, saying what is not understood.
 */
export function compileFilterPattern(pattern: string): Matcher {
  const text = pattern.trim();
  if (text === '') return () => true;
  if (text.startsWith('{')) return compileJsonPattern(text);
  if (text.startsWith('[')) throw unsupported('space-delimited patterns ([w1, w2, …])');
  if (text.startsWith('%')) throw unsupported('regular expressions (%…%)');
  return matchTerms(parseTerms(text));
}

/** Terms are case-sensitive. `?` terms count only when there is no other kind, as CloudWatch has it. */
function matchTerms(terms: readonly Term[]): Matcher {
  const of = (kind: Term['kind']): string[] => terms.filter((term) => term.kind === kind).map((term) => term.text);
  const [required, excluded, optional] = [of(''), of('-'), of('?')];
  if (required.length === 0 && excluded.length === 0) return (message) => optional.some((t) => message.includes(t));
  return (message) => required.every((t) => message.includes(t)) && !excluded.some((t) => message.includes(t));
}

function parseTerms(text: string): readonly Term[] {
  const terms: Term[] = [];
  const term = /\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?=\s|$)/y;
  while (term.lastIndex < text.trimEnd().length) {
    const at = term.lastIndex;
    const found = term.exec(text);
    if (found === null) throw invalidPattern(`a term cannot be read at character ${at + 1}`);
    const [, kind = '', quoted, plain = ''] = found;
    const words = quoted?.replace(/\\(.)/gs, '$1') ?? plain;
    if (words === '') throw invalidPattern(`an empty term at character ${at + 1}`);
    if (words.startsWith('%') && quoted === undefined) throw unsupported('regular expressions (%…%)');
    terms.push({ kind: kind as Term['kind'], text: words });
  }
  return terms;
}
