import { validationError } from './errors.ts';

/** @param kind `Load balancer` or `Target group`. @throws ServiceError ValidationError in ELB's words */
export function checkName(kind: string, name: string): string {
  if (name.length > 32)
    throw validationError(`${kind} name '${name.slice(0, 256)}' cannot be longer than '32' characters`);
  if (!/^[A-Za-z0-9-]+$/.test(name))
    throw validationError(
      `${kind} name '${name}' can only contain characters that are alphanumeric characters and hyphens(-)`,
    );
  if (name.startsWith('-') || name.endsWith('-'))
    throw validationError(`${kind} name '${name}' cannot begin or end with '-'`);
  return name;
}
