import { compileArn, type ArnPattern } from './arn-pattern.ts';
import { compileConditions, type Condition } from './condition.ts';
import { compilePrincipal, type PrincipalPattern } from './principal-pattern.ts';
import { compilePattern, type Pattern } from './wildcard.ts';

/** Where a policy hangs: on somebody (session policies and boundaries too), on a role as its trust, or on a resource. */
export type PolicyKind = 'identity' | 'trust' | 'resource';

/** A policy, compiled. Never changes. */
export interface PolicyDocument {
  readonly version: '2008-10-17' | '2012-10-17';
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly sid?: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  /** `NotAction` and `NotResource` say what it is not about. */
  readonly actions: {
    readonly not: boolean;
    /** In lower case. */
    readonly names: ReadonlySet<string>;
    readonly patterns: readonly Pattern[];
  };
  /** Without: any (a trust policy is about its role). */
  readonly resources?: { readonly not: boolean; readonly patterns: readonly ArnPattern[] } | undefined;
  readonly principals?: { readonly not: boolean; readonly pattern: PrincipalPattern } | undefined;
  readonly conditions: readonly Condition[];
}

/** A text that is no policy. The message is what IAM puts into MalformedPolicyDocumentException. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

const SYNTAX = 'Syntax errors in policy.';
const TOP: ReadonlySet<string> = new Set(['Version', 'Id', 'Statement']);
const ELEMENTS: ReadonlySet<string> = new Set(
  'Sid Effect Action NotAction Resource NotResource Principal NotPrincipal Condition'.split(' '),
);

/**
 * Reads and compiles a policy. How long it may be depends on where it is kept, and is the caller's business.
 * @throws PolicyError
 */
export function parsePolicy(text: string, kind: PolicyKind): PolicyDocument {
  const document = record(parseJson(text), TOP);
  const { Version: version = '2008-10-17', Id: id, Statement: statement } = document;
  if (id !== undefined && typeof id !== 'string') throw new PolicyError(SYNTAX);
  if (typeof version !== 'string') throw new PolicyError(SYNTAX);
  if (version !== '2012-10-17' && version !== '2008-10-17')
    throw new PolicyError('The policy must contain a valid version string');
  const raw = Array.isArray(statement) ? statement : [statement];
  if (raw.length === 0) throw new PolicyError(SYNTAX);
  const statements = raw.map((each) => parseStatement(record(each, ELEMENTS), kind, version === '2012-10-17'));
  const sids = statements.flatMap(({ sid }) => (sid === undefined || sid === '' ? [] : [sid]));
  if (new Set(sids).size < sids.length) throw new PolicyError('Statement IDs (SID) in a single policy must be unique.');
  return { version, statements };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PolicyError('This policy contains invalid Json', { cause: error });
  }
}

type Elements = Readonly<Record<string, unknown>>;

function record(value: unknown, known: ReadonlySet<string>): Elements {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new PolicyError(SYNTAX);
  if (Object.keys(value).some((key) => !known.has(key))) throw new PolicyError(SYNTAX);
  return value as Elements;
}

function parseStatement(raw: Elements, kind: PolicyKind, variables: boolean): Statement {
  const { Sid: sid, Effect: effect } = raw;
  if (sid !== undefined && typeof sid !== 'string') throw new PolicyError(SYNTAX);
  if (kind !== 'resource' && sid !== undefined && !/^[A-Za-z0-9]*$/.test(sid))
    throw new PolicyError(
      'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
    );
  if (effect === undefined) throw new PolicyError('Missing required field Effect');
  if (effect !== 'Allow' && effect !== 'Deny')
    throw new PolicyError(`Invalid effect: ${JSON.stringify(effect).replaceAll('"', '')}`);
  return {
    sid,
    effect,
    principals: parsePrincipals(raw, kind),
    actions: parseActions(raw, kind),
    resources: parseResources(raw, kind, variables),
    conditions: parseConditions(raw['Condition'], variables),
  };
}

/** The texts of an element and whether it is the one that says "not". */
function either(raw: Elements, name: string): { not: boolean; texts: readonly string[] } | undefined {
  const [yes, no] = [raw[name], raw[`Not${name}`]];
  if (yes !== undefined && no !== undefined) throw new PolicyError(SYNTAX);
  const element = yes ?? no;
  return element === undefined ? undefined : { not: no !== undefined, texts: textsOf(element) };
}

function textsOf(element: unknown): readonly string[] {
  const list = Array.isArray(element) ? element : [element];
  if (!list.every((entry) => typeof entry === 'string')) throw new PolicyError(SYNTAX);
  return list;
}

function parseActions(raw: Elements, kind: PolicyKind): Statement['actions'] {
  const found = either(raw, 'Action');
  if (found === undefined || found.texts.length === 0) throw new PolicyError('Policy statement must contain actions.');
  for (const text of found.texts) {
    const [vendor = '', name, ...more] = text.split(':');
    if (text === '*' && kind !== 'trust') continue;
    if (name === undefined && text !== '*')
      throw new PolicyError('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
    if (more.length > 0) throw new PolicyError('Actions/Condition can contain only one colon.');
    if (vendor !== '*' && !/^[a-zA-Z0-9.-]+$/.test(vendor)) throw new PolicyError(`Vendor ${vendor} is not valid`);
    if (kind === 'trust' && vendor.toLowerCase() !== 'sts')
      throw new PolicyError('AssumeRole policy may only specify STS AssumeRole actions.');
  }
  const options = { wildcards: true, variables: false };
  const patterns = found.texts.map((text) => compilePattern(text.toLowerCase(), options));
  const names = new Set(patterns.flatMap(({ literal }) => literal ?? []));
  return { not: found.not, names, patterns: patterns.filter(({ literal }) => literal === undefined) };
}

function parseResources(raw: Elements, kind: PolicyKind, variables: boolean): Statement['resources'] {
  const found = either(raw, 'Resource');
  if (kind === 'trust') {
    if (found !== undefined) throw new PolicyError('Has prohibited field Resource');
    return undefined;
  }
  if (found === undefined || found.texts.length === 0)
    throw new PolicyError('Policy statement must contain resources.');
  for (const text of found.texts) {
    if (text === '*' || /^arn:[^:]+:[^:]+/.test(text) || (variables && text.startsWith('${'))) continue;
    throw new PolicyError(
      text.startsWith('arn:')
        ? 'Resource vendor must be fully qualified and cannot contain regexes.'
        : `Resource ${text} must be in ARN format or "*".`,
    );
  }
  return { not: found.not, patterns: found.texts.map((text) => compileArn(text, { variables })) };
}

function parsePrincipals(raw: Elements, kind: PolicyKind): Statement['principals'] {
  const { Principal: yes, NotPrincipal: no } = raw;
  if (kind === 'identity') {
    if (yes !== undefined || no !== undefined) throw new PolicyError('Policy document should not specify a principal.');
    return undefined;
  }
  if (yes !== undefined && no !== undefined) throw new PolicyError(SYNTAX);
  if (yes === undefined && no === undefined) throw new PolicyError('Missing required field Principal');
  try {
    return { not: no !== undefined, pattern: compilePrincipal(yes ?? no) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PolicyError(error.message === '' ? SYNTAX : `Invalid principal in policy: ${error.message}`, {
      cause: error,
    });
  }
}

function parseConditions(element: unknown, variables: boolean): readonly Condition[] {
  if (element === undefined) return [];
  if (typeof element !== 'object' || element === null || Array.isArray(element)) throw new PolicyError(SYNTAX);
  return Object.entries(element).flatMap(([operator, keys]) => {
    if (typeof keys !== 'object' || keys === null || Array.isArray(keys)) throw new PolicyError(SYNTAX);
    const wanted = Object.entries(keys).map(([key, values]) => [key, conditionValues(key, values)] as const);
    try {
      return compileConditions(operator, wanted, { variables });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const known = error.message !== operator;
      throw new PolicyError(known ? 'The policy failed legacy parsing' : `Invalid Condition type : ${operator}.`, {
        cause: error,
      });
    }
  });
}

function conditionValues(key: string, values: unknown): readonly string[] {
  if (!key.includes(':'))
    throw new PolicyError('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
  const list: readonly unknown[] = Array.isArray(values) ? values : [values];
  const plain = (value: unknown): boolean => ['string', 'boolean', 'number'].includes(typeof value);
  if (!list.every(plain)) throw new PolicyError(SYNTAX);
  return list.map(String);
}
