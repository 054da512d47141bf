/** Amazon S3, as far as it is served: inputs as the front door reads them off a request, outputs as it writes them. */
export type S3ChecksumAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256';

export interface S3Checksum {
  readonly algorithm: S3ChecksumAlgorithm;
  /** Base64. */
  readonly value: string;
}

export interface S3BucketRequest {
  readonly Bucket: string;
  /** An account: nobody else's bucket is meant. */
  readonly ExpectedBucketOwner?: string | undefined;
}

export interface S3ObjectRequest extends S3BucketRequest {
  readonly Key: string;
}

/** What is kept beside an object and given back with it: lowercase names, `content-type`, `x-amz-meta-…`. */
export type S3Headers = Readonly<Record<string, string>>;

/** A body that has been read to its end and is what its request said of it. */
export interface S3Digest {
  readonly bytes: number;
  readonly md5Hex: string;
  readonly checksum?: S3Checksum | undefined;
}

/** A body on its way. Iterating it throws a ServiceError when it is not what its request says of it. */
export interface S3Body extends AsyncIterable<Uint8Array> {
  /** Once the iteration has ended. */
  readonly digest: () => S3Digest;
}

export interface S3Conditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

export interface S3PutObjectRequest extends S3ObjectRequest, S3Conditions {
  readonly Headers: S3Headers;
  readonly Body: S3Body;
}

export interface S3GetObjectRequest extends S3ObjectRequest, S3Conditions {
  /** `bytes=0-9` */
  readonly Range?: string | undefined;
  readonly ChecksumMode?: boolean | undefined;
  /** `response-content-type` and its like, by the header they stand for. */
  readonly ResponseHeaders?: S3Headers | undefined;
}

export interface S3ObjectFacts {
  readonly ETag: string;
  readonly LastModified: Date;
  readonly Headers: S3Headers;
  /** Of what is answered. */
  readonly ContentLength: number;
  /** `bytes 0-9/100` */
  readonly ContentRange?: string | undefined;
  readonly Checksum?: S3Checksum | undefined;
}

export interface S3GetObjectOutput extends S3ObjectFacts {
  readonly Body: AsyncIterable<Uint8Array>;
}

export interface S3PutObjectOutput {
  readonly ETag: string;
  readonly Checksum?: S3Checksum | undefined;
}

export interface S3CopySource {
  readonly Bucket: string;
  readonly Key: string;
  /** `if-match` and its like, of the source. */
  readonly Conditions: S3Conditions;
}

export interface S3CopyObjectRequest extends S3ObjectRequest {
  readonly CopySource: S3CopySource;
  /** `undefined`: the source's. */
  readonly Headers?: S3Headers | undefined;
}

export interface S3CopyOutput extends S3PutObjectOutput {
  readonly LastModified: Date;
}

export interface S3UploadPartCopyRequest extends S3UploadRequest {
  readonly PartNumber: number;
  readonly CopySource: S3CopySource;
  readonly CopySourceRange?: string | undefined;
}

export interface S3ListRequest extends S3BucketRequest {
  readonly Prefix: string;
  readonly Delimiter?: string | undefined;
  readonly MaxKeys: number;
  readonly EncodingType?: 'url' | undefined;
}

export interface S3ListObjectsRequest extends S3ListRequest {
  readonly Marker?: string | undefined;
}

export interface S3ListObjectsV2Request extends S3ListRequest {
  readonly ContinuationToken?: string | undefined;
  readonly StartAfter?: string | undefined;
  readonly FetchOwner: boolean;
}

export interface S3ListedObject {
  readonly Key: string;
  readonly LastModified: Date;
  readonly ETag: string;
  readonly Size: number;
}

export interface S3ListOutput {
  readonly Contents: readonly S3ListedObject[];
  readonly CommonPrefixes: readonly string[];
  readonly IsTruncated: boolean;
  /** Where the next page goes on. */
  readonly Next?: string | undefined;
}

export interface S3UploadRequest extends S3ObjectRequest {
  readonly UploadId: string;
}

export interface S3UploadPartRequest extends S3UploadRequest {
  readonly PartNumber: number;
  readonly Body: S3Body;
}

export interface S3CompleteRequest extends S3UploadRequest, S3Conditions {
  readonly Parts: readonly {
    readonly PartNumber: number;
    readonly ETag: string;
    readonly Checksum?: S3Checksum | undefined;
  }[];
  /** Of the whole object. */
  readonly Checksum?: S3Checksum | undefined;
}

export interface S3PartsOutput {
  readonly Parts: readonly {
    readonly PartNumber: number;
    readonly ETag: string;
    readonly Size: number;
    readonly LastModified: Date;
  }[];
  readonly IsTruncated: boolean;
  readonly Next?: number | undefined;
}

/** Every operation there is a handler for. The model (s3-model.ts) names the others as well. */
export interface S3Operations {
  AbortMultipartUpload: { input: S3UploadRequest; output: undefined };
  CompleteMultipartUpload: { input: S3CompleteRequest; output: S3PutObjectOutput };
  CopyObject: { input: S3CopyObjectRequest; output: S3CopyOutput };
  CreateBucket: {
    input: S3BucketRequest & {
      readonly CreateBucketConfiguration?: { readonly LocationConstraint?: string | undefined } | undefined;
    };
    output: undefined;
  };
  CreateMultipartUpload: {
    input: S3ObjectRequest & {
      readonly Headers: S3Headers;
      readonly ChecksumAlgorithm?: S3ChecksumAlgorithm | undefined;
    };
    output: { readonly UploadId: string; readonly ChecksumAlgorithm?: S3ChecksumAlgorithm | undefined };
  };
  DeleteBucket: { input: S3BucketRequest; output: undefined };
  DeleteObject: { input: S3ObjectRequest; output: undefined };
  DeleteObjects: {
    input: S3BucketRequest & { readonly Keys: readonly string[]; readonly Quiet: boolean };
    output: { readonly Deleted: readonly string[] };
  };
  GetBucketLocation: { input: S3BucketRequest; output: { readonly Region: string } };
  GetObject: { input: S3GetObjectRequest; output: S3GetObjectOutput };
  HeadBucket: { input: S3BucketRequest; output: { readonly Region: string } };
  HeadObject: { input: S3GetObjectRequest; output: S3ObjectFacts };
  ListBuckets: {
    input: { readonly Prefix?: string | undefined };
    output: { readonly Buckets: readonly { readonly Name: string; readonly CreationDate: Date }[] };
  };
  ListMultipartUploads: {
    input: S3BucketRequest & { readonly Prefix: string };
    output: {
      readonly Uploads: readonly { readonly Key: string; readonly UploadId: string; readonly Initiated: Date }[];
    };
  };
  ListObjects: { input: S3ListObjectsRequest; output: S3ListOutput };
  ListObjectsV2: { input: S3ListObjectsV2Request; output: S3ListOutput };
  ListParts: {
    input: S3UploadRequest & { readonly MaxParts: number; readonly PartNumberMarker: number };
    output: S3PartsOutput;
  };
  PutObject: { input: S3PutObjectRequest; output: S3PutObjectOutput };
  UploadPart: { input: S3UploadPartRequest; output: S3PutObjectOutput };
  UploadPartCopy: { input: S3UploadPartCopyRequest; output: S3CopyOutput };
}
