import { partitionOf } from '@gantry/domain';
import { S3_ROUTES, type S3Operations } from '@gantry/protocol';
import { any, listed, type Demand, type Place, type Rule, type RulesOf } from '../demand.ts';

/** Names of buckets and keys are their own: neither account nor region is in the ARN. */
function arn(at: Place, bucket: string | undefined, key?: string): string {
  return `arn:${partitionOf(at.scope.region)}:s3:::${bucket ?? '*'}${key === undefined ? '' : `/${key}`}`;
}

interface Named {
  readonly Bucket?: string | undefined;
  readonly Key?: string | undefined;
}

/** On the object, or on the bucket when no key is named. */
const on =
  (action?: string): Rule<Named> =>
  ({ Bucket, Key }, at) => ({
    ...(action === undefined ? {} : { action: `s3:${action}` }),
    resource: arn(at, Bucket, Key),
  });

const list: Rule<S3Operations['ListObjects']['input']> = ({ Bucket, Prefix, Delimiter, MaxKeys }, at) => ({
  action: 's3:ListBucket',
  resource: arn(at, Bucket),
  keys: { 's3:prefix': Prefix, 's3:delimiter': Delimiter, 's3:max-keys': MaxKeys },
});

/** A copy reads its source as GetObject does. */
const copy: Rule<S3Operations['CopyObject']['input'] | S3Operations['UploadPartCopy']['input']> = (input, at) => {
  const { Bucket, Key } = input;
  const source = (input.CopySource as Partial<typeof input.CopySource> | undefined) ?? {};
  const demands: readonly Demand[] = [
    { action: 's3:GetObject', resource: arn(at, source.Bucket, source.Key) },
    { action: 's3:PutObject', resource: arn(at, Bucket, Key) },
  ];
  return demands;
};

const served: RulesOf<S3Operations> = {
  AbortMultipartUpload: on(),
  CompleteMultipartUpload: on('PutObject'),
  CopyObject: copy,
  CreateBucket: on(),
  CreateMultipartUpload: on('PutObject'),
  DeleteBucket: on(),
  DeleteObject: on(),
  DeleteObjects: ({ Bucket, Keys }, at) =>
    listed(Keys).map((key) => ({ action: 's3:DeleteObject', resource: arn(at, Bucket, key) })),
  GetBucketLocation: on(),
  GetObject: on(),
  HeadBucket: on('ListBucket'),
  HeadObject: on('GetObject'),
  ListBuckets: (input, at) => ({ ...(any(input, at) as Demand), action: 's3:ListAllMyBuckets' }),
  ListMultipartUploads: on('ListBucketMultipartUploads'),
  ListObjects: list,
  ListObjectsV2: list,
  ListParts: on('ListMultipartUploadParts'),
  PutObject: on(),
  UploadPart: on('PutObject'),
  UploadPartCopy: copy,
};

/** Amazon S3. What is not served is asked about under its own name, on the bucket or object it names. */
export const s3Rules: Readonly<Record<string, Rule<never>>> = {
  ...Object.fromEntries(S3_ROUTES.map(({ operation }) => [operation, on()])),
  ...served,
};
