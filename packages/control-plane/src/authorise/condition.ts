import { OPERATORS, type ValueTest } from './condition-operators.ts';
import type { Context } from './wildcard.ts';

/** One key of one operator in a statement's `Condition`. */
export interface Condition {
  /** In lower case: names of keys are, tag keys included, compared without regard to case. */
  readonly key: string;
  /** As the policy spells it. */
  readonly name: string;
  readonly over: 'value' | 'all-values' | 'any-value';
  readonly ifExists: boolean;
  readonly negated: boolean;
  /** For `Null`: whether the key must be absent or must be there. */
  readonly absent?: readonly boolean[];
  readonly test?: ValueTest;
}

const OPERATOR = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/i;

/**
 * One operator of a `Condition` and what it compares.
 * @throws RangeError an operator there is not, or a value it cannot compare with
 */
export function compileConditions(
  operator: string,
  keys: readonly (readonly [key: string, values: readonly string[]])[],
  options: { readonly variables: boolean },
): readonly Condition[] {
  const [, over, kind = '', ifExists] = OPERATOR.exec(operator) ?? [];
  const shared = {
    over: over === undefined ? 'value' : over.toLowerCase() === 'forallvalues' ? 'all-values' : 'any-value',
    ifExists: ifExists !== undefined,
  } as const;
  const known = OPERATORS.get(kind.toLowerCase());
  if (kind.toLowerCase() === 'null' && over === undefined && ifExists === undefined)
    return keys.map(([name, values]) => ({ ...shared, ...named(name), negated: false, absent: flags(values) }));
  if (known === undefined) throw new RangeError(operator);
  return keys.map(([name, values]) => ({
    ...shared,
    ...named(name),
    negated: known.negated,
    test: known.compile(values, options),
  }));
}

const named = (name: string): { key: string; name: string } => ({ key: name.toLowerCase(), name });

function flags(values: readonly string[]): readonly boolean[] {
  return values.map((value) => {
    const flag = value.toLowerCase();
    if (flag !== 'true' && flag !== 'false') throw new RangeError(value);
    return flag === 'true';
  });
}

export function holds(condition: Condition, context: Context): boolean {
  const { over, negated, test, absent } = condition;
  const given = context.get(condition.key);
  const isAbsent = given === undefined || given.length === 0;
  if (absent !== undefined) return absent.includes(isAbsent);
  if (isAbsent) return condition.ifExists || over === 'all-values' || (negated && over === 'value');
  const fits = (value: string): boolean => test?.(value, context) !== negated;
  // "Not" means none of them, also where a key has several values and the policy does not say over which.
  return over === 'all-values' || (over === 'value' && negated) ? given.every(fits) : given.some(fits);
}
