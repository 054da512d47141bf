import { parseRegion, partitionOf } from '@gantry/domain';
import type { S3Operations } from '@gantry/protocol';
import type { HandlersOf } from '../../handlers.ts';
import { theBucket, type S3Ports } from './common.ts';
import { notImplemented, s3Error } from './errors.ts';
import { checkBucketName } from './names.ts';

/** S3's own quota. */
const MOST_BUCKETS = 10_000;

type BucketOperations = Pick<
  S3Operations,
  'CreateBucket' | 'DeleteBucket' | 'GetBucketLocation' | 'HeadBucket' | 'ListBuckets'
>;

export function bucketHandlers({ objects, clock }: S3Ports): HandlersOf<BucketOperations> {
  return {
    CreateBucket: async ({ Bucket: name, CreateBucketConfiguration }, { caller }) => {
      checkBucketName(name);
      const region = regionFor(CreateBucketConfiguration?.LocationConstraint, caller.region);
      if (objects.buckets(caller.account).length >= MOST_BUCKETS) throw s3Error('TooManyBuckets');
      const known = objects.createBucket({ name, account: caller.account, region, createdAtMs: clock.now() });
      if (known === undefined) return undefined;
      throw s3Error(known.account === caller.account ? 'BucketAlreadyOwnedByYou' : 'BucketAlreadyExists', undefined, {
        BucketName: name,
      });
    },

    DeleteBucket: async (input, { caller }) => {
      theBucket(objects, input, caller);
      const outcome = objects.deleteBucket(input.Bucket);
      if (outcome === 'not-empty') throw s3Error('BucketNotEmpty', undefined, { BucketName: input.Bucket });
      return undefined;
    },

    GetBucketLocation: async (input, { caller }) => ({ Region: theBucket(objects, input, caller).region }),

    HeadBucket: async (input, { caller }) => ({ Region: theBucket(objects, input, caller).region }),

    ListBuckets: async ({ Prefix = '' }, { caller }) => {
      const own = objects.buckets(caller.account).filter(({ name }) => name.startsWith(Prefix));
      return { Buckets: own.map(({ name, createdAtMs }) => ({ Name: name, CreationDate: new Date(createdAtMs) })) };
    },
  };
}

/** Without a constraint it is the region the request was signed for; us-east-1 makes buckets of every region. */
function regionFor(constraint: string | undefined, signed: ReturnType<typeof parseRegion> & string): typeof signed {
  if (constraint === undefined || constraint === '') return signed;
  const region = parseRegion(constraint === 'EU' ? 'eu-west-1' : constraint);
  if (region === undefined || partitionOf(region) !== partitionOf(signed))
    throw notImplemented(`The location constraint ${constraint.slice(0, 64)}`);
  if (signed !== 'us-east-1' && region !== signed)
    throw s3Error(
      'IllegalLocationConstraintException',
      `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  return region;
}
