import type { S3ListOutput, S3ListRequest } from '@gantry/protocol';
import type { ListQuery, StoredObject } from '../../objects/port.ts';

const MOST_KEYS = 1000;
/** Comes after every character a key can have. */
const LAST = '\u{10ffff}';

/**
 * A page of keys, those with the delimiter after the prefix rolled up to common prefixes. What is rolled up is stepped over, not
 * read: a folder of a million keys costs two looks. Pure but for `page`.
 */
export function listPage(
  page: (query: ListQuery) => readonly StoredObject[],
  { Prefix: prefix, Delimiter: delimiter, MaxKeys }: Pick<S3ListRequest, 'Prefix' | 'Delimiter' | 'MaxKeys'>,
  after: string,
): S3ListOutput {
  const most = Math.min(MaxKeys, MOST_KEYS);
  const Contents: S3ListOutput['Contents'][number][] = [];
  const CommonPrefixes: string[] = [];
  let at = startAfter(after, prefix, delimiter);
  let last = after;
  if (most === 0) return { Contents, CommonPrefixes, IsTruncated: false };
  for (;;) {
    const objects = page({ prefix, after: at, limit: most - Contents.length - CommonPrefixes.length + 1 });
    if (objects.length === 0) return { Contents, CommonPrefixes, IsTruncated: false };
    for (const object of objects) {
      if (Contents.length + CommonPrefixes.length === most)
        return { Contents, CommonPrefixes, IsTruncated: true, Next: last };
      const common = commonPrefix(object.key, prefix, delimiter);
      last = common ?? object.key;
      at = common === undefined ? object.key : common + LAST;
      if (common === undefined) Contents.push(listed(object));
      else {
        CommonPrefixes.push(common);
        break; // the rest of this page may be of the same prefix
      }
    }
  }
}

/** A common prefix, given as the place to go on from, stands for all that is under it. */
function startAfter(after: string, prefix: string, delimiter: string | undefined): string {
  return commonPrefix(after, prefix, delimiter) === after && after !== '' ? after + LAST : after;
}

function commonPrefix(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (delimiter === undefined || !key.startsWith(prefix)) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

function listed({ key, modifiedAtMs, etag, bytes }: StoredObject): S3ListOutput['Contents'][number] {
  return { Key: key, LastModified: new Date(modifiedAtMs), ETag: etag, Size: bytes };
}
