import type { Scope } from '@gantry/domain';
import { ServiceError } from '@gantry/protocol';
import type { Table } from '../../../state/table.ts';
import { pageOf, pageOfList, type Page, type PageLimits } from '../../ecs/common/paging.ts';
import { validationError } from './errors.ts';
import { prefixOf } from '../../../state/keys.ts';

const LIMITS: PageLimits = { defaultResults: 400, maxResults: 400 };

interface Request {
  readonly Marker?: string | undefined;
  readonly PageSize?: number | undefined;
}

/** A page of a scope's documents. @throws ServiceError ValidationError for a marker we did not give */
export function pageOfTable<T, I extends string>(table: Table<T, I>, scope: Scope, request: Request): Paged<T> {
  return paged(() => pageOf(table.keys, prefixOf(scope), asked(request), LIMITS, (key) => table.get(key)));
}

/** A page of a list that is in order of `keyOf`. */
export function pageOfItems<T>(list: readonly T[], request: Request, keyOf: (item: T) => string): Paged<T> {
  return paged(() => pageOfList(list, asked(request), LIMITS, keyOf));
}

export interface Paged<T> {
  readonly items: readonly T[];
  readonly end: { readonly NextMarker?: string };
}

const asked = ({ Marker, PageSize }: Request) => ({ maxResults: PageSize, nextToken: Marker });

function paged<T>(page: () => Page<T>): Paged<T> {
  try {
    const { items, nextToken } = page();
    return { items, end: nextToken === undefined ? {} : { NextMarker: nextToken } };
  } catch (error) {
    if (error instanceof ServiceError) throw validationError('The specified marker is not valid');
    throw error;
  }
}
