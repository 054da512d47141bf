import { splitArn } from './arn-pattern.ts';

/** Who a statement is about, compiled from `Principal`. */
export interface PrincipalPattern {
  readonly everybody: boolean;
  /** ARNs and unique ids of principals, names of services and identity providers. */
  readonly names: ReadonlySet<string>;
  /** Accounts as a whole: who may do what in them is theirs to say. */
  readonly accounts: ReadonlySet<string>;
}

const KINDS: ReadonlySet<string> = new Set(['AWS', 'Service', 'Federated', 'CanonicalUser']);

/** @throws RangeError what IAM would say of an entry that cannot be meant, `"AWS":"…"`; an empty text for bad syntax */
export function compilePrincipal(element: unknown): PrincipalPattern {
  if (element === '*') return { everybody: true, names: new Set(), accounts: new Set() };
  if (typeof element === 'string') throw new RangeError(`"STRING":"${element}"`);
  if (typeof element !== 'object' || element === null || Array.isArray(element)) throw new RangeError('');
  let everybody = false;
  const [names, accounts] = [new Set<string>(), new Set<string>()];
  for (const [kind, value] of Object.entries(element)) {
    if (!KINDS.has(kind)) throw new RangeError('');
    for (const entry of Array.isArray(value) ? value : [value]) {
      if (typeof entry !== 'string') throw new RangeError('');
      const account = kind === 'AWS' ? accountOf(entry) : undefined;
      if (kind === 'AWS' && entry === '*') everybody = true;
      else if (account !== undefined) accounts.add(account);
      else if (isName(kind, entry)) names.add(entry);
      else throw new RangeError(`"${kind === 'Service' ? 'SERVICE' : kind}":"${entry}"`);
    }
  }
  return { everybody, names, accounts };
}

/** `named`: by itself, or as one of everybody. `account`: only the account it belongs to is meant. */
export function principalMatches(
  pattern: PrincipalPattern,
  principals: readonly string[],
): 'named' | 'account' | undefined {
  if (pattern.everybody || principals.some((principal) => pattern.names.has(principal))) return 'named';
  const inAccount = principals.some((principal) => {
    const account = accountOf(principal) ?? splitArn(principal)?.[4];
    return account !== undefined && pattern.accounts.has(account);
  });
  return inAccount ? 'account' : undefined;
}

function accountOf(text: string): string | undefined {
  if (/^\d{12}$/.test(text)) return text;
  return /^arn:aws[a-z-]*:iam::(\d{12}):root$/.exec(text)?.[1];
}

function isName(kind: string, entry: string): boolean {
  if (kind === 'Service') return /^[a-z0-9][a-z0-9.-]*\.(amazonaws\.com(\.cn)?|aws\.internal)$/.test(entry);
  if (kind !== 'AWS') return entry !== '';
  return /^A[A-Z0-9]{15,127}$/.test(entry) || /^arn:aws[a-z-]*:(iam|sts)::\d{12}:[a-z-]+\/[^*?]+$/.test(entry);
}
