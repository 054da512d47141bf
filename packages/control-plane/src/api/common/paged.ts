import { ServiceError } from '@gantry/protocol';
import type { PageRequest } from '../ecs/common/paging.ts';

/**
 * Makes a page in a service whose members begin with a capital and that has a name of its own for a bad token. All other
 * members of the input are the filters the token is good for.
 * @throws ServiceError of that code
 */
export function paged<T>(
  code: string,
  input: { readonly MaxResults?: number | undefined; readonly NextToken?: string | undefined },
  page: (request: PageRequest) => T,
): T {
  const { MaxResults: maxResults, NextToken: nextToken, ...filters } = input;
  try {
    return page({ ...filters, maxResults, nextToken } as PageRequest);
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'InvalidParameterException')
      throw new ServiceError(code, error.message);
    throw error;
  }
}
