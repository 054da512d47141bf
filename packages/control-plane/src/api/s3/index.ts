import type { S3Operations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import { bucketHandlers } from './buckets.ts';
import { theBucket, type S3Ports } from './common.ts';
import { s3Error } from './errors.ts';
import { listPage } from './listing.ts';
import { objectHandlers } from './objects.ts';
import { uploadHandlers } from './uploads.ts';

/** Amazon S3, what ECS users need of it. */
export function s3Handlers(ports: S3Ports): HandlersOf<S3Operations> {
  const { objects } = ports;
  return {
    ...bucketHandlers(ports),
    ...objectHandlers(ports),
    ...uploadHandlers(ports),

    ListObjects: async (input, { caller }) => {
      theBucket(objects, input, caller);
      return listPage((query) => objects.list(input.Bucket, query), input, input.Marker ?? '');
    },

    ListObjectsV2: async (input, { caller }) => {
      theBucket(objects, input, caller);
      const { ContinuationToken: token } = input;
      const after = token === undefined ? (input.StartAfter ?? '') : Buffer.from(token, 'base64url').toString('utf8');
      if (token === '' || (token !== undefined && tokenOf(after) !== token))
        throw s3Error('InvalidArgument', 'The continuation token provided is incorrect', {
          ArgumentName: 'continuation-token',
        });
      const page = listPage((query) => objects.list(input.Bucket, query), input, after);
      return { ...page, Next: page.Next === undefined ? undefined : tokenOf(page.Next) };
    },
  };
}

const tokenOf = (key: string): string => Buffer.from(key, 'utf8').toString('base64url');
