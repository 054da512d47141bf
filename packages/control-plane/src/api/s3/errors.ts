import { ServiceError } from '@gantry/protocol';

/** S3's codes, their status, and its own words where they say it all. */
const ERRORS = {
  AccessDenied: [403, 'Access Denied'],
  BadDigest: [400, 'The Content-MD5 or checksum value that you specified did not match what the server received.'],
  BucketAlreadyExists: [
    409,
    'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
  ],
  BucketAlreadyOwnedByYou: [409, 'Your previous request to create the named bucket succeeded and you already own it.'],
  BucketNotEmpty: [409, 'The bucket you tried to delete is not empty'],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed size'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed size'],
  IllegalLocationConstraintException: [400, ''],
  IncompleteBody: [400, 'The request body terminated unexpectedly'],
  InvalidArgument: [400, ''],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidDigest: [400, 'The Content-MD5 you specified was invalid.'],
  InvalidPart: [
    400,
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  ],
  InvalidPartOrder: [400, 'The list of parts was not in ascending order. Parts must be ordered by part number.'],
  InvalidRange: [416, 'The requested range is not satisfiable'],
  InvalidRequest: [400, ''],
  InvalidURI: [400, "Couldn't parse the specified URI."],
  KeyTooLongError: [400, 'Your key is too long'],
  MalformedXML: [400, 'The XML you provided was not well-formed or did not validate against our published schema'],
  MetadataTooLarge: [400, 'Your metadata headers exceed the maximum allowed metadata size'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchUpload: [
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  ],
  NotImplemented: [501, 'A header you provided implies functionality that is not implemented'],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold'],
  SignatureDoesNotMatch: [
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ],
  TooManyBuckets: [400, 'You have attempted to create more buckets than allowed'],
  XAmzContentSHA256Mismatch: [400, "The provided 'x-amz-content-sha256' header does not match what was computed."],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type S3ErrorCode = keyof typeof ERRORS;

/** `members` stand beside code and message in the answer: `{ BucketName: 'box' }`. */
export function s3Error(
  code: S3ErrorCode,
  message?: string,
  members: Readonly<Record<string, unknown>> = {},
): ServiceError {
  const [status, words] = ERRORS[code];
  return new ServiceError(code, message ?? words, { status, members });
}

/** What is not served, by its name; 501 as S3 itself answers. */
export function notImplemented(what: string): ServiceError {
  return s3Error('NotImplemented', `${what} is not served by Gantry. docs/object-storage.md tells what is.`);
}

const AUTHENTICATION: Readonly<Record<string, readonly [code: string, status: number]>> = {
  AccessDeniedException: ['AccessDenied', 403],
  MissingAuthenticationTokenException: ['AccessDenied', 403],
  IncompleteSignatureException: ['AuthorizationHeaderMalformed', 400],
  UnrecognizedClientException: ['InvalidAccessKeyId', 403],
  InvalidClientTokenId: ['InvalidAccessKeyId', 403],
  ExpiredTokenException: ['ExpiredToken', 400],
  InvalidSignatureException: ['SignatureDoesNotMatch', 403],
  ThrottlingException: ['SlowDown', 503],
  ServerException: ['InternalError', 500],
};

/** The errors every service has, as S3 calls them. */
export function asS3Error(error: ServiceError): ServiceError {
  const known = Object.hasOwn(AUTHENTICATION, error.code) ? AUTHENTICATION[error.code] : undefined;
  if (known === undefined) return error;
  const [code, status] = /^Signature (expired|not yet)/.test(error.message) ? (['AccessDenied', 403] as const) : known;
  return new ServiceError(code, error.message, { status, cause: error });
}
