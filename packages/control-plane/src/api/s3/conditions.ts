import { ServiceError, type S3Conditions } from '@gantry/protocol';
import type { StoredObject } from '../../objects/port.ts';
import { s3Error } from './errors.ts';

type Facts = Pick<StoredObject, 'etag' | 'modifiedAtMs'>;

const SECOND_MS = 1000;

/** A weak tag or a list of tags, or `*`. */
function names(given: string, etag: string): boolean {
  const tags = given.split(',').map((tag) =>
    tag
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1'),
  );
  return tags.includes('*') || tags.includes(etag);
}

/** Whether an object may be read as it was asked for (RFC 9110, 13.2.2). Pure. @throws PreconditionFailed (412), NotModified (304) */
export function checkRead({ etag, modifiedAtMs }: Facts, given: S3Conditions, isCopy = false): void {
  // Dates on the wire are whole seconds.
  const modified = Math.floor(modifiedAtMs / SECOND_MS) * SECOND_MS;
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = given;
  const failed = (Condition: string): Error => s3Error('PreconditionFailed', undefined, { Condition });
  if (IfMatch !== undefined && !names(IfMatch, etag)) throw failed('If-Match');
  if (IfMatch === undefined && IfUnmodifiedSince !== undefined && modified > IfUnmodifiedSince.getTime())
    throw failed('If-Unmodified-Since');
  const unchanged = isCopy ? failed('If-None-Match') : new ServiceError('NotModified', 'Not Modified', { status: 304 });
  if (IfNoneMatch !== undefined && names(IfNoneMatch, etag)) throw unchanged;
  if (IfNoneMatch === undefined && IfModifiedSince !== undefined && modified <= IfModifiedSince.getTime())
    throw unchanged;
}

/** Whether an object may be put where `now` is. Pure. @throws PreconditionFailed, NoSuchKey */
export function checkWrite(now: Facts | undefined, { IfMatch, IfNoneMatch }: S3Conditions): void {
  if (IfNoneMatch !== undefined && now !== undefined && names(IfNoneMatch, now.etag))
    throw s3Error('PreconditionFailed', undefined, { Condition: 'If-None-Match' });
  if (IfMatch === undefined) return;
  if (now === undefined) throw s3Error('NoSuchKey');
  if (!names(IfMatch, now.etag)) throw s3Error('PreconditionFailed', undefined, { Condition: 'If-Match' });
}

export interface ByteRange {
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

/**
 * `bytes=0-9`, `bytes=5-`, `bytes=-3` of so many bytes. Several ranges, or what is none, mean the whole: `undefined`. Pure.
 * @throws InvalidRange
 */
export function rangeOf(text: string | undefined, bytes: number): ByteRange | undefined {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(text ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const from = first === '' ? Math.max(bytes - Number(last), 0) : Number(first);
  const to = first === '' || last === '' ? bytes : Math.min(Number(last) + 1, bytes);
  if (first !== '' && last !== '' && Number(last) < from) return undefined;
  if (from >= bytes || to <= from)
    throw s3Error('InvalidRange', undefined, { RangeRequested: text, ActualObjectSize: bytes });
  return { from, to };
}
