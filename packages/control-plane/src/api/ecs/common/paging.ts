import { createHash } from 'node:crypto';
import { invalidParameter } from '@gantry/protocol';
import type { SortedKeys } from '../../../state/sorted-keys.ts';
import { fingerprintOf } from './fingerprint.ts';
import { checkRange } from './names.ts';

/**
 * Paging by the last key shown: a token stays good over restarts, and however much comes and goes in between. The other
 * members of a request are its filters: a token is good for the operation and the filters it was made with.
 */
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
  /** Tokens of one operation are no good for another. */
  readonly operation?: string;
}
export const HUNDRED: PageLimits = { defaultResults: 100, maxResults: 100 };
export const TEN_OF_HUNDRED: PageLimits = { defaultResults: 10, maxResults: 100 };
export const TEN: PageLimits = { defaultResults: 10, maxResults: 10 };

/** The same limits, with tokens of that operation's own. */
export function pagesOf(operation: string, limits: PageLimits): PageLimits {
  return { ...limits, operation };
}

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
  const tokens = tokensOf(request, limits);
  const after = tokens.lastSeen();
  const items: T[] = [];
  let last = '';
  // `\0` is in no key: `after\0` is where the keys behind `after` begin.
  let at = keys.firstNotBefore(after === undefined ? prefix : `${prefix}${after}\0`);
  for (; ; at += 1) {
    const key = keys.at(at);
    if (key === undefined || !key.startsWith(prefix)) return { items, nextToken: undefined };
    const item = pick(key);
    if (item === undefined) continue;
    if (items.length === size) return { items, nextToken: tokens.after(last) };
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
  const tokens = tokensOf(request, limits);
  const after = tokens.lastSeen();
  const start = after === undefined ? 0 : list.findIndex((item) => keyOf(item) > after);
  if (start < 0) return { items: [], nextToken: undefined };
  const items = list.slice(start, start + size);
  const last = items.at(-1);
  const more = last !== undefined && start + size < list.length;
  return { items, nextToken: more ? tokens.after(keyOf(last)) : undefined };
}

/** How many a page may hold. Throws InvalidParameterException when `maxResults` is out of range. */
export function pageSize(request: PageRequest, limits: PageLimits): number {
  checkRange('maxResults', request.maxResults, 1, limits.maxResults);
  return request.maxResults ?? limits.defaultResults;
}

/** The tokens of one request: reads the one it came with, makes those for its next page. */
export interface Tokens {
  /** The key its token was made after; undefined for the first page. Throws InvalidParameterException. */
  readonly lastSeen: () => string | undefined;
  readonly after: (key: string) => string;
}

export function tokensOf(request: PageRequest, limits: PageLimits): Tokens {
  const { maxResults: _size, nextToken, ...filters } = request as PageRequest & Readonly<Record<string, unknown>>;
  const binding = fingerprintOf({ operation: limits.operation, ...filters });
  return { lastSeen: () => lastSeen(nextToken, binding), after: (key) => tokenAfter(key, binding) };
}

const UNBOUND = fingerprintOf({});
const SUM_BYTES = 9;

export function tokenAfter(key: string, binding = UNBOUND): string {
  const bytes = Buffer.from(key, 'utf8');
  return Buffer.concat([sumOf(bytes, binding), bytes]).toString('base64url');
}

/**
 * What a token of `tokenAfter` was made from. Throws InvalidParameterException for anything else: one that was cut or
 * altered, or made with another binding.
 */
export function lastSeen(token: string | undefined, binding = UNBOUND): string | undefined {
  if (token === undefined || token === '') return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const [sum, key] = [bytes.subarray(0, SUM_BYTES), bytes.subarray(SUM_BYTES)];
  // Many texts decode to the same bytes; only the one we gave is ours.
  if (key.length === 0 || bytes.toString('base64url') !== token || !sumOf(key, binding).equals(sum)) {
    throw invalidParameter(
      'Invalid token. Pass the nextToken of the previous answer and the same filters, or no token.',
    );
  }
  return key.toString('utf8');
}

/** Not a secret: it tells mistakes, and a made-up token shows nobody more than their own list. */
function sumOf(key: Buffer, binding: string): Buffer {
  return createHash('sha256').update(binding).update(key).digest().subarray(0, SUM_BYTES);
}
