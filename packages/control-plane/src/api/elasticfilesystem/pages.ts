import type { ElasticfilesystemOperations } from '@gantry/protocol';
import { paged } from '../common/paged.ts';
import { HUNDRED, pageOfList, pagesOf, type Page } from '../ecs/common/paging.ts';

interface Asked {
  readonly size: number | undefined;
  readonly token: string | undefined;
  /** A token is good for these alone. */
  readonly filters: Readonly<Record<string, unknown>>;
}

/** One page of what is in order of `keyOf`; a larger page than 100 is one of 100. @throws ServiceError BadRequest */
export function pageOf<T>(
  operation: keyof ElasticfilesystemOperations,
  list: readonly T[],
  { size, token, filters }: Asked,
  keyOf: (item: T) => string,
): Page<T> {
  const MaxResults = size === undefined ? undefined : Math.min(size, HUNDRED.maxResults);
  return paged('BadRequest', { ...filters, MaxResults, NextToken: token }, (request) =>
    pageOfList(list, request, pagesOf(operation, HUNDRED), keyOf),
  );
}
