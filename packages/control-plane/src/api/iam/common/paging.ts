import { lastSeen, pageOf, pageOfList, type Page, type PageLimits } from '../../ecs/common/paging.ts';
import type { AccountId } from '@gantry/domain';
import type { Table } from '../../../state/table.ts';
import { validationError } from './errors.ts';

const LIMITS: PageLimits = { defaultResults: 100, maxResults: 1000 };

interface Request {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** What IAM says of a page beside its items. */
export interface PageEnd {
  readonly IsTruncated: boolean;
  readonly Marker?: string;
}

/** A page of a list that is in order of `keyOf`. @throws ServiceError ValidationError for a marker we did not give */
export function pageOfItems<T>(
  list: readonly T[],
  request: Request,
  keyOf: (item: T) => string,
): { items: T[]; end: PageEnd } {
  return paged(pageOfList(list, asked(request), LIMITS, keyOf));
}

/** A page of an account's documents; `pick` says which count, and as what. */
export function pageOfTable<T, I extends string, R>(
  table: Table<T, I>,
  account: AccountId,
  request: Request,
  pick: (document: T) => R | undefined,
): { items: R[]; end: PageEnd } {
  const picked = (key: string): R | undefined => pick(table.get(key) as T);
  return paged(pageOf(table.keys, `${account}/`, asked(request), LIMITS, picked));
}

function asked({ Marker, MaxItems }: Request): { maxResults: number | undefined; nextToken: string | undefined } {
  try {
    lastSeen(Marker);
  } catch (error) {
    throw validationError(`Invalid Marker. ${(error as Error).message.replace('nextToken', 'Marker')}`);
  }
  return { maxResults: MaxItems, nextToken: Marker };
}

function paged<T>({ items, nextToken }: Page<T>): { items: T[]; end: PageEnd } {
  const end = nextToken === undefined ? { IsTruncated: false } : { IsTruncated: true, Marker: nextToken };
  return { items: [...items], end };
}
