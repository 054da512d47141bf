import { parsePolicy, type PolicyDocument, type PolicyKind } from './policy.ts';

const MOST_COMPILED = 4096;

/** Compiles a text once: policies are read with every request and hardly ever change. Forgets the least recently used. */
export function compiledPolicies(most: number = MOST_COMPILED): typeof parsePolicy {
  const compiled = new Map<string, PolicyDocument>();
  return (text: string, kind: PolicyKind): PolicyDocument => {
    const key = `${kind}\n${text}`;
    const known = compiled.get(key);
    const document = known ?? parsePolicy(text, kind);
    if (known !== undefined) compiled.delete(key);
    compiled.set(key, document);
    const [oldest] = compiled.keys();
    if (compiled.size > most && oldest !== undefined) compiled.delete(oldest);
    return document;
  };
}
