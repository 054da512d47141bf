import { S3_ROUTES, type S3Route } from '@gantry/protocol';
import { s3Error } from '../errors.ts';
import type { Address } from '../names.ts';

const byPlace = Map.groupBy(S3_ROUTES, ({ method, level }) => `${method} ${level}`);

/** Parameters that belong to a signature, or name what the request says anyway. */
const PLAIN = /^(X-Amz-|x-id$|AWSAccessKeyId$)/i;

/**
 * The operation a request is for, by method, level and the parameter that marks it. What has a marker no operation has is
 * read as the operation without one, as S3 does. Pure. @throws MethodNotAllowed
 */
export function routeOf(
  method: string,
  { bucket, key }: Address,
  query: ReadonlyMap<string, string>,
  copies: boolean,
): string {
  const level: S3Route['level'] = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object';
  const routes = byPlace.get(`${method} ${level}`) ?? [];
  const names = [...query].filter(([name]) => !PLAIN.test(name));
  const marked = routes.find(({ marker }) =>
    names.some(([name, value]) => marker === name || marker === `${name}=${value}`),
  );
  const operation = (marked ?? routes.find(({ marker }) => marker === ''))?.operation;
  if (operation === undefined) throw s3Error('MethodNotAllowed', undefined, { Method: method, ResourceType: level });
  if (!copies) return operation;
  return { PutObject: 'CopyObject', UploadPart: 'UploadPartCopy' }[operation] ?? operation;
}
