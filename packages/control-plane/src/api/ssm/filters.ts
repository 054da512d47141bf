import type { Parameter } from '@gantry/domain';
import { ServiceError, type SsmOperations } from '@gantry/protocol';
import { validation } from './errors.ts';
import { checkedPath } from './names.ts';

type Filter = NonNullable<SsmOperations['DescribeParameters']['input']['ParameterFilters']>[number];
type OldFilter = NonNullable<SsmOperations['DescribeParameters']['input']['Filters']>[number];
export type Matches = (parameter: Parameter) => boolean;

/** Keys each operation knows, with the options each takes; the first option is the default. */
const TEXT = ['Equals', 'BeginsWith'];
const DESCRIBE_KEYS: Readonly<Record<string, readonly string[]>> = {
  Path: ['OneLevel', 'Recursive'],
  Name: ['Equals', 'BeginsWith', 'Contains'],
  Type: TEXT,
  KeyId: TEXT,
  Tier: TEXT,
  DataType: TEXT,
};
const BY_PATH_KEYS: Readonly<Record<string, readonly string[]>> = { Type: TEXT, KeyId: TEXT, Label: ['Equals'] };
/** Values of keys that have few. */
const KNOWN_VALUES: Readonly<Record<string, readonly string[]>> = {
  Type: ['String', 'StringList', 'SecureString'],
  Tier: ['Standard', 'Advanced', 'Intelligent-Tiering'],
};

/** What DescribeParameters' ParameterFilters let pass. Pure. @throws ServiceError InvalidFilterKey, …Option, …Value */
export function describeFilter(filters: readonly Filter[] | undefined): Matches {
  return allOf(filters ?? [], DESCRIBE_KEYS, true);
}

/** What GetParametersByPath's let pass: the newest version's members, and labels of any. Pure. @throws ServiceError */
export function byPathFilter(filters: readonly Filter[] | undefined): Matches {
  return allOf(filters ?? [], BY_PATH_KEYS, false);
}

/** The deprecated `Filters`: names by their beginning, types and keys by name. Pure. */
export function oldFilter(filters: readonly OldFilter[] | undefined): Matches {
  const each = (filters ?? []).map(({ Key, Values = [] }): Matches => {
    if (Key === 'Name') return ({ name }) => Values.some((value) => name.startsWith(value));
    const member = Key === 'Type' ? 'type' : 'keyId';
    return ({ current }) => Values.includes(current[member] ?? '');
  });
  return (parameter) => each.every((matches) => matches(parameter));
}

function allOf(filters: readonly Filter[], keys: typeof DESCRIBE_KEYS, withTags: boolean): Matches {
  const seen = new Set<string>();
  const each = filters.map((filter) => {
    const { Key: key = '' } = filter;
    if (seen.has(key))
      throw new ServiceError(
        'InvalidFilterKey',
        `The following filter is duplicated in the request: ${key}. A request can contain only one occurrence of a specific filter.`,
      );
    seen.add(key);
    return withTags && key.startsWith('tag:') ? tagFilter(filter) : memberFilter(filter, keys);
  });
  return (parameter) => each.every((matches) => matches(parameter));
}

function memberFilter(filter: Filter, keys: typeof DESCRIBE_KEYS): Matches {
  const { Key: key = '', Values: values = [] } = filter;
  const options = Object.hasOwn(keys, key) ? keys[key] : undefined;
  if (options === undefined)
    throw new ServiceError(
      'InvalidFilterKey',
      `The following filter key is not valid: ${key}. Valid filter keys include: [${Object.keys(keys).join(', ')}].`,
    );
  const option = checkedOption(filter, options);
  if (values.length === 0)
    throw new ServiceError(
      'InvalidFilterValue',
      `The following filter values are missing : null for filter key ${key}.`,
    );
  const known = KNOWN_VALUES[key];
  const unknown = option === 'Equals' ? values.find((value) => known?.includes(value) === false) : undefined;
  if (unknown !== undefined)
    throw new ServiceError(
      'InvalidFilterValue',
      `The following filter value is not valid: ${unknown}. Valid values include: [${known?.join(', ')}].`,
    );
  if (key === 'Path') return pathFilter(values, option === 'Recursive');
  return (parameter) => textsOf(parameter, key).some((text) => values.some((value) => fits(key, text, value, option)));
}

function tagFilter(filter: Filter): Matches {
  const { Key: key = '', Values: values = [] } = filter;
  const option = checkedOption(filter, TEXT);
  const name = key.slice('tag:'.length);
  return ({ tags }) => {
    const tag = tags.find((each) => each.key === name);
    if (tag === undefined) return false;
    return values.length === 0 || values.some((value) => fits(key, tag.value ?? '', value, option));
  };
}

function pathFilter(paths: readonly string[], recursive: boolean): Matches {
  if (paths.some((path) => /^\/(aws|ssm)/i.test(path)))
    throw validation(
      'Filters for common parameters can\'t be prefixed with "aws" or "ssm" (case-insensitive). When using global ' +
        'parameters, please specify within a global namespace.',
    );
  const checked = paths.map(checkedPath);
  return ({ name }) => checked.some((path) => isBelow(name, path, recursive));
}

/** Whether a name is below a path that ends in a slash; names without a slash are below `/`. Pure. */
export function isBelow(name: string, path: string, recursive: boolean): boolean {
  const full = name.startsWith('/') ? name : `/${name}`;
  return full.startsWith(path) && (recursive || !full.slice(path.length).includes('/'));
}

function checkedOption({ Option: option }: Filter, options: readonly string[]): string {
  const chosen = option ?? (options[0] as string);
  if (options.includes(chosen)) return chosen;
  throw new ServiceError(
    'InvalidFilterOption',
    `The following filter option is not valid: ${chosen}. Valid options include: [${options.join(', ')}].`,
  );
}

function textsOf({ name, current, labels }: Parameter, key: string): readonly string[] {
  switch (key) {
    case 'Name':
      return [name];
    case 'Type':
      return [current.type];
    case 'KeyId':
      return current.keyId === undefined ? [] : [current.keyId];
    case 'Tier':
      return [current.tier];
    case 'DataType':
      return [current.dataType];
    default:
      return labels.map(({ label }) => label);
  }
}

function fits(key: string, text: string, value: string, option: string): boolean {
  if (option === 'Contains') return text.includes(value);
  // A name is found with its leading slash and without it.
  const bare = (name: string): string => (key === 'Name' ? name.replace(/^\//, '') : name);
  return option === 'BeginsWith' ? bare(text).startsWith(bare(value)) : bare(text) === bare(value);
}
