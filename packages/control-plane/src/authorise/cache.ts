import { Recent } from '../identity/recent.ts';
import { parsePolicy, type PolicyDocument, type PolicyKind } from './policy.ts';

const MOST_COMPILED = 4096;

/** Compiles a text once: policies are read with every request and hardly ever change. Forgets the least recently used. */
export function compiledPolicies(most: number = MOST_COMPILED): typeof parsePolicy {
  const compiled = new Recent<PolicyDocument>(most);
  return (text: string, kind: PolicyKind): PolicyDocument => {
    const key = `${kind}\n${text}`;
    const known = compiled.get(key);
    if (known !== undefined) return known;
    const document = parsePolicy(text, kind);
    compiled.set(key, document);
    return document;
  };
}
