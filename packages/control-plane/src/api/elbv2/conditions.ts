import { isIP } from 'node:net';
import type { RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ListenerCondition } from '@gantry/domain';
import { notSupported, validationError } from './common/errors.ts';

const MOST_VALUES = 5;
/** Once in a rule. */
const SINGLE = new Set(['host-header', 'path-pattern', 'http-request-method', 'source-ip']);

/**
 * The conditions of a rule, in one form however they were written. Pure.
 * @throws ServiceError ValidationError, InvalidConfigurationRequest
 */
export function checkedConditions(given: readonly RuleCondition[] | undefined): readonly ListenerCondition[] {
  const conditions = (given ?? []).map(conditionOf);
  if (conditions.length === 0) throw validationError('A condition must be specified');
  const seen = new Set<string>();
  for (const { field } of conditions) {
    if (SINGLE.has(field) && seen.has(field)) throw validationError(`A rule can only have one '${field}' condition`);
    seen.add(field);
  }
  const values = conditions.reduce((sum, { values: each }) => sum + each.length, 0);
  if (values > MOST_VALUES) throw validationError(`A rule can only have '${MOST_VALUES}' condition values`);
  return conditions;
}

function conditionOf(condition: RuleCondition): ListenerCondition {
  const { Field: field = '' } = condition;
  refuseRegex(condition);
  switch (field) {
    case 'host-header':
      return {
        field,
        values: texts(field, condition.HostHeaderConfig?.Values ?? condition.Values, 128, /^[\w.*?:-]+$/),
      };
    case 'path-pattern':
      return {
        field,
        values: texts(
          field,
          condition.PathPatternConfig?.Values ?? condition.Values,
          128,
          /^[\w.$/~"'@:+&()!,;=%*?-]+$/,
        ),
      };
    case 'http-request-method':
      return { field, values: texts(field, condition.HttpRequestMethodConfig?.Values, 40, /^[A-Z_-]+$/) };
    case 'source-ip':
      return { field, values: addresses(condition.SourceIpConfig?.Values) };
    case 'http-header': {
      const { HttpHeaderName: name = '', Values } = condition.HttpHeaderConfig ?? {};
      if (!/^[\w.-]{1,40}$/.test(name)) throw validationError(`HTTP header name '${name.slice(0, 64)}' is not valid`);
      if (name.toLowerCase() === 'host')
        throw validationError("The header 'Host' is matched by a host-header condition");
      return { field, name, values: texts(field, Values, 128, /^[\x20-\x7e]+$/) };
    }
    case 'query-string': {
      const values = condition.QueryStringConfig?.Values ?? [];
      if (values.length === 0) throw validationError("A 'query-string' condition needs values");
      return {
        field,
        values: values.map(({ Key, Value }) => ({ key: queryText(Key), value: queryText(Value) ?? '' })),
      };
    }
    default:
      throw validationError(
        `Condition field '${field}' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'`,
      );
  }
}

function refuseRegex(condition: RuleCondition): void {
  const { HostHeaderConfig, PathPatternConfig, HttpHeaderConfig } = condition;
  if ([condition, HostHeaderConfig, PathPatternConfig, HttpHeaderConfig].every((c) => c?.RegexValues === undefined))
    return;
  throw notSupported('RegexValues are', 'Use Values, with * and ? as wildcards.');
}

function texts(
  field: string,
  values: readonly string[] | undefined,
  longest: number,
  shape: RegExp,
): readonly string[] {
  if (values === undefined || values.length === 0) throw validationError(`A '${field}' condition needs values`);
  for (const value of values)
    if (value.length > longest || !shape.test(value))
      throw validationError(
        `Condition value '${value.slice(0, 256)}' contains a character that is not valid, or is too long`,
      );
  return values;
}

function queryText(text: string | undefined): string | undefined {
  if (text === undefined || (text.length <= 128 && /^[\x21-\x7e]+$/.test(text))) return text;
  throw validationError(
    `Query string value '${text.slice(0, 256)}' contains a character that is not valid, or is too long`,
  );
}

function addresses(values: readonly string[] | undefined): readonly string[] {
  if (values === undefined || values.length === 0) throw validationError("A 'source-ip' condition needs values");
  for (const value of values) {
    const [address = '', bits = '', more] = value.split('/');
    const family = isIP(address);
    const fits = family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
    if (!fits || more !== undefined) throw validationError(`The value '${value.slice(0, 64)}' is not a CIDR block`);
  }
  return values;
}
