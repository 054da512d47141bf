import { ServiceError } from '@gantry/protocol';

/** Runs what makes a page, in a service that has a name of its own for a bad token. @throws ServiceError of that code */
export function paged<T>(code: string, page: () => T): T {
  try {
    return page();
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'InvalidParameterException')
      throw new ServiceError(code, error.message);
    throw error;
  }
}
