import { invalidParameter } from '@gantry/protocol';
import type { SortedKeys } from '../../../state/sorted-keys.ts';
import { checkRange } from './names.ts';

/** Paging by the last key shown: a token stays good over restarts, and however much comes and goes in between. */
export interface PageRequest {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}
export interface Page<T> {
  readonly items: readonly T[];
  /** Absent on the last page. */
  readonly nextToken: string | undefined;
}
export interface PageLimits {
  readonly defaultResults: number;
  readonly maxResults: number;
}
export const HUNDRED: PageLimits = { defaultResults: 100, maxResults: 100 };
export const TEN_OF_HUNDRED: PageLimits = { defaultResults: 10, maxResults: 100 };
export const TEN: PageLimits = { defaultResults: 10, maxResults: 10 };

/**
 * One page of `keys`, which are in order and all begin with `prefix`. With `pick`, what it maps to undefined is
 * skipped. Costs O(page + skipped). Pure. Throws InvalidParameterException for a bad token or page size.
 */
export function pageOf<T>(
  keys: SortedKeys,
  prefix: string,
  request: PageRequest,
  limits: PageLimits,
  pick: (key: string) => T | undefined,
): Page<T> {
  const size = pageSize(request, limits);
  const after = lastSeen(request.nextToken);
  const items: T[] = [];
  let last = '';
  // `\0` is in no key: `after\0` is where the keys behind `after` begin.
  let at = keys.firstNotBefore(after === undefined ? prefix : `${prefix}${after}\0`);
  for (; ; at += 1) {
    const key = keys.at(at);
    if (key === undefined || !key.startsWith(prefix)) return { items, nextToken: undefined };
    const item = pick(key);
    if (item === undefined) continue;
    if (items.length === size) return { items, nextToken: tokenAfter(last) };
    items.push(item);
    last = key.slice(prefix.length);
  }
}

/** One page of a list that is in order of `keyOf` already. Pure. */
export function pageOfList<T>(
  list: readonly T[],
  request: PageRequest,
  limits: PageLimits,
  keyOf: (item: T) => string,
): Page<T> {
  const size = pageSize(request, limits);
  const after = lastSeen(request.nextToken);
  const start = after === undefined ? 0 : list.findIndex((item) => keyOf(item) > after);
  if (start < 0) return { items: [], nextToken: undefined };
  const items = list.slice(start, start + size);
  const last = items.at(-1);
  const more = last !== undefined && start + size < list.length;
  return { items, nextToken: more ? tokenAfter(keyOf(last)) : undefined };
}

/** How many a page may hold. Throws InvalidParameterException when `maxResults` is out of range. */
export function pageSize(request: PageRequest, limits: PageLimits): number {
  checkRange('maxResults', request.maxResults, 1, limits.maxResults);
  return request.maxResults ?? limits.defaultResults;
}

export function tokenAfter(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64url');
}

/** What a token of `tokenAfter` was made from. Throws InvalidParameterException for anything else. */
export function lastSeen(token: string | undefined): string | undefined {
  if (token === undefined || token === '') return undefined;
  const key = Buffer.from(token, 'base64url').toString('utf8');
  if (key === '' || key.length > 1024 || tokenAfter(key) !== token) {
    throw invalidParameter('Invalid token. Pass the nextToken of the previous answer unchanged, or none.');
  }
  return key;
}
