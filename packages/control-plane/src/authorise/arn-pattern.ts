import { compilePattern, matches, type Context, type Pattern } from './wildcard.ts';

/** `arn`, partition, service, region, account, resource; what follows the fifth colon is all resource. */
export type ArnParts = readonly [string, string, string, string, string, string];

/** Undefined for what is no ARN, such as the `*` of an operation that has no resource. */
export function splitArn(text: string): ArnParts | undefined {
  if (!text.startsWith('arn:')) return undefined;
  const parts: string[] = [];
  let from = 0;
  for (let part = 0; part < 5; part++) {
    const colon = text.indexOf(':', from);
    if (colon < 0) return undefined;
    parts.push(text.slice(from, colon));
    from = colon + 1;
  }
  return [...parts, text.slice(from)] as unknown as ArnParts;
}

/** An ARN of a policy: each of the six parts is matched for itself, so that no wildcard reaches over a colon. */
export type ArnPattern = 'any' | readonly Pattern[];

/** Parts that are left out (`arn:aws:ecs:*`) are `*`. */
export function compileArn(text: string, options: { readonly variables: boolean }): ArnPattern {
  if (text === '*') return 'any';
  const parts = piecesOf(text);
  while (parts.length < 6) parts.push('*');
  return parts.map((part) => compilePattern(part, { ...options, wildcards: true }));
}

export function arnMatches(pattern: ArnPattern, arn: ArnParts | undefined, context: Context): boolean {
  if (pattern === 'any') return true;
  // From the right: the resource tells the most.
  for (let part = 5; part >= 0; part--) {
    const wanted = pattern[part];
    if (arn === undefined || wanted === undefined || !matches(wanted, arn[part] as string, context)) return false;
  }
  return true;
}

/** Split at the first five colons that are not in a variable. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let [from, at] = [0, 0];
  while (at < text.length && pieces.length < 5) {
    const end = text.startsWith('${', at) ? text.indexOf('}', at) : -1;
    if (end > 0) at = end;
    else if (text[at] === ':') {
      pieces.push(text.slice(from, at));
      from = at + 1;
    }
    at++;
  }
  return [...pieces, text.slice(from)];
}
