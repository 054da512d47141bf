import type { OperationModel, ServiceModel } from './codec/model.ts';

export interface S3Route {
  readonly method: string;
  readonly level: 'service' | 'bucket' | 'object';
  /** The query parameter that tells it from the others of its method and level: `acl`, `list-type=2`; `''`: none. */
  readonly marker: string;
  readonly operation: string;
}

/** Amazon S3's operations on general purpose buckets: method, level, marker, name. Its bodies are streams, so no SDK schema is read. */
const TABLE = `
GET service - ListBuckets
DELETE bucket - DeleteBucket
DELETE bucket analytics DeleteBucketAnalyticsConfiguration
DELETE bucket cors DeleteBucketCors
DELETE bucket encryption DeleteBucketEncryption
DELETE bucket intelligent-tiering DeleteBucketIntelligentTieringConfiguration
DELETE bucket inventory DeleteBucketInventoryConfiguration
DELETE bucket lifecycle DeleteBucketLifecycle
DELETE bucket metrics DeleteBucketMetricsConfiguration
DELETE bucket ownershipControls DeleteBucketOwnershipControls
DELETE bucket policy DeleteBucketPolicy
DELETE bucket publicAccessBlock DeletePublicAccessBlock
DELETE bucket replication DeleteBucketReplication
DELETE bucket tagging DeleteBucketTagging
DELETE bucket website DeleteBucketWebsite
GET bucket - ListObjects
GET bucket accelerate GetBucketAccelerateConfiguration
GET bucket acl GetBucketAcl
GET bucket analytics GetBucketAnalyticsConfiguration
GET bucket cors GetBucketCors
GET bucket encryption GetBucketEncryption
GET bucket intelligent-tiering GetBucketIntelligentTieringConfiguration
GET bucket inventory GetBucketInventoryConfiguration
GET bucket lifecycle GetBucketLifecycleConfiguration
GET bucket list-type=2 ListObjectsV2
GET bucket location GetBucketLocation
GET bucket logging GetBucketLogging
GET bucket metrics GetBucketMetricsConfiguration
GET bucket notification GetBucketNotificationConfiguration
GET bucket object-lock GetObjectLockConfiguration
GET bucket ownershipControls GetBucketOwnershipControls
GET bucket policy GetBucketPolicy
GET bucket policyStatus GetBucketPolicyStatus
GET bucket publicAccessBlock GetPublicAccessBlock
GET bucket replication GetBucketReplication
GET bucket requestPayment GetBucketRequestPayment
GET bucket tagging GetBucketTagging
GET bucket uploads ListMultipartUploads
GET bucket versioning GetBucketVersioning
GET bucket versions ListObjectVersions
GET bucket website GetBucketWebsite
HEAD bucket - HeadBucket
POST bucket delete DeleteObjects
PUT bucket - CreateBucket
PUT bucket accelerate PutBucketAccelerateConfiguration
PUT bucket acl PutBucketAcl
PUT bucket analytics PutBucketAnalyticsConfiguration
PUT bucket cors PutBucketCors
PUT bucket encryption PutBucketEncryption
PUT bucket intelligent-tiering PutBucketIntelligentTieringConfiguration
PUT bucket inventory PutBucketInventoryConfiguration
PUT bucket lifecycle PutBucketLifecycleConfiguration
PUT bucket logging PutBucketLogging
PUT bucket metrics PutBucketMetricsConfiguration
PUT bucket notification PutBucketNotificationConfiguration
PUT bucket object-lock PutObjectLockConfiguration
PUT bucket ownershipControls PutBucketOwnershipControls
PUT bucket policy PutBucketPolicy
PUT bucket publicAccessBlock PutPublicAccessBlock
PUT bucket replication PutBucketReplication
PUT bucket requestPayment PutBucketRequestPayment
PUT bucket tagging PutBucketTagging
PUT bucket versioning PutBucketVersioning
PUT bucket website PutBucketWebsite
DELETE object - DeleteObject
DELETE object tagging DeleteObjectTagging
DELETE object uploadId AbortMultipartUpload
GET object - GetObject
GET object acl GetObjectAcl
GET object attributes GetObjectAttributes
GET object legal-hold GetObjectLegalHold
GET object retention GetObjectRetention
GET object tagging GetObjectTagging
GET object torrent GetObjectTorrent
GET object uploadId ListParts
HEAD object - HeadObject
POST object restore RestoreObject
POST object select SelectObjectContent
POST object uploadId CompleteMultipartUpload
POST object uploads CreateMultipartUpload
PUT object - PutObject
PUT object acl PutObjectAcl
PUT object legal-hold PutObjectLegalHold
PUT object renameObject RenameObject
PUT object retention PutObjectRetention
PUT object tagging PutObjectTagging
PUT object uploadId UploadPart
`;

/** These have the marker of another and a header beside it. */
const COPIES: readonly S3Route[] = [
  { method: 'PUT', level: 'object', marker: 'x-amz-copy-source', operation: 'CopyObject' },
  { method: 'PUT', level: 'object', marker: 'x-amz-copy-source', operation: 'UploadPartCopy' },
];

export const S3_ROUTES: readonly S3Route[] = TABLE.trim()
  .split('\n')
  .map((line) => {
    const [method = '', level, marker = '', operation = ''] = line.split(' ');
    return { method, level: level as S3Route['level'], marker: marker === '-' ? '' : marker, operation };
  });

const INPUTS: Readonly<Record<string, string>> = {
  CreateBucket: 'CreateBucketRequest',
  ListBuckets: 'ListBucketsRequest',
};

function operationOf({ level, operation }: S3Route): OperationModel {
  return { input: INPUTS[operation] ?? (level === 'bucket' ? 'BucketRequest' : 'ObjectRequest'), errors: [] };
}

/** What the trail, the action map and the pages about operations need to know of S3, by hand; its types are s3-types.ts. */
export const S3_MODEL: ServiceModel = {
  service: 's3',
  apiVersion: '2006-03-01',
  protocol: 'rest-xml',
  signingName: 's3',
  xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
  operations: Object.fromEntries(
    [...S3_ROUTES, ...COPIES]
      .toSorted((a, b) => (a.operation < b.operation ? -1 : 1))
      .map((route) => [route.operation, operationOf(route)]),
  ),
  errors: {},
  shapes: {
    ListBucketsRequest: { members: {} },
    BucketRequest: { required: ['Bucket'], members: { Bucket: 'string' } },
    ObjectRequest: { required: ['Bucket', 'Key'], members: { Bucket: 'string', Key: 'string' } },
    CreateBucketRequest: {
      required: ['Bucket'],
      members: { Bucket: 'string', CreateBucketConfiguration: 'CreateBucketConfiguration' },
    },
    CreateBucketConfiguration: { members: { LocationConstraint: 'string' } },
  },
};
