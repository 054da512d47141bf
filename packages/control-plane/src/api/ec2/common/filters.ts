import type { Filter } from '@aws-sdk/client-ec2';
import type { Tag } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import { pageOfList } from '../../ecs/common/paging.ts';
import { invalidValue } from './errors.ts';

/** What filters can be held against, by their names; a thing may have several values of one. */
export type Fields = Readonly<Record<string, string | boolean | number | readonly string[] | undefined>>;

const MOST_VALUES = 200;

/** Those that pass every filter. `tag:…` and `tag-key` are of all. @throws ServiceError InvalidParameterValue for one there is not */
export function filtered<T extends { readonly tags: readonly Tag[] }>(
  items: readonly T[],
  filters: readonly Filter[] | undefined,
  names: readonly string[],
  fieldsOf: (item: T) => Fields,
): readonly T[] {
  const tests = (filters ?? []).map(({ Name = '', Values = [] }) => {
    if (!names.includes(Name) && Name !== 'tag-key' && !Name.startsWith('tag:'))
      throw invalidValue(`The filter '${Name}' is invalid`);
    if (Values.length > MOST_VALUES) throw invalidValue(`The filter '${Name}' has more than ${MOST_VALUES} values`);
    const wanted = Values.map(patternOf);
    return (item: T): boolean => valuesOf(item, Name, fieldsOf).some((value) => wanted.some((one) => one.test(value)));
  });
  return items.filter((item) => tests.every((passes) => passes(item)));
}

function valuesOf<T extends { readonly tags: readonly Tag[] }>(
  item: T,
  name: string,
  fieldsOf: (item: T) => Fields,
): readonly string[] {
  if (name === 'tag-key') return item.tags.map(({ key }) => key ?? '');
  if (name.startsWith('tag:'))
    return item.tags.filter(({ key }) => key === name.slice(4)).map(({ value }) => value ?? '');
  const value = fieldsOf(item)[name];
  if (value === undefined) return [];
  return typeof value === 'object' ? value : [String(value)];
}

/** `*` stands for any text, `?` for one character, a backslash takes their meaning away. */
function patternOf(text: string): RegExp {
  const source = text.replaceAll(/\\[*?\\]|[\s\S]/g, (part) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    return (part.length > 1 ? part.slice(1) : part).replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
  });
  // Stars in a row mean one, and would take long.
  return new RegExp(`^${source.replaceAll(/(?:\[\\s\\S\]\*)+/g, '[\\s\\S]*')}$`);
}

interface PageRequest {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/** One page of a list that is in order of `idOf`; without MaxResults, all of it. */
export function paged<T>(
  items: readonly T[],
  { MaxResults, NextToken }: PageRequest,
  operation: string,
  idOf: (item: T) => string,
): { readonly items: readonly T[]; readonly end: { readonly NextToken?: string } } {
  const all = { defaultResults: Number.MAX_SAFE_INTEGER, maxResults: 1000, operation };
  try {
    const page = pageOfList(items, { maxResults: MaxResults, nextToken: NextToken }, all, idOf);
    return { items: page.items, end: page.nextToken === undefined ? {} : { NextToken: page.nextToken } };
  } catch (error) {
    if (error instanceof ServiceError)
      throw new ServiceError('InvalidNextToken', 'The token or the number of results is not valid.');
    throw error;
  }
}

/** The things asked for by id, or all; in order of their ids. */
export function chosen<T>(
  all: readonly T[],
  ids: readonly string[] | undefined,
  idOf: (item: T) => string,
  missing: (id: string) => ServiceError,
): readonly T[] {
  if (ids === undefined || ids.length === 0) return all;
  for (const id of ids) if (!all.some((item) => idOf(item) === id)) throw missing(id);
  return all.filter((item) => ids.includes(idOf(item)));
}
